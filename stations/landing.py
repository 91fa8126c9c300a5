"""Where files of piles land before they are kept: hashed and counted while they come, thrown away unless whole.

Nothing here knows whose file it is. What lies here for a day belongs to nobody: a sweep removes it.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Self

from django.conf import settings


class TooMuch(Exception):
    """More bytes than there is room for."""


def folder() -> Path:
    """Beside the stored files, so that keeping one is a rename."""
    path = Path(settings.MEDIA_ROOT) / "landing"
    path.mkdir(parents=True, exist_ok=True)
    return path


class Landing:
    """One file on its way. Blocking: call it in a thread. A context in which whatever was not taken is removed."""

    def __init__(self, most: int) -> None:
        self.path = folder() / secrets.token_hex(16)
        self.size = 0
        self._most = most
        self._hash = hashlib.sha256()
        self._file = self.path.open("xb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def write(self, block: bytes) -> None:
        """Append. Raises TooMuch, and then nothing of it is written."""
        if self.size + len(block) > self._most:
            raise TooMuch
        self._file.write(block)
        self._hash.update(block)
        self.size += len(block)

    def finish(self) -> None:
        """No more will come."""
        self._file.close()

    def discard(self) -> None:
        """Forget it, unless it was taken."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
