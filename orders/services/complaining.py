"""What drivers complain about: a case of the order, in their own words, for people to decide (A20)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from orders import history
from orders.models import Case, ChargingOrder
from orders.rules import Code
from orders.services import cases
from orders.services.rows import lock_order

LONGEST = 500


@transaction.atomic
def complain(order: ChargingOrder, *, words: str, actor: Actor) -> Case:
    """Open the complaint of an order, or add to it. Raises Refused when nothing is said."""
    told = words.strip()[:LONGEST]
    if not told:
        raise Refused(_("Say what is wrong."), code="words", field="words")
    row = lock_order(order.pk)
    before = audit.snapshot(row)
    case = cases.open_case(
        Code.COMPLAINT,
        order=row,
        tx=row.transaction,
        pile=row.pile,
        evidence={"words": told, "by": actor.label, "at": clock.now().isoformat()},
    )
    history.note(row, "complained", side=history.PERSON, actor=actor, words=told)
    audit.record(actor, "order.complained", row, before=before, after=audit.snapshot(row), reason=told)
    return case
