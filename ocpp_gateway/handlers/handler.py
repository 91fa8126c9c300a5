"""The shape of a handler: how a payload becomes a fact, and how the answer becomes a payload.

Handlers are pure. When a fact is recorded, and in which registration state it may be, is decided in
``inbox``; what it means, behind the port.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ocpp_gateway import wire
from ocpp_gateway.reading import Inbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One action that piles may call.

    ``write`` gets the answer of the house and the time of answering. ``repeatable``: a call sent
    again gets the stored answer (not where the answer tells the time). ``storeless``: answered even
    when nothing can be stored, because nothing would be lost.
    """

    read: Callable[[Inbound], wire.Fact]
    write: Callable[[Any, datetime], dict[str, Any]]
    repeatable: bool = True
    storeless: bool = False


def write_nothing(answer: wire.Answer, at: datetime) -> dict[str, Any]:
    """``{}``, the answer to every report."""
    return {}


def timestamp(at: datetime) -> str:
    """UTC with ``Z`` and whole seconds: some piles refuse an offset or fractions (OCPP 1.6 §3.14)."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
