"""Whatever is done to drivers' money, in whatever order, and twice: the books stay right (I2–I6, I9, I15)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from backoffice.kit.errors import Refused
from finance import checks, ledger, services
from finance.channels import PaymentState, PaymentStatus, RefundStatus
from finance.ledger import LedgerConflict
from finance.models import (
    AccountKind,
    Journal,
    PaymentChannel,
    Posting,
    Refund,
    RefundKind,
    RefundState,
    Settlement,
    TopUp,
    TopUpState,
    Wallet,
)
from finance.selectors import payment_of
from tenants.models import Tenant
from tests.factories.finance import ACTOR, make_channel, make_top_up, make_wallet, order_ref

amounts = st.integers(1, 1500)
orders = st.integers(0, 1)
figures = st.tuples(st.integers(0, 1200), st.integers(0, 800), st.integers(0, 200), st.integers(0, 300))


@dataclass
class World:
    """A wallet, two orders, a channel; every step may be refused, and then it changed nothing."""

    wallet: Wallet
    channel: PaymentChannel
    orders: list[str] = field(default_factory=lambda: [order_ref() for _ in range(2)])
    keys: int = 0

    def top_up(self, amount: int) -> None:
        top_up = make_top_up(self.wallet, self.channel, amount + 100)
        news = PaymentState(PaymentStatus.PAID, f"42{top_up.pk}", top_up.amount, top_up.currency)
        for _ in range(2):
            services.take_in(top_up.pk, news, actor=ACTOR)

    def late_top_up(self, amount: int) -> None:
        top_up = make_top_up(self.wallet, self.channel, amount + 100)
        services.take_in(top_up.pk, PaymentState(PaymentStatus.CLOSED), actor=ACTOR)
        news = PaymentState(PaymentStatus.PAID, f"42{top_up.pk}", top_up.amount, top_up.currency)
        for _ in range(2):
            services.take_in(top_up.pk, news, actor=ACTOR)

    def adjust(self, amount: int) -> None:
        self.keys += 1
        for _ in range(2):
            services.adjust_balance(self.wallet, amount=amount, actor=ACTOR, reason="r", key=str(self.keys))

    def gift(self, amount: int) -> None:
        services.give_bonus(self.wallet, amount=amount, actor=ACTOR, reason="r")

    def hold(self, order: int, amount: int, sequence: int) -> None:
        for _ in range(2):
            services.place_hold(
                self.wallet, amount=amount, about=self.orders[order], actor=ACTOR, sequence=sequence
            )

    def release(self, order: int) -> None:
        services.release_hold(self.orders[order], actor=ACTOR)

    def bill(self, order: int, bill: tuple[int, int, int, int]) -> None:
        """The first version, or the next one."""
        version = Settlement.objects.filter(about=self.orders[order]).count() + 1
        if version == 1:
            self._bill(services.settle_hold, order, bill, version=1, wallet=self.wallet)
        else:
            self._bill(services.correct_settlement, order, bill, version=version, reason="r")

    def refund(self, order: int, amount: int) -> None:
        """Mostly what can be refunded, sometimes more."""
        payment = payment_of(self.orders[order])
        limit = payment.refundable.total if payment else 0
        self.keys += 1
        for _ in range(2):
            services.refund_to_wallet(
                self.orders[order],
                amount=amount % (limit + 50) + 1,
                reason="r",
                actor=ACTOR,
                key=str(self.keys),
            )

    def write_off(self, order: int, amount: int) -> None:
        payment = payment_of(self.orders[order])
        if payment is not None and payment.owed:
            services.write_off_arrears(
                self.orders[order], amount=min(amount, payment.owed), reason="r", actor=ACTOR
            )

    def pay_out(self, amount: int, answers: list[RefundStatus]) -> None:
        services.refund_wallet(self.wallet, amount=amount, reason="r", actor=ACTOR)
        self.answer(answers)

    def answer(self, answers: list[RefundStatus]) -> None:
        moving = Refund.objects.filter(state__in=[RefundState.CLAIMED, RefundState.SENT, RefundState.FAILED])
        for refund, status in zip(moving, answers, strict=False):
            services.send_refund(refund.pk)
            for _ in range(2):
                services.note_refund_status(refund.pk, status)

    def _bill(
        self, service: Callable[..., Settlement], order: int, bill: tuple[int, int, int, int], **over: object
    ) -> None:
        electricity, fee, idle, discount = bill
        discount = min(discount, electricity + fee + idle)
        for _ in range(2):
            service(
                self.orders[order],
                electricity=electricity,
                service=fee,
                idle=idle,
                discount=discount,
                actor=ACTOR,
                **over,
            )


answers = st.lists(
    st.sampled_from([RefundStatus.CONFIRMED, RefundStatus.FAILED, RefundStatus.PENDING]), max_size=4
)
bills = st.tuples(st.just("bill"), orders, figures)
steps = st.one_of(
    bills,
    bills,
    bills,
    st.tuples(st.just("top_up"), amounts),
    st.tuples(st.just("late_top_up"), amounts),
    st.tuples(st.just("adjust"), st.integers(-1000, 2000)),
    st.tuples(st.just("gift"), st.integers(-300, 600)),
    st.tuples(st.just("hold"), orders, amounts, st.integers(1, 2)),
    st.tuples(st.just("hold"), orders, amounts, st.just(1)),
    st.tuples(st.just("release"), orders),
    st.tuples(st.just("refund"), orders, amounts),
    st.tuples(st.just("write_off"), orders, amounts),
    st.tuples(st.just("pay_out"), amounts, answers),
    st.tuples(st.just("answer"), answers),
)


def stand() -> tuple[object, ...]:
    """Everything that money can be in."""
    return (
        Journal.objects.count(),
        Posting.objects.count(),
        list(Wallet.objects.values_list("cash", "bonus", "held", "arrears")),
        list(Refund.objects.order_by("pk").values_list("state", "cash")),
        list(TopUp.objects.order_by("pk").values_list("state", "refunded")),
    )


@pytest.mark.timeout(300)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(steps, min_size=6, max_size=20))
def test_no_sequence_of_steps_breaks_the_books(
    operator: Tenant, channel: PaymentChannel, script: list[tuple[object, ...]]
) -> None:
    with transaction.atomic():
        world = World(make_wallet(operator, cash=900, bonus=200), channel)
        for name, *arguments in script:
            before = stand()
            try:
                with transaction.atomic():
                    getattr(world, str(name))(*arguments)
            except (Refused, LedgerConflict):
                assert stand() == before
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert list(checks.violations()) == []
        transaction.set_rollback(True)


def test_checks_find_what_is_wrong(lifted: None) -> None:
    wallet = make_wallet(cash=3000)
    about = order_ref()
    services.place_hold(wallet, amount=2000, about=about, actor=ACTOR)
    services.settle_hold(about, version=1, electricity=1000, service=0, actor=ACTOR)
    services.refund_to_wallet(about, amount=100, reason="r", actor=ACTOR)
    channel = make_channel(wallet.tenant)
    make_top_up(wallet, channel)
    assert list(checks.violations()) == []

    def found(damage: Callable[[], object]) -> set[str]:
        with transaction.atomic():
            damage()
            invariants = {violation.invariant for violation in checks.violations()}
            transaction.set_rollback(True)
        return invariants

    wallets = Wallet.objects.filter(pk=wallet.pk)
    assert found(lambda: wallets.update(cash=1)) == {"I5", "I15"}
    assert found(lambda: wallets.update(held=7)) == {"I5", "I6", "I15"}
    assert found(lambda: Refund.objects.filter(kind=RefundKind.ORDER).update(cash=1001)) == {"I3", "I15"}
    assert found(lambda: Settlement.objects.update(electricity=900, paid_cash=900)) == {"I2", "I15"}
    assert found(lambda: TopUp.objects.update(refunded=1)) == {"I3"}
    assert found(lambda: TopUp.objects.update(state=TopUpState.PAID, paid_at="2026-01-01T00:00Z")) == {"I15"}
    assert found(lambda: _settle_again(about)) == {"I9"}


def _settle_again(about: str) -> None:
    """A second settlement journal; it moves nothing that another check would notice."""
    journal = Journal.objects.get(event_type="order.settled", about=about)
    at, path = journal.at, journal.path.as_columns()
    again = Journal.objects.create(
        **path, event_type="order.settled", event_key="again", about=about, actor_ref="x", at=at
    )
    accounts = ledger.open_accounts(
        ledger.AccountKey(path["operator_id"] or 0, str(kind), "", "CNY")
        for kind in (AccountKind.CASH_DESK, AccountKind.LOSS)
    )
    for account_id, amount in zip(accounts.values(), (5, -5), strict=True):
        Posting.objects.create(
            **path, journal=again, account_id=account_id, amount=amount, currency="CNY", at=at
        )
