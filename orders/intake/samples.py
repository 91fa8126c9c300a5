"""From the readings of a pile to rows of samples: the billing register beside everything as it was sent.

The billing register is Energy.Active.Import.Register, Raw, at the outlet, of no phase; where a pile
sends phases only, their sum (domain 1.13). Inlet values and connector 0 are never billed. A value
that cannot be true is kept as it was sent and stands in no column.
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
POWER = "Power.Active.Import"
PHASES = ("L1", "L2", "L3")
PLAUSIBLE = {
    POWER: (-(10**9), 10**9),
    "Current.Import": (-(10**6), 10**6),
    "Voltage": (-(10**6), 10**6),
    "SoC": (0, 100),
    "Temperature": (-(10**3), 10**4),
}
"""In W, A, V, % and degrees Celsius; also what the columns can hold."""

COLUMNS = (
    "manufacturer_id, dealer_id, operator_id, agency_id, pile_id, connector_number, transaction_id, taken_at,"
    " received_at, context, register_wh, power_w, current_a, voltage_v, soc, temperature_c, readings, remarks"
)
TEMPLATE = (
    "(%s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::integer, %s::integer, %s::timestamptz,"
    " %s::timestamptz, %s, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric,"
    " %s::jsonb, %s)"
)


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

    def gauge(self, measurand: str) -> Decimal | None:
        """A value that is shown, in the unit of its column; None when it is absent or cannot be true."""
        fit = [
            (value.phase, value.value)
            for value in self.reading.values
            if value.measurand == measurand
            and value.value is not None
            and value.format == "Raw"
            and value.location != "Inlet"
        ]
        if not fit:
            return None
        whole = [number for phase, number in fit if not phase]
        parts = [number for _, number in fit]
        found = whole[0] if whole else sum(parts, Decimal(0)) if measurand == POWER else parts[0]
        low, high = PLAUSIBLE[measurand]
        return found if low <= found <= high else None

    def as_columns(self) -> tuple[Any, ...]:
        return (
            *self.place.path.as_row(),
            self.place.pile_id,
            self.connector,
            self.transaction_id,
            self.reading.at,
            self.received_at,
            self.reading.values[0].context[:24],
            self.register_wh,
            *(self.gauge(measurand) for measurand in PLAUSIBLE),
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
    """Insert what is not there yet: the same reading may come again with the stop, or in a resend.

    A stop often repeats fewer of the values of an instant than were sent while it ran: what an
    earlier sample contains is there.
    """
    fresh = list(dict.fromkeys(row.as_columns() for row in rows))
    _insert([row for row in fresh if row[6] is not None], "s.transaction_id = n.transaction_id")
    _insert(
        [row for row in fresh if row[6] is None],
        "s.transaction_id IS NULL AND s.pile_id = n.pile_id AND s.connector_number = n.connector_number",
    )


def _insert(rows: Sequence[tuple[Any, ...]], same: str) -> None:
    run_values(
        f"INSERT INTO orders_sample ({COLUMNS}) SELECT n.* FROM (VALUES %s) AS n ({COLUMNS})"  # noqa: S608 - constants
        f" WHERE NOT EXISTS (SELECT 1 FROM orders_sample s WHERE {same} AND s.taken_at = n.taken_at"
        " AND s.context = n.context AND s.readings @> n.readings)",
        rows,
        TEMPLATE,
    )


def show_on_orders(rows: Sequence[Row]) -> list[int]:
    """Bring running orders up to their newest reading; the keys of the orders that changed.

    An older reading that arrives late is stored but not shown. What it costs is left to the worker,
    which finds the order by its empty ``priced_at``.
    """
    newest: dict[int, Row] = {}
    for row in rows:
        if row.transaction_id is None:
            continue
        seen = newest.get(row.transaction_id)
        if seen is None or row.reading.at >= seen.reading.at:
            newest[row.transaction_id] = row
    # The transaction is locked before its order, here as everywhere.
    in_order = run_values(
        "UPDATE orders_transaction t SET last_sample_at = GREATEST(t.last_sample_at, n.at)"
        " FROM (VALUES %s) AS n (id, at) WHERE t.id = n.id RETURNING t.id, t.last_sample_at = n.at",
        [(transaction_id, row.reading.at) for transaction_id, row in newest.items()],
        "(%s::integer, %s::timestamptz)",
    )
    changed = run_values(
        "UPDATE orders_chargingorder o SET"
        " last_sample_at = n.received, last_heard_at = n.received, priced_at = NULL,"
        " power_w = COALESCE(round(n.power)::bigint, o.power_w), soc = COALESCE(round(n.soc)::smallint, o.soc),"
        " soc_start = COALESCE(o.soc_start, round(n.soc)::smallint)"
        " FROM (VALUES %s) AS n (transaction_id, received, power, soc)"
        " WHERE o.transaction_id = n.transaction_id AND o.charge_state IN ('charging', 'stopping')"
        " RETURNING o.id",
        [
            (
                transaction_id,
                newest[transaction_id].received_at,
                newest[transaction_id].gauge(POWER) if is_newest else None,
                newest[transaction_id].gauge("SoC") if is_newest else None,
            )
            for transaction_id, is_newest in in_order
        ],
        "(%s::integer, %s::timestamptz, %s::numeric, %s::numeric)",
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
