"""Decisions on cases: one effect each, on the ledger, with a reason, whoever presses first."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from finance.models import Refund, Settlement
from orders.models import Case, ChargingOrder
from orders.services import deciding, effects
from orders.states import ChargeState, Flag, PayState, ReviewState
from stations.models import Command
from tests.factories.orders import (
    Site,
    again,
    cases_of,
    charge,
    make_running_order,
    make_settled_order,
    make_site,
    wallet_of,
)

LI = Actor("staff:1", "Li Wei")
CHEN = Actor("staff:2", "Chen Yu")
SECOND = Actor("staff:3", "Zhao Min")


def rolled_back(site: Site, *, cash: int = 10_000) -> tuple[ChargingOrder, Case]:
    """A settled order with an open case A06: 4 kWh accepted, 8.00 paid."""
    order, key = make_running_order(site, cash=cash)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.wait(minutes=1)
    site.charger.stops(key, 1_000_700)
    site.charger.says(1, "Available")
    site.work()
    return again(order), cases_of(order)["A06"]


def decide(site: Site, act: Callable[..., Any], case: Case, actor: Actor = LI, **more: Any) -> Any:
    """What takes a second person gets one."""
    with site.present():
        row = act(case, actor=actor, **{"reason": "looked at the log"} | more)
        return deciding.approve_case(row, actor=SECOND) if row.state == "to_approve" else row


def settlements(site: Site, order: ChargingOrder) -> list[Settlement]:
    with site.present():
        return list(Settlement.objects.filter(about=f"order:{order.order_no}").order_by("version"))


def test_accepting_changes_no_money(site: Site) -> None:
    order, case = rolled_back(site)
    before = wallet_of(order.driver).cash

    decide(site, deciding.accept_case, case)

    case = cases_of(order)["A06"]
    assert (case.state, case.decision, case.decided_by, case.reason) == (
        "decided",
        "accept",
        "Li Wei",
        "looked at the log",
    )
    assert (case.amount_before, case.amount_after) == (800, 800)
    assert again(order).review_state == ReviewState.RESOLVED
    assert (again(order).version, wallet_of(order.driver).cash) == (1, before)


def waiting(site: Site) -> ChargingOrder:
    """An order of 539.00 that waits for a person (A12)."""
    order = site.press_start(site.driver(cash=100_000))
    charge(site, order, wh=110_000, minutes=30)
    site.charger.says(1, "Available")
    site.work()
    return again(order)


@pytest.mark.parametrize(
    ("act", "more", "paid"),
    [
        (deciding.accept_case, {}, 53_900),
        (deciding.correct_case, {"meter_stop": 1_010_000}, 4_900),
        (deciding.waive_case, {}, 0),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_decision_settles_an_order_whose_money_waited(
    books: None, act: Callable[..., Any], more: dict[str, int], paid: int
) -> None:
    site = make_site(rated_kw=240, flat_electricity=Decimal(4), flat_service=Decimal("0.9"))
    order = waiting(site)
    assert order.settled_at is None

    decide(site, act, cases_of(order)["A12"], **more)
    site.wait(hours=50)
    site.work()

    order = again(order)
    assert (order.pay_state, order.paid_cash, order.hold, order.version) == (PayState.SETTLED, paid, 0, 1)
    assert wallet_of(order.driver).cash == 100_000 - paid


@pytest.mark.parametrize(
    ("meter_stop", "energy", "total", "cash"),
    [(1_003_000, 3_000, 600, 9_400), (1_004_500, 4_500, 900, 9_100), (1_000_000, 0, 0, 10_000)],
    ids=["less", "more", "nothing"],
)
def test_correcting_bills_another_register_and_the_ledger_gets_the_difference(
    site: Site, meter_stop: int, energy: int, total: int, cash: int
) -> None:
    order, case = rolled_back(site)

    decide(site, deciding.correct_case, case, meter_stop=meter_stop)

    order = again(order)
    assert (order.energy_wh, order.total, order.paid_cash, order.version) == (energy, total, total, 2)
    assert wallet_of(order.driver).cash == cash
    assert Flag.CORRECTED in order.flags
    assert [row.payable for row in settlements(site, order)] == [800, total]
    assert order.transaction is not None
    assert order.transaction.meter_stop == 1_000_700
    with site.present():
        entry = AuditEntry.objects.get(action="order.corrected")
    assert (entry.before["total"], entry.after["total"]) == (800, total)
    assert entry.reason == "looked at the log"


def test_correcting_upwards_beyond_the_wallet_is_owed(site: Site) -> None:
    order, case = rolled_back(site, cash=850)

    decide(site, deciding.correct_case, case, meter_stop=1_006_000)

    assert (again(order).paid_cash, again(order).arrears) == (850, 350)
    assert again(order).pay_state == PayState.ARREARS


def test_a_meter_cannot_end_below_its_start(site: Site) -> None:
    order, case = rolled_back(site)

    with pytest.raises(Refused) as caught:
        decide(site, deciding.correct_case, case, meter_stop=999_999)

    assert (caught.value.code, caught.value.field) == ("below_start", "meter_stop")
    assert cases_of(order)["A06"].state == "open"
    assert again(order).version == 1


def test_waiving_gives_everything_back_as_a_discount_of_the_operator(site: Site) -> None:
    order, case = rolled_back(site)

    decide(site, deciding.waive_case, case)

    order = again(order)
    assert (order.discount, order.total, order.paid_cash, order.energy_wh) == (800, 0, 0, 4_000)
    assert (order.electricity_fee, order.service_fee) == (480, 320)
    assert wallet_of(order.driver).cash == 10_000
    assert order.bill["reductions"][0]["funder"] == "operator"


def test_what_was_waived_stays_waived_however_long_the_car_stands(books: None) -> None:
    site = make_site(idle_grace_min=0, idle_per_minute=50)
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.charger.stops(key, 1_000_700)
    site.charger.says(1, "Finishing")
    site.work()

    decide(site, deciding.waive_case, cases_of(order)["A06"])
    site.wait(hours=2)
    site.charger.says(1, "Available")
    site.work()

    assert (again(order).total, again(order).version) == (0, 2)


def test_an_idle_fee_survives_a_correction_of_the_energy(books: None) -> None:
    site = make_site(idle_grace_min=0, idle_per_minute=50)
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.charger.stops(key, 1_000_700)
    site.charger.says(1, "Finishing")
    site.wait(minutes=10)
    site.charger.says(1, "Available")
    site.work()
    assert again(order).total == 800 + 500

    decide(site, deciding.correct_case, cases_of(order)["A06"], meter_stop=1_003_000)

    assert (again(order).idle_fee, again(order).total) == (500, 600 + 500)


def test_refunding_gives_back_to_the_wallet_and_never_more_than_was_paid(site: Site) -> None:
    order, case = rolled_back(site)
    with pytest.raises(Refused) as caught:
        decide(site, deciding.refund_case, case, amount=801)
    assert caught.value.field == "amount"
    assert again(order).refunded == 0

    decide(site, deciding.refund_case, case, amount=300)

    order = again(order)
    assert (order.refunded, order.pay_state, order.total) == (300, PayState.PARTLY_REFUNDED, 800)
    assert wallet_of(order.driver).cash == 9_500
    assert cases_of(order)["A06"].amount_after == 500


def test_an_order_is_refunded_without_a_case_too_and_a_repeated_press_pays_once(site: Site) -> None:
    order = make_settled_order(site)
    with site.present():
        for _ in range(2):
            effects.refund_order(order, amount=2_000, actor=LI, reason="goodwill", key="form-1")
        assert Refund.objects.count() == 1
        assert AuditEntry.objects.filter(action="order.refunded").count() == 1

    assert (again(order).pay_state, again(order).refunded) == (PayState.REFUNDED, 2_000)
    assert wallet_of(order.driver).cash == 10_000


def test_a_bill_is_not_lowered_below_what_was_refunded(site: Site) -> None:
    order, case = rolled_back(site)
    with site.present():
        effects.refund_order(order, amount=500, actor=LI, reason="goodwill", key="form-1")

    with pytest.raises(Refused) as caught:
        decide(site, deciding.waive_case, case)

    assert caught.value.code == "refunded"
    assert (again(order).version, again(order).total) == (1, 800)
    assert cases_of(order)["A06"].state == "open"


@pytest.mark.parametrize(
    ("act", "more"),
    [
        (deciding.accept_case, {}),
        (deciding.correct_case, {"meter_stop": 1_002_000}),
        (deciding.waive_case, {}),
        (deciding.refund_case, {"amount": 100}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_case_is_decided_once_and_only_with_a_reason(
    site: Site, act: Callable[..., Any], more: dict[str, int]
) -> None:
    order, case = rolled_back(site)
    with pytest.raises(Refused) as caught:
        decide(site, act, case, reason="  ", **more)
    assert caught.value.field == "reason"
    decide(site, deciding.accept_case, case, LI)
    before = again(order)

    with pytest.raises(Refused) as caught:
        decide(site, act, case, CHEN, **more)

    assert caught.value.code == "already_decided"
    assert "Li Wei" in str(caught.value.message)
    assert again(order) == before
    assert (again(order).version, again(order).refunded) == (1, 0)
    assert cases_of(order)["A06"].decided_by == "Li Wei"


def test_an_order_is_resolved_when_its_last_case_is(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.charger.stops(key, 1_000_700)
    site.charger.stops(key, 1_000_900)
    site.work()
    found = cases_of(order)
    assert set(found) == {"A06", "A14"}

    decide(site, deciding.accept_case, found["A06"])
    assert again(order).review_state == ReviewState.ABNORMAL
    decide(site, deciding.accept_case, found["A14"])
    assert again(order).review_state == ReviewState.RESOLVED


def test_late_evidence_opens_a_decided_case_and_it_can_be_decided_anew(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)
    site.charger.stops(key, 1_004_000)
    site.charger.stops(key, 1_005_000)
    site.work()
    decide(site, deciding.accept_case, cases_of(order)["A14"])

    site.charger.stops(key, 1_006_000)
    site.work()
    case = cases_of(order)["A14"]
    assert (case.state, case.reopened) == ("open", 1)
    assert again(order).review_state == ReviewState.ABNORMAL

    decide(site, deciding.correct_case, case, CHEN, meter_stop=1_000_500)
    assert cases_of(order)["A14"].decided_by == "Chen Yu"
    assert again(order).review_state == ReviewState.RESOLVED


def test_a_case_is_taken_and_its_pile_asked(site: Site) -> None:
    order, case = rolled_back(site)
    decide(site, deciding.take_case, case)
    assert (cases_of(order)["A06"].state, cases_of(order)["A06"].assignee_label) == ("in_review", "Li Wei")

    decide(site, deciding.ask_pile, case)
    assert cases_of(order)["A06"].state == "waiting_data"
    with site.present():
        command = Command.objects.get(action="TriggerMessage")
    assert command.payload == {"requestedMessage": "MeterValues", "connectorId": 1}
    assert command.about == f"case:{case.number}"

    decide(site, deciding.accept_case, case)
    assert cases_of(order)["A06"].state == "decided"


def test_a_pile_that_is_away_is_not_asked(site: Site) -> None:
    order, case = rolled_back(site)
    site.charger.goes()
    with pytest.raises(Refused) as caught:
        decide(site, deciding.ask_pile, case)

    assert caught.value.code == "offline"
    assert cases_of(order)["A06"].state == "open"


@pytest.mark.parametrize("act", [deciding.correct_case, deciding.waive_case])
def test_an_order_that_still_charges_is_not_corrected_or_waived(site: Site, act: Callable[..., Any]) -> None:
    key = site.charger.starts("STRANGER").transaction_id
    site.work()
    with site.present():
        order = ChargingOrder.objects.get(transaction_id=key)
    more = {"meter_stop": 1_000_000} if act is deciding.correct_case else {}

    with pytest.raises(Refused) as caught:
        decide(site, act, cases_of(order)["A02"], **more)

    assert caught.value.code == "no_order"
    assert again(order).charge_state == ChargeState.STOPPING


def test_an_order_nobody_pays_is_decided_without_money(site: Site) -> None:
    key = site.charger.starts("STRANGER").transaction_id
    site.wait(minutes=1)
    site.charger.stops(key, 1_000_500)
    site.work()
    with site.present():
        order = ChargingOrder.objects.get(transaction_id=key)

    decide(site, deciding.waive_case, cases_of(order)["A02"])

    assert (again(order).total, again(order).written_off, again(order).version) == (0, 0, 2)
