"""Piles that go to another station or another owner, one or thousands: what belongs to them goes along.

Everything here is set-based, so that a truck full of piles costs about what one does. The piles are locked already.
What happened keeps the path of its time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from backoffice.kit import locks
from backoffice.kit.actor import Actor
from backoffice.kit.scope import unscoped
from stations.models import (
    Certificate,
    ChargingProfile,
    ConfigurationKey,
    Connector,
    CustodyKind,
    Life,
    LoadShare,
    LocalListPile,
    Pile,
    QrToken,
    Station,
    StationStatus,
    TariffAssignment,
)
from stations.services import custody, loads, local_lists
from stations.snapshots import compare
from tenants.models import Tenant
from tenants.selectors import lineage

GOES_ALONG = (Connector, ConfigurationKey, Certificate, ChargingProfile, LoadShare, TariffAssignment)


def put_on_station(piles: Sequence[Pile], station: Station, *, actor: Actor, note: str = "") -> None:
    """Put locked piles on a locked station: they leave their load groups, and belong to its owner.

    In a store they are in stock; out of it, they are installed.
    """
    keys = [pile.pk for pile in piles]
    came = {pile.pk: (pile.tenant_id, pile.life) for pile in piles}
    bound = {pile.pk for pile in piles if pile.load_group_id is not None}
    bound |= set(LoadShare.objects.filter(pile__in=keys).values_list("pile", flat=True))
    led = ChargingProfile.objects.filter(pile__in=keys, group__isnull=False)
    bound |= set(led.values_list("pile", flat=True))
    for pile in piles:
        if pile.pk in bound:
            loads.leave_group(pile, actor=actor)
        pile.station, pile.load_group, pile.life = station, None, life_at(pile.life, station)
    rows = Pile.objects.filter(pk__in=keys)
    rows.update(station=station, load_group=None)
    for life in {pile.life for pile in piles}:
        Pile.objects.filter(pk__in=[pile.pk for pile in piles if pile.life == life]).update(life=life)
    give_piles(piles, station.tenant)
    links: dict[tuple[CustodyKind, int], list[Pile]] = defaultdict(list)
    for pile in piles:
        giver_id, life = came[pile.pk]
        links[_link(pile, giver_id, life), giver_id].append(pile)
    for (kind, giver_id), group in links.items():
        custody.note_custody(group, kind, actor=actor, from_tenant_id=giver_id, note=note)


def _link(pile: Pile, giver_id: int, life: str) -> CustodyKind:
    """What the move means for its custody: to somebody else, into stock, out of it, or to another place."""
    if pile.tenant_id != giver_id:
        return CustodyKind.HANDED
    if pile.life == Life.IN_STOCK:
        return CustodyKind.STOCKED
    return CustodyKind.INSTALLED if life == Life.IN_STOCK else CustodyKind.MOVED


def life_at(life: str, station: Station) -> str:
    """What becomes of the life of a pile that is put there."""
    if life == Life.RETIRED:
        return life
    if station.status == StationStatus.STORE:
        return Life.IN_STOCK
    return Life.INSTALLED if life == Life.IN_STOCK else life


def give_piles(piles: Sequence[Pile], owner: Tenant) -> None:
    """Give locked piles with connectors, codes, certificates and settings to the owner of their stations.

    Tariffs of their own that the new owner cannot see are taken off.
    """
    keys = [pile.pk for pile in piles]
    visible = {one.id for one in lineage(owner.pk)}
    for pile in piles:
        if pile.tariff is not None and pile.tariff.tenant_id not in visible:
            pile.tariff = None
        pile.tenant = owner
    with unscoped(reason="what belongs to a pile goes with it"):
        rows = Pile.objects.filter(pk__in=keys)
        rows.update(tenant=owner)
        rows.filter(tariff__isnull=False).exclude(tariff__tenant__in=visible).update(tariff=None)
        for held in GOES_ALONG:
            _give(held.objects.filter(pile__in=keys), owner)
        _give(QrToken.objects.filter(connector__pile__in=keys), owner)
        _follow_lists(keys, owner)
    compare(piles)
    local_lists.mark_stations(list(Station.objects.filter(pk__in={pile.station_id for pile in piles})))


def _give(rows: QuerySet[Any], owner: Tenant) -> None:
    """Change the owner of rows, which are locked in order first: a gateway may be writing to them."""
    chosen = list(locks.locked(rows).values_list("pk", flat=True))
    if chosen:
        rows.model._default_manager.filter(pk__in=chosen).update(tenant=owner)


def _follow_lists(keys: Sequence[int], owner: Tenant) -> None:
    for row in locks.locked(LocalListPile.objects.filter(pile__in=keys)):
        row.tenant = owner
        local_lists.leave_piles([row])
