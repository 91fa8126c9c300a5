"""Frames as they crossed the socket, copied in; and other notices of piles."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from ocpp_gateway.wire import DataTransferred, FrameSeen, Noted
from stations.intake import evidence, trouble
from stations.intake.batch import add_events, path_columns, sql
from stations.selectors.places import places

_COLUMNS = (
    "manufacturer_id, dealer_id, operator_id, agency_id, pile_id, generation, at, inbound, kind, message_id,"
    " action, size, text, latency_ms, remarks"
)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})
_NOTICE_CHARS = 4000


def keep_frames(frames: Sequence[FrameSeen]) -> None:
    """Write a batch with one COPY. Frames are not deduplicated: a frame sent twice crossed twice."""
    place_of = places(frame.pile_id for frame in frames)
    known = [frame for frame in frames if frame.pile_id in place_of]
    if not known:
        return
    lines = "".join(
        _line(
            *path_columns(place_of[frame.pile_id].path),
            frame.pile_id,
            frame.generation,
            frame.at,
            frame.inbound,
            frame.kind[:8],
            frame.message_id[:64],
            frame.action[:60],
            min(frame.size, 2**31 - 1),
            frame.text,
            frame.latency_ms,
            " ".join(frame.remarks)[:200],
        )
        for frame in known
    )
    with sql() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f"COPY stations_frame ({_COLUMNS}) FROM STDIN", io.StringIO(lines))
    evidence.of_frames(known)
    trouble.of_frames(known, place_of)


def note(facts: Iterable[Noted | DataTransferred]) -> None:
    """Keep reports that change no state here: firmware, diagnostics, logs, security events, vendor data."""
    kept = list(facts)
    place_of = places(fact.pile_id for fact in kept)
    with sql() as cursor:
        add_events(
            cursor,
            [
                (
                    fact.pile_id,
                    place_of[fact.pile_id].path,
                    fact.action if isinstance(fact, Noted) else "DataTransfer",
                    fact.received_at,
                    {
                        "message_id": fact.message_id,
                        "raw": fact.raw[:_NOTICE_CHARS],
                        **({"remarks": list(fact.remarks)} if fact.remarks else {}),
                    },
                )
                for fact in kept
                if fact.pile_id in place_of
            ],
        )


def _line(*values: object) -> str:
    return "\t".join(map(_field, values)) + "\n"


def _field(value: object) -> str:
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case datetime():
            return value.isoformat()
        case _:
            return str(value).translate(_ESCAPES)
