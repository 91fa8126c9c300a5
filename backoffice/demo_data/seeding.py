"""All of the demonstration in one transaction: it is there whole, or not at all.

A seed that is killed leaves an empty database behind, and the next one begins again. One that is done
is found by its manufacturer, and nothing is made a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction

from backoffice.demo_data.companies import COMPANIES
from backoffice.demo_data.masters import Masters, set_up
from backoffice.demo_data.past import Past
from backoffice.demo_data.plans import plan
from backoffice.kit import clock, locks
from reports.services import rebuild_totals
from tenants.models import Tenant

SEED = 20_260_722
ORDERS_A_DAY = 245
USUAL_DAYS = 90
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
    say(f"{size.days} days of charging")
    count = _make_past(masters, begins, size.orders, chance)
    say(f"{count} orders; their totals by day")
    rebuild_totals(begins.date() - timedelta(days=1), now.date() + timedelta(days=1))
    return True


def _make_past(masters: Masters, begins: datetime, orders: int, chance: Random) -> int:
    past = Past(masters, chance)
    count = past.write(plan(masters, since=begins, until=masters.now, orders=orders, chance=chance))
    past.provide()
    return count


def _make_partitions(begins: datetime, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kit_ensure_partitions('orders_sample', 'taken_at', 'month', %s, %s)",
            [begins.date(), now.date() + timedelta(days=1)],
        )
