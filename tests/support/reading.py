"""What people read of HTML: the text that is seen and the words that are read aloud."""

from __future__ import annotations

import re
from html.parser import HTMLParser

SAID_IN_ATTRIBUTES = frozenset({"alt", "aria-description", "aria-label", "label", "placeholder", "title"})
NOT_READ = frozenset({"script", "style", "svg"})
WORD = re.compile(r"[A-Za-z]{2,}")


class Reading(HTMLParser):
    """Collects what is said, piece by piece, in ``said``."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in NOT_READ
        self.said += [value for name, value in attrs if value and name in SAID_IN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in NOT_READ

    def handle_data(self, data: str) -> None:
        if not self._unread and data.strip():
            self.said.append(data.strip())


def read(html: str) -> list[str]:
    """Every piece of text of a page or a part of one."""
    reading = Reading()
    reading.feed(html)
    reading.close()
    return reading.said
