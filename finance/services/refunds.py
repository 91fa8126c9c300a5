"""Money that goes back: of an order to its wallet at once, of a top-up to its source through the channel.

A refund is claimed once, under the wallet's lock, before anything is sent; the channel is called
outside of any lock and told the same number again, so a lost answer pays nobody twice.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.figures import money_text
from backoffice.kit.machines import move
from backoffice.kit.money import Money
from backoffice.kit.tasks import nudge
from finance import channels, states
from finance.channels import ChannelError, RefundStatus
from finance.models import Refund, RefundKind, RefundState, TopUp, TopUpState, Wallet
from finance.rules import fill, share_refund
from finance.selectors import payment_of, settlements_of
from finance.services.booking import book, books_of, lock_wallet, new_number
from finance.services.channels import notify_url

SEND = "finance.tasks.send_refunds"
RETRY = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""When an unanswered or failed refund is looked at again; the last one repeats for a day."""
GIVE_UP_AFTER = 24


@transaction.atomic
def refund_to_wallet(about: str, *, amount: int, reason: str, actor: Actor, key: str = "") -> Refund:
    """Give ``amount`` minor units of what an order paid back to its wallet: cash first, then bonus.

    ``key`` makes a repeated request one refund. Raises Refused with code ``refund_too_much`` for more
    than was paid and not refunded yet, ``not_settled`` for an order without a settlement.
    """
    _require(reason, amount)
    settlement = settlements_of(about).first()
    if settlement is None:
        raise Refused(_("This order is not settled yet."), code="not_settled")
    wallet = lock_wallet(settlement.wallet_id)
    known = Refund.objects.filter(key=key).first() if key else None
    if known is not None:
        return known
    payment = payment_of(about)
    settlement = settlements_of(about).get(version=payment.version) if payment else settlement
    if payment is None or amount > payment.refundable.total:
        left = money_text(Money(payment.refundable.total if payment else 0, wallet.currency))
        raise Refused(
            _("No more than %(left)s can be refunded.") % {"left": left},
            code="refund_too_much",
            field="amount",
        )
    purse = payment.refundable.give_back(amount)
    taken_back = Refund.objects.filter(about=about, kind=RefundKind.ORDER)
    revenue = [
        max(getattr(settlement, part) - sum(getattr(row, part) for row in taken_back), 0)
        for part in ("electricity", "service", "idle")
    ]
    electricity, service, idle = share_refund(amount, revenue)
    books = books_of(wallet, actor)
    refund = Refund.objects.create(
        **books.owner.as_columns(),
        number=new_number("R"),
        kind=RefundKind.ORDER,
        wallet=wallet,
        about=about,
        key=key or None,
        cash=purse.cash,
        bonus=purse.bonus,
        electricity=electricity,
        service=service,
        idle=idle,
        currency=wallet.currency,
        state=RefundState.CONFIRMED,
        reason=reason,
        actor_label=actor.label[:120],
        created_at=clock.now(),
        confirmed_at=clock.now(),
    )
    book(
        wallet,
        books,
        [books.order_refunded(about, refund.number, purse, (electricity, service, idle), reason)],
    )
    audit.record(actor, "order.refunded", refund, after=audit.snapshot(refund), reason=reason)
    return refund


@transaction.atomic
def refund_top_up(top_up: TopUp, *, amount: int, reason: str, actor: Actor, key: str = "") -> Refund:
    """Send ``amount`` minor units of a paid top-up back to its source; the worker sends it.

    Only cash that is still in the wallet can go. ``key`` makes a repeated request one refund. Raises
    Refused when the top-up or the wallet has less.
    """
    _require(reason, amount)
    wallet = lock_wallet(top_up.wallet_id)
    known = Refund.objects.filter(key=key).first() if key else None
    if known is not None:
        return known
    row = TopUp.objects.select_related("channel").get(pk=top_up.pk)
    if row.state != TopUpState.PAID or amount > row.refundable:
        left = money_text(Money(row.refundable if row.state == TopUpState.PAID else 0, row.currency))
        raise Refused(
            _("No more than %(left)s can be refunded.") % {"left": left},
            code="refund_too_much",
            field="amount",
        )
    if amount > wallet.cash:
        raise Refused(_("There is not that much cash in the wallet."), code="balance", field="amount")
    return _claim(wallet, row, amount, reason, actor, key)


