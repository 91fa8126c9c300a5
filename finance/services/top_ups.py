"""Money into a wallet through a payment channel: credited once, whoever brings the news and how often.

The news comes by notice or by asking; both end in ``take_in``. A top-up that nobody paid is closed,
at the channel first; money that comes after that goes back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.figures import money_text
from backoffice.kit.machines import move
from backoffice.kit.money import Money
from finance import channels, states
from finance.channels import ChannelError, PaymentOrder, PaymentState, PaymentStatus
from finance.models import PaymentChannel, TopUp, TopUpState, Wallet
from finance.services.booking import book, books_of, lock_wallet, new_number
from finance.services.channels import notify_url
from finance.services.refunds import refund_late_payment

PAY_WITHIN = timedelta(minutes=15)
ASK_AFTER = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
)
"""After its creation, when the channel is asked what became of a top-up; the last time as it expires."""
ASK_AGAIN = timedelta(minutes=10)
CLOSE_UNHEARD_AFTER = timedelta(hours=24)
MOST_PENDING = 10


class Outcome(StrEnum):
    """What a channel's news about a payment led to."""

    CREDITED = "credited"
    REFUND_NOTED = "refund_noted"
    DUPLICATE = "duplicate"
    CLOSED = "closed"
    STALE = "stale"
    LATE = "late_refunded"
    AMOUNT = "wrong_amount"
    CURRENCY = "wrong_currency"
    MERCHANT = "wrong_merchant"
    NUMBER = "unknown_number"
    REUSED = "reference_reused"
    TWICE = "paid_twice"

    @property
    def is_alarming(self) -> bool:
        """Does a person have to look at it?"""
        return self in {
            Outcome.AMOUNT,
            Outcome.CURRENCY,
            Outcome.MERCHANT,
            Outcome.NUMBER,
            Outcome.REUSED,
            Outcome.TWICE,
        }


def start_top_up(
    wallet: Wallet, *, amount: int, channel: PaymentChannel, come_back_to: str, actor: Actor
) -> TopUp:
    """Register a payment of ``amount`` minor units; ``pay_url`` of the row is where the driver pays it.

    ``come_back_to`` is a path of ours. Raises Refused outside the channel's limits, when the channel is
    out of use (code ``disabled``) or does not answer (``channel``).
    """
    _require_payable(wallet, amount, channel)
    if not come_back_to.startswith("/") or not url_has_allowed_host_and_scheme(come_back_to, None):
        raise Refused(_("This is not a page of ours."), code="come_back_to")
    top_up = _create(wallet, amount, channel, come_back_to, actor)
    order = PaymentOrder(
        number=top_up.number,
        amount=amount,
        currency=wallet.currency,
        title=_("Charging credit"),
        notify_url=notify_url(channel),
        return_url=settings.PUBLIC_URL + come_back_to,
        expires_at=top_up.expires_at,
    )
    try:
        top_up.pay_url = channels.client_of(channel).create_payment(order)
    except ChannelError as error:
        raise Refused(_("The payment channel does not answer. Try again later."), code="channel") from error
    top_up.save(update_fields=["pay_url"])
    return top_up


@transaction.atomic
def take_in(top_up_id: int, news: PaymentState, *, actor: Actor) -> Outcome:
    """Follow what the channel says about a payment. Amount and currency must be ours, to the last unit."""
    wallet = lock_wallet(TopUp.objects.values_list("wallet_id", flat=True).get(pk=top_up_id))
    top_up = TopUp.objects.select_related("channel").get(pk=top_up_id)
    top_up.wallet = wallet
    if news.status is not PaymentStatus.PAID:
        return _take_in_unpaid(top_up, news)
    if news.currency != top_up.currency:
        return Outcome.CURRENCY
    if news.amount != top_up.amount:
        return Outcome.AMOUNT
    if top_up.channel_ref:
        return Outcome.DUPLICATE if top_up.channel_ref == news.channel_ref else Outcome.TWICE
    others = TopUp.objects.filter(channel=top_up.channel, channel_ref=news.channel_ref)
    if not news.channel_ref or others.exists():
        return Outcome.REUSED
    late = top_up.state == TopUpState.CLOSED
    top_up.channel_ref, top_up.paid_at, top_up.next_query_at = news.channel_ref, clock.now(), None
    books = books_of(wallet, actor)
    if late:
        top_up.save(update_fields=["channel_ref", "paid_at", "next_query_at"])
        book(wallet, books, [books.paid_too_late(top_up.number, top_up.amount, top_up.channel)])
        refund_late_payment(top_up, actor=actor)
        return Outcome.LATE
    top_up.state = move(states.TOP_UP, top_up.state, TopUpState.PAID)
    top_up.save(update_fields=["state", "channel_ref", "paid_at", "next_query_at"])
    book(wallet, books, [books.top_up_paid(top_up.number, top_up.amount, top_up.channel)])
    return Outcome.CREDITED


