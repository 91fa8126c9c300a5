"""Money back to its source: claimed once, sent outside of locks, certain or still on its way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from finance import services
from finance.channels.sandbox import carry
from finance.channels.transport import Answer, Call
from finance.models import (
    PaymentChannel,
    Posting,
    Refund,
    RefundKind,
    RefundState,
    TopUp,
    TopUpState,
    Wallet,
)
from finance.sandbox import server
from finance.sandbox.models import Mode, RefundMode
from tests.factories.finance import ACTOR, make_top_up
from tests.finance.steps import callback_of, cash, pay, payment_of, state

pytestmark = pytest.mark.usefixtures("proven")

Deliver = Callable[[], int]


def test_money_that_comes_after_the_close_goes_back_by_itself(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver, post: Callable[..., int]
) -> None:
    top_up = make_top_up(wallet, channel)
    pay(top_up, Mode.SILENT)
    TopUp.objects.filter(pk=top_up.pk).update(
        state=TopUpState.CLOSED, closed_at=clock.now(), next_query_at=None
    )
    callback = callback_of(top_up)
    assert [post(*callback) for _ in range(2)] == [200, 200]
    refund = Refund.objects.get()
    assert (refund.kind, refund.state, refund.cash) == (RefundKind.LATE, RefundState.CLAIMED, 10_000)
    assert cash(wallet) == 0
    services.send_due_refunds()
    assert state(refund) == RefundState.SENT
    with clock.frozen(clock.now() + timedelta(seconds=3)):
        deliver()
    assert state(refund) == RefundState.CONFIRMED
    assert state(top_up) == TopUpState.REFUNDED
    assert not sum(Posting.objects.filter(account__kind="channel_clearing").values_list("amount", flat=True))


def test_a_wallet_refund_goes_to_the_newest_top_up_first(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    older, newer = make_top_up(wallet, channel, 5000), make_top_up(wallet, channel, 3000)
    for top_up in (older, newer):
        pay(top_up)
        deliver()
    refunds = services.refund_wallet(wallet, amount=4000, reason="leaves", actor=ACTOR, key="form-1")
    assert services.refund_wallet(wallet, amount=4000, reason="leaves", actor=ACTOR, key="form-1") == refunds
    assert [(refund.top_up, refund.cash) for refund in refunds] == [(newer, 3000), (older, 1000)]
    assert cash(wallet) == 4000
    services.send_due_refunds()
    with clock.frozen(clock.now() + timedelta(seconds=3)):
        deliver()
    assert [state(refund) for refund in refunds] == [RefundState.CONFIRMED] * 2
    assert (state(newer), state(older)) == (TopUpState.REFUNDED, TopUpState.PAID)


def test_a_wallet_refund_is_cash_that_has_a_source(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    services.give_bonus(wallet, amount=900, actor=ACTOR, reason="gift")
    pay(make_top_up(wallet, channel, 5000))
    deliver()
    services.adjust_balance(wallet, amount=100, actor=ACTOR, reason="at the desk")
    for amount, code in ((5101, "balance"), (5100, "no_source")):
        with pytest.raises(Refused) as refusal:
            services.refund_wallet(wallet, amount=amount, reason="leaves", actor=ACTOR)
        assert refusal.value.code == code
    assert cash(wallet) == 5100
    with clock.frozen(clock.now() + timedelta(days=366)), pytest.raises(Refused):
        services.refund_wallet(wallet, amount=1, reason="leaves", actor=ACTOR)


def test_more_than_a_top_up_brought_cannot_go_back_to_its_source(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    top_up, unpaid = make_top_up(wallet, channel, 5000), make_top_up(wallet, channel, 5000)
    pay(top_up)
    deliver()
    services.adjust_balance(wallet, amount=5000, actor=ACTOR, reason="at the desk")
    services.refund_top_up(top_up, amount=3000, reason="r", actor=ACTOR)
    for row, amount in ((top_up, 2001), (unpaid, 1)):
        with pytest.raises(Refused) as refusal:
            services.refund_top_up(row, amount=amount, reason="r", actor=ACTOR)
        assert refusal.value.code == "refund_too_much"
    assert cash(wallet) == 7000


def test_a_refund_that_is_answered_late_and_twice_is_paid_once(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # features 25.25: the answer is lost on the way; the same number is asked for again
    top_up = make_top_up(wallet, channel, 5000)
    pay(top_up)
    deliver()
    refund = services.refund_top_up(top_up, amount=5000, reason="leaves", actor=ACTOR)

    def lose_the_answer(call: Call) -> Answer:
        server.answer(call)
        raise OSError("connection reset")

    with monkeypatch.context() as patch:
        patch.setattr(carry, "_provider", lose_the_answer)
        services.send_due_refunds()
    assert state(refund) == RefundState.SENT
    with clock.frozen(clock.now() + timedelta(seconds=3)):
        deliver()
        deliver()
    assert state(refund) == RefundState.CONFIRMED
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        assert services.send_due_refunds() == 0
    services.send_refund(refund.pk)
    assert payment_of(top_up).refunds.count() == 1
    assert cash(wallet) == 0


def test_a_refund_without_any_notice_is_asked_about_until_it_is_certain(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    top_up = make_top_up(wallet, channel, 5000)
    pay(top_up)
    deliver()
    refund = services.refund_top_up(top_up, amount=5000, reason="leaves", actor=ACTOR)
    services.send_due_refunds()
    payment_of(top_up).refunds.update(mode=RefundMode.SILENT)
    with clock.frozen(clock.now() + timedelta(seconds=20)):
        assert deliver() == 0
        services.send_due_refunds()
    assert state(refund) == RefundState.CONFIRMED
    assert refund.attempts == 2


def test_a_refund_that_the_channel_refuses_can_be_returned_to_the_wallet(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    top_up = make_top_up(wallet, channel, 5000)
    pay(top_up)
    deliver()
    refund = services.refund_top_up(top_up, amount=5000, reason="leaves", actor=ACTOR)
    with pytest.raises(Refused):
        services.return_refund(refund, reason="too early", actor=ACTOR)
    services.send_due_refunds()
    payment_of(top_up).refunds.update(mode=RefundMode.FAILS)
    with pytest.raises(Refused):
        services.return_refund(refund, reason="too early", actor=ACTOR)
    with clock.frozen(clock.now() + timedelta(seconds=3)):
        deliver()
    assert state(refund) == RefundState.FAILED
    assert cash(wallet) == 0
    for _ in range(2):
        services.return_refund(refund, reason="refused by the bank", actor=ACTOR)
    assert state(refund) == RefundState.RETURNED
    assert cash(wallet) == 5000
    top_up.refresh_from_db()
    assert (top_up.state, top_up.refunded) == (TopUpState.PAID, 0)