@transaction.atomic
def refund_wallet(wallet: Wallet, *, amount: int, reason: str, actor: Actor, key: str = "") -> list[Refund]:
    """Pay ``amount`` minor units of a wallet's cash back to where it came from, the newest top-up first.

    Raises Refused when the wallet has less, or when its top-ups do not cover it any more: the rest is
    paid out at the desk (``adjust_balance``).
    """
    _require(reason, amount)
    row = lock_wallet(wallet.pk)
    known = list(Refund.objects.filter(key__startswith=f"{key}/", wallet=row)) if key else []
    if known:
        return known
    if amount > row.cash:
        raise Refused(_("There is not that much cash in the wallet."), code="balance", field="amount")
    paid = (
        TopUp.objects.filter(wallet=row, state=TopUpState.PAID, amount__gt=F("refunded"))
        .select_related("channel")
        .order_by("-paid_at", "-pk")
    )
    filled = fill(amount, [(top_up, top_up.refundable) for top_up in paid if _is_fresh(top_up)])
    if filled.left:
        covered = money_text(Money(amount - filled.left, row.currency))
        raise Refused(
            _("Only %(covered)s can go back to its source; pay the rest out at the desk.")
            % {"covered": covered},
            code="no_source",
            field="amount",
        )
    return [
        _claim(row, top_up, share, reason, actor, f"{key}/{number}" if key else "")
        for number, (top_up, share) in enumerate(filled.shares, start=1)
    ]


@transaction.atomic
def refund_late_payment(top_up: TopUp, *, actor: Actor) -> Refund:
    """Send the money of a payment that came after its top-up was closed back to its source, whole.

    The caller holds the wallet's lock and has booked the receipt.
    """
    wallet = top_up.wallet
    books = books_of(wallet, actor)
    refund = Refund.objects.create(
        **books.owner.as_columns(),
        number=new_number("R"),
        kind=RefundKind.LATE,
        wallet=wallet,
        top_up=top_up,
        about=f"topup:{top_up.number}",
        key=f"late:{top_up.number}",
        cash=top_up.amount,
        currency=top_up.currency,
        reason=_("Paid after it was closed"),
        actor_label=actor.label[:120],
        next_try_at=clock.now(),
        created_at=clock.now(),
    )
    top_up.refunded = top_up.amount
    top_up.save(update_fields=["refunded"])
    book(
        wallet,
        books,
        [books.late_refund_claimed(refund.number, refund.about, refund.cash, top_up.channel)],
    )
    nudge(SEND)
    return refund


