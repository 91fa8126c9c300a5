"""What went wrong, told through the services: abnormal orders of every kind, alarms, commands, people.

Each story has a pile to itself, which is left out of the ordinary past from some days before on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from backoffice.demo_data.line import in_line
from backoffice.demo_data.masters import Customer, Masters, register
from backoffice.demo_data.people import Person, people
from backoffice.demo_data.stories import commands, orders
from backoffice.demo_data.stories.stage import Stage
from stations.models import Pile
from stations.selectors import places_read_once

LONGEST = timedelta(days=12)
"""The oldest story is so old, where the past is long enough."""

QUIET_BEFORE = timedelta(days=2)
LEFT_ALONE = 12
"""The first piles in line are simulated, and have no stories."""

CAST_OF_OPERATOR = 24
HZ, NB, SZ, SH, NJ, NS, HH = (
    "HZ-BINJIANG",
    "NB-PORT",
    "SZ-LAKE",
    "SH-HUB",
    "NJ-CENTRE",
    "SZ-NANSHAN",
    "HAMBURG",
)


@dataclass(frozen=True, slots=True)
class Story:
    """``age`` is a share of the time that stories have; ``owner`` is whose pile it is about."""

    tell: Callable[[Stage], object]
    age: float
    owner: str
    connectors: int = 1
    """How many the pile has at least."""


PROGRAMME = (
    Story(orders.too_long, 0.99, NB),
    Story(orders.rollback_corrected, 0.95, HZ),
    Story(orders.arrears_written_off, 0.92, NJ),
    Story(orders.too_much_accepted, 0.88, NB),
    Story(orders.unknown_card, 0.84, HZ),
    Story(orders.mismatch, 0.80, SH),
    Story(orders.stop_came_late, 0.75, HZ),
    Story(orders.arrears_paid, 0.70, HZ),
    Story(orders.two_stops, 0.66, SZ),
    Story(orders.complaint_refunded, 0.60, HZ),
    Story(orders.jump, 0.55, NS),
    Story(orders.overlap, 0.50, HZ, connectors=2),
    Story(orders.free_of_charge, 0.46, SH),
    Story(orders.rollback, 0.42, HH),
    Story(orders.start_after_cancel, 0.38, HZ),
    Story(orders.energy_between, 0.36, NB),
    Story(orders.clock_not_set, 0.34, NJ),
    Story(orders.arrears, 0.30, HZ),
    Story(orders.lost_card, 0.27, SZ),
    Story(orders.cannot_stop, 0.24, HZ),
    Story(orders.orphan_stop, 0.20, NS),
    Story(orders.stop_missing, 0.17, HZ),
    Story(orders.foreign_stop, 0.15, SH),
    Story(orders.complaint, 0.13, HZ),
    Story(orders.refunded, 0.12, SH),
    Story(orders.rollback, 0.10, HZ),
    Story(orders.too_much, 0.09, SH),
    Story(commands.settings_looked_at, 0.09, HZ),
    Story(commands.restarted, 0.08, HZ),
    Story(commands.wrong_key, 0.07, NB),
    Story(commands.out_of_service, 0.06, NB),
    Story(commands.meter_broken, 0.05, NJ),
    Story(commands.hot_plug, 0.04, HZ),
    Story(commands.leakage, 0.03, NB),
    Story(commands.weak_signal, 0.03, SZ),
)
"""The oldest first."""


class Stories:
    """The programme with its piles and people, to be told in the course of the past."""

    def __init__(self, masters: Masters, days: int, chance: Random) -> None:
        self._masters = masters
        self._span = min(LONGEST, timedelta(days=days / 2))
        self._piles = self._cast_piles()
        self._people = {code: self._cast_people(code, chance) for code in masters.customers}

    @property
    def begins(self) -> datetime:
        """When the oldest story does."""
        return self._masters.now - self._span

    @property
    def resting(self) -> dict[int, datetime]:
        """Piles on which nothing ordinary happens any more, and from when on."""
        return {pile.pk: self.begins - QUIET_BEFORE for pile in self._piles}

    def tell(self, since: datetime, until: datetime) -> int:
        """Tell those that begin in this time; how many."""
        told = 0
        for story, pile in zip(PROGRAMME, self._piles, strict=True):
            begins = self._masters.now - self._span * story.age
            if since <= begins < until:
                operator = self._masters.operator_of(self._masters.placed[pile.identity].site)
                _play(story, Stage(self._masters, pile, begins, self._people[operator]))
                told += 1
        return told

    def _cast_piles(self) -> list[Pile]:
        """For each story a fast pile of its owner, far behind in the line. Raises StopIteration where none is left."""
        owners = {tenant.pk: code for code, tenant in self._masters.tenants.items()}
        products = {identity: placed.product for identity, placed in self._masters.placed.items()}
        able = [pile for pile in reversed(in_line()[LEFT_ALONE:]) if products[pile.identity].is_direct]
        found: dict[Story, Pile] = {}
        for story in sorted(PROGRAMME, key=lambda one: -one.connectors):
            found[story] = next(
                pile
                for pile in able
                if owners[pile.tenant_id] == story.owner
                and products[pile.identity].connectors >= story.connectors
            )
            able.remove(found[story])
        return [found[story] for story in PROGRAMME]

    def _cast_people(self, operator: str, chance: Random) -> Iterator[Customer]:
        known = len(self._masters.customers[operator])
        some = people(operator, CAST_OF_OPERATOR, chance, start=known)
        return iter(register(self._masters, [_with_card(person, chance) for person in some]))


def _play(story: Story, stage: Stage) -> None:
    with places_read_once():
        stage.comes()
        stage.wait(minutes=7)
        story.tell(stage)
        stage.wait(minutes=1)
        stage.goes()


def _with_card(person: Person, chance: Random) -> Person:
    return replace(
        person, card=person.card or f"{chance.getrandbits(28) | 1 << 28:08X}{chance.getrandbits(16):04X}"
    )
