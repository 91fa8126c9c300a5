"""Orders with their transactions and ledger entries, cases, alarms and totals, by set-based statements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from alarms.models import Alarm
from benchmarks.size.rows import insert, without_indexes
from finance.models import Journal, Posting
from orders.models import Case, ChargingOrder, OrderEvent, Sample, Transaction
from reports.models import DayLoad, DayTotal

AT_ONCE = 500_000
RUNNING = 3_000
"""Orders under way: the newest, each at a connector of its own."""

IN_LEDGER = 300_000
WITH_READINGS, READINGS = 60_000, 20
"""The newest orders, and how many readings each has, one every two minutes."""

CASES, ALARMS = 50_000, 100_000
SKEW = 1.6
"""Of a connector's number, drawn evenly: the first three of a hundred get a tenth of the orders."""

PRICES = {
    "sharp": {"electricity": Decimal("1.3"), "service": Decimal("0.7")},
    "peak": {"electricity": Decimal("1.0"), "service": Decimal("0.6")},
    "flat": {"electricity": Decimal("0.7"), "service": Decimal("0.5")},
    "valley": {"electricity": Decimal("0.3"), "service": Decimal("0.4")},
}
TARIFF = json.dumps(
    {
        "format": 1,
        "version_id": 1,
        "name": "Standard",
        "currency": "CNY",
        "zone": "Asia/Shanghai",
        "codes": "V" * 16 + "F" * 32,
        "days": [],
        "prices": {letter: ["0.70000", "0.50000"] for letter in "SPFV"},
        "idle": None,
        "min_hold": 2000,
        "rounding": "line",
    }
)
PATH = {name: f"s.{name}" for name in ("manufacturer_id", "dealer_id", "operator_id", "agency_id")}


def make(cursor: Any, orders: int) -> Iterator[tuple[str, int]]:
    """What was made, and how many."""
    with without_indexes(cursor, Transaction, ChargingOrder, Journal, Posting):
        yield "orders", _orders(cursor, orders)
        yield "transactions", _transactions(cursor)
        yield "ledger entries", _ledger(cursor, orders)
    yield "readings", _samples(cursor, orders)
    yield "lines of histories", _events(cursor, orders)
    yield "cases", _cases(cursor, orders)
    yield "alarms", _alarms(cursor)
    yield "totals of days", _totals(cursor)


def _orders(cursor: Any, orders: int) -> int:
    cursor.execute("SELECT count(*) FROM size_spot")
    (spots,) = cursor.fetchone()
    cursor.execute("SET enable_mergejoin = off")
    made = 0
    for start in range(1, orders + 1, AT_ONCE):
        stop = min(start + AT_ONCE - 1, orders)
        made += insert(cursor, ChargingOrder, _order(orders), _drawn(start, stop, orders, spots))
    return made


def _drawn(start: int, stop: int, orders: int, spots: int) -> str:
    """Numbered orders with their moment, place, energy and fate."""
    running = orders - RUNNING
    return f"""
        (SELECT n, now() - interval '730 days' * (1 - n::float8 / {orders}) AS at, n > {running} AS runs,
                CASE WHEN n > {running} THEN 1 + (n - {running}) * {max(spots // RUNNING, 1)} % {spots}
                     ELSE 1 + floor({spots} * power(random(), {SKEW}))::bigint END AS spot,
                (4000 + 56000 * random())::bigint AS wh, random() AS fate, (random() * 100000)::bigint AS who
         FROM generate_series({start}::bigint, {stop}) n) g
        JOIN size_spot s ON s.n = g.spot
    """


