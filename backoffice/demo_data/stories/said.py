"""Readings as facts, and as the pile wrote them into its frames."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ocpp_gateway import wire


def reading_at(
    at: datetime, wh: int, power_w: int | None, soc: int | None, context: str = "Sample.Periodic"
) -> wire.Reading:
    """Register, power and state of charge at an instant; what is None was not read."""
    values = [("Energy.Active.Import.Register", wh, "Wh")]
    if power_w is not None:
        values.append(("Power.Active.Import", power_w, "W"))
    if soc is not None:
        values.append(("SoC", soc, "Percent"))
    return wire.Reading(
        at=at,
        pile_time=at,
        values=tuple(
            wire.SampledValue(
                measurand=name, raw=str(value), value=Decimal(value), unit=unit, context=context
            )
            for name, value, unit in values
        ),
    )


def as_sent(reading: wire.Reading) -> dict[str, Any]:
    """A reading as the pile wrote it."""
    return {
        "timestamp": stamp(reading.at),
        "sampledValue": [
            {"measurand": value.measurand, "value": value.raw, "unit": value.unit, "context": value.context}
            for value in reading.values
        ],
    }


def stamp(at: datetime) -> str:
    """An instant as OCPP writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
