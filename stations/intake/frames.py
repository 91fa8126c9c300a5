"""Frames as they crossed the socket, copied in; and other notices of piles."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence

from django.db import connection

from ocpp_gateway.wire import DataTransferred, FrameSeen, Noted
from stations.intake import evidence, trouble
from stations.intake.batch import add_events, sql
from stations.selectors.places import PilePlace, places

_COLUMNS = (
    "manufacturer_id, dealer_id, operator_id, agency_id, pile_id, generation, at, inbound, kind, message_id,"
    " action, size, text, latency_ms, remarks"
)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})
_SPECIAL = re.compile(r"[\\\t\n\r\0]")
_NOTICE_CHARS = 4000


def keep_frames(frames: Sequence[FrameSeen]) -> None:
    """Write a batch with one COPY. Frames are not deduplicated: a frame sent twice crossed twice."""
    place_of = places(frame.pile_id for frame in frames)
    known = [frame for frame in frames if frame.pile_id in place_of]
    if not known:
        return
    heads = {pile_id: _head(place) for pile_id, place in place_of.items()}
    lines = "".join([_line(heads[frame.pile_id], frame) for frame in known])
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


def _head(place: PilePlace) -> str:
    """What all frames of a pile begin with."""
    path = "\t".join("\\N" if id_ is None else str(id_) for id_ in place.path.as_row())
    return f"{path}\t{place.pile_id}"


def _line(head: str, frame: FrameSeen) -> str:
    latency = "\\N" if frame.latency_ms is None else frame.latency_ms
    remarks = _escaped(" ".join(frame.remarks)[:200]) if frame.remarks else ""
    return (
        f"{head}\t{frame.generation}\t{frame.at.isoformat()}\t{'t' if frame.inbound else 'f'}\t{frame.kind[:8]}\t"
        f"{_escaped(frame.message_id[:64])}\t{_escaped(frame.action[:60])}\t{min(frame.size, 2**31 - 1)}\t"
        f"{_escaped(frame.text)}\t{latency}\t{remarks}\n"
    )


def _escaped(text: str) -> str:
    """As COPY wants it; most texts hold nothing that it minds."""
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text