def _order(orders: int) -> dict[str, str]:
    ended = "CASE WHEN g.runs THEN NULL ELSE g.at + interval '41 minutes' END"
    lost = "g.fate < 0.02"
    return {
        **PATH,
        "id": "g.n",
        "order_no": "'SIZE-' || to_char(g.at, 'YYMMDD') || '-' || lpad(g.n::text, 9, '0')",
        "public_id": "md5(g.n::text)",
        "station_id": "s.station_id",
        "pile_id": "s.pile_id",
        "connector_id": "s.connector_id",
        # Drivers are dealt out over the operators in turn, so this one is a driver of the order's operator.
        "driver_id": "s.operator_id - 20 + 180 * (g.who % 1100)",
        "plate": "'A' || lpad((g.who % 99999)::text, 5, '0')",
        "source": "CASE WHEN g.n % 3 = 0 THEN 'card' ELSE 'qr' END",
        "charge_state": f"CASE WHEN g.runs THEN 'charging' WHEN {lost} THEN 'cancelled' ELSE 'ended' END",
        "pay_state": f"CASE WHEN g.runs THEN 'held' WHEN {lost} THEN 'released' WHEN g.fate < 0.03 THEN 'refunded' ELSE 'settled' END",
        "tariff_version_id": "s.operator_id",
        "tariff": f"'{TARIFF}'",
        "currency": "'CNY'",
        "zone": "'Asia/Shanghai'",
        "transaction_id": f"CASE WHEN {lost} AND NOT g.runs THEN NULL ELSE g.n END",
        "created_at": "g.at",
        "started_at": "g.at + interval '1 minute'",
        "stopped_at": ended,
        "ended_at": ended,
        "unplugged_at": ended,
        "idle_final_at": ended,
        "settled_at": ended,
        "end_day": f"(({ended}) AT TIME ZONE 'Asia/Shanghai')::date",
        "meter_start": "0",
        "meter_stop": "CASE WHEN g.runs THEN NULL ELSE g.wh END",
        "energy_wh": "g.wh",
        "sharp_wh": "g.wh / 4",
        "peak_wh": "g.wh / 4",
        "flat_wh": "g.wh / 4",
        "valley_wh": "g.wh - 3 * (g.wh / 4)",
        "power_w": "CASE WHEN g.runs THEN 42000 END",
        "last_sample_at": "least(g.at + interval '41 minutes', now())",
        "last_heard_at": "least(g.at + interval '41 minutes', now())",
        "hold": "CASE WHEN g.runs THEN 10000 ELSE 0 END",
        "electricity_fee": "g.wh * 7 / 100",
        "service_fee": "g.wh * 5 / 100",
        "total": "g.wh * 7 / 100 + g.wh * 5 / 100",
        "paid_cash": "CASE WHEN g.runs THEN 0 ELSE g.wh * 7 / 100 + g.wh * 5 / 100 END",
        "refunded": "CASE WHEN g.fate >= 0.02 AND g.fate < 0.03 THEN g.wh * 7 / 100 + g.wh * 5 / 100 ELSE 0 END",
        "stop_reason": "CASE WHEN g.runs THEN '' ELSE 'Remote' END",
    }


def _transactions(cursor: Any) -> int:
    return insert(
        cursor,
        Transaction,
        {
            **PATH,
            "id": "s.transaction_id",
            "pile_id": "s.pile_id",
            "connector_number": "1",
            "id_tag": "'TAG' || s.driver_id",
            "id_tag_folded": "'TAG' || s.driver_id",
            "started_at": "s.started_at",
            "pile_started_at": "s.started_at",
            "start_received_at": "s.started_at",
            "meter_start": "s.id",
            "stopped_at": "s.stopped_at",
            "pile_stopped_at": "s.stopped_at",
            "stop_received_at": "s.stopped_at",
            "meter_stop": "CASE WHEN s.stopped_at IS NOT NULL THEN s.id + s.energy_wh END",
            "stop_reason": "s.stop_reason",
            "start_handled_at": "s.started_at",
            "stop_handled_at": "s.stopped_at",
        },
        f"{ChargingOrder._meta.db_table} s WHERE s.transaction_id IS NOT NULL",
    )


def _ledger(cursor: Any, orders: int) -> int:
    settled = (
        f"{ChargingOrder._meta.db_table} s WHERE s.pay_state = 'settled' AND s.id > {orders - IN_LEDGER}"
    )
    insert(
        cursor,
        Journal,
        {
            **PATH,
            "id": "s.id",
            "event_type": "'order.settled'",
            "event_key": "'order:' || s.id || ':1'",
            "about": "'order:' || s.order_no",
            "actor_ref": "'system'",
            "at": "s.settled_at",
        },
        settled,
    )
    made = 0
    for account, sign in (("s.driver_id", ""), ("200000 + s.operator_id", "-")):
        made += insert(
            cursor,
            Posting,
            {
                **PATH,
                "journal_id": "s.id",
                "account_id": account,
                "amount": f"{sign}s.total",
                "currency": "'CNY'",
                "at": "s.settled_at",
            },
            settled,
        )
    return made


