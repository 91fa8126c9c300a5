"""Cards and fobs. A number is known once per operator, compared without case (OCPP 1.6 §7.28).

A blocked or lost card is answered ``Blocked`` at every pile from the next question on.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant
from drivers.hooks import cards_changed
from drivers.models import Card, CardStatus, Driver
from drivers.states import CARD
from drivers.tags import fold_tag

ID_TAG = re.compile(r"[!-~]{1,20}")
"""Visible ASCII, at most 20 characters: idToken of OCPP 1.6 §7.28, without blanks at the ends or within."""


class CardFields(TypedDict, total=False):
    """What staff may set of a card. ``parent_id_tag`` names a group whose members may stop each other's charges."""

    visual_number: str
    driver: Driver | None
    expires_at: datetime | None
    parent_id_tag: str


@transaction.atomic
def issue_card(operator_id: int, *, uid: str, actor: Actor, **fields: Unpack[CardFields]) -> Card:
    """Make a card known. Raises Refused for a number that no pile could send, or that is known already."""
    if path_of_tenant(operator_id).operator_id != operator_id:
        raise Refused(_("Cards belong to operators."), code="not_operator", field="operator")
    uid = _id_tag(uid, "uid")
    row = Card(tenant_id=operator_id, uid=uid, uid_folded=fold_tag(uid), created_at=clock.now())
    _assign(row, fields)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(_("This card is known already."), code="uid_taken", field="uid") from None
    audit.record(actor, "card.issued", row, after=audit.snapshot(row))
    cards_changed(operator_id)
    return row


@transaction.atomic
def edit_card(card: Card, *, actor: Actor, **fields: Unpack[CardFields]) -> Card:
    """Change what is given: the driver, the printed number, the group, how long it is valid."""
    row = locks.locked(Card.objects.filter(pk=card.pk)).get()
    before = audit.snapshot(row)
    _assign(row, fields)
    row.save(update_fields=list(fields))
    audit.record(actor, "card.edited", row, before=before, after=audit.snapshot(row))
    cards_changed(row.tenant_id)
    return row


@transaction.atomic
def block_card(card: Card, *, actor: Actor, reason: str) -> Card:
    """Refuse the card at every pile until it is unblocked."""
    return _change_status(card, CardStatus.BLOCKED, "card.blocked", actor, reason)


@transaction.atomic
def unblock_card(card: Card, *, actor: Actor, reason: str = "") -> Card:
    """Let a blocked card, or a lost one that was found, work again."""
    return _change_status(card, CardStatus.ACTIVE, "card.unblocked", actor, reason)


@transaction.atomic
def lose_card(card: Card, *, actor: Actor, reason: str) -> Card:
    """Its owner does not have it any more."""
    return _change_status(card, CardStatus.LOST, "card.lost", actor, reason)


def _assign(row: Card, fields: CardFields) -> None:
    if group := fields.get("parent_id_tag"):
        fields["parent_id_tag"] = _id_tag(group, "parent_id_tag")
    if (driver := fields.get("driver")) is not None and driver.tenant_id != row.tenant_id:
        raise Refused(
            _("The driver has the account at another operator."), code="other_operator", field="driver"
        )
    for name, value in fields.items():
        setattr(row, name, value)


def _id_tag(text: str, field: str) -> str:
    tag = text.strip()
    if not ID_TAG.fullmatch(tag):
        raise Refused(
            _("A card number has 1 to 20 letters, digits or signs, and no blanks."),
            code="id_tag",
            field=field,
        )
    return tag


def _change_status(card: Card, status: CardStatus, action: str, actor: Actor, reason: str) -> Card:
    row = locks.locked(Card.objects.filter(pk=card.pk)).get()
    if row.status == status:
        return row
    if status not in CARD[row.status]:
        raise Refused(_("This card is lost."), code="wrong_status")
    before = audit.snapshot(row)
    row.status = move(CARD, row.status, status)
    row.save(update_fields=["status"])
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    cards_changed(row.tenant_id)
    return row
