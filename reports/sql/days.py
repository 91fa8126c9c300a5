"""Totals and loads of days, made anew from the orders: one statement for every tenant at once.

An order counts below each tenant of its own path, the path of its time. Orders that are not settled
yet count nowhere. A row that would stay the same is not written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

FIGURES = (
    "sessions",
    "failed",
    "energy_wh",
    "sharp_wh",
    "peak_wh",
    "flat_wh",
    "valley_wh",
    "seconds",
    "electricity_fee",
    "service_fee",
    "idle_fee",
    "discount",
    "total",
    "refunded",
)
"""The columns of a day's total that are added up."""

FAILED_WH, FAILED_SECONDS = 200, 120
"""A session that gave no more energy than this and took no longer failed (domain 5.1)."""

LONGEST_SESSION_DAYS = 4
"""An order's half hours are looked for this many days before the day on which it ended."""

_FRESH_TOTALS = f"""
    SELECT below.tenant_id, o.end_day AS day, o.currency,
        count(*)::int AS sessions,
        count(*) FILTER (
            WHERE o.energy_wh <= {FAILED_WH}
            AND o.stopped_at - o.started_at <= interval '{FAILED_SECONDS} seconds'
        )::int AS failed,
        sum(o.energy_wh)::bigint AS energy_wh,
        sum(o.sharp_wh)::bigint AS sharp_wh,
        sum(o.peak_wh)::bigint AS peak_wh,
        sum(o.flat_wh)::bigint AS flat_wh,
        sum(o.valley_wh)::bigint AS valley_wh,
        coalesce(sum(extract(epoch FROM greatest(o.stopped_at - o.started_at, interval '0'))), 0)::bigint
            AS seconds,
        sum(o.electricity_fee)::bigint AS electricity_fee,
        sum(o.service_fee)::bigint AS service_fee,
        sum(o.idle_fee)::bigint AS idle_fee,
        sum(o.discount)::bigint AS discount,
        sum(o.total)::bigint AS total,
        sum(o.refunded)::bigint AS refunded
    FROM orders_chargingorder o
    CROSS JOIN LATERAL (
        VALUES (o.manufacturer_id), (o.dealer_id), (o.operator_id), (o.agency_id)
    ) AS below(tenant_id)
    WHERE o.end_day = ANY(%(days)s) AND o.settled_at IS NOT NULL AND below.tenant_id IS NOT NULL
    GROUP BY below.tenant_id, o.end_day, o.currency
"""

_FRESH_LOADS = """
    SELECT half_hour.tenant_id, half_hour.day,
        array_agg(coalesce(half_hour.wh, 0) ORDER BY half_hour.number) AS wh
    FROM (
        SELECT every.tenant_id, every.day, every.number, used.wh
        FROM (
            SELECT DISTINCT tenant_id, day, number FROM energy CROSS JOIN generate_series(0, 47) AS number
        ) AS every
        LEFT JOIN (
            SELECT tenant_id, day, slot AS number, sum(wh)::bigint AS wh FROM energy GROUP BY 1, 2, 3
        ) AS used USING (tenant_id, day, number)
    ) AS half_hour
    GROUP BY half_hour.tenant_id, half_hour.day
"""

_ENERGY = """
    SELECT below.tenant_id, slot.day, slot.number AS slot, slot.wh
    FROM orders_chargingorder o
    CROSS JOIN LATERAL jsonb_to_recordset(o.bill -> 'slots') AS slot(day date, number int, wh bigint)
    CROSS JOIN LATERAL (
        VALUES (o.manufacturer_id), (o.dealer_id), (o.operator_id), (o.agency_id)
    ) AS below(tenant_id)
    WHERE o.end_day BETWEEN %(first)s AND %(last)s AND o.settled_at IS NOT NULL
        AND below.tenant_id IS NOT NULL AND slot.day = ANY(%(days)s)
"""


