"""What drivers owe: paid by whatever money comes in (``booking``), or given up by people with a reason."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from finance.models import Debt
from finance.services.booking import book, books_of, lock_wallet, tell_arrears_changed


@transaction.atomic
def write_off_arrears(about: str, *, reason: str, actor: Actor, amount: int | None = None) -> Debt:
    """Give up what an order left unpaid, or ``amount`` minor units of it. A second time changes nothing.

    Raises Refused when the order owes nothing at all, or less than ``amount``; Debt.DoesNotExist when it
    never did.
    """
    if not reason.strip():
        raise Refused(_("A reason is needed."), code="reason", field="reason")
    wallet = lock_wallet(Debt.objects.values_list("wallet_id", flat=True).get(about=about))
    debt = Debt.objects.get(about=about)
    share = debt.open if amount is None else amount
    if not share and amount is None:
        return debt
    if not 0 < share <= debt.open:
        raise Refused(_("This order does not owe that much."), code="amount", field="amount")
    before = audit.snapshot(debt)
    debt.written_off += share
    debt.payments += 1
    debt.updated_at = clock.now()
    debt.save(update_fields=["written_off", "payments", "updated_at"])
    books = books_of(wallet, actor)
    book(wallet, books, [books.arrears_written_off(about, debt.payments, share, reason)])
    audit.record(actor, "arrears.written_off", debt, before=before, after=audit.snapshot(debt), reason=reason)
    tell_arrears_changed(about)
    return debt
