"""How a pile is spoken to, and what the gateway makes of what it said."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ocpp_gateway.wire import FrameSeen, PileRecord, Registration, Replayed
from stations import hooks
from stations.models import Connector, Frame, Pile
from stations.quirks import read_quirks, spoken

MOST_REPLAYED = 300

_TELLS_TIME = frozenset({"currentTime", "transactionId"})
"""What may differ between two answers to the same message."""


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded call: what was said, what is read in it, what was answered then and what would be now."""

    at: datetime
    action: str
    said: str
    read: list[tuple[str, str]]
    remarks: tuple[str, ...]
    then: str
    now: str

    @property
    def same(self) -> bool:
        return bool(_comparable(self.then) == _comparable(self.now))


def record_of(pile: Pile) -> PileRecord:
    """What the gateway knows of a pile while it is connected; ``pile.model`` should be loaded."""
    quirks = read_quirks([pile.model.quirks if pile.model else None, pile.quirks])
    numbers = Connector.objects.filter(pile=pile).order_by("number").values_list("number", flat=True)
    return PileRecord(
        pile_id=pile.pk,
        identity=pile.identity,
        registration=Registration(pile.registration),
        security_profile=pile.security_profile,
        connectors=tuple(numbers),
        **spoken(quirks),
    )


def replayed(pile: Pile, frames: QuerySet[Frame]) -> list[Line]:
    """The newest frames of those given, spoken once more in their order; at most ``MOST_REPLAYED``."""
    kept = [_as_seen(frame) for frame in reversed(frames[:MOST_REPLAYED])]
    answers = {frame.message_id: frame.text for frame in kept if not frame.inbound and frame.kind != "call"}
    spoken = hooks.replay(record_of(pile), kept)
    return [_line(one, answers.get(one.frame.message_id, "")) for one in spoken]


def _line(spoken: Replayed, then: str) -> Line:
    frame, fact = spoken.frame, spoken.fact
    shown = [] if fact is None else [(name, value) for name, value in _fields(fact) if value]
    return Line(frame.at, frame.action or frame.kind, frame.text, shown, spoken.remarks, then, spoken.answer)


def _fields(fact: Any) -> list[tuple[str, str]]:
    """What was read, without what every fact has."""
    common = {"pile_id", "generation", "message_id", "received_at", "raw", "remarks", "action"}
    return [
        (field.name, _words(getattr(fact, field.name))) for field in fields(fact) if field.name not in common
    ]


def _words(value: Any) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, tuple):
        return "; ".join(
            f"{reading.at:%H:%M:%S} "
            + ", ".join(f"{one.measurand} {one.value} {one.unit}" for one in reading.values)
            for reading in value
        )
    return str(value)


def _as_seen(frame: Frame) -> FrameSeen:
    return FrameSeen(
        pile_id=frame.pile_id,
        generation=frame.generation,
        at=frame.at,
        inbound=frame.inbound,
        kind=frame.kind,
        message_id=frame.message_id,
        action=frame.action,
        size=frame.size,
        text=frame.text,
        latency_ms=frame.latency_ms,
    )


def _comparable(text: str) -> Any:
    try:
        frame = json.loads(text)
    except ValueError:
        return text
    if isinstance(frame, list) and frame and isinstance(frame[-1], dict):
        frame[-1] = {name: value for name, value in frame[-1].items() if name not in _TELLS_TIME}
    return frame