def ask_due_top_ups(limit: int = 50) -> int:
    """Ask the channels about every pending top-up whose time has come. Answers how many were asked about."""
    due = list(
        TopUp.objects.filter(next_query_at__lte=clock.now())
        .order_by("next_query_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )
    for top_up_id in due:
        ask_about(top_up_id)
    return len(due)


def ask_about(top_up_id: int) -> TopUp:
    """Ask the channel what became of a top-up; close it there when its time is over.

    The call is outside of any lock. A channel that does not answer is asked again later.
    """
    top_up = _note_question(top_up_id)
    if top_up.state != TopUpState.PENDING:
        return top_up
    expired = clock.now() >= top_up.expires_at
    try:
        client = channels.client_of(top_up.channel)
        news = client.close(top_up.number) if expired else client.query(top_up.number)
    except ChannelError:
        if clock.now() < top_up.created_at + CLOSE_UNHEARD_AFTER:
            return top_up
        news = PaymentState(PaymentStatus.CLOSED)
    take_in(top_up_id, news, actor=channels.actor_of(top_up.channel))
    return TopUp.objects.get(pk=top_up_id)


def cancel_top_up(top_up: TopUp) -> TopUp:
    """The driver does not want to pay any more: close it at the channel, then here.

    It is credited instead when the payment was faster. Raises Refused when the channel does not answer.
    """
    if top_up.state != TopUpState.PENDING:
        return top_up
    try:
        news = channels.client_of(top_up.channel).close(top_up.number)
    except ChannelError as error:
        raise Refused(_("The payment channel does not answer. Try again later."), code="channel") from error
    if news.status is PaymentStatus.UNKNOWN:
        news = PaymentState(PaymentStatus.CLOSED)
    take_in(top_up.pk, news, actor=channels.actor_of(top_up.channel))
    return TopUp.objects.get(pk=top_up.pk)


def _require_payable(wallet: Wallet, amount: int, channel: PaymentChannel) -> None:
    if not channel.enabled:
        raise Refused(_("This way of paying is not available now."), code="disabled")
    if (channel.tenant_id, channel.currency) != (wallet.tenant_id, wallet.currency):
        raise Refused(_("This way of paying is not available here."), code="channel_of_another")
    if amount < channel.minimum:
        smallest = money_text(Money(channel.minimum, channel.currency))
        raise Refused(
            _("The smallest amount is %(amount)s.") % {"amount": smallest}, code="limits", field="amount"
        )
    if amount > channel.maximum:
        largest = money_text(Money(channel.maximum, channel.currency))
        raise Refused(
            _("The largest amount is %(amount)s.") % {"amount": largest}, code="limits", field="amount"
        )
    if TopUp.objects.filter(wallet=wallet, state=TopUpState.PENDING).count() >= MOST_PENDING:
        raise Refused(_("Too many payments are waiting. Finish one of them first."), code="too_many")


@transaction.atomic
def _create(wallet: Wallet, amount: int, channel: PaymentChannel, come_back_to: str, actor: Actor) -> TopUp:
    now = clock.now()
    return TopUp.objects.create(
        **books_of(wallet, actor).owner.as_columns(),
        number=new_number("T"),
        wallet=wallet,
        channel=channel,
        amount=amount,
        currency=wallet.currency,
        come_back_to=come_back_to,
        created_at=now,
        expires_at=now + PAY_WITHIN,
        next_query_at=now + ASK_AFTER[0],
    )


def _take_in_unpaid(top_up: TopUp, news: PaymentState) -> Outcome:
    over = news.status is PaymentStatus.CLOSED or (
        news.status is PaymentStatus.UNKNOWN and clock.now() >= top_up.expires_at
    )
    if top_up.state != TopUpState.PENDING:
        return Outcome.DUPLICATE if over and top_up.state == TopUpState.CLOSED else Outcome.STALE
    if not over:
        return Outcome.STALE
    top_up.state = move(states.TOP_UP, top_up.state, TopUpState.CLOSED)
    top_up.closed_at, top_up.next_query_at = clock.now(), None
    top_up.save(update_fields=["state", "closed_at", "next_query_at"])
    return Outcome.CLOSED


@transaction.atomic
def _note_question(top_up_id: int) -> TopUp:
    lock_wallet(TopUp.objects.values_list("wallet_id", flat=True).get(pk=top_up_id))
    top_up = TopUp.objects.select_related("channel").get(pk=top_up_id)
    if top_up.state == TopUpState.PENDING:
        top_up.queries += 1
        top_up.next_query_at = _next_question(top_up)
        top_up.save(update_fields=["queries", "next_query_at"])
    return top_up


def _next_question(top_up: TopUp) -> datetime:
    now = clock.now()
    planned = [top_up.created_at + wait for wait in ASK_AFTER] + [top_up.expires_at]
    return next((at for at in planned if at > now), now + ASK_AGAIN)
