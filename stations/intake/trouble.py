"""Counting what piles do that they should not, so that the worst of them can be found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ocpp.v16.enums import Action

from backoffice.kit.levels import Path
from ocpp_gateway.wire import FrameSeen
from stations.intake.batch import path_columns, sql, with_values
from stations.selectors.places import PilePlace

_COUNT = """
INSERT INTO stations_trouble (
    manufacturer_id, dealer_id, operator_id, agency_id, pile_id, day, kind, action, count, first_at, last_at,
    example
) VALUES %s
ON CONFLICT (pile_id, day, kind, action, manufacturer_id, dealer_id, operator_id, agency_id) DO UPDATE SET
    count = stations_trouble.count + EXCLUDED.count,
    last_at = GREATEST(stations_trouble.last_at, EXCLUDED.last_at), example = EXCLUDED.example
"""

_EXAMPLE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a pile did; ``action`` comes from a closed set, or no pile's rows would be bounded."""

    pile_id: int
    path: Path
    kind: str
    action: str
    at: datetime
    example: str = ""


def count_troubles(seen: Iterable[Seen]) -> None:
    """Add them to the counts of their days."""
    rows: dict[tuple[Any, ...], list[Any]] = {}
    for one in seen:
        key = (*path_columns(one.path), one.pile_id, one.at.astimezone(UTC).date(), one.kind[:20], one.action)
        row = rows.setdefault(key, [0, one.at, one.at, ""])
        row[0] += 1
        row[2], row[3] = max(row[2], one.at), one.example[:_EXAMPLE_CHARS]
    if not rows:
        return
    with sql() as cursor:
        # In one order everywhere: two batches that count the same rows do not wait for each other in a circle.
        ordered = sorted(rows.items(), key=lambda item: tuple(map(str, item[0])))
        with_values(cursor, _COUNT, [(*key, *row) for key, row in ordered])


def of_frames(frames: Iterable[FrameSeen], place_of: dict[int, PilePlace]) -> None:
    """Frames with remarks, those that the gateway refused, and commands that piles refused."""
    troubled = [frame for frame in frames if frame.remarks or frame.kind == "error"]
    if troubled:
        count_troubles(seen for frame in troubled for seen in _troubles(frame, place_of[frame.pile_id].path))


def _troubles(frame: FrameSeen, path: Path) -> Iterable[Seen]:
    action = frame.action if frame.action in _ACTIONS else ""
    kinds: dict[str, str] = {}
    if frame.kind == "error":
        kinds["error" if frame.inbound else "callerror"] = frame.text
    for remark in frame.remarks:
        kind, _, field = remark.partition(":")
        kinds[kind] = f"{kinds[kind]}, {field}" if kind in kinds else field
    for kind, example in kinds.items():
        yield Seen(frame.pile_id, path, kind, action, frame.at, example)


_ACTIONS = frozenset(action.value for action in Action)
