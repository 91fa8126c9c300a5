"""Totals of stations by day, made anew from the orders: one statement for every station at once.

An order counts for the station where it happened, with the path of its time. A row that would stay the same is not
written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection

KEY = ("station_id", "day", "currency", "manufacturer_id", "dealer_id", "operator_id", "agency_id")
FIGURES = ("sessions", "energy_wh", "seconds", "total")
_COLUMNS = ", ".join((*KEY, *FIGURES))

_FRESH = """
    SELECT o.station_id, o.end_day AS day, o.currency,
        o.manufacturer_id, o.dealer_id, o.operator_id, o.agency_id,
        count(*)::int AS sessions,
        sum(o.energy_wh)::bigint AS energy_wh,
        coalesce(sum(extract(epoch FROM greatest(o.stopped_at - o.started_at, interval '0'))), 0)::bigint
            AS seconds,
        sum(o.total)::bigint AS total
    FROM orders_chargingorder o
    WHERE o.end_day = ANY(%(days)s) AND o.settled_at IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def remake_totals(days: Sequence[date]) -> int:
    """Make the totals of these days anew, for every station; how many rows changed."""
    same = " AND ".join(f"f.{name} IS NOT DISTINCT FROM d.{name}" for name in KEY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH fresh AS MATERIALIZED ({_FRESH}), gone AS (
                DELETE FROM reports_stationtotal d WHERE d.day = ANY(%(days)s)
                    AND NOT EXISTS (SELECT FROM fresh f WHERE {same})
            )
            INSERT INTO reports_stationtotal AS known ({_COLUMNS}) SELECT {_COLUMNS} FROM fresh
            ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET
                ({", ".join(FIGURES)}) = ({", ".join(f"excluded.{name}" for name in FIGURES)})
            WHERE ({", ".join(f"known.{name}" for name in FIGURES)})
                IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in FIGURES)})
            """,
            {"days": list(days)},
        )
        return int(cursor.rowcount)


def days_that_differ(first: date, last: date) -> list[date]:
    """The days of this span whose stored totals are not what the orders add up to."""
    days = [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH fresh AS ({_FRESH}),
                stored AS (SELECT {_COLUMNS} FROM reports_stationtotal WHERE day = ANY(%(days)s))
            SELECT DISTINCT day FROM (
                (SELECT {_COLUMNS} FROM fresh EXCEPT SELECT {_COLUMNS} FROM stored)
                UNION ALL (SELECT {_COLUMNS} FROM stored EXCEPT SELECT {_COLUMNS} FROM fresh)
            ) AS differing ORDER BY day
            """,
            {"days": days},
        )
        return [day for (day,) in cursor.fetchall()]
