"""The connectors of a pile in one cell of a list: a badge for each, with its letter and what it last reported.

Of a pile that cannot be heard nobody knows it, so there each is said to be offline.
"""

from __future__ import annotations

from django.utils.html import format_html_join
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit import cells
from backoffice.kit.lists import columns
from stations import tones
from stations.models import ConnectorStatus, letter_of
from stations.standing import Standing
from stations.wording import STANDINGS


def state_of(status, *, online):
    """The word and the tone of a connector: what it last reported, as long as its pile is heard."""
    if not online:
        return STANDINGS[Standing.OFFLINE], tones.STANDING[Standing.OFFLINE]
    return dict(ConnectorStatus.choices).get(status, gettext("unknown")), tones.CONNECTOR.get(status, "plain")


def words_of(guns, online):
    """``A Available · B Charging``: how each connector stands."""
    states = ((gun["number"], state_of(gun["status"], online=online)) for gun in guns)
    return " · ".join(f"{letter_of(number)} {word}" for number, (word, _tone) in states)


def error_words(code):
    """The code of an error; none where the pile says that there is none."""
    return "" if code == "NoError" else code


class Guns(columns.Text):
    """A badge for each connector: its letter and how it stands."""

    css = "c-wide c-guns"

    def __init__(self):
        super().__init__("guns", "online", head=_("Connectors"), show=words_of)

    def html(self, values, reader, second):
        guns, online = values
        states = ((letter_of(gun["number"]), *state_of(gun["status"], online=online)) for gun in guns)
        badges = ((cells.badge(f"{letter} {word}", tone),) for letter, word, tone in states)
        return format_html_join(" ", "{}", badges) or cells.NONE
