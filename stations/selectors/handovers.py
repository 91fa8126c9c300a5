"""Hand-overs, and what stands in the way of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _, ngettext

from backoffice.kit.levels import Level
from backoffice.kit.scope import current_scope
from stations import hooks
from stations.models import (
    CampaignPile,
    ChargingProfile,
    Handed,
    Handover,
    HandoverItem,
    HandoverState,
    ItemStatus,
    Life,
    Pile,
    Reservation,
    Station,
    StationStatus,
)
from stations.models.access import OPEN_RESERVATIONS
from tenants.models import Tenant, TenantStatus
from tenants.selectors import tenants


@dataclass(frozen=True, slots=True)
class Offered:
    """A station or pile that is to be handed over, and what stands in its way."""

    key: int
    code: str
    name: str
    serial: str = ""
    model: str = ""
    place: str = ""
    terminals: int = 1
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of a list of identities or serials that somebody typed."""

    keys: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = field(default=())
    """Serials that more than one pile has."""


def handovers() -> QuerySet[Handover]:
    """Hand-overs to a tenant of the scope."""
    return Handover.objects.select_related("giver", "tenant")


def offers_to_us() -> Q:
    """Of the hand-overs, those to the tenant of the scope itself."""
    return Q(tenant=current_scope().tenant_id)


def offers_by_us() -> Q:
    """Of the hand-overs, those that the tenant of the scope gives."""
    return Q(giver=current_scope().tenant_id)


def waiting_offers() -> QuerySet[Handover]:
    """Those that wait for the tenant of the scope to decide."""
    return Handover.objects.filter(offers_to_us(), state=HandoverState.OFFERED)


def items_of(row: Handover) -> QuerySet[HandoverItem]:
    """What is handed over, by name."""
    return HandoverItem.objects.filter(handover=row).order_by("name", "pk")


def receivers_of(giver: Tenant) -> QuerySet[Tenant]:
    """Whom a tenant may hand something over to: the active tenants of the next level."""
    return tenants().filter(parent=giver.pk, status=TenantStatus.ACTIVE).order_by("name")


def may_give(what: str, level: str) -> bool:
    """Only an operator has stations of its own to give; piles come down from the manufacturer."""
    if what == Handed.STATIONS:
        return Level(level) is Level.OPERATOR
    return Level(level) is not Level.AGENCY


def rows_to_offer(what: str, keys: Collection[int]) -> QuerySet[Pile] | QuerySet[Station]:
    """The rows of the scope with these ids, by name."""
    if what == Handed.STATIONS:
        return Station.objects.filter(pk__in=keys).order_by("name", "pk")
    return Pile.objects.filter(pk__in=keys).select_related("station", "model").order_by("name", "pk")


def offered(what: str, rows: Iterable[Pile] | Iterable[Station], giver_id: int) -> list[Offered]:
    """The rows as they would be offered."""
    if what == Handed.STATIONS:
        stations = [row for row in rows if isinstance(row, Station)]
        return _offered_stations(stations, station_blocks(stations, giver_id))
    piles = [row for row in rows if isinstance(row, Pile)]
    blocks = pile_blocks(piles, giver_id)
    return [
        Offered(
            key=pile.pk,
            code=pile.identity,
            name=pile.name,
            serial=pile.serial,
            model=str(pile.model) if pile.model is not None else "",
            place=pile.station.name,
            blocked=tuple(blocks.get(pile.pk, ())),
        )
        for pile in piles
    ]


def pile_blocks(piles: Sequence[Pile], giver_id: int, *, but: int | None = None) -> dict[int, list[str]]:
    """Why piles cannot be handed over now, by id; those without a reason are left out. ``but`` is an offer itself."""
    keys = [pile.pk for pile in piles]
    found: dict[int, list[str]] = defaultdict(list)
    for pile in piles:
        if pile.tenant_id != giver_id:
            found[pile.pk].append(_("It belongs to somebody else."))
        if pile.life == Life.RETIRED:
            found[pile.pk].append(_("It is retired."))
    offered_piles = _in_offers(Handed.PILES, keys, but)
    offered_stations = _in_offers(Handed.STATIONS, [pile.station_id for pile in piles], but)
    for pile in piles:
        if pile.pk in offered_piles or pile.station_id in offered_stations:
            found[pile.pk].append(_("It is offered already."))
    for key, count in _open_orders(keys).items():
        found[key].append(_orders(count))
    return found


