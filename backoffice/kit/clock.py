"""The one clock. Everything that asks for the time asks here, so that a test can answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Let the clock stand at ``at`` (aware) inside the block."""
    if at.tzinfo is None:
        raise ValueError("a clock needs a time zone")
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def ago(**units: float) -> datetime:
    """``ago(hours=2)``: the instant that long before now."""
    return now() - timedelta(**units)


def parse(text: str) -> datetime:
    """An aware instant from its ISO 8601 form. Raises ValueError for anything else, naive ones too."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)


def utc_text(at: datetime) -> str:
    """An instant as we write it to piles: UTC with a Z, to the second, which every pile can read."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
