"""Orders paid: once for each version, to the last unit, and a wallet never below zero."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from finance import hooks, selectors, services
from finance.ledger import LedgerConflict
from finance.models import Debt, Hold, HoldState, Journal, Posting, Settlement, Wallet
from finance.rules import Purse
from tests.factories.finance import ACTOR, make_wallet, order_ref

pytestmark = pytest.mark.usefixtures("proven")


def figures(wallet: Wallet) -> tuple[int, int, int, int]:
    wallet.refresh_from_db()
    return wallet.cash, wallet.bonus, wallet.held, wallet.arrears


def held(cash: int = 0, bonus: int = 0, amount: int | None = None) -> tuple[Wallet, str]:
    wallet, about = make_wallet(cash=cash, bonus=bonus), order_ref()
    services.place_hold(wallet, amount=amount or cash + bonus, about=about, actor=ACTOR)
    return wallet, about


def settle(about: str, electricity: int, service: int = 0, **over: int) -> Settlement:
    return services.settle_hold(
        about, **{"version": 1, "electricity": electricity, "service": service, "actor": ACTOR} | over
    )


def correct(about: str, electricity: int, service: int = 0, **over: int) -> Settlement:
    return services.correct_settlement(
        about,
        **{
            "version": 2,
            "electricity": electricity,
            "service": service,
            "reason": "wrong reading",
            "actor": ACTOR,
        }
        | over,
    )


def booked(about: str) -> dict[str, int]:
    """Sums by account kind over all journals of an order."""
    sums: dict[str, int] = {}
    for posting in Posting.objects.filter(journal__about=about).select_related("account"):
        sums[posting.account.kind] = sums.get(posting.account.kind, 0) + posting.amount
    return {kind: amount for kind, amount in sums.items() if amount}


def test_the_worked_example_settles_84_04_of_a_hold_of_90() -> None:
    wallet, about = held(cash=10_000, amount=9000)
    settlement = settle(about, 5714, 2690)
    assert (settlement.paid_cash, settlement.paid_bonus, settlement.arrears) == (8404, 0, 0)
    assert settlement.released == 596
    assert figures(wallet) == (1596, 0, 0, 0)
    assert booked(about) == {"wallet_cash": 8404, "revenue_electricity": -5714, "revenue_service": -2690}
    assert Hold.objects.get(about=about).state == HoldState.CAPTURED


def test_settling_twice_settles_once() -> None:
    wallet, about = held(cash=9000)
    first, again = settle(about, 5714, 2690), settle(about, 5714, 2690)
    assert first == again
    assert figures(wallet) == (596, 0, 0, 0)


def test_other_figures_under_a_settled_version_are_a_conflict() -> None:
    wallet, about = held(cash=9000)
    settle(about, 5714, 2690)
    with pytest.raises(LedgerConflict):
        settle(about, 5714, 2691)
    with pytest.raises(LedgerConflict):
        settle(about, 1, version=2)
    with pytest.raises(LedgerConflict):
        correct(about, 1, version=3)
    assert figures(wallet) == (596, 0, 0, 0)


def test_an_overrun_of_16_cents_is_owed_and_the_wallet_stays_at_zero() -> None:
    # features 24.3: hold 20.00, the pile answers late and ends at 10,080 Wh
    wallet, about = held(cash=2000)
    settlement = settle(about, 1008, 1008)
    assert (settlement.paid_cash, settlement.arrears, settlement.released) == (2000, 16, 0)
    assert figures(wallet) == (0, 0, 0, 16)
    assert booked(about)["user_arrears"] == 16


def test_an_overrun_is_taken_from_the_free_balance_as_far_as_it_goes() -> None:
    wallet, about = held(cash=2010, amount=2000)
    settlement = settle(about, 2016)
    assert (settlement.paid_cash, settlement.arrears) == (2010, 6)
    assert figures(wallet) == (0, 0, 0, 6)


def test_a_discount_is_booked_beside_the_gross() -> None:
    wallet, about = held(cash=9000)
    settlement = settle(about, 5000, 2000, idle=1000, discount=300)
    assert settlement.payable == settlement.paid_cash == 7700
    assert booked(about)["discount"] == 300
    assert figures(wallet) == (1300, 0, 0, 0)


def test_an_order_that_costs_nothing_gives_everything_back() -> None:
    wallet, about = held(cash=500, bonus=100)
    settlement = settle(about, 0)
    assert settlement.journal is None
    assert settlement.released == 600
    assert figures(wallet) == (500, 100, 0, 0)
    assert Hold.objects.get(about=about).state == HoldState.RELEASED
    assert settle(about, 0) == settlement


def test_bonus_pays_before_cash() -> None:
    wallet, about = held(cash=500, bonus=300)
    settlement = settle(about, 400)
    assert (settlement.paid_bonus, settlement.paid_cash) == (300, 100)
    assert figures(wallet) == (400, 0, 0, 0)


def test_an_order_without_a_hold_is_owed_by_the_wallet_that_is_named() -> None:
    wallet, about = make_wallet(cash=30), order_ref()
    with pytest.raises(LedgerConflict):
        settle(about, 100)
    settlement = services.settle_hold(
        about, version=1, electricity=100, service=0, actor=ACTOR, wallet=wallet
    )
    assert (settlement.paid_cash, settlement.arrears) == (30, 70)
    assert figures(wallet) == (0, 0, 0, 70)


def test_money_that_comes_in_pays_the_oldest_arrears_first() -> None:
    wallet = make_wallet()
    abouts = [order_ref(), order_ref()]
    for about in abouts:
        services.settle_hold(about, version=1, electricity=100, service=0, actor=ACTOR, wallet=wallet)
    services.adjust_balance(wallet, amount=150, actor=ACTOR, reason="paid at the desk")
    assert [Debt.objects.get(about=about).open for about in abouts] == [0, 50]
    assert figures(wallet) == (0, 0, 0, 50)
    services.adjust_balance(wallet, amount=80, actor=ACTOR, reason="paid at the desk")
    assert figures(wallet) == (30, 0, 0, 0)


def test_paying_arrears_is_told_to_the_rooms_above_after_the_commit(
    django_capture_on_commit_callbacks: object,
) -> None:
    wallet, about = make_wallet(), order_ref()
    services.settle_hold(about, version=1, electricity=100, service=0, actor=ACTOR, wallet=wallet)
    told: list[str] = []
    hooks.arrears_changed.listen(told.append)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.adjust_balance(wallet, amount=100, actor=ACTOR, reason="paid at the desk")
    assert told == [about]
    payment = selectors.payment_of(about)
    assert payment is not None
    assert (payment.paid, payment.owed) == (Purse(100), 0)


def test_arrears_are_written_off_with_a_reason_and_once() -> None:
    wallet, about = make_wallet(), order_ref()
    services.settle_hold(about, version=1, electricity=100, service=0, actor=ACTOR, wallet=wallet)
    with pytest.raises(Refused):
        services.write_off_arrears(about, reason=" ", actor=ACTOR)
    assert figures(wallet) == (0, 0, 0, 100)
    services.write_off_arrears(about, amount=40, reason="meter in doubt", actor=ACTOR)
    services.write_off_arrears(about, reason="meter in doubt", actor=ACTOR)
    services.write_off_arrears(about, reason="meter in doubt", actor=ACTOR)
    assert figures(wallet) == (0, 0, 0, 0)
    assert booked(about) == {"loss": 100, "revenue_electricity": -100}
    assert AuditEntry.objects.filter(action="arrears.written_off").count() == 2
    with pytest.raises(Refused):
        services.write_off_arrears(about, amount=1, reason="again", actor=ACTOR)


def test_a_lower_bill_gives_cash_back_first() -> None:
    wallet, about = held(cash=500, bonus=300)
    settle(about, 800)
    settlement = correct(about, 350)
    assert (settlement.paid_bonus, settlement.paid_cash, settlement.released) == (300, 50, 450)
    assert figures(wallet) == (450, 0, 0, 0)
    assert booked(about) == {"wallet_cash": 50, "wallet_bonus": 300, "revenue_electricity": -350}


def test_a_correction_is_a_reversal_and_a_new_journal() -> None:
    wallet, about = held(cash=9000)
    first = settle(about, 5714, 2690)
    second = correct(about, 5000, 2000)
    assert first.journal is not None
    assert first.journal.reversal.about == about
    assert second.journal is not None
    assert AuditEntry.objects.get(action="settlement.corrected").reason == "wrong reading"
    assert correct(about, 5000, 2000) == second
    assert figures(wallet) == (2000, 0, 0, 0)


def test_a_waived_order_costs_nothing() -> None:
    wallet, about = held(cash=2000)
    settle(about, 2016)
    settlement = correct(about, 0)
    assert settlement.journal is None
    assert figures(wallet) == (2000, 0, 0, 0)
    assert booked(about) == {}


def test_a_higher_bill_is_taken_from_the_wallet_and_the_rest_is_owed() -> None:
    wallet, about = held(cash=2100, amount=2000)
    settle(about, 2000)
    settlement = correct(about, 2500)
    assert (settlement.paid_cash, settlement.arrears) == (2100, 400)
    assert figures(wallet) == (0, 0, 0, 400)


def test_a_lower_bill_first_shrinks_what_is_owed() -> None:
    wallet, about = held(cash=2000)
    settle(about, 2500)
    correct(about, 2100)
    assert figures(wallet) == (0, 0, 0, 100)
    correct(about, 1900, version=3)
    assert figures(wallet) == (100, 0, 0, 0)


def test_arrears_that_were_paid_come_back_with_a_lower_bill() -> None:
    wallet, about = held(cash=2000)
    settle(about, 2500)
    services.adjust_balance(wallet, amount=500, actor=ACTOR, reason="paid at the desk")
    correct(about, 1500)
    assert figures(wallet) == (1000, 0, 0, 0)


def test_arrears_that_were_written_off_stay_written_off_when_the_bill_rises() -> None:
    wallet, about = held(cash=2000)
    settle(about, 2500)
    services.write_off_arrears(about, reason="goodwill", actor=ACTOR)
    services.adjust_balance(wallet, amount=300, actor=ACTOR, reason="paid at the desk")
    correct(about, 2600)
    debt = Debt.objects.get(about=about)
    assert (debt.amount, debt.written_off, debt.open) == (500, 500, 0)
    assert figures(wallet) == (200, 0, 0, 0)


def test_a_lower_bill_shrinks_a_write_off_before_cash_goes_back() -> None:
    wallet, about = held(cash=2000)
    settle(about, 2500)
    services.write_off_arrears(about, amount=400, reason="goodwill", actor=ACTOR)
    correct(about, 2300)
    debt = Debt.objects.get(about=about)
    assert (debt.amount, debt.written_off, debt.open) == (300, 300, 0)
    assert booked(about)["loss"] == 300
    correct(about, 1900, version=3)
    assert booked(about) == {"wallet_cash": 1900, "revenue_electricity": -1900}
    assert figures(wallet) == (100, 0, 0, 0)


def test_an_idle_fee_is_a_second_version() -> None:
    wallet, about = held(cash=3000, amount=2000)
    settle(about, 1000)
    settlement = correct(about, 1000, idle=1550)
    assert settlement.payable == 2550
    assert figures(wallet) == (450, 0, 0, 0)


def test_a_bill_cannot_fall_below_what_was_refunded() -> None:
    wallet, about = held(cash=1000)
    settle(about, 1000)
    services.refund_to_wallet(about, amount=300, reason="slow pile", actor=ACTOR)
    with pytest.raises(Refused) as refusal:
        correct(about, 299)
    assert refusal.value.code == "refunded"
    assert figures(wallet) == (300, 0, 0, 0)
    assert Settlement.objects.count() == 1
    correct(about, 300)
    assert figures(wallet) == (1000, 0, 0, 0)


def test_an_order_refund_returns_cash_then_bonus_and_no_more_than_was_paid() -> None:
    wallet, about = held(cash=500, bonus=300)
    settle(about, 600, 200)
    refund = services.refund_to_wallet(about, amount=600, reason="slow pile", actor=ACTOR)
    assert (refund.cash, refund.bonus) == (500, 100)
    assert (refund.electricity, refund.service, refund.idle) == (450, 150, 0)
    with pytest.raises(Refused, match=r"¥.2\.00") as refusal:
        services.refund_to_wallet(about, amount=201, reason="slow pile", actor=ACTOR)
    assert refusal.value.code == "refund_too_much"
    services.refund_to_wallet(about, amount=200, reason="slow pile", actor=ACTOR)
    assert figures(wallet) == (500, 300, 0, 0)
    assert booked(about) == {}


def test_a_refund_with_one_key_happens_once() -> None:
    wallet, about = held(cash=500)
    settle(about, 500)
    refunds = {
        services.refund_to_wallet(about, amount=100, reason="r", actor=ACTOR, key="form-1").pk
        for _ in range(3)
    }
    assert len(refunds) == 1
    assert figures(wallet) == (100, 0, 0, 0)


def test_an_order_that_is_not_settled_is_not_refunded() -> None:
    wallet, about = held(cash=500)
    with pytest.raises(Refused):
        services.refund_to_wallet(about, amount=1, reason="r", actor=ACTOR)
    assert figures(wallet) == (0, 0, 500, 0)


def test_a_refund_pays_arrears_of_other_orders_first() -> None:
    wallet, about = held(cash=500)
    settle(about, 500)
    services.settle_hold(order_ref(), version=1, electricity=80, service=0, actor=ACTOR, wallet=wallet)
    services.refund_to_wallet(about, amount=100, reason="slow pile", actor=ACTOR)
    assert figures(wallet) == (20, 0, 0, 0)


def test_an_adjustment_needs_a_reason_and_the_money() -> None:
    wallet = make_wallet(cash=100)
    journals = Journal.objects.count()
    for amount, reason in ((0, "r"), (-101, "r"), (50, "  ")):
        with pytest.raises(Refused):
            services.adjust_balance(wallet, amount=amount, actor=ACTOR, reason=reason)
    with pytest.raises(Refused):
        services.give_bonus(wallet, amount=-1, actor=ACTOR, reason="r")
    assert figures(wallet) == (100, 0, 0, 0)
    assert Journal.objects.count() == journals


def test_an_adjustment_with_one_key_happens_once() -> None:
    wallet = make_wallet(cash=100)
    for _ in range(3):
        services.adjust_balance(wallet, amount=-40, actor=ACTOR, reason="paid out", key="form-7")
    assert figures(wallet) == (60, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_four_workers_settling_one_order_settle_it_once() -> None:
    wallet, about = held(cash=9000)
    start = Barrier(4)

    def work(_: int) -> int:
        try:
            with unscoped(reason="test"):
                start.wait()
                return settle(about, 5714, 2690).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(work, range(4)))) == 1
    assert figures(wallet) == (596, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_orders_of_one_wallet_settled_at_once_neither_deadlock_nor_lose_a_cent() -> None:
    wallet = make_wallet(cash=10_000)
    abouts = [order_ref() for _ in range(8)]
    for about in abouts:
        services.place_hold(wallet, amount=1000, about=about, actor=ACTOR)
    start = Barrier(8)

    def work(about: str) -> None:
        try:
            with unscoped(reason="test"):
                start.wait()
                settle(about, 700)
                services.refund_to_wallet(about, amount=50, reason="r", actor=ACTOR)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, abouts))
    assert figures(wallet) == (10_000 - 8 * 650, 0, 0, 0)
