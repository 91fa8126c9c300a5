"""Keeping a connector free for a card (OCPP 1.6 §5.13, §5.1).

The pile keeps it, and we keep our own clock: a reservation ends on time for us even while its pile is
offline. What nobody answered is asked again with the same reservationId, which replaces it, or is
settled by what the connector reports. A connector has one open reservation at most.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from backoffice.kit.scope import path_of_tenant
from drivers.models import Card, CardStatus, DriverStatus
from drivers.selectors import card_by_number, working_card
from drivers.services import known_driver
from stations.models import Pile, Reservation, ReservationState
from stations.models.access import OPEN_RESERVATIONS
from stations.reserving import AGAIN_AFTER, end, tell
from stations.services.commands import Request, hold_pile, order_command

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=24)
"""Nobody keeps a connector from others for longer."""

SHORTEST = timedelta(minutes=1)
BATCH = 200
CLOCK = timer("reservations")


@transaction.atomic
def reserve(
    pile: Pile,
    *,
    connector: int,
    holder: str,
    expires_at: datetime,
    actor: Actor,
    reason: str = "",
    anyway: bool = False,
) -> Reservation:
    """Ask a pile to keep a connector (0: any one) free for a card, or for the driver with this phone.

    Asking twice for the same is one reservation. ``anyway`` asks a pile that does not list the feature
    profile; only engineers may. Raises Refused: ``holder``, ``blocked``, ``no_card``,
    ``expires_at``, ``reserved``, and what ``commands`` refuses.
    """
    hold_pile(pile.pk)
    card = _card_of(path_of_tenant(pile.tenant_id).operator_id, holder)
    _require_time(expires_at)
    expire_due(pile_id=pile.pk)
    here = Reservation.objects.filter(pile=pile, connector_number=connector, state__in=OPEN_RESERVATIONS)
    other = here.first()
    if other is not None:
        if (other.id_tag_folded, other.expires_at) == (card.uid_folded, expires_at):
            return other
        raise Refused(
            _("This connector is reserved already. Cancel that reservation, or change its end."),
            code="reserved",
            field="connector",
        )
    row = Reservation.objects.create(
        **path_of_tenant(pile.tenant_id).as_columns(),
        pile=pile,
        connector_number=connector,
        id_tag=card.uid,
        id_tag_folded=card.uid_folded,
        parent_id_tag=card.parent_id_tag,
        driver=card.driver,
        expires_at=expires_at,
        asked_expires_at=expires_at,
        asked_at=clock.now(),
        created_at=clock.now(),
        actor_ref=actor.ref[:80],
        actor_label=actor.label[:120],
    )
    _ask_for(row, actor, reason, anyway=anyway)
    audit.record(actor, "reservation.requested", row, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def extend(reservation: Reservation, *, expires_at: datetime, actor: Actor, reason: str = "") -> Reservation:
    """Give it another end: the same reservationId replaces it. Until the pile agrees the old end counts.

    Raises Refused: ``over``, ``unanswered``, ``expires_at``, and what ``commands`` refuses.
    """
    row = _lock(reservation)
    if not row.is_open or row.cancel_asked_at is not None:
        raise Refused(_("This reservation is over."), code="over")
    if row.asked_expires_at == expires_at or (row.asked_expires_at is None and row.expires_at == expires_at):
        return row
    if row.asked_expires_at is not None:
        raise Refused(_("The pile has not answered the last request yet."), code="unanswered")
    _require_time(expires_at)
    before = audit.snapshot(row)
    row.asked_expires_at, row.asked_at, row.attempts = expires_at, clock.now(), 0
    _ask_for(row, actor, reason)
    audit.record(actor, "reservation.extended", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def cancel(reservation: Reservation, *, actor: Actor, reason: str = "") -> Reservation:
    """End it. A pile that is offline is told when it is back, unless the time is over before."""
    row = _lock(reservation)
    if not row.is_open:
        raise Refused(_("This reservation is over."), code="over")
    if row.cancel_asked_at is not None:
        return row
    before = audit.snapshot(row)
    row.cancel_asked_at = row.due_at = clock.now()
    _ask_to_cancel(row, actor, reason)
    audit.record(actor, "reservation.cancelled", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def expire_due(*, pile_id: int | None = None) -> int:
    """End what is over by our clock, whatever its pile says or does not."""
    over = Q(state__in=OPEN_RESERVATIONS) & Q(end__lte=clock.now())
    rows = Reservation.objects.alias(end=Greatest("expires_at", "asked_expires_at")).filter(over)
    if pile_id is not None:
        rows = rows.filter(pile=pile_id)
    return _each(rows, _expire)


def ask_again() -> int:
    """Ask again where nobody answered, and tell those that are back to forget what was cancelled."""
    due = Reservation.objects.filter(state__in=OPEN_RESERVATIONS, due_at__lte=clock.now(), pile__online=True)
    return _each(due, _ask_once_more)


def _ask_for(row: Reservation, actor: Actor, reason: str = "", *, anyway: bool = False) -> None:
    """Send it. A pile that was asked before is not asked whether it can be. Raises Refused."""
    anyway = anyway or row.attempts > 0 or row.state == ReservationState.ACTIVE
    payload = {
        "connectorId": row.connector_number,
        "expiryDate": clock.utc_text(row.asked_expires_at or row.expires_at),
        "idTag": row.id_tag,
        "reservationId": row.pk,
        **({"parentIdTag": row.parent_id_tag} if row.parent_id_tag else {}),
    }
    order_command(row.pile, _request(row, "ReserveNow", payload, reason, anyway=anyway), actor=actor)
    row.attempts, row.due_at = row.attempts + 1, None
    row.save()
    tell(row)


def _ask_to_cancel(row: Reservation, actor: Actor, reason: str = "") -> None:
    """Send it, or leave it due where nothing can be sent now."""
    payload = {"reservationId": row.pk}
    try:
        order_command(row.pile, _request(row, "CancelReservation", payload, reason, anyway=True), actor=actor)
        row.due_at = None
    except Refused:
        row.due_at = clock.now() + AGAIN_AFTER
    row.save()
    tell(row)


def _request(
    row: Reservation, action: str, payload: Mapping[str, object], reason: str, *, anyway: bool
) -> Request:
    return Request(
        action=action,
        payload=payload,
        connector_number=row.connector_number or None,
        about=audit.reference(row),
        reason=reason,
        anyway=anyway,
    )


def _ask_once_more(row: Reservation) -> None:
    if row.cancel_asked_at is not None:
        _ask_to_cancel(row, CLOCK)
        return
    try:
        _ask_for(row, CLOCK)
    except Refused:
        row.due_at = clock.now() + AGAIN_AFTER
        row.save()


def _expire(row: Reservation) -> None:
    end(row, ReservationState.EXPIRED)
    row.save()
    tell(row)


def _each(rows: QuerySet[Reservation], act: Callable[[Reservation], None]) -> int:
    """Each in its turn, behind the commands of its pile; one that is not open any more is passed over."""
    done = 0
    for key, pile_id in list(rows.order_by("pk").values_list("pk", "pile")[:BATCH]):
        try:
            with transaction.atomic():
                hold_pile(pile_id)
                row = locks.locked(Reservation.objects.filter(pk=key)).select_related("pile").get()
                if row.is_open:
                    act(row)
                    done += 1
        except Exception:
            log.exception("reservation %s could not be looked after", key)
    return done


def _lock(reservation: Reservation) -> Reservation:
    hold_pile(reservation.pile_id)
    return locks.locked(Reservation.objects.filter(pk=reservation.pk)).select_related("pile").get()


def _require_time(expires_at: datetime) -> None:
    now = clock.now()
    if expires_at < now + SHORTEST:
        raise Refused(_("It would be over before it begins."), code="expires_at", field="expires_at")
    if expires_at > now + LONGEST:
        raise Refused(
            _("A connector is reserved for 24 hours at most."), code="expires_at", field="expires_at"
        )


def _card_of(operator_id: int | None, holder: str) -> Card:
    """The card with this number, else one that works of the driver with this phone."""
    holder = holder.strip()
    card = card_by_number(operator_id, holder) if operator_id is not None and holder else None
    if card is None and operator_id is not None and holder:
        card = _card_of_driver(operator_id, holder)
    if card is None:
        raise Refused(
            _("There is no such card, and no account with this phone."), code="holder", field="holder"
        )
    expired = card.expires_at is not None and card.expires_at <= clock.now()
    if (
        card.status != CardStatus.ACTIVE
        or expired
        or card.driver is None
        or card.driver.status != DriverStatus.ACTIVE
    ):
        raise Refused(
            _("This card would be refused: nobody can charge with it."), code="blocked", field="holder"
        )
    return card


def _card_of_driver(operator_id: int, phone: str) -> Card | None:
    try:
        driver = known_driver(operator_id, phone)
    except Refused:
        return None
    if driver is None:
        return None
    card = working_card(driver.pk)
    if card is None:
        raise Refused(
            _("This driver has no card that works. A terminal reserves for a card only."),
            code="no_card",
            field="holder",
        )
    card.driver = driver
    return card