def remake_totals(days: Sequence[date], *, now: datetime, over: date) -> int:
    """Make the totals of these days anew, for every tenant; how many rows changed.

    Rows of days before ``over`` that change are marked as restated.
    """
    columns = ", ".join(FIGURES)
    return _execute(
        f"""
        WITH fresh AS MATERIALIZED ({_FRESH_TOTALS}), gone AS (
            DELETE FROM reports_daytotal d WHERE d.day = ANY(%(days)s) AND NOT EXISTS (
                SELECT FROM fresh f
                WHERE (f.tenant_id, f.day, f.currency) = (d.tenant_id, d.day, d.currency)
            )
        )
        INSERT INTO reports_daytotal AS known (tenant_id, day, currency, {columns}, restated_at)
        SELECT tenant_id, day, currency, {columns}, CASE WHEN day < %(over)s THEN %(now)s::timestamptz END
        FROM fresh
        ON CONFLICT (tenant_id, day, currency) DO UPDATE SET
            ({columns}) = ({", ".join(f"excluded.{name}" for name in FIGURES)}),
            restated_at = coalesce(excluded.restated_at, known.restated_at)
        WHERE ({", ".join(f"known.{name}" for name in FIGURES)})
            IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in FIGURES)})
        """,
        {"days": list(days), "now": now, "over": over},
    )


def remake_loads(days: Sequence[date]) -> int:
    """Make the half hours of these days anew, for every tenant; how many rows changed."""
    if not days:
        return 0
    return _execute(
        f"""
        WITH energy AS MATERIALIZED ({_ENERGY}), fresh AS MATERIALIZED ({_FRESH_LOADS}), gone AS (
            DELETE FROM reports_dayload d WHERE d.day = ANY(%(days)s) AND NOT EXISTS (
                SELECT FROM fresh f WHERE (f.tenant_id, f.day) = (d.tenant_id, d.day)
            )
        )
        INSERT INTO reports_dayload AS known (tenant_id, day, wh) SELECT tenant_id, day, wh FROM fresh
        ON CONFLICT (tenant_id, day) DO UPDATE SET wh = excluded.wh WHERE known.wh <> excluded.wh
        """,
        {
            "days": list(days),
            "first": min(days),
            "last": max(days).fromordinal(max(days).toordinal() + LONGEST_SESSION_DAYS),
        },
    )


def days_that_differ(first: date, last: date) -> list[date]:
    """The days of this span whose stored totals are not what the orders add up to."""
    columns = f"tenant_id, day, currency, {', '.join(FIGURES)}"
    days = [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH fresh AS ({_FRESH_TOTALS}),
                stored AS (SELECT {columns} FROM reports_daytotal WHERE day = ANY(%(days)s))
            SELECT DISTINCT day FROM (
                (SELECT {columns} FROM fresh EXCEPT SELECT {columns} FROM stored)
                UNION ALL (SELECT {columns} FROM stored EXCEPT SELECT {columns} FROM fresh)
            ) AS differing ORDER BY day
            """,
            {"days": days},
        )
        return [day for (day,) in cursor.fetchall()]


def running_energy(column: str, tenant_id: int, days: Sequence[date]) -> dict[tuple[date, int], int]:
    """Wh by (day, half hour) of the orders below one tenant that run or wait to be settled.

    ``column`` is that of the tenant's level (``operator_id``), one of a fixed set of names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT slot.day, slot.number, sum(slot.wh)::bigint
            FROM (
                SELECT bill FROM orders_chargingorder
                WHERE {column} = %(tenant)s
                    AND NOT (charge_state IN ('ended', 'start_failed', 'cancelled'))
                UNION ALL
                SELECT bill FROM orders_chargingorder
                WHERE {column} = %(tenant)s AND charge_state = 'ended' AND settled_at IS NULL
            ) AS open
            CROSS JOIN LATERAL jsonb_to_recordset(open.bill -> 'slots')
                AS slot(day date, number int, wh bigint)
            WHERE slot.day = ANY(%(days)s)
            GROUP BY 1, 2
            """,
            {"tenant": tenant_id, "days": list(days)},
        )
        return {(day, number): wh for day, number, wh in cursor.fetchall()}


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
