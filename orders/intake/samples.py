"""From the readings of a pile to rows of samples: the billing register beside everything as it was sent.

The billing register is Energy.Active.Import.Register, Raw, at the outlet, of no phase; where a pile
sends phases only, their sum (domain 1.13). Inlet values and connector 0 are never billed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ocpp_gateway import wire
from orders.intake.sql import run_values
from stations.selectors import PilePlace

REGISTER = "Energy.Active.Import.Register"
PHASES = ("L1", "L2", "L3")
LIMITS = {"power_w": 10**9, "current_a": 10**6, "voltage_v": 10**6, "soc": 100, "temperature_c": 10**4}


@dataclass(frozen=True, slots=True)
class Row:
    """One instant of one connector, on its way into ``orders_sample``."""

    place: PilePlace
    connector: int
    transaction_id: int | None
    reading: wire.Reading
    received_at: datetime
    remarks: tuple[str, ...] = ()

    @property
    def register_wh(self) -> Decimal | None:
        return register_of(self.reading.values) if self.connector > 0 else None

    def gauge(self, measurand: str, column: str) -> Decimal | None:
        """A value that is shown, in the unit of its column; None when it is absent or cannot be true."""
        values = [v for v in self.reading.values if v.measurand == measurand and v.value is not None and v.location != "Inlet"]
        whole = [v for v in values if not v.phase]
        if whole:
            found = whole[0].value
        elif measurand == "Power.Active.Import" and values:
            found = sum((v.value for v in values if v.value is not None), Decimal(0))
        else:
            found = values[0].value if values else None
        return found if found is not None and abs(found) <= LIMITS[column] else None

    def as_columns(self) -> tuple[Any, ...]:
        context = self.reading.values[0].context if self.reading.values else "Sample.Periodic"
        return (
            *self.place.path.as_row(),
            self.place.pile_id,
            self.connector,
            self.transaction_id,
            self.reading.at,
            self.received_at,
            context[:24],
            self.register_wh,
            self.gauge("Power.Active.Import", "power_w"),
            self.gauge("Current.Import", "current_a"),
            self.gauge("Voltage", "voltage_v"),
            self.gauge("SoC", "soc"),
            self.gauge("Temperature", "temperature_c"),
            json.dumps([_as_sent(value) for value in self.reading.values]),
            ",".join(self.remarks)[:200],
        )


def register_of(values: Sequence[wire.SampledValue]) -> Decimal | None:
    """The billing register in Wh among the values of one instant."""
    fit = [
        value
        for value in values
        if value.measurand == REGISTER
        and value.format == "Raw"
        and value.location in {"", "Outlet"}
        and value.value is not None
        and 0 <= value.value < 10**12
    ]
    for value in fit:
        if not value.phase:
            return value.value
    phases = {value.phase: value.value for value in fit if value.phase in PHASES}
    if not phases:
        return None
    return sum((reading for reading in phases.values() if reading is not None), Decimal(0))


def store(rows: Iterable[Row]) -> None:
    """Insert what is not there yet: the same reading may come again with the stop, or in a resend."""
    run_values(
        "INSERT INTO orders_sample (manufacturer_id, dealer_id, operator_id, agency_id, pile_id, connector_number,"
        " transaction_id, taken_at, received_at, context, register_wh, power_w, current_a, voltage_v, soc,"
        " temperature_c, readings, remarks)"
        " SELECT n.* FROM (VALUES %s) AS n (manufacturer_id, dealer_id, operator_id, agency_id, pile_id,"
        "  connector_number, transaction_id, taken_at, received_at, context, register_wh, power_w, current_a,"
        "  voltage_v, soc, temperature_c, readings, remarks)"
        " WHERE n.transaction_id IS NULL OR NOT EXISTS (SELECT 1 FROM orders_sample s"
        "  WHERE s.transaction_id = n.transaction_id AND s.taken_at = n.taken_at"
        "  AND s.context = n.context AND s.readings = n.readings)",
        [row.as_columns() for row in rows],
        "(%s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::integer, %s::integer, %s::timestamptz,"
        " %s::timestamptz, %s, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric,"
        " %s::jsonb, %s)",
    )


def show_on_orders(rows: Sequence[Row]) -> list[int]:
    """Bring running orders up to their newest reading; the keys of the orders that changed.

    An older reading that arrives late is stored but not shown. Energy never goes back.
    """
    newest: dict[int, Row] = {}
    registers: dict[int, Decimal] = {}
    for row in rows:
        if row.transaction_id is None:
            continue
        seen = newest.get(row.transaction_id)
        if seen is None or row.reading.at >= seen.reading.at:
            newest[row.transaction_id] = row
        if (register := row.register_wh) is not None:
            registers[row.transaction_id] = max(register, registers.get(row.transaction_id, register))
    changed = run_values(
        "UPDATE orders_chargingorder o SET"
        " last_sample_at = n.received, last_heard_at = n.received, priced_at = NULL,"
        " energy_wh = GREATEST(o.energy_wh, round(n.register)::bigint - o.meter_start),"
        " power_w = COALESCE(round(n.power)::bigint, o.power_w), soc = COALESCE(round(n.soc)::smallint, o.soc),"
        " soc_start = COALESCE(o.soc_start, round(n.soc)::smallint)"
        " FROM (VALUES %s) AS n (transaction_id, received, register, power, soc)"
        " WHERE o.transaction_id = n.transaction_id AND o.charge_state IN ('charging', 'stopping')"
        " RETURNING o.id",
        [
            (
                transaction_id,
                row.received_at,
                registers.get(transaction_id),
                row.gauge("Power.Active.Import", "power_w"),
                row.gauge("SoC", "soc"),
            )
            for transaction_id, row in newest.items()
        ],
        "(%s::integer, %s::timestamptz, %s::numeric, %s::numeric, %s::numeric)",
    )
    run_values(
        "UPDATE orders_transaction t SET last_sample_at = GREATEST(t.last_sample_at, n.at)"
        " FROM (VALUES %s) AS n (id, at) WHERE t.id = n.id",
        [(transaction_id, row.reading.at) for transaction_id, row in newest.items()],
        "(%s::integer, %s::timestamptz)",
    )
    return [row[0] for row in changed]


def _as_sent(value: wire.SampledValue) -> dict[str, str]:
    """Without the defaults, so that a row stays small; ``raw`` is byte for byte what came."""
    fields = {
        "measurand": value.measurand,
        "value": value.raw,
        "unit": value.unit,
        "phase": value.phase,
        "location": value.location if value.location != "Outlet" else "",
        "context": value.context if value.context != "Sample.Periodic" else "",
        "format": value.format if value.format != "Raw" else "",
    }
    return {name: text for name, text in fields.items() if text}
