"""Keeping the totals of days in step with the orders.

A settled order marks its day in the transaction that settles it; a sweep makes the marked days anew.
The mark is taken away together with what it asked for, so whatever dies in between is done again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from backoffice.kit import clock, locks
from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from reports.models import DirtyDay
from reports.sql import days as sql, stations as station_sql

log = logging.getLogger(__name__)

MOST_MARKS = 20_000
CHECKED_DAYS = 45
EVERYWHERE_OVER = timedelta(hours=12)
"""So long after midnight UTC the day before is over on all clocks of the world."""

TOTALS = "reports.totals"


def mark_day(order: ChargingOrder) -> None:
    """Ask for the totals of the day on which this order ended to be made anew."""
    if order.end_day is None:
        return
    began = order.started_at.astimezone(ZoneInfo(order.zone)).date() if order.started_at else order.end_day
    with unscoped(reason="a day is marked for whoever owned the order then"):
        DirtyDay.objects.create(
            tenant_id=order.path.owner_id,
            first_day=min(began, order.end_day),
            day=order.end_day,
            marked_at=clock.now(),
        )


@transaction.atomic
def refresh_totals() -> int:
    """Make the marked days anew; how many days that were. Nothing is marked: nothing is done."""
    locks.hold(TOTALS)  # a slower writer must not put older totals over newer ones
    marks = list(DirtyDay.objects.order_by("pk").values_list("pk", "first_day", "day")[:MOST_MARKS])
    if not marks:
        return 0
    ended = sorted({day for _pk, _first, day in marks})
    sql.remake_totals(ended, now=clock.now(), over=_over())
    station_sql.remake_totals(ended)
    sql.remake_loads(sorted({day for _pk, first, last in marks for day in _span(first, last)}))
    DirtyDay.objects.filter(pk__in=[pk for pk, _first, _day in marks]).delete()
    return len(ended)


@transaction.atomic
def rebuild_totals(first: date, last: date) -> None:
    """Make a whole span of days anew, as after an import. Nothing counts as restated."""
    locks.hold(TOTALS)
    for month in _chunks(_span(first, last), 31):
        sql.remake_totals(month, now=clock.now(), over=date.min)
        station_sql.remake_totals(month)
        sql.remake_loads(month)


@transaction.atomic
def check_totals() -> list[date]:
    """Compare the totals of the last weeks with the orders; days that differ unmarked are reported and made anew."""
    locks.hold(TOTALS)
    today = clock.now().date()
    span = today - timedelta(days=CHECKED_DAYS), today
    differing = sorted({*sql.days_that_differ(*span), *station_sql.days_that_differ(*span)})
    marked = set(DirtyDay.objects.values_list("day", flat=True))
    wrong = [day for day in differing if day not in marked]
    for day in wrong:
        log.error("the totals of %s were not what the orders add up to", day)
    if wrong:
        sql.remake_totals(wrong, now=clock.now(), over=_over())
        station_sql.remake_totals(wrong)
    return wrong


def _over() -> date:
    """Days before this one are over everywhere."""
    return (clock.now() - EVERYWHERE_OVER).date()


def _span(first: date, last: date) -> list[date]:
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]


def _chunks(days: list[date], size: int) -> Iterable[list[date]]:
    return (days[start : start + size] for start in range(0, len(days), size))
