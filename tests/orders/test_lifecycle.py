"""From the press of start to a settled order: the ways in which it goes well, and what it costs then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from finance import services as finance
from orders.bill import Bill
from orders.models import ChargingOrder, LimitKind, Source
from orders.states import ChargeState, Flag, PayState, ReviewState
from stations.models import Tariff
from stations.services import tariffs
from tests.factories.orders import (
    ACTOR,
    FLAT_PRICE,
    WORKED_PRICE,
    Site,
    again,
    begin,
    cases_of,
    charge,
    commands_for,
    make_running_order,
    make_settled_order,
    make_site,
    order_of,
    wallet_of,
)


def lines(order: ChargingOrder) -> list[tuple[str, int, int]]:
    """Fee, quantity and amount of each line of the bill."""
    bill = Bill.from_json(order.bill)
    return [(line.fee.value, line.quantity, line.amount.amount) for line in bill.lines]


def test_a_scanned_order_is_held_charged_settled_and_the_rest_given_back(site: Site) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)

    assert order.charge_state == ChargeState.STARTING
    assert (order.pay_state, order.hold) == (PayState.HELD, 5_000)
    assert (wallet_of(driver).cash, wallet_of(driver).held) == (0, 5_000)
    [command] = commands_for(order, "RemoteStartTransaction")
    assert command.payload == {"connectorId": 1, "idTag": order.id_tag}

    charge(site, order, wh=10_000)
    site.work()

    order = again(order)
    assert (order.charge_state, order.pay_state) == (ChargeState.ENDED, PayState.SETTLED)
    assert (order.energy_wh, order.total, order.paid_cash, order.hold) == (10_000, 2_000, 2_000, 0)
    assert (order.electricity_fee, order.service_fee) == (1_200, 800)
    assert order.review_state == ReviewState.NONE
    assert cases_of(order) == {}
    assert (wallet_of(driver).cash, wallet_of(driver).held) == (3_000, 0)


def test_bonus_is_held_and_spent_before_cash(site: Site) -> None:
    driver = site.driver(cash=5_000, bonus=500)
    order = site.press_start(driver)
    charge(site, order, wh=10_000)
    site.work()

    assert (again(order).paid_bonus, again(order).paid_cash) == (500, 1_500)
    assert (wallet_of(driver).bonus, wallet_of(driver).cash) == (0, 3_500)


def test_the_start_shows_that_the_command_took_effect(site: Site) -> None:
    order, _ = make_running_order(site)
    [command] = commands_for(order, "RemoteStartTransaction")
    assert command.effect_at == site.now


def test_a_card_started_at_the_pile_is_billed_to_its_holder(site: Site) -> None:
    driver = site.driver(cash=5_000)
    card = site.card(driver)
    key = site.charger.starts(card.uid).transaction_id
    site.work()
    order = order_of(key)
    assert (order.source, order.driver_id, order.card_id) == (Source.CARD, driver.pk, card.pk)
    assert (order.pay_state, order.hold, wallet_of(driver).cash) == (PayState.HELD, 5_000, 0)

    site.wait(minutes=10)
    site.charger.stops(key, 1_009_000, id_tag=card.uid)
    site.work()

    order = again(order)
    assert (order.pay_state, order.total, order.paid_cash) == (PayState.SETTLED, 1_800, 1_800)
    assert wallet_of(driver).cash == 3_200
    assert cases_of(order) == {}


def test_a_session_that_a_pile_replays_after_hours_offline_is_billed_by_its_own_times(books: None) -> None:
    site = make_site(price=WORKED_PRICE, rated_kw=120)
    driver = site.driver(cash=20_000)
    card = site.card(driver)
    began = datetime(2026, 3, 10, 5, 41, 20, tzinfo=UTC)  # 13:41:20 in Shanghai
    readings = [(10, 1_211_350), (20, 1_219_350), (70, 1_254_350), (80, 1_260_350)]
    site.charger.goes()
    site.now = began + timedelta(hours=9)
    site.charger.comes()

    key = site.charger.starts(card.uid, at=began, meter_start=1_204_350).transaction_id
    for minutes, wh in readings:
        site.charger.meters(key, wh, at=began + timedelta(minutes=minutes))
    site.charger.stops(key, 1_264_127, at=datetime(2026, 3, 10, 7, 12, 5, tzinfo=UTC))
    site.work()

    order = order_of(key)
    assert (order.flat_wh, order.peak_wh, order.sharp_wh) == (13_933, 41_267, 4_577)
    assert (order.electricity_fee, order.service_fee, order.total) == (5_714, 2_690, 8_404)
    assert order.source == Source.OFFLINE
    assert Flag.UPLOADED_LATE in order.flags
    assert set(cases_of(order)) == {"A21"}
    assert cases_of(order)["A21"].state == "closed"
    assert wallet_of(driver).cash == 20_000 - 8_404


def test_the_order_number_is_made_of_operator_and_local_day(books: None) -> None:
    site = make_site(now=datetime(2026, 3, 10, 17, 0, tzinfo=UTC))
    order = site.press_start(site.driver(cash=5_000))

    prefix, day, _ = order.order_no.split("-")
    assert (prefix, day) == (site.operator.code, "260311")


def test_a_day_in_which_the_clock_goes_back_prices_the_repeated_hour_twice(books: None) -> None:
    codes = "F" * 4 + "P" * 2 + "F" * 42  # peak from 02:00 to 03:00
    site = make_site(
        now=datetime(2025, 10, 25, 23, 30, tzinfo=UTC),
        zone="Europe/Berlin",
        codes=codes,
        peak_electricity=Decimal("3.20"),
        peak_service=Decimal("0.80"),
        flat_electricity=Decimal("0.80"),
        flat_service=Decimal("0.20"),
    )
    order = site.press_start(site.driver(cash=30_000))
    charge(site, order, wh=30_000, minutes=180)  # 01:30 to 03:30, ten kWh an hour
    site.work()

    order = again(order)
    assert (order.flat_wh, order.peak_wh) == (10_000, 20_000)
    assert order.total == 1_000 + 8_000
    assert order.end_day is not None
    assert order.end_day.isoformat() == "2025-10-26"


def test_an_order_over_midnight_counts_on_the_local_day_it_ends(books: None) -> None:
    site = make_site(now=datetime(2026, 3, 10, 15, 50, tzinfo=UTC))
    order = site.press_start(site.driver(cash=30_000))
    charge(site, order, wh=20_000, minutes=20)
    site.work()

    order = again(order)
    assert order.end_day is not None
    assert order.end_day.isoformat() == "2026-03-11"
    bill = Bill.from_json(order.bill)
    assert [bill.wh_on(order.end_day - timedelta(days=1)), bill.wh_on(order.end_day)] == [10_000, 10_000]


def test_the_price_shown_counts_when_the_start_comes_in_time_and_the_newer_one_after(books: None) -> None:
    for wait, total in ((4, 2_000), (6, 4_000)):
        site = make_site()
        order = site.press_start(site.driver(cash=20_000))
        site.wait(minutes=1)
        raise_price(site)
        with site.present():
            ChargingOrder.objects.filter(pk=order.pk).update(start_deadline=site.now + timedelta(hours=1))
        site.wait(minutes=wait - 1)
        charge(site, order, wh=10_000)
        site.work()
        assert again(order).total == total


def raise_price(site: Site) -> None:
    with site.present():
        tariff = Tariff.objects.get(tenant=site.operator)
        doubled = FLAT_PRICE | {"flat_electricity": Decimal("2.40"), "flat_service": Decimal("1.60")}
        tariffs.approve_version(tariffs.write_version(tariff, actor=ACTOR, **doubled), actor=ACTOR)


@pytest.mark.parametrize(
    ("wh", "reason", "paid"),
    [(0, "Local", 0), (10, "Local", 0), (11, "Local", 2), (320, "EmergencyStop", 0), (320, "Local", 64)],
    ids=["nothing", "dust", "more than dust", "failed", "completed"],
)
def test_next_to_nothing_is_free_and_so_is_what_a_fault_cut_off(
    site: Site, wh: int, reason: str, paid: int
) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    key = begin(site, order)
    site.wait(minutes=2)
    site.charger.stops(key, 1_000_000 + wh, reason=reason)
    site.work()

    order = again(order)
    assert (order.pay_state, order.total, order.hold) == (PayState.SETTLED, paid, 0)
    assert wallet_of(driver).cash == 5_000 - paid
    assert order.review_state == ReviewState.NONE


def test_what_the_hold_does_not_cover_is_owed_and_blocks_the_next_start(site: Site) -> None:
    """Features 24, example 3: 20.00 held at 2.00, the pile ends at 10,080 Wh."""
    driver = site.driver(cash=2_000)
    order = site.press_start(driver)
    key = begin(site, order)
    site.wait(minutes=10)
    site.charger.stops(key, 1_010_080)
    site.work()

    order = again(order)
    assert (order.total, order.paid_cash, order.arrears) == (2_016, 2_000, 16)
    assert order.pay_state == PayState.ARREARS
    assert (wallet_of(driver).cash, wallet_of(driver).arrears) == (0, 16)
    assert cases_of(order)["A17"].evidence["short"] == 16
    assert cases_of(order)["A17"].state == "closed"


def test_arrears_that_are_paid_settle_the_order(site: Site) -> None:
    driver = site.driver(cash=2_000)
    order = site.press_start(driver)
    charge(site, order, wh=11_000, minutes=11)
    site.work()
    assert again(order).arrears == 200

    with site.present():
        finance.adjust_balance(wallet_of(driver), amount=1_000, actor=ACTOR, reason="paid at the desk")
    site.work()

    order = again(order)
    assert (order.pay_state, order.paid_cash, order.arrears) == (PayState.SETTLED, 2_200, 0)
    assert wallet_of(driver).cash == 800


def idle_site() -> Site:
    return make_site(idle_grace_min=15, idle_per_minute=50, idle_cap=3_000)


def test_standing_after_the_charge_is_a_second_settlement(books: None) -> None:
    site = idle_site()
    driver = site.driver(cash=10_000)
    order = site.press_start(driver)
    charge(site, order, wh=10_000)
    site.work()
    assert (again(order).total, again(order).version, wallet_of(driver).cash) == (2_000, 1, 8_000)

    site.wait(minutes=46, seconds=35)
    site.charger.says(1, "Available")
    site.work()
    site.work()

    order = again(order)
    assert (order.idle_fee, order.total, order.version) == (31 * 50, 2_000 + 1_550, 2)
    assert lines(order)[-1] == ("idle", 31, 1_550)
    assert (order.paid_cash, wallet_of(driver).cash) == (3_550, 6_450)
    assert order.idle_final_at == site.now


def test_a_car_that_leaves_within_the_grace_pays_nothing_more(books: None) -> None:
    site = idle_site()
    order = site.press_start(site.driver(cash=10_000))
    charge(site, order, wh=10_000)
    site.wait(minutes=14)
    site.charger.says(1, "Available")
    site.work()

    order = again(order)
    assert (order.idle_fee, order.version) == (0, 1)
    assert order.idle_final_at is not None


def test_the_fee_for_standing_ends_at_its_cap_though_the_car_stays(books: None) -> None:
    site = idle_site()
    order = site.press_start(site.driver(cash=10_000))
    charge(site, order, wh=10_000)
    site.work()
    site.wait(minutes=15 + 59)
    site.work()
    assert again(order).version == 1
    site.wait(minutes=1)
    site.work()

    assert (again(order).idle_fee, again(order).version) == (3_000, 2)


def test_no_standing_is_charged_while_the_pile_is_faulted_or_away(books: None) -> None:
    site = idle_site()
    order = site.press_start(site.driver(cash=10_000))
    charge(site, order, wh=10_000)
    site.wait(minutes=20)
    site.charger.says(1, "Faulted")
    site.wait(minutes=10)
    site.charger.says(1, "Finishing")
    site.wait(minutes=5)
    site.charger.goes()
    site.wait(minutes=10)
    site.charger.comes()
    site.wait(minutes=5)
    site.charger.says(1, "Available")
    site.work()

    assert again(order).idle_fee == (20 + 5 + 5 - 15) * 50


@pytest.mark.parametrize("reason", ["PowerLoss", "EmergencyStop"])
def test_no_standing_is_charged_after_a_fault(books: None, reason: str) -> None:
    site = idle_site()
    order, key = make_running_order(site)
    site.wait(minutes=10)
    site.charger.stops(key, 1_009_000, reason=reason)
    site.work()
    site.wait(hours=2)
    site.charger.says(1, "Available")
    site.work()

    assert (again(order).idle_fee, again(order).version) == (0, 1)
    assert set(cases_of(order)) == {"A18"}


def test_readings_that_come_after_the_bill_do_not_change_its_energy_when_the_idle_fee_is_added(
    books: None,
) -> None:
    site = make_site(
        idle_grace_min=0, idle_per_minute=50, codes="F" * 21 + "P" * 27, peak_electricity=Decimal(3)
    )
    order, key = make_running_order(site)
    begun = site.now
    site.wait(minutes=60)
    site.charger.stops(key, 1_040_000)
    site.work()
    energy = lines(again(order))

    site.charger.meters(key, 1_039_000, at=begun + timedelta(minutes=20))
    site.wait(minutes=10)
    site.charger.says(1, "Available")
    site.work()

    assert again(order).version == 2
    assert lines(again(order))[:-1] == energy


def test_a_settled_order_is_left_in_peace_by_whatever_the_pile_says_later(site: Site) -> None:
    order = make_settled_order(site)
    before = again(order)
    site.wait(minutes=1)
    for status in ("Preparing", "Charging", "SuspendedEV", "Faulted", "Available"):
        site.wait(seconds=5)
        site.charger.says(1, status)
    site.work()

    assert again(order) == before
    assert (again(order).total, again(order).version) == (before.total, before.version)


def test_a_limit_belongs_to_the_order(site: Site) -> None:
    order = site.press_start(site.driver(cash=20_000), LimitKind.ENERGY, 8_000)

    assert (order.limit_kind, order.limit_value) == (LimitKind.ENERGY, 8_000)
    assert order.hold == 1_900