def station_blocks(
    stations: Sequence[Station], giver_id: int, *, but: int | None = None
) -> dict[int, list[str]]:
    """The same for stations, with all that stands on them."""
    keys = [station.pk for station in stations]
    found: dict[int, list[str]] = defaultdict(list)
    on_station = dict(Pile.objects.filter(station__in=keys).values_list("pk", "station_id"))
    in_offers = _in_offers(Handed.STATIONS, keys, but)
    in_offers |= {on_station[key] for key in _in_offers(Handed.PILES, list(on_station), but)}
    for station in stations:
        if station.tenant_id != giver_id:
            found[station.pk].append(_("It belongs to somebody else."))
        if station.status == StationStatus.CLOSED:
            found[station.pk].append(_("This station is closed."))
        if station.status == StationStatus.STORE:
            found[station.pk].append(_("This is a store, where terminals lie that stand nowhere yet."))
        if station.pk in in_offers:
            found[station.pk].append(_("It is offered already."))
    orders: dict[int, int] = defaultdict(int)
    for key, count in _open_orders(list(on_station)).items():
        orders[on_station[key]] += count
    for key, count in orders.items():
        found[key].append(_orders(count))
    return found


def consequences_of(what: str, keys: Collection[int]) -> list[str]:
    """What an acceptance changes or leaves as it is, beside who owns the rows."""
    piles = Q(pile__in=keys) if what == Handed.PILES else Q(pile__station__in=keys)
    said = [_("Orders, commands and alarms of the past stay where they are.")]
    if what == Handed.PILES:
        grouped = Pile.objects.filter(pk__in=keys, load_group__isnull=False).count()
        if grouped:
            words = ngettext(
                "%(count)d terminal leaves its load group.",
                "%(count)d terminals leave their load groups.",
                grouped,
            )
            said.append(words % {"count": grouped})
    else:
        said.append(_("Load groups and tariffs go with their station."))
    limits = ChargingProfile.objects.filter(piles, state="installed").count()
    if limits:
        words = ngettext(
            "%(count)d power limit stays installed.", "%(count)d power limits stay installed.", limits
        )
        said.append(words % {"count": limits})
    kept_free = Reservation.objects.filter(piles, state__in=OPEN_RESERVATIONS).count()
    if kept_free:
        words = ngettext(
            "%(count)d reservation stays valid.", "%(count)d reservations stay valid.", kept_free
        )
        said.append(words % {"count": kept_free})
    asked = CampaignPile.objects.filter(piles, state__in=[ItemStatus.WAITING, ItemStatus.RUNNING])
    campaigns = asked.values("campaign").distinct().count()
    if campaigns:
        words = ngettext(
            "%(count)d bulk action of yours goes on.", "%(count)d bulk actions of yours go on.", campaigns
        )
        said.append(words % {"count": campaigns})
    return said


def find_listed(words: Sequence[str], giver_id: int) -> Listed:
    """The piles of a giver by identity, else by serial, in the order of the list."""
    wanted = list(dict.fromkeys(words))
    own = Pile.objects.filter(tenant=giver_id)
    by_identity = dict(own.filter(identity__in=wanted).values_list("identity", "pk"))
    by_serial: dict[str, list[int]] = defaultdict(list)
    rest = [word for word in wanted if word not in by_identity]
    for serial, key in own.filter(serial__in=rest).values_list("serial", "pk"):
        by_serial[serial].append(key)
    keys = [
        by_identity.get(word) or by_serial[word][0]
        for word in wanted
        if word in by_identity or len(by_serial.get(word, ())) == 1
    ]
    return Listed(
        keys=tuple(dict.fromkeys(keys)),
        unknown=tuple(word for word in rest if word not in by_serial),
        doubtful=tuple(word for word in rest if len(by_serial.get(word, ())) > 1),
    )


def stations_listed(words: Sequence[str], giver_id: int) -> Listed:
    """The stations of a giver by code."""
    wanted = list(dict.fromkeys(word.upper() for word in words))
    own = Station.objects.filter(tenant=giver_id).exclude(status=StationStatus.STORE)
    by_code = dict(own.filter(code__in=wanted).values_list("code", "pk"))
    return Listed(
        keys=tuple(by_code[word] for word in wanted if word in by_code),
        unknown=tuple(word for word in wanted if word not in by_code),
    )


def _offered_stations(stations: Sequence[Station], blocks: dict[int, list[str]]) -> list[Offered]:
    keys = [station.pk for station in stations]
    here = Pile.objects.filter(station__in=keys).exclude(life=Life.RETIRED)
    counts = dict(here.order_by().values_list("station").annotate(count=Count("pk")))
    return [
        Offered(
            key=station.pk,
            code=station.code,
            name=station.name,
            place=station.city,
            terminals=counts.get(station.pk, 0),
            blocked=tuple(blocks.get(station.pk, ())),
        )
        for station in stations
    ]


def _in_offers(what: str, keys: Collection[int], but: int | None) -> set[int]:
    items = HandoverItem.objects.filter(what=what, object_id__in=keys, open=True)
    return set(items.exclude(handover=but).values_list("object_id", flat=True))


def _open_orders(keys: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for answer in hooks.open_orders_at(keys) if keys else []:
        for key, count in answer.items():
            found[key] += count
    return found


def _orders(count: int) -> str:
    words = ngettext("%(count)d order has not ended.", "%(count)d orders have not ended.", count)
    return words % {"count": count}
