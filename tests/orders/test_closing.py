"""An order whose stop never comes is closed here: by the last reading, by the next car, or by staff."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from orders.models import ChargingOrder
from orders.services import deciding, stopping
from orders.states import ChargeState, Flag, PayState, ReviewState
from tests.factories.orders import (
    ACTOR,
    Site,
    again,
    begin,
    cases_of,
    commands_for,
    make_running_order,
    make_site,
    order_of,
    wallet_of,
)


def test_a_stop_that_never_comes_is_closed_by_the_last_reading_after_ten_minutes(site: Site) -> None:
    """A04, online."""
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    key = begin(site, order)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000, power_w=50_000)
    last = site.now
    site.wait(minutes=1)
    site.charger.says(1, "Available")
    site.wait(minutes=9, seconds=59)
    site.work()
    assert again(order).charge_state == ChargeState.CHARGING

    site.wait(seconds=1)
    site.work()
    site.work()

    order = again(order)
    assert (order.charge_state, order.pay_state) == (ChargeState.ENDED, PayState.SETTLED)
    assert (order.stopped_at, order.energy_wh, order.total) == (last, 4_000, 800)
    assert Flag.FORCED in order.flags
    assert cases_of(order)["A04"].state == "open"
    assert wallet_of(driver).cash == 4_200


def test_a_pile_that_comes_back_charging_is_not_closed(site: Site) -> None:
    order, _ = make_running_order(site)
    site.wait(minutes=1)
    site.charger.says(1, "Available")
    site.wait(minutes=9)
    site.charger.says(1, "Charging")
    site.wait(minutes=5)
    site.work()

    assert again(order).charge_state == ChargeState.CHARGING


def test_a_pile_that_stays_away_is_waited_for_a_day(site: Site) -> None:
    """A04, offline."""
    order, key = make_running_order(site, cash=20_000)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.charger.goes()
    site.wait(hours=23, minutes=59)
    site.work()
    assert again(order).charge_state in {ChargeState.CHARGING, ChargeState.STOPPING}
    site.wait(minutes=1)
    site.work()

    assert (again(order).charge_state, again(order).total) == (ChargeState.ENDED, 800)
    assert "A04" in cases_of(order)


def test_the_real_stop_after_that_changes_no_money_and_reopens_the_case(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.charger.says(1, "Available")
    site.wait(minutes=10)
    site.work()
    with site.present():
        deciding.accept_case(cases_of(order)["A04"], actor=ACTOR, reason="the last reading will do")
    before = again(order)
    assert before.review_state == ReviewState.RESOLVED

    site.charger.stops(key, 1_006_500, at=site.now - timedelta(minutes=9))
    site.work()

    order = again(order)
    assert (order.total, order.meter_stop, order.version) == (800, 1_004_000, 1)
    case = cases_of(order)["A04"]
    assert (case.state, case.reopened) == ("open", 1)
    assert case.evidence["later"][0]["difference_wh"] == 2_500
    assert order.review_state == ReviewState.ABNORMAL


def test_a_real_stop_that_says_the_same_reopens_nothing(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.charger.says(1, "Available")
    site.wait(minutes=10)
    site.work()
    site.charger.stops(key, 1_004_050, at=site.now - timedelta(minutes=9))
    site.work()

    assert "later" not in cases_of(order)["A04"].evidence


def test_staff_close_an_order_in_the_database_only_where_the_pile_is_lost(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.work()
    before = again(order)
    for reason, code in (("because", "reachable"), ("  ", "reason")):
        with site.present(), pytest.raises(Refused) as caught:
            stopping.force_close(order, actor=ACTOR, reason=reason)
        assert caught.value.code == code
    assert again(order).charge_state == before.charge_state
    assert cases_of(order) == {}

    site.charger.goes()
    with site.present():
        stopping.force_close(order, actor=ACTOR, reason="the pile was taken down")

    order = again(order)
    assert (order.charge_state, order.total) == (ChargeState.ENDED, 800)
    assert cases_of(order)["A04"].evidence["reason"] == "the pile was taken down"
    assert commands_for(order, "RemoteStopTransaction") == []
    with site.present():
        entry = AuditEntry.objects.get(action="order.force_closed")
    assert entry.reason == "the pile was taken down"
    with site.present(), pytest.raises(Refused):
        stopping.force_close(order, actor=ACTOR, reason="again")


def test_a_pile_that_will_not_obey_may_be_closed_in_the_database(site: Site) -> None:
    order, _ = make_running_order(site)
    with site.present():
        ChargingOrder.objects.filter(pk=order.pk).update(
            charge_state=ChargeState.STOPPING, stop_attempts=4, stop_due_at=None
        )
        stopping.force_close(order, actor=ACTOR, reason="it does not listen")

    assert again(order).charge_state == ChargeState.ENDED


def test_a_pile_that_counts_from_zero_is_closed_by_what_it_had_charged(site: Site) -> None:
    order, key = make_running_order(site)
    for minute in range(1, 6):
        site.wait(minutes=1)
        site.charger.meters(key, minute * 800)
    site.charger.goes()
    with site.present():
        stopping.force_close(order, actor=ACTOR, reason="gone")

    assert (again(order).energy_wh, again(order).total) == (4_000, 800)


def test_a_second_car_makes_the_first_order_a_case_and_charges(site: Site) -> None:
    """Features 25, case 3."""
    first, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    card = site.card(site.driver(cash=5_000))
    second = site.charger.starts(card.uid, meter_start=1_004_000)
    assert second.id_tag.status == "Accepted"
    site.work()
    site.wait(minutes=10)
    site.work()

    assert again(first).charge_state == ChargeState.ENDED
    assert "A04" in cases_of(first)
    site.charger.stops(second.transaction_id, 1_009_000)
    site.work()
    assert order_of(second.transaction_id).total == 1_000


def test_no_standing_is_charged_for_an_order_that_was_closed_here(books: None) -> None:
    site = make_site(idle_grace_min=0, idle_per_minute=50)
    order, key = make_running_order(site)
    site.charger.meters(key, 1_001_000)
    site.charger.goes()
    with site.present():
        stopping.force_close(order, actor=ACTOR, reason="gone")
    site.wait(hours=3)
    site.charger.comes()
    site.charger.says(1, "Available")
    site.work()

    assert (again(order).idle_fee, again(order).version) == (0, 1)
