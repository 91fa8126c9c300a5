"""Money in through a channel: credited once, whoever brings the news; closed when nobody pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from finance import channels, services
from finance.channels import ChannelError
from finance.channels.sandbox import SandboxClient, carry
from finance.channels.transport import Answer, Call
from finance.models import (
    ChannelKind,
    PaymentChannel,
    Posting,
    TopUp,
    TopUpState,
    Wallet,
)
from finance.sandbox import provider
from finance.sandbox.models import Mode
from tests.factories.finance import ACTOR, make_channel, make_operator, make_top_up, order_ref
from tests.finance.steps import callback_of, cash, pay, payment_of, state

pytestmark = pytest.mark.usefixtures("proven")

Deliver = Callable[[], int]


@pytest.fixture
def no_line(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The channel does not answer."""

    def fail(call: Call) -> Answer:
        raise OSError("no line")

    with monkeypatch.context() as patch:
        patch.setattr(carry, "_provider", fail)
        yield


def test_a_paid_top_up_is_credited_by_the_callback(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    top_up = make_top_up(wallet, channel, 10_000)
    assert top_up.pay_url.startswith("http://127.0.0.1:8000/sandbox-pay/")
    pay(top_up)
    assert cash(wallet) == 0
    assert deliver() == 1
    assert state(top_up) == TopUpState.PAID
    assert cash(wallet) == 10_000
    lines = Posting.objects.filter(journal__event_key=f"topup:{top_up.number}")
    assert {(p.account.kind, p.account.subject, p.amount) for p in lines} == {
        ("channel_clearing", f"channel:{channel.pk}", 10_000),
        ("wallet_cash", wallet.subject, -10_000),
    }


def test_a_channel_that_stays_silent_is_asked(wallet: Wallet, channel: PaymentChannel) -> None:
    top_up = make_top_up(wallet, channel)
    assert services.ask_due_top_ups() == 0
    with clock.frozen(clock.now() + timedelta(seconds=6)):
        assert services.ask_due_top_ups() == 1
        assert services.ask_due_top_ups() == 0
    assert state(top_up) == TopUpState.PENDING
    pay(top_up, Mode.SILENT)
    with clock.frozen(clock.now() + timedelta(seconds=31)):
        services.ask_due_top_ups()
    assert state(top_up) == TopUpState.PAID
    assert cash(wallet) == 10_000
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert services.ask_due_top_ups() == 0


def test_questions_wait_longer_and_longer(wallet: Wallet, channel: PaymentChannel) -> None:
    top_up = make_top_up(wallet, channel)
    waits = []
    while state(top_up) == TopUpState.PENDING:
        assert top_up.next_query_at is not None
        waits.append((top_up.next_query_at - top_up.created_at).total_seconds())
        with clock.frozen(top_up.next_query_at):
            services.ask_due_top_ups()
    assert waits == [5, 30, 120, 600, 900]
    assert state(top_up) == TopUpState.CLOSED


def test_a_top_up_that_nobody_pays_is_closed_at_the_channel_too(
    wallet: Wallet, channel: PaymentChannel
) -> None:
    top_up = make_top_up(wallet, channel)
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        services.ask_due_top_ups()
    assert state(top_up) == TopUpState.CLOSED
    assert payment_of(top_up).status == "closed"
    assert cash(wallet) == 0


def test_a_payment_in_the_last_second_is_credited_when_it_is_closed(
    wallet: Wallet, channel: PaymentChannel
) -> None:
    top_up = make_top_up(wallet, channel)
    pay(top_up, Mode.SILENT)
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        services.ask_due_top_ups()
    assert state(top_up) == TopUpState.PAID
    assert cash(wallet) == 10_000


def test_a_channel_that_does_not_answer_keeps_the_top_up_open_for_a_day(
    wallet: Wallet, channel: PaymentChannel, no_line: None
) -> None:
    with pytest.raises(Refused) as refusal:
        make_top_up(wallet, channel)
    assert refusal.value.code == "channel"
    top_up = TopUp.objects.get()
    for hours in (1, 23):
        with clock.frozen(clock.now() + timedelta(hours=hours)):
            services.ask_due_top_ups()
        assert state(top_up) == TopUpState.PENDING
    with clock.frozen(clock.now() + timedelta(hours=25)):
        services.ask_due_top_ups()
    assert state(top_up) == TopUpState.CLOSED


def test_a_payer_whose_bank_says_no_closes_the_top_up(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    top_up = make_top_up(wallet, channel)
    provider.decline(payment_of(top_up))
    deliver()
    assert state(top_up) == TopUpState.CLOSED


def test_a_driver_may_cancel_unless_he_has_paid(wallet: Wallet, channel: PaymentChannel) -> None:
    unpaid, paid = make_top_up(wallet, channel), make_top_up(wallet, channel)
    pay(paid, Mode.SILENT)
    assert services.cancel_top_up(unpaid).state == TopUpState.CLOSED
    assert services.cancel_top_up(paid).state == TopUpState.PAID
    assert cash(wallet) == 10_000


def test_a_top_up_pays_arrears_first(wallet: Wallet, channel: PaymentChannel, deliver: Deliver) -> None:
    services.settle_hold(order_ref(), version=1, electricity=300, service=0, actor=ACTOR, wallet=wallet)
    pay(make_top_up(wallet, channel, 1000))
    deliver()
    wallet.refresh_from_db()
    assert (wallet.cash, wallet.arrears) == (700, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 99}, "limits"),
        ({"amount": 200_001}, "limits"),
        ({"amount": -5}, "limits"),
        ({"come_back_to": "https://evil.example/"}, "come_back_to"),
        ({"come_back_to": "//evil.example/"}, "come_back_to"),
        ({"come_back_to": "c/wallet"}, "come_back_to"),
    ],
)
def test_a_top_up_outside_the_rules_is_refused(
    wallet: Wallet, channel: PaymentChannel, change: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        make_top_up(wallet, channel, **change)
    assert refusal.value.code == code
    assert not TopUp.objects.exists()


def test_a_channel_out_of_use_or_of_another_operator_takes_no_top_up(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    running = make_top_up(wallet, channel)
    services.switch_channel(channel, enabled=False, reason="contract ended", actor=ACTOR)
    channel.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        make_top_up(wallet, channel)
    assert refusal.value.code == "disabled"
    with pytest.raises(Refused) as refusal:
        make_top_up(wallet, make_channel(make_operator()))
    assert refusal.value.code == "channel_of_another"
    pay(running)
    deliver()
    assert cash(wallet) == 10_000


def test_too_many_waiting_payments_are_refused(wallet: Wallet, channel: PaymentChannel) -> None:
    for _ in range(10):
        make_top_up(wallet, channel)
    with pytest.raises(Refused) as refusal:
        make_top_up(wallet, channel)
    assert refusal.value.code == "too_many"


def test_secrets_are_sealed_and_in_no_audit_entry(channel: PaymentChannel) -> None:
    assert "PRIVATE" not in channel.secrets
    assert "PRIVATE" not in str(list(AuditEntry.objects.values_list("after", flat=True)))
    assert channel.secrets not in str(list(AuditEntry.objects.values_list("after", flat=True)))


def test_a_key_of_the_provider_that_changes_is_refused_until_it_is_known(
    wallet: Wallet, channel: PaymentChannel
) -> None:
    top_up = make_top_up(wallet, channel)
    provider.rotate_key()
    with pytest.raises(ChannelError, match="unknown_serial"):
        channels.client_of(channel).query(top_up.number)


def test_a_kind_of_channel_that_is_switched_off_does_not_answer(
    wallet: Wallet, channel: PaymentChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "_clients", {})
    with pytest.raises(Refused):
        make_top_up(wallet, channel)
    channels.register(ChannelKind.SANDBOX, SandboxClient)
    assert make_top_up(wallet, channel).pay_url


@pytest.mark.django_db(transaction=True)
def test_a_credit_and_a_hold_on_one_wallet_at_once_do_not_deadlock(
    wallet: Wallet, channel: PaymentChannel, post: Callable[..., int]
) -> None:
    services.adjust_balance(wallet, amount=1000, actor=ACTOR, reason="start")
    callbacks = []
    for _ in range(3):
        top_up = make_top_up(wallet, channel, 1000)
        pay(top_up, Mode.SILENT)
        callbacks.append(callback_of(top_up))
    start = Barrier(6)

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait()
            with unscoped(reason="test"):
                work()
        finally:
            connection.close()

    def hold_and_settle(about: str) -> None:
        services.place_hold(wallet, amount=200, about=about, actor=ACTOR)
        services.settle_hold(about, version=1, electricity=150, service=0, actor=ACTOR)

    works: list[Callable[[], object]] = [partial(post, *callback) for callback in callbacks]
    works += [partial(hold_and_settle, order_ref()) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, works))
    assert cash(wallet) == 1000 + 3000 - 450
