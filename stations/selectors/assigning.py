"""What another tariff would mean for many stations or piles at once, found by the rule that prices them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from stations.models import (
    Connector,
    Life,
    Pile,
    Station,
    StationStatus,
    Tariff,
    TariffAssignment,
    TariffStatus,
    TariffVersion,
    VersionState,
)
from stations.selectors.tariffs import Outlet, tariffs_in_force
from stations.states import CHARGING

Priced = tuple[TariffVersion, str] | None
"""A version and whose it is (pile, station, agency, operator); None where there is no price."""


@dataclass(frozen=True, slots=True)
class Group:
    """Things that change alike: what they have now, what they would have, how many."""

    before: Priced
    after: Priced
    targets: int
    terminals: int


@dataclass(frozen=True, slots=True)
class Impact:
    """``terminals`` get another price; ``keep_own`` stand at the stations and have a tariff of their own.

    ``charging`` connectors of these terminals have a charge that keeps its price.
    """

    targets: int
    terminals: int
    keep_own: int
    charging: int
    groups: Sequence[Group]


def tariff_changes() -> QuerySet[TariffAssignment]:
    """Changes of tariffs of the scope, planned and past."""
    return TariffAssignment.objects.select_related("tariff", "station", "pile", "tenant")


def usable_tariffs() -> QuerySet[Tariff]:
    """Active tariffs of the scope and above that have an approved version, by name."""
    approved = TariffVersion.objects.filter(state=VersionState.APPROVED)
    return Tariff.objects.filter(status=TariffStatus.ACTIVE, pk__in=approved.values("tariff")).order_by(
        "name", "pk"
    )


def codes_known(codes: Iterable[str]) -> set[str]:
    """Those of the codes that are codes of stations of the scope."""
    return set(Station.objects.filter(code__in=list(codes)).values_list("code", flat=True))


def stations_picked(rows: QuerySet[Station]) -> QuerySet[Station]:
    """The rows of a list, bare of what the list counts of each."""
    return Station.objects.filter(pk__in=rows.order_by().values("pk"))


def piles_picked(rows: QuerySet[Pile]) -> QuerySet[Pile]:
    """The rows of a list, bare of what the list counts of each."""
    return Pile.objects.filter(pk__in=rows.order_by().values("pk"))


def stations_of_owner(owner_ids: Sequence[int] | None, instead_of: Tariff | None) -> QuerySet[Station]:
    """Open stations of some owners (None: of all), that name a tariff now (None: whatever they name)."""
    wanted = Q() if owner_ids is None else Q(tenant__in=owner_ids)
    if instead_of is not None:
        wanted &= Q(tariff=instead_of)
    return Station.objects.filter(wanted).exclude(status=StationStatus.CLOSED)


def stations_called(words: str) -> QuerySet[Station]:
    """Stations of the scope with a tariff of their own, by part of a name or a code."""
    named = Q(name__icontains=words) | Q(code__icontains=words)
    return Station.objects.filter(named, tariff__isnull=False)


def stations_by_codes(codes: Sequence[str]) -> QuerySet[Station]:
    """The stations of the scope with these codes."""
    return Station.objects.filter(code__in=codes)


def impact_of(changing: QuerySet[Any], tariff: Tariff | None, at: datetime) -> Impact:
    """What changes at ``at``; ``changing`` are those that would be assigned."""
    key = tariff.pk if tariff is not None else None
    keys: QuerySet[Any] = changing.order_by().values("pk")
    if changing.model is Station:
        standing = Pile.objects.filter(station__in=keys).exclude(life=Life.RETIRED)
        piles = standing.filter(tariff__isnull=True)
        own = standing.filter(tariff__isnull=False).count()
        targets = _counted(Station.objects.filter(pk__in=keys), "tenant", "tariff")
        terminals = _counted(piles, "tenant", "station__tariff")
        befores = [Outlet(n, tenant, 0, None, named, None) for n, (tenant, named) in enumerate(targets)]
        afters = [Outlet(n, tenant, 0, None, key, None) for n, (tenant, _named) in enumerate(targets)]
    else:
        piles, own = Pile.objects.filter(pk__in=keys), 0
        targets = terminals = _counted(piles, "tenant", "tariff", "station__tariff")
        befores = [
            Outlet(n, tenant, 0, own_key, named, None) for n, (tenant, own_key, named) in enumerate(targets)
        ]
        afters = [
            Outlet(n, tenant, 0, key, at_station, None) for n, (tenant, _, at_station) in enumerate(targets)
        ]
    charging = Connector.objects.filter(pile__in=piles.order_by().values("pk"), status__in=CHARGING).count()
    return Impact(
        targets=sum(targets.values()),
        terminals=sum(terminals.values()),
        keep_own=own,
        charging=charging,
        groups=_groups(targets, terminals, tariffs_in_force(befores, at), tariffs_in_force(afters, at)),
    )


def _counted(rows: QuerySet[Any], *by: str) -> Counter[tuple[Any, ...]]:
    """How many rows there are of each kind, by the ids of what ``by`` names."""
    return Counter(
        {
            tuple(row[name] for name in by): row["n"]
            for row in rows.order_by().values(*by).annotate(n=Count("pk"))
        }
    )


def _groups(
    targets: Counter[tuple[Any, ...]],
    terminals: Counter[tuple[Any, ...]],
    before: dict[int, tuple[TariffVersion, str]],
    after: dict[int, tuple[TariffVersion, str]],
) -> list[Group]:
    """The kinds that go from one version to the same other one, the largest group first."""
    counts: dict[tuple[int, str, int, str], tuple[Priced, Priced, int, int]] = {}
    for number, (kind, count) in enumerate(targets.items()):
        was, becomes = before.get(number), after.get(number)
        key = (*_key(was), *_key(becomes))
        _was, _becomes, many, piles = counts.get(key, (was, becomes, 0, 0))
        counts[key] = (was, becomes, many + count, piles + terminals[kind])
    return sorted((Group(*values) for values in counts.values()), key=lambda group: -group.terminals)


def _key(priced: Priced) -> tuple[int, str]:
    return (priced[0].pk, priced[1]) if priced is not None else (0, "")
