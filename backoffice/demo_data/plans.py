"""Who charges where and when: every charge of the whole time in its order, each with a driver who has time for it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from backoffice.demo_data.charges import Charge, Outlet, charges, limited, lowered
from backoffice.demo_data.masters import Customer, Masters
from orders.models import LimitKind, Source
from stations.models import Connector
from tenants.selectors import standings

USUAL = {
    "HL-AC7": 0.55,
    "HL-AC22D": 0.6,
    "HL-DC60": 1.1,
    "HL-DC120D": 1.2,
    "HL-DC180D": 1.3,
    "HL-DC480Q": 1.5,
}
"""How often a connector of a model is used, compared with the others."""

THINNED = 0.83
"""The share of the arrivals that is left after hours, weekdays, growth and occupied connectors."""

PAST_US = 0.004
"""How likely energy flowed between two charges of which nobody was told (A09)."""

PAUSE = timedelta(minutes=15)
AT_HOME = 0.85


@dataclass(frozen=True, slots=True)
class Plan:
    """One start. ``charge`` is None for one that never got energy; ``failure`` says why."""

    connector: Connector
    customer: Customer
    source: Source
    created_at: datetime
    charge: Charge | None
    limit: LimitKind = LimitKind.FULL
    limit_value: int | None = None
    stop_reason: str = ""
    received_at: datetime | None = None
    failure: str = ""


@dataclass(slots=True)
class _Free:
    """Drivers of an operator by the city they live in, and until when each is busy."""

    everywhere: list[Customer]
    by_city: dict[str, list[Customer]]
    until: dict[int, datetime]

    def pick(self, city: str, begins: datetime, chance: Random, *, with_card: bool) -> Customer | None:
        """Somebody who is not charging anywhere; None where nobody was found."""
        for _ in range(12):
            at_home = self.by_city.get(city) if chance.random() < AT_HOME else None
            one = chance.choice(at_home or self.everywhere)
            if with_card and one.card is None:
                continue
            if self.until.get(one.driver.pk, begins) <= begins:
                return one
        return None


def plan(
    masters: Masters,
    *,
    since: datetime,
    until: datetime,
    orders: int,
    resting: Mapping[int, datetime],
    chance: Random,
) -> Iterator[Plan]:
    """About ``orders`` starts between the two instants, in the order of their charges.

    ``resting``: piles, by their keys, at which nobody charges from some time on.
    """
    drivers = {code: _at_home(masters, code, chance) for code in masters.customers}
    ends = [resting.get(connector.pile_id, until) for connector in masters.connectors]
    streams = [
        _numbered(number, charges(outlet, since, max(ends[number], since), Random(chance.getrandbits(64))))
        for number, outlet in enumerate(_outlets(masters, orders, (until - since).days, chance))
    ]
    less = [0] * len(ends)  # Wh that did not flow at each connector, of what its stream says
    for _at, number, drawn in heapq.merge(*streams):
        if chance.random() < PAST_US:
            less[number] -= chance.randrange(600, 4_000)
        charge = lowered(drawn, less[number])
        connector = masters.connectors[number]
        site = masters.placed[connector.pile.identity].site
        free = drivers[masters.operator_of(site)]
        by_card = chance.random() < 0.28
        begins = charge.started_at - PAUSE
        one = free.pick(site.code[:2], begins, chance, with_card=by_card)
        if one is None:
            less[number] += charge.wh
            continue
        if not by_card and chance.random() < 0.035:
            yield _failed(connector, one, charge, chance)
        made = (
            _with_card(connector, one, charge, chance)
            if by_card
            else _by_code(connector, one, charge, chance)
        )
        less[number] += charge.wh - (made.charge.wh if made.charge else 0)
        over = made.received_at or charge.stopped_at
        free.until[one.driver.pk] = over + PAUSE
        if over < until:
            yield made


def _numbered(number: int, some: Iterator[Charge]) -> Iterator[tuple[datetime, int, Charge]]:
    """The charges of an outlet, to be merged by their time."""
    for charge in some:
        yield charge.started_at, number, charge


def _outlets(masters: Masters, orders: int, days: int, chance: Random) -> list[Outlet]:
    zones = {
        tenant_id: ZoneInfo(standing.locality.timezone)
        for tenant_id, standing in standings(one.tenant_id for one in masters.connectors).items()
    }
    weights = []
    for connector in masters.connectors:
        spot = masters.placed[connector.pile.identity]
        weights.append(USUAL[spot.product.name] * spot.site.pull * chance.uniform(0.55, 1.45))
    scale = orders / (sum(weights) * days * THINNED)
    return [
        Outlet(
            rated_w=int(connector.pile.model.rated_kw * 1000) if connector.pile.model else 60_000,
            direct=masters.placed[connector.pile.identity].product.is_direct,
            zone=zones[connector.tenant_id],
            per_day=weight * scale,
            meter=chance.randrange(20_000, 900_000),
        )
        for connector, weight in zip(masters.connectors, weights, strict=True)
    ]


def _at_home(masters: Masters, operator: str, chance: Random) -> _Free:
    everybody = masters.customers[operator]
    cities = sorted(
        {spot.site.code[:2] for spot in masters.placed.values() if masters.operator_of(spot.site) == operator}
    )
    by_city: dict[str, list[Customer]] = {}
    for one in everybody:
        by_city.setdefault(chance.choice(cities), []).append(one)
    return _Free(everybody, by_city, {})


def _failed(connector: Connector, one: Customer, charge: Charge, chance: Random) -> Plan:
    """A start a few minutes earlier that came to nothing."""
    failure = chance.choice(("not_plugged", "not_plugged", "start_rejected", "cancelled"))
    created = charge.started_at - timedelta(minutes=7, seconds=chance.randrange(60))
    return Plan(connector, one, Source.QR, created, None, failure=failure)


def _by_code(connector: Connector, one: Customer, charge: Charge, chance: Random) -> Plan:
    """A start from the phone; some set a limit."""
    created = charge.started_at - timedelta(seconds=chance.randrange(20, 80))
    limit, value = LimitKind.FULL, None
    drawn = chance.random()
    if drawn < 0.15:
        limit, value = LimitKind.ENERGY, chance.choice((10_000, 20_000, 30_000))
        charge = limited(charge, value)
    reason = "Remote" if limit is not LimitKind.FULL else chance.choice(("Remote", "Local", "EVDisconnected"))
    if 0.15 <= drawn < 0.157:
        charge, reason = limited(charge, chance.randrange(0, 9)), "EVDisconnected"
    elif 0.157 <= drawn < 0.163 and charge.wh > 2_000:
        charge, reason = limited(charge, charge.wh * 2 // 3), chance.choice(("EmergencyStop", "PowerLoss"))
    return Plan(connector, one, Source.QR, created, charge, limit, value, reason)


def _with_card(connector: Connector, one: Customer, charge: Charge, chance: Random) -> Plan:
    """A start at the pile; now and then its stop is told hours later."""
    received = None
    if chance.random() < 0.02:
        received = charge.stopped_at + timedelta(minutes=chance.randrange(25, 280))
    return Plan(
        connector,
        one,
        Source.CARD,
        charge.started_at + timedelta(seconds=1),
        charge,
        stop_reason=chance.choice(("Local", "Local", "EVDisconnected")),
        received_at=received,
    )
