"""What was said between us and the pile about one order: its start, its stop and being asked for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from backoffice.kit import clock
from backoffice.kit.frame import Utterance
from backoffice.kit.staff import Reader
from orders.models import ChargingOrder
from stations import selectors as stations
from stations.models import Frame
from stations.permissions import StationPerm
from stations.views.conversation import utterance_of

ABOUT = ("RemoteStartTransaction", "StartTransaction", "RemoteStopTransaction", "StopTransaction")
AROUND = timedelta(minutes=2)
MOST_READ = 200
MOST_SHOWN = 24


def frames_about(order: ChargingOrder, reader: Reader) -> list[Utterance] | None:
    """The frames and their answers, the oldest first; None for who may not see any.

    A stop that came late is among them. Readings are not: the curve shows them, and the whole conversation is a
    link away.
    """
    if not reader.may(StationPerm.FRAMES_VIEW):
        return None
    row = order.transaction
    begins = (order.created_at, order.started_at, row.start_received_at if row else None)
    ends = (order.ended_at, order.stopped_at, row.stop_received_at if row else None)
    since = min(filter(None, begins)) - AROUND
    until = max(filter(None, ends), default=clock.now()) + AROUND
    frames = list(stations.frames_of(order.pile_id, since, until).filter(action__in=ABOUT)[:MOST_READ])
    calls = {_exchange(frame) for frame in frames if frame.kind == "call" and _is_about(order, frame)}
    told = [frame for frame in reversed(frames) if _exchange(frame) in calls]
    return [utterance_of(frame) for frame in told[:MOST_SHOWN]]


def _exchange(frame: Frame) -> tuple[int, str, str]:
    """What a call and its answer have in common."""
    return frame.generation, frame.action, frame.message_id


def _is_about(order: ChargingOrder, frame: Frame) -> bool:
    """By the transaction where one is named, else by the connector."""
    payload = _payload(frame.text)
    named = payload.get("transactionId")
    if named is not None:
        return str(named) == str(order.transaction_id)
    return str(payload.get("connectorId", "")) in {"", str(order.connector.number)}


def _payload(text: str) -> Mapping[str, Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        return {}
    last = whole[-1] if isinstance(whole, list) and whole else None
    return last if isinstance(last, dict) else {}
