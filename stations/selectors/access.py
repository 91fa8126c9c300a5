"""Reads about local lists and reservations: whose list counts where, what it holds, what a pile told of itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from backoffice.kit import clock
from backoffice.kit.scope import path_of_tenant
from drivers.selectors import CardFacts, card_facts
from drivers.tags import fold_tag
from stations.locallist import Entry, Limits
from stations.models import (
    Life,
    ListRule,
    ListState,
    LocalList,
    LocalListPile,
    Pile,
    Reservation,
    Station,
)
from stations.models.access import OPEN_RESERVATIONS
from stations.selectors.settings import settings_of
from tenants.selectors import subtree_ids


def told_settings(pile_id: int, names: Iterable[str]) -> dict[str, str]:
    """What a pile last said that these settings are, by the names as given; those it never told are left out."""
    wanted = {name.casefold(): name for name in names}
    told = settings_of(pile_id).filter(known=True, value__isnull=False).values_list("key", "value")
    return {wanted[key.casefold()]: (value or "").strip() for key, value in told if key.casefold() in wanted}


@dataclass(frozen=True, slots=True)
class ListTerms:
    """What a pile told of its local list (OCPP 1.6 §9.2). ``enabled`` None: it never said."""

    limits: Limits
    enabled: bool | None


LIST_SETTINGS = (
    "LocalAuthListEnabled",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
    "SupportedFeatureProfiles",
)


def list_terms(pile_id: int) -> ListTerms:
    """The same of one pile, from its last answers."""
    told = told_settings(pile_id, LIST_SETTINGS)
    enabled = told.get("LocalAuthListEnabled")
    return ListTerms(
        Limits(_length(told.get("SendLocalListMaxLength")), _length(told.get("LocalAuthListMaxLength"))),
        None if enabled is None else enabled.casefold() == "true",
    )


def says_yes(pile_id: int, name: str) -> bool | None:
    """A setting that is true or false; None where the pile never told."""
    told = told_settings(pile_id, [name]).get(name)
    return None if told is None else told.casefold() == "true"


def local_lists() -> QuerySet[LocalList]:
    """The lists of the scope, and those handed down to it."""
    return LocalList.objects.select_related("tenant")


def listed_by_the_old(tenant_id: int) -> int:
    """How many terminals at a tenant and below it are on a list of somebody above it, which it leaves when it moves."""
    below = subtree_ids(tenant_id)
    return (
        LocalListPile.objects.filter(tenant__in=below, list__isnull=False)
        .exclude(list__tenant__in=below)
        .count()
    )


def local_list_list() -> QuerySet[LocalList]:
    """Lists with ``station_count`` that name it, ``pile_count`` that have it and ``in_step_count`` of them."""
    piles = LocalListPile.objects.filter(list=OuterRef("pk")).exclude(pile__life=Life.RETIRED)
    return LocalList.objects.annotate(
        station_count=_count(Station.objects.filter(local_list=OuterRef("pk"))),
        pile_count=_count(piles),
        in_step_count=_count(piles.filter(state=ListState.IN_STEP)),
    )


def assignable_lists(tenant_id: int) -> QuerySet[LocalList]:
    """Lists that a station of this owner may have: those of its operator."""
    return LocalList.objects.filter(tenant=path_of_tenant(tenant_id).operator_id).order_by("name", "pk")


def list_of_station(station: Station) -> LocalList | None:
    """The list that counts on a station: its own, else the operator's default."""
    if station.local_list_id is not None:
        return LocalList.objects.filter(pk=station.local_list_id).first()
    operator_id = path_of_tenant(station.tenant_id).operator_id
    return LocalList.objects.filter(tenant=operator_id, is_default=True).first()


def piles_under(row: LocalList) -> QuerySet[Pile]:
    """The piles that a list counts for."""
    stations = Q(station__local_list=row)
    if row.is_default:
        stations |= Q(station__local_list__isnull=True, tenant__in=subtree_ids(row.tenant_id))
    return Pile.objects.filter(stations).exclude(life=Life.RETIRED)


def list_states() -> QuerySet[LocalListPile]:
    """What piles have of their lists, with what a page says of them."""
    return LocalListPile.objects.select_related("pile__station", "list").defer("content")


def out_of_step_first(states: QuerySet[LocalListPile]) -> QuerySet[LocalListPile]:
    """Those that need somebody to look come first."""
    is_in_step = Case(When(state=ListState.IN_STEP, then=Value(1)), default=Value(0))
    return states.order_by(is_in_step, "pile__station__name", "pile__name", "pk")


def list_state_of(pile: Pile) -> LocalListPile | None:
    """The same of one pile; None where nothing was ever to do with it."""
    return list_states().filter(pile=pile).first()


def entries_of(row: LocalList) -> list[Entry]:
    """Who stands on a list, the most important first: cards that work before those that do not, the newest first.

    Cards that have expired are left out: a pile knows by itself when an entry is over.
    """
    groups = set(row.groups) if row.rule == ListRule.GROUPS else None
    tags = set(row.picked) if row.rule == ListRule.PICKED else None
    now = clock.now()
    cards = [
        card
        for card in card_facts(row.tenant_id, groups=groups, tags=tags)
        if card.expires_at is None or card.expires_at > now
    ]
    working = [_entry(card) for card in cards if card.works]
    return working + [_entry(card) for card in cards if not card.works and row.refused_too]


def unknown_picks(row: LocalList) -> list[str]:
    """Picked numbers that no card of the operator has."""
    known = {fold_tag(card.uid) for card in card_facts(row.tenant_id, tags=set(row.picked))}
    return [tag for tag in row.picked if tag not in known]


def reservations() -> QuerySet[Reservation]:
    """Reservations of the scope, the newest first."""
    return Reservation.objects.select_related("pile", "driver").order_by("-created_at", "-pk")


def reservation_list() -> QuerySet[Reservation]:
    """The same in no order."""
    return Reservation.objects.all()


def reservations_of(pile_id: int) -> QuerySet[Reservation]:
    """Those of one pile: open ones first, then the newest."""
    is_over = Case(When(state__in=OPEN_RESERVATIONS, then=Value(0)), default=Value(1))
    return reservations().filter(pile=pile_id).order_by(is_over, "-created_at", "-pk")


def open_reservation(pile_id: int, connector_number: int) -> Reservation | None:
    """The one that keeps a connector free now; None where nothing does, or its time is over."""
    return Reservation.objects.filter(
        pile=pile_id,
        connector_number=connector_number,
        state__in=OPEN_RESERVATIONS,
        expires_at__gt=clock.now(),
    ).first()


def _entry(card: CardFacts) -> Entry:
    expires = "" if card.expires_at is None else clock.utc_text(card.expires_at)
    return Entry(card.uid, "Accepted" if card.works else "Blocked", expires, card.parent_id_tag)


def _length(told: str | None) -> int | None:
    """A length that a pile told; nothing for what is no positive number."""
    if told is None or not (told.isascii() and told.isdigit()):
        return None
    return int(told[:9]) or None


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values(one=Value(1)).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)
