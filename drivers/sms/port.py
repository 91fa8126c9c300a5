"""What a carrier of our messages must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it leaves: ``to`` is E.164, ``text`` is whole, ``id`` is ours and stays the same."""

    id: int
    to: str
    purpose: str
    text: str
    at: datetime


class SmsRefused(Exception):
    """The provider will never take this message."""


class SmsUnreachable(Exception):
    """The provider cannot be asked now."""


class Provider(Protocol):
    """Carries one message at a time and returns within seconds.

    It may be asked for the same message twice, when a sender died between sending and noting it down.
    """

    def send(self, message: Outgoing) -> str:
        """The provider's own reference. Raises SmsRefused or SmsUnreachable."""
        ...
