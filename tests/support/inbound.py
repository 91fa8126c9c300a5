"""Payloads as the handlers get them, without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_gateway import wire
from ocpp_gateway.reading import Inbound

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def inbound(fields: Mapping[str, Any] | None = None, **pile: Any) -> Inbound:
    """A payload that arrived at ``NOW`` on a connection of one hour."""
    record = {"pile_id": 1, "identity": "CP1", "registration": wire.Registration.ACCEPTED, **pile}
    return Inbound(
        fields or {}, pile=wire.PileRecord(**record), received_at=NOW, connected_at=NOW - timedelta(hours=1)
    )