def send_due_refunds(limit: int = 50) -> int:
    """Send, or ask about, every refund whose time has come. Answers how many were looked at."""
    due = list(
        Refund.objects.filter(next_try_at__lte=clock.now())
        .order_by("next_try_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )
    for refund_id in due:
        send_refund(refund_id)
    return len(due)


def send_refund(refund_id: int) -> Refund:
    """Send one refund to its channel and take note of the answer. The call is outside of any lock."""
    refund = _mark_sent(refund_id)
    if refund.state != RefundState.SENT or refund.top_up is None:
        return refund
    try:
        status = channels.client_of(refund.top_up.channel).refund(
            refund.number,
            payment=refund.top_up.number,
            amount=refund.cash,
            currency=refund.currency,
            notify_url=notify_url(refund.top_up.channel),
        )
    except ChannelError as error:
        return _note_failure(refund_id, str(error), certain=False)
    return note_refund_status(refund_id, status)


@transaction.atomic
def note_refund_status(refund_id: int, status: RefundStatus, *, channel_ref: str = "") -> Refund:
    """Take in what the channel says about a refund, from an answer, a question or a notice; again is nothing."""
    refund = _locked(refund_id)
    if refund.state not in {RefundState.SENT, RefundState.FAILED}:
        return refund
    if status is RefundStatus.FAILED:
        return _note_failure(refund_id, _("The channel refused it"), certain=True)
    if status is RefundStatus.PENDING:
        return refund
    top_up = _source(refund)
    refund.state = move(states.REFUND, refund.state, RefundState.CONFIRMED)
    refund.confirmed_at, refund.next_try_at, refund.error = clock.now(), None, ""
    refund.channel_ref = channel_ref or refund.channel_ref
    refund.save(update_fields=["state", "confirmed_at", "next_try_at", "error", "channel_ref"])
    books = books_of(refund.wallet, channels.actor_of(top_up.channel))
    book(
        refund.wallet,
        books,
        [books.refund_confirmed(refund.number, refund.about, refund.cash, top_up.channel)],
    )
    confirmed = Refund.objects.filter(top_up=top_up, state=RefundState.CONFIRMED)
    if sum(row.cash for row in confirmed) == top_up.amount:
        top_up.state = move(states.TOP_UP, top_up.state, TopUpState.REFUNDED)
        top_up.save(update_fields=["state"])
    return refund


def return_refund(refund: Refund, *, reason: str, actor: Actor) -> Refund:
    """Give a failed refund back to the wallet, after the channel was asked once more whether it paid.

    Raises Refused when it is not a failed one, or when the channel does not say that it failed.
    """
    if refund.kind != RefundKind.TOP_UP or refund.top_up is None:
        raise Refused(_("This refund does not come from a wallet."), code="kind")
    try:
        status = channels.client_of(refund.top_up.channel).query_refund(refund.number)
    except ChannelError as error:
        raise Refused(_("The payment channel does not answer. Try again later."), code="channel") from error
    if status not in {RefundStatus.FAILED, RefundStatus.UNKNOWN}:
        note_refund_status(refund.pk, status)
        raise Refused(_("The payment channel did not refuse this refund."), code="not_failed")
    return _return(refund, reason, actor)


@transaction.atomic
def _return(refund: Refund, reason: str, actor: Actor) -> Refund:
    row = _locked(refund.pk)
    if row.state == RefundState.RETURNED:
        return row
    if row.state != RefundState.FAILED:
        raise Refused(_("Only a failed refund can be returned."), code="not_failed")
    before = audit.snapshot(row)
    row.state = move(states.REFUND, row.state, RefundState.RETURNED)
    row.next_try_at = None
    row.save(update_fields=["state", "next_try_at"])
    top_up = _source(row)
    top_up.refunded -= row.cash
    top_up.save(update_fields=["refunded"])
    books = books_of(row.wallet, actor)
    book(row.wallet, books, [books.refund_returned(row.number, row.about, row.cash)])
    audit.record(actor, "refund.returned", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def _claim(wallet: Wallet, top_up: TopUp, amount: int, reason: str, actor: Actor, key: str) -> Refund:
    books = books_of(wallet, actor)
    refund = Refund.objects.create(
        **books.owner.as_columns(),
        number=new_number("R"),
        kind=RefundKind.TOP_UP,
        wallet=wallet,
        top_up=top_up,
        about=f"topup:{top_up.number}",
        key=key or None,
        cash=amount,
        currency=wallet.currency,
        reason=reason,
        actor_label=actor.label[:120],
        next_try_at=clock.now(),
        created_at=clock.now(),
    )
    top_up.refunded += amount
    top_up.save(update_fields=["refunded"])
    book(wallet, books, [books.refund_claimed(refund.number, refund.about, amount, reason)])
    audit.record(actor, "topup.refunded", refund, after=audit.snapshot(refund), reason=reason)
    nudge(SEND)
    return refund


@transaction.atomic
def _mark_sent(refund_id: int) -> Refund:
    refund = _locked(refund_id)
    if refund.state in {RefundState.CLAIMED, RefundState.FAILED}:
        refund.state = move(states.REFUND, refund.state, RefundState.SENT)
    if refund.state == RefundState.SENT:
        refund.attempts += 1
        refund.next_try_at = clock.now() + RETRY[min(refund.attempts, len(RETRY)) - 1]
        refund.save(update_fields=["state", "attempts", "next_try_at"])
    return refund


@transaction.atomic
def _note_failure(refund_id: int, error: str, *, certain: bool) -> Refund:
    """An answer that is not certain leaves the refund sent: it may have been paid."""
    refund = _locked(refund_id)
    if refund.state != RefundState.SENT:
        return refund
    refund.error = error[:200]
    if certain:
        refund.state = move(states.REFUND, refund.state, RefundState.FAILED)
    if certain and refund.attempts >= GIVE_UP_AFTER:
        refund.next_try_at = None
    refund.save(update_fields=["state", "error", "next_try_at"])
    return refund


def _locked(refund_id: int) -> Refund:
    """A refund, alone with its wallet; the wallet's row is the one that is locked."""
    wallet = lock_wallet(Refund.objects.values_list("wallet_id", flat=True).get(pk=refund_id))
    refund = Refund.objects.select_related("top_up__channel").get(pk=refund_id)
    refund.wallet = wallet
    return refund


def _source(refund: Refund) -> TopUp:
    """The top-up that a refund goes back to. Raises ValueError for one that stays in the wallet."""
    if refund.top_up is None:
        raise ValueError(f"{refund} has no source")
    return refund.top_up


def _is_fresh(top_up: TopUp) -> bool:
    """Does its channel still pay it back?"""
    window = channels.client_of(top_up.channel).refund_window
    return top_up.paid_at is not None and top_up.paid_at > clock.now() - window


def _require(reason: str, amount: int) -> None:
    if not reason.strip():
        raise Refused(_("A reason is needed."), code="reason", field="reason")
    if amount <= 0:
        raise Refused(_("The amount must be more than zero."), code="amount", field="amount")
