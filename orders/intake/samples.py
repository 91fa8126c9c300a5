"""From the readings of a pile to rows of samples: the billing register beside everything as it was sent.

The billing register is Energy.Active.Import.Register, Raw, at the outlet, of no phase; where a pile
sends phases only, their sum (domain 1.13). Inlet values and connector 0 are never billed. A value
that cannot be true is kept as it was sent and stands in no column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from backoffice.kit.recordset import names_of
from ocpp_gateway import wire
from orders.intake.sql import run_rows
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
    "manufacturer_id bigint, dealer_id bigint, operator_id bigint, agency_id bigint, pile_id bigint,"
    " connector_number integer, transaction_id integer, taken_at timestamptz, received_at timestamptz,"
    " context text, register_wh numeric, power_w numeric, current_a numeric, voltage_v numeric, soc numeric,"
    " temperature_c numeric, readings jsonb, remarks text"
)
_NAMES = ", ".join(names_of(COLUMNS))
_TRANSACTION, _READINGS = names_of(COLUMNS).index("transaction_id"), names_of(COLUMNS).index("readings")


@dataclass(slots=True)
class Row:
    """One instant of one connector, on its way into ``orders_sample``.

    ``gauges``: by measurand, a value that is shown, in the unit of its column; None when it is absent or
    cannot be true.
    """

    place: PilePlace
    connector: int
    transaction_id: int | None
    reading: wire.Reading
    received_at: datetime
    remarks: tuple[str, ...] = ()
    gauges: dict[str, Decimal | None] = field(init=False)

    def __post_init__(self) -> None:
        self.gauges = gauges_of(self.reading.values)

    @property
    def register_wh(self) -> Decimal | None:
        return register_of(self.reading.values) if self.connector > 0 else None

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
            *self.gauges.values(),
            orjson.dumps([_as_sent(value) for value in self.reading.values]),
            ",".join(self.remarks)[:200],
        )


def gauges_of(values: Sequence[wire.SampledValue]) -> dict[str, Decimal | None]:
    """What is shown of the values of one instant, in the order of the columns."""
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for value in values:
        if (
            value.measurand in PLAUSIBLE
            and value.value is not None
            and value.format == "Raw"
            and value.location != "Inlet"
        ):
            found.setdefault(value.measurand, []).append((value.phase, value.value))
    return {
        measurand: _gauge(measurand, found[measurand]) if measurand in found else None
        for measurand in PLAUSIBLE
    }


def _gauge(measurand: str, fit: Sequence[tuple[str, Decimal]]) -> Decimal | None:
    whole = [number for phase, number in fit if not phase]
    parts = [number for _, number in fit]
    found = whole[0] if whole else sum(parts, Decimal(0)) if measurand == POWER else parts[0]
    low, high = PLAUSIBLE[measurand]
    return found if low <= found <= high else None


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
    _insert([row for row in fresh if row[_TRANSACTION] is not None], "s.transaction_id = n.transaction_id")
    _insert(
        [row for row in fresh if row[_TRANSACTION] is None],
        "s.transaction_id IS NULL AND s.pile_id = n.pile_id AND s.connector_number = n.connector_number",
    )


def _insert(rows: Sequence[tuple[Any, ...]], same: str) -> None:
    run_rows(
        f"INSERT INTO orders_sample ({_NAMES}) SELECT n.* FROM {{rows}}"  # noqa: S608 - constants
        f" WHERE NOT EXISTS (SELECT 1 FROM orders_sample s WHERE {same} AND s.taken_at = n.taken_at"
        " AND s.context = n.context AND s.readings @> n.readings)",
        COLUMNS,
        [(*row[:_READINGS], orjson.Fragment(row[_READINGS]), *row[_READINGS + 1 :]) for row in rows],
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
    in_order = run_rows(
        "UPDATE orders_transaction t SET last_sample_at = GREATEST(t.last_sample_at, n.at)"
        " FROM {rows} WHERE t.id = n.id RETURNING t.id, t.last_sample_at = n.at",
        "id integer, at timestamptz",
        [(transaction_id, row.reading.at) for transaction_id, row in newest.items()],
    )
    changed = run_rows(
        "UPDATE orders_chargingorder o SET"
        " last_sample_at = n.received, last_heard_at = n.received, priced_at = NULL,"
        " power_w = COALESCE(round(n.power)::bigint, o.power_w), soc = COALESCE(round(n.soc)::smallint, o.soc),"
        " soc_start = COALESCE(o.soc_start, round(n.soc)::smallint)"
        " FROM {rows}"
        " WHERE o.transaction_id = n.transaction_id AND o.charge_state IN ('charging', 'stopping')"
        " RETURNING o.id",
        "transaction_id integer, received timestamptz, power numeric, soc numeric",
        [
            (
                transaction_id,
                newest[transaction_id].received_at,
                newest[transaction_id].gauges[POWER] if is_newest else None,
                newest[transaction_id].gauges["SoC"] if is_newest else None,
            )
            for transaction_id, is_newest in in_order
        ],
    )
    return [row[0] for row in changed]


def _as_sent(value: wire.SampledValue) -> dict[str, str]:
    """Without the defaults, so that a row stays small; ``raw`` is byte for byte what came."""
    fields = {"measurand": value.measurand, "value": value.raw}
    if value.unit:
        fields["unit"] = value.unit
    if value.phase:
        fields["phase"] = value.phase
    if value.location and value.location != "Outlet":
        fields["location"] = value.location
    if value.context and value.context != "Sample.Periodic":
        fields["context"] = value.context
    if value.format and value.format != "Raw":
        fields["format"] = value.format
    return fields