def _samples(cursor: Any, orders: int) -> int:
    at = "s.started_at + g.n * interval '2 minutes'"
    return insert(
        cursor,
        Sample,
        {
            **PATH,
            "pile_id": "s.pile_id",
            "connector_number": "1",
            "transaction_id": "s.transaction_id",
            "taken_at": at,
            "received_at": at,
            "context": "'Sample.Periodic'",
            "register_wh": f"s.id + s.energy_wh * g.n / {READINGS}",
            "power_w": "42000",
            "soc": "20 + 3 * g.n",
        },
        f"{ChargingOrder._meta.db_table} s, generate_series(1, {READINGS}) g(n)"
        f" WHERE s.id > {orders - WITH_READINGS} AND s.transaction_id IS NOT NULL",
    )


def _events(cursor: Any, orders: int) -> int:
    return insert(
        cursor,
        OrderEvent,
        {
            **PATH,
            "order_id": "s.id",
            "at": "s.created_at + g.n * interval '10 minutes'",
            "side": "'pile'",
            "kind": "(ARRAY['created','started','stopped','settled'])[g.n]",
            "recorded_at": "s.created_at + g.n * interval '10 minutes'",
        },
        f"{ChargingOrder._meta.db_table} s, generate_series(1, 4) g(n) WHERE s.id > {orders - IN_LEDGER}",
    )


def _cases(cursor: Any, orders: int) -> int:
    step = max(orders // CASES, 1)
    return insert(
        cursor,
        Case,
        {
            **PATH,
            "number": "'C-' || s.id",
            "code": "(ARRAY['A04','A07','A12','A17'])[1 + (s.id / 7) % 4]",
            "state": f"CASE WHEN s.id > {orders * 97 // 100} THEN 'open' ELSE 'closed' END",
            "order_id": "s.id",
            "transaction_id": "s.transaction_id",
            "station_id": "s.station_id",
            "pile_id": "s.pile_id",
            "amount_before": "s.total",
            "currency": "'CNY'",
            "opened_at": "s.created_at",
        },
        f"{ChargingOrder._meta.db_table} s WHERE s.id % {step} = 0",
    )


def _alarms(cursor: Any) -> int:
    return insert(
        cursor,
        Alarm,
        {
            **PATH,
            "key": "'size:' || n",
            "code": "(ARRAY['F01','F02','S01','P01'])[1 + n % 4]",
            "alarm_class": "(ARRAY['failure','failure','safety','station'])[1 + n % 4]",
            "severity": "1 + n % 4",
            "station_id": "s.station_id",
            "pile_id": "s.pile_id",
            "state": "CASE WHEN n % 50 = 0 THEN 'open' ELSE 'cleared' END",
            "first_seen_at": "now() - interval '700 days' * random()",
            "last_seen_at": "now() - interval '1 day' * random()",
        },
        f"generate_series(1, {ALARMS}) g(n) JOIN size_spot s USING (n) WHERE true",
    )


def _totals(cursor: Any) -> int:
    sums = ", ".join(
        f"sum({name})::bigint AS {name}"
        for name in (
            "energy_wh",
            "sharp_wh",
            "peak_wh",
            "flat_wh",
            "valley_wh",
            "electricity_fee",
            "service_fee",
            "total",
            "refunded",
        )
    )
    cursor.execute(
        f"""
        CREATE UNLOGGED TABLE size_day AS
        SELECT manufacturer_id, dealer_id, operator_id, agency_id, end_day AS day, count(*) AS sessions, {sums}
        FROM {ChargingOrder._meta.db_table} WHERE charge_state = 'ended' GROUP BY 1, 2, 3, 4, 5
        """
    )
    made = 0
    names = (
        "sessions",
        "energy_wh",
        "sharp_wh",
        "peak_wh",
        "flat_wh",
        "valley_wh",
        "electricity_fee",
        "service_fee",
        "total",
        "refunded",
    )
    for column in PATH:
        added = ", ".join(f"sum({name})::bigint AS {name}" for name in names)
        source = f"(SELECT {column} AS tenant_id, day, {added} FROM size_day GROUP BY 1, 2) d"
        values = {name: f"d.{name}" for name in ("tenant_id", "day", *names)}
        made += insert(
            cursor, DayTotal, {**values, "currency": "'CNY'", "seconds": "d.sessions * 2400"}, source
        )
        insert(
            cursor,
            DayLoad,
            {"tenant_id": "d.tenant_id", "day": "d.day", "wh": "array_fill(d.energy_wh / 48, ARRAY[48])"},
            source,
        )
    return made
