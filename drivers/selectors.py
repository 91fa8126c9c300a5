"""Reads about drivers, their cards and what was sent to them, for this room and those above."""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Upper
from django.db.models.lookups import In

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.scope import current_scope, owned_by_scope, unscoped
from backoffice.kit.statements import execute
from drivers.models import Card, CardStatus, Driver, DriverSession, DriverStatus, SmsMessage
from drivers.tags import fold_tag


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card as the gateway judges it. ``blocked``: the card or its driver is blocked, or it is lost."""

    id: int
    operator_id: int
    folded: str
    driver_id: int | None
    blocked: bool
    expires_at: datetime | None
    parent_id_tag: str
    several_at_once: bool


def known_cards(tags: AbstractSet[tuple[int | None, str]]) -> dict[tuple[int | None, str], KnownCard]:
    """The cards among ``(operator, folded uid)`` pairs, in one query; the rest are not in the answer."""
    wanted = {tag for tag in tags if tag[0] is not None and tag[1]}
    if not wanted:
        return {}
    operators, uids = {tag[0] for tag in wanted}, {tag[1] for tag in wanted}
    with connection.cursor() as cursor:
        execute(cursor, _CARDS, [list(operators), list(uids), *owned_by_scope(current_scope())])
        cards = [KnownCard(*row) for row in cursor.fetchall()]
    return {
        (card.operator_id, card.folded): card for card in cards if (card.operator_id, card.folded) in wanted
    }


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card as a pile may be told of it. ``works``: it may charge as long as it has not expired."""

    uid: str
    works: bool
    expires_at: datetime | None
    parent_id_tag: str


def card_facts(
    operator_id: int, *, groups: AbstractSet[str] | None = None, tags: AbstractSet[str] | None = None
) -> list[CardFacts]:
    """An operator's cards, or only those of these groups or numbers (folded); the newest first."""
    rows = Card.objects.filter(tenant=operator_id)
    if groups is not None:
        rows = rows.filter(In(Upper("parent_id_tag"), sorted(groups)))
    if tags is not None:
        rows = rows.filter(uid_folded__in=tags)
    found = rows.order_by("-created_at", "-pk").values_list(
        "uid", "status", "driver__status", "expires_at", "parent_id_tag"
    )
    return [
        CardFacts(
            uid, status == CardStatus.ACTIVE and of_driver == DriverStatus.ACTIVE, expires_at, parent_id_tag
        )
        for uid, status, of_driver, expires_at, parent_id_tag in found
    ]


def working_card(driver_id: int) -> Card | None:
    """The card of a driver that would be taken now, the newest of several."""
    at = clock.now()
    works = Card.objects.filter(driver=driver_id, status=CardStatus.ACTIVE).filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    )
    return works.order_by("-created_at", "-pk").first()


def card_by_number(operator_id: int, number: str) -> Card | None:
    """The card of this number, with its driver."""
    return (
        Card.objects.select_related("driver").filter(tenant=operator_id, uid_folded=fold_tag(number)).first()
    )


_CARDS = """
SELECT c.id, c.tenant_id, c.uid_folded, c.driver_id,
    c.status <> 'active' OR COALESCE(d.status <> 'active', false),
    c.expires_at, c.parent_id_tag, COALESCE(d.several_at_once, false)
FROM drivers_card c LEFT JOIN drivers_driver d ON d.id = c.driver_id
WHERE c.tenant_id = ANY(%s) AND c.uid_folded = ANY(%s) AND (%s OR c.tenant_id = ANY(%s))
"""
"""Plain SQL, because the intake asks for each of its batches. In the order of the fields of ``KnownCard``."""


def drivers() -> QuerySet[Driver]:
    """Drivers of the scope."""
    return Driver.objects.all()


def drivers_listed() -> QuerySet[Driver]:
    """Drivers of the scope, with how many of their cards work (``cards_active``)."""
    working = Card.objects.filter(driver=OuterRef("pk"), status=CardStatus.ACTIVE).order_by()
    counted = working.values("driver").annotate(n=Count("pk")).values("n")
    return Driver.objects.annotate(cards_active=Coalesce(Subquery(counted), 0))


def has_card(number: str) -> Q:
    """Of drivers: one of their cards has this in its number."""
    return Q(Exists(Card.objects.filter(driver=OuterRef("pk"), uid_folded__contains=fold_tag(number))))


def driver_by_phone(operator_id: int, phone: str) -> Driver | None:
    """``phone`` is E.164."""
    return Driver.objects.filter(tenant=operator_id, phone=phone).first()


def cards() -> QuerySet[Card]:
    """Cards of the scope."""
    return Card.objects.all()


def cards_of(driver_id: int) -> QuerySet[Card]:
    """A driver's cards, those that work first."""
    return Card.objects.filter(driver=driver_id).order_by("status", "-created_at", "pk")


def messages() -> QuerySet[SmsMessage]:
    """What was sent to phones in the scope."""
    return SmsMessage.objects.all()


def messages_to(phone: str) -> QuerySet[SmsMessage]:
    """What was sent to one phone (E.164), the newest first."""
    return messages().filter(phone=phone).order_by("-created_at", "-pk")


def messages_about(about: str) -> QuerySet[SmsMessage]:
    """Messages sent for one thing, the oldest first."""
    return SmsMessage.objects.filter(about=about).order_by("created_at", "pk")


def sessions_of(driver_id: int) -> QuerySet[DriverSession]:
    """Where a driver is signed in, the newest first."""
    return DriverSession.objects.filter(
        driver=driver_id, revoked_at__isnull=True, expires_at__gt=clock.now()
    ).order_by("-created_at", "-pk")


def session_by_token(token: str) -> DriverSession | None:
    """The sign-in behind a cookie, with its driver, while it is good. Needs no scope: it decides which to enter."""
    if not token:
        return None
    with unscoped(reason="a driver's own sign-in decides the scope"):
        return (
            DriverSession.objects.select_related("driver")
            .filter(token_hash=hash_of(token), revoked_at__isnull=True, expires_at__gt=clock.now())
            .first()
        )


def hash_of(token: str) -> str:
    """What is stored of a session's token; the token itself has 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def as_actor(driver: Driver, *, ip: str = "") -> Actor:
    """The driver as somebody who does something. The label hides the middle of the phone."""
    return Actor(f"driver:{driver.pk}", str(driver), ip=ip)
