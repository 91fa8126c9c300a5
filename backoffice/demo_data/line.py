"""In which order piles are simulated: the first ones where the shown logins look, the others everywhere."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import cycle

from backoffice.demo_data.companies import SHOWN
from stations.models import Kind, Life, Pile

AGENCY = SHOWN[-1]
OWNERS = (
    AGENCY,
    AGENCY,
    "NB-PORT",
    AGENCY,
    "NJ-CENTRE",
    AGENCY,
    "SZ-LAKE",
    AGENCY,
    "SZ-NANSHAN",
    AGENCY,
    "HAMBURG",
    "SH-HUB",
)
"""Whose piles come after one another, over and over; those of all others follow."""


def in_line(count: int | None = None) -> list[Pile]:
    """The first ``count`` piles in service, or all of them. Needs a lifted scope."""
    waiting = _by_owner()
    found: list[Pile] = []
    for owner in cycle(OWNERS):
        if not any(waiting[one] for one in OWNERS):
            break
        if waiting[owner]:
            found.append(waiting[owner].popleft())
    rest = sorted((pile for piles in waiting.values() for pile in piles), key=lambda pile: pile.identity)
    return (found + rest)[:count]


def _by_owner() -> dict[str, deque[Pile]]:
    """Piles by the code of their tenant: the first of each station, then the second; fast ones before slow ones."""
    rows = Pile.objects.filter(life=Life.IN_SERVICE).select_related("tenant", "station", "model")
    numbers: defaultdict[tuple[str, bool], int] = defaultdict(int)
    ranked = []
    for pile in rows.order_by("identity"):
        is_slow = pile.model is None or pile.model.kind != Kind.DC
        numbers[pile.station.code, is_slow] += 1
        ranked.append(((is_slow, numbers[pile.station.code, is_slow], pile.identity), pile))
    piles: defaultdict[str, deque[Pile]] = defaultdict(deque)
    for _rank, pile in sorted(ranked, key=lambda one: one[0]):
        piles[pile.tenant.code].append(pile)
    return piles
