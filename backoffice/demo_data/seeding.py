"""All of the demonstration in one transaction: it is there whole, or not at all.

A seed that is killed leaves an empty database behind, and the next one begins again. One that is done
is found by its manufacturer, and nothing is made a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from django.db import connection, transaction

from backoffice.demo_data import access
from backoffice.demo_data.companies import COMPANIES
from backoffice.demo_data.masters import Masters, set_up
from backoffice.demo_data.past import Past
from backoffice.demo_data.plans import plan
from backoffice.demo_data.stories import (
    LONGEST,
    Stories,
    desk,
    house,
    past_alarms,
    rights,
    stock,
    trust,
    workshop,
)
from backoffice.kit import clock, locks
from orders.models import ChargingOrder
from reports.models import DirtyDay
from reports.services import rebuild_totals
from tenants.models import Tenant

SEED = 20_260_722
ORDERS_A_DAY = 256
USUAL_DAYS = 90
CHAPTERS = 6
FEWEST_DRIVERS = 0.15
"""The least share of the drivers that a shorter past has."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How long the past is, in days; everything else follows from it."""

    days: int = USUAL_DAYS

    @property
    def orders(self) -> int:
        return self.days * ORDERS_A_DAY

    @property
    def drivers(self) -> float:
        return min(1.0, max(FEWEST_DRIVERS, self.days / USUAL_DAYS))


def is_seeded() -> bool:
    """Is the demonstration there? Needs a lifted scope."""
    return Tenant.objects.filter(code=COMPANIES[0].code).exists()


@transaction.atomic
def seed(secret: str, *, size: Size, say: Say) -> bool:
    """Make it, unless it is there; whether it was made. Needs a lifted scope.

    ``secret`` is what passwords and pile keys are derived from. ``say`` is told what is being done.
    """
    locks.hold("demo_data.seed")
    if is_seeded():
        return False
    now, chance = clock.now().replace(microsecond=0), Random(SEED)
    begins = now - timedelta(days=size.days)
    _make_partitions(begins, now)
    say("companies, stations, piles and prices")
    masters = set_up(now, secret, chance, drivers=size.drivers)
    say(f"{size.days} days of charging, and what went wrong")
    count = _make_past(masters, begins, size, chance)
    past_alarms.tell(masters, begins, chance)
    house.tell(masters, chance)
    rights.tell(masters)
    desk.tell(masters)
    access.tell(masters, chance)
    stock.tell(masters)
    trust.tell(masters)
    workshop.tell(masters)
    say(f"{count} orders; their totals by day")
    rebuild_totals(begins.date() - timedelta(days=1), now.date() + timedelta(days=1))
    DirtyDay.objects.all().delete()
    _analyse()
    return True


def _make_past(masters: Masters, begins: datetime, size: Size, chance: Random) -> int:
    """The ordinary past in chapters, after each of them the stories that begin in it; how many orders."""
    past, stories = Past(masters, chance), Stories(masters, size.days, chance)
    plans = list(
        plan(
            masters,
            since=begins,
            until=masters.now,
            orders=size.orders,
            resting=stories.resting,
            chance=chance,
        )
    )
    length = (masters.now - stories.begins) / CHAPTERS
    edges = [
        begins - timedelta(days=1),
        *(stories.begins + number * length for number in range(CHAPTERS)),
        masters.now,
    ]
    for since, until in pairwise(edges):
        past.write(one for one in plans if since <= one.created_at < until)
        if until == stories.begins:
            _analyse()  # or the planner takes the tables for empty, until this is committed
        stories.tell(since, until)
    past.provide()
    return ChargingOrder.objects.count()


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _make_partitions(begins: datetime, now: datetime) -> None:
    tables = (("orders_sample", "taken_at", "month", begins), ("stations_frame", "at", "day", now - LONGEST))
    with connection.cursor() as cursor:
        for table, column, unit, first in tables:
            cursor.execute(
                "SELECT kit_ensure_partitions(%s, %s, %s, %s, %s)",
                [table, column, unit, first.date() - timedelta(days=1), now.date() + timedelta(days=1)],
            )
