"""Each abnormal code is found where it happens, is one case with its evidence, and asks for a person or for nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from orders.models import Case
from orders.rules import Code
from orders.services import cases
from orders.states import CaseState, ChargeState, Flag, PayState, ReviewState
from tests.factories.orders import (
    Site,
    again,
    cases_of,
    charge,
    commands_for,
    make_running_order,
    make_settled_order,
    make_site,
    order_of,
    read,
    wallet_of,
)


@pytest.mark.statement(50)
def test_an_unknown_card_is_an_order_nobody_pays_and_is_told_to_stop(site: Site) -> None:
    """A02."""
    answer = site.charger.starts("STRANGER")
    site.work()
    order = order_of(answer.transaction_id)

    assert answer.id_tag.status == "Invalid"
    assert (order.driver_id, order.pay_state, order.charge_state) == (
        None,
        PayState.UNFUNDED,
        ChargeState.STOPPING,
    )
    assert len(commands_for(order, "RemoteStopTransaction")) == 1
    site.wait(minutes=1)
    site.charger.stops(answer.transaction_id, 1_000_500, reason="DeAuthorized")
    site.work()

    order = again(order)
    assert (order.total, order.written_off, order.paid_cash) == (100, 100, 0)
    case = cases_of(order)["A02"]
    assert (case.state, case.evidence) == ("open", {"id_tag": "STRANGER", "answered": "Invalid"})
    assert order.review_state == ReviewState.ABNORMAL


def test_the_number_of_a_case_has_the_day_of_the_station(books: None) -> None:
    """Two in the morning in Shanghai, where it is still the day before in UTC."""
    site = make_site(now=datetime(2026, 3, 9, 18, 0, tzinfo=UTC))
    key = site.charger.starts("STRANGER").transaction_id
    site.work()
    site.wait(minutes=1)
    site.charger.stops(key, 1_000_500, reason="DeAuthorized")
    site.work()

    assert cases_of(order_of(key))["A02"].number.startswith("C-260310-")


def test_a_lost_card_bills_nobody_unseen(site: Site) -> None:
    driver = site.driver(cash=5_000)
    card = site.card(driver, status="lost")
    key = site.charger.starts(card.uid, at=site.now - timedelta(hours=2)).transaction_id
    site.charger.stops(key, 1_003_000, at=site.now - timedelta(hours=1))
    site.work()

    order = order_of(key)
    assert (order.driver_id, order.card_id) == (None, card.pk)
    assert cases_of(order)["A02"].state == "open"
    assert wallet_of(driver).cash == 5_000


def test_a_valid_card_that_was_refused_is_billed_to_its_holder(site: Site) -> None:
    """What a pile delivers although it was told not to (MaxEnergyOnInvalidId)."""
    driver = site.driver(cash=50)
    key = site.charger.starts(site.card(driver).uid).transaction_id
    site.work()
    order = order_of(key)
    assert Flag.UNAUTHORISED in order.flags
    assert len(commands_for(order, "RemoteStopTransaction")) == 1
    site.wait(minutes=1)
    site.charger.stops(key, 1_000_400)
    site.work()

    order = again(order)
    assert (order.total, order.paid_cash, order.arrears) == (80, 50, 30)
    assert cases_of(order)["A02"].state == "closed"
    assert order.review_state == ReviewState.NONE


@pytest.mark.statement(63)
def test_a_register_that_falls_is_billed_up_to_where_it_was(site: Site) -> None:
    """A06."""
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.wait(minutes=1)
    site.charger.meters(key, 1_000_100)
    site.wait(minutes=1)
    site.charger.stops(key, 1_000_700)
    site.work()

    order = again(order)
    assert (order.energy_wh, order.total) == (4_000, 800)
    case = cases_of(order)["A06"]
    assert (case.state, case.evidence["before_wh"], case.evidence["after_wh"]) == (
        "open",
        1_004_000,
        1_000_100,
    )
    assert order.pay_state == PayState.SETTLED


@pytest.mark.statement(74)
def test_a_stop_below_the_start_bills_nothing(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.stops(key, 900_000)
    site.work()

    assert (again(order).energy_wh, again(order).total) == (0, 0)
    assert "A06" in cases_of(order)


def test_more_than_the_connector_can_deliver_is_cut(site: Site) -> None:
    """A07: 60 kW for six minutes are 6 kWh, with the slack 7.1."""
    order, key = make_running_order(site)
    site.wait(minutes=6)
    site.charger.stops(key, 1_090_000)
    site.work()

    order = again(order)
    assert order.energy_wh == 7_100
    assert cases_of(order)["A07"].evidence["possible_wh"] == 7_100


def test_a_pile_of_unknown_power_cannot_be_judged_by_it(books: None) -> None:
    site = make_site(rated_kw=None)
    order, key = make_running_order(site, cash=40_000)
    site.wait(minutes=6)
    site.charger.stops(key, 1_090_000)
    site.work()

    assert again(order).energy_wh == 90_000
    assert "A07" not in cases_of(order)


def test_a_closing_reading_that_differs_from_the_stop_is_looked_at(site: Site) -> None:
    """A08."""
    order, key = make_running_order(site)
    site.wait(minutes=10)
    closing = read(site.now, 1_005_850, context="Transaction.End")
    site.charger.stops(key, 1_006_000, readings=(closing,))
    site.work()

    assert cases_of(order)["A08"].evidence == {"metered_wh": 6_000, "transaction_end": 5_850}
    assert again(order).energy_wh == 6_000


def test_energy_between_two_sessions_is_noted(site: Site) -> None:
    """A09."""
    make_settled_order(site, wh=5_000)
    site.wait(minutes=10)
    order = site.press_start(site.driver(cash=5_000))
    charge(site, order, wh=5_000, meter_start=1_006_000)
    site.work()

    assert cases_of(order)["A09"].evidence["missing_wh"] == 1_000
    assert cases_of(order)["A09"].state == "closed"


@pytest.mark.statement(74)
@pytest.mark.parametrize(
    ("started", "stopped", "fault"),
    [
        ({}, {"shift": timedelta(hours=-1)}, "stop_before_start"),
        ({}, {"pile_time": datetime(1970, 1, 1, tzinfo=UTC)}, "clock_not_set"),
        ({"pile_time": datetime(2031, 1, 1, tzinfo=UTC)}, {}, "clock_ahead"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_times_that_cannot_be_are_looked_at(
    site: Site, started: dict[str, datetime], stopped: dict[str, datetime], fault: str
) -> None:
    """A11."""
    order = site.press_start(site.driver(cash=5_000))
    key = site.charger.starts(order.id_tag, at=site.now, **started).transaction_id
    site.work()
    site.wait(minutes=5)
    at = site.now + stopped.pop("shift", timedelta())  # type: ignore[arg-type,operator]
    site.charger.stops(key, 1_003_000, at=at, **stopped)
    site.work()

    assert cases_of(order)["A11"].evidence["fault"] == fault
    assert again(order).settled_at is not None


def test_a_day_of_charging_is_too_long(site: Site) -> None:
    card = site.card(site.driver(cash=30_000))
    key = site.charger.starts(card.uid, at=site.now - timedelta(hours=30)).transaction_id
    site.charger.stops(key, 1_050_000)
    site.work()

    assert cases_of(order_of(key))["A11"].evidence["fault"] == "too_long"


def test_an_amount_out_of_reason_waits_for_a_person_with_its_hold(books: None) -> None:
    """A12: the one finding before which no money moves."""
    site = make_site(rated_kw=240, flat_electricity=Decimal(4), flat_service=Decimal("0.9"))
    driver = site.driver(cash=100_000)
    order = site.press_start(driver)
    charge(site, order, wh=110_000, minutes=30)
    site.work()

    order = again(order)
    assert (order.charge_state, order.settled_at) == (ChargeState.ENDED, None)
    assert (order.total, order.hold, wallet_of(driver).held) == (53_900, 30_000, 30_000)
    assert cases_of(order)["A12"].state == "open"
    site.wait(hours=47)
    site.work()
    assert again(order).settled_at is None
    site.wait(hours=2)
    site.work()
    site.work()

    order = again(order)
    assert (order.pay_state, order.paid_cash, order.hold, order.version) == (PayState.SETTLED, 53_900, 0, 1)
    assert cases_of(order)["A12"].state == "open"


def test_two_sessions_of_one_card_at_once_are_looked_at(site: Site) -> None:
    """A13."""
    card = site.card(site.driver(cash=20_000))
    began = site.now - timedelta(hours=3)
    first = site.charger.starts(card.uid, connector=1, at=began).transaction_id
    second = site.charger.starts(card.uid, connector=2, at=began + timedelta(minutes=5)).transaction_id
    site.charger.stops(first, 1_001_000, at=began + timedelta(minutes=30))
    site.charger.stops(second, 1_001_000, at=began + timedelta(minutes=40))
    site.work()

    assert cases_of(order_of(second))["A13"].evidence == {"other": str(first), "same": "token"}


def test_a_start_where_no_price_is_in_force_costs_nothing_and_is_looked_at(books: None) -> None:
    """A15."""
    site = make_site(price=None)
    card = site.card(site.driver(cash=5_000))
    key = site.charger.starts(card.uid, at=site.now - timedelta(hours=2)).transaction_id
    site.charger.stops(key, 1_003_000, at=site.now - timedelta(hours=1))
    site.work()

    order = order_of(key)
    assert (order.energy_wh, order.total, order.pay_state) == (3_000, 0, PayState.SETTLED)
    assert cases_of(order)["A15"].state == "open"
    assert cases_of(order)["A15"].evidence["fault"] == "missing"


def test_a_fault_that_ends_a_real_charge_is_billed_and_noted(site: Site) -> None:
    """A18."""
    order, key = make_running_order(site)
    site.wait(minutes=10)
    site.charger.stops(key, 1_008_000, reason="EmergencyStop")
    site.work()

    assert again(order).total == 1_600
    assert cases_of(order)["A18"].state == "closed"


def test_an_upload_after_ten_minutes_is_noted(site: Site) -> None:
    """A21."""
    order, key = make_running_order(site)
    site.wait(minutes=10)
    stopped = site.now
    site.wait(minutes=11)
    site.charger.stops(key, 1_006_000, at=stopped)
    site.work()

    assert cases_of(order)["A21"].evidence["delay_s"] == 660
    assert Flag.UPLOADED_LATE in again(order).flags
    assert again(order).review_state == ReviewState.NONE


def test_a_finding_is_one_case_and_gets_what_is_found_later(site: Site) -> None:
    order = make_settled_order(site)
    with site.present():
        first = cases.open_case(Code.COMPLAINT, order=order, pile=site.pile, evidence={"said": "too dear"})
        same = cases.open_case(Code.COMPLAINT, order=order, pile=site.pile, evidence={"said": "too dear"})
        more = cases.open_case(Code.COMPLAINT, order=order, pile=site.pile, evidence={"said": "too slow"})
        cases.open_case(Code.COMPLAINT, order=order, pile=site.pile, evidence={"said": "too slow"})

    assert first.pk == same.pk == more.pk
    assert cases_of(order)["A20"].evidence == {"said": "too dear", "later": [{"said": "too slow"}]}


def test_a_case_that_the_rule_settled_stays_settled_when_found_again(site: Site) -> None:
    order = make_settled_order(site)
    with site.present():
        for _ in range(2):
            cases.open_case(Code.DUST, order=order, pile=site.pile, evidence={"wh": 3}, automatic=True)

    case = cases_of(order)["A10"]
    assert (case.state, case.decision, case.reopened) == (CaseState.CLOSED, "automatic", 0)
    assert again(order).review_state == ReviewState.NONE


def test_a_case_keeps_the_path_of_its_order(site: Site) -> None:
    key = site.charger.starts("STRANGER").transaction_id
    site.work()

    with site.present():
        case = Case.objects.get()
    assert case.path == order_of(key).path
    assert case.station_id == site.station.pk
