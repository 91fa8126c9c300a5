"""The ends of a charge: limits, the stop button, and a pile that does not obey or is away."""

from __future__ import annotations

from decimal import Decimal

import pytest

from alarms.models import Alarm
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from orders.models import ChargingOrder, LimitKind, OrderEvent
from orders.states import ChargeState, ReviewState
from tests.factories.orders import (
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


def asked(order: ChargingOrder) -> int:
    return len(commands_for(order, "RemoteStopTransaction"))


def causes(site: Site, order: ChargingOrder) -> list[str]:
    with site.present():
        events = OrderEvent.objects.filter(order=order, kind="limit_reached")
        return [event.data["cause"] for event in events]


def drive(site: Site, key: int, *, minutes: int, power_w: int = 60_000) -> int:
    """Charge at constant power, with a reading each minute, until told to stop; the register then."""
    wh = 1_000_000
    for _ in range(minutes):
        if order_of(key).charge_state == ChargeState.STOPPING:
            break
        site.wait(minutes=1)
        wh += power_w // 60
        site.charger.meters(key, wh, power_w=power_w)
        site.work()
    return wh


@pytest.mark.statement(66)
def test_the_hold_is_kept_even_if_the_pile_charges_at_full_power(site: Site) -> None:
    """Features 24, example 3: margin and arrears instead of a negative wallet."""
    driver = site.driver(cash=2_000)
    order = site.press_start(driver)
    key = begin(site, order)
    site.work()

    assert drive(site, key, minutes=20) == 1_009_000
    assert again(order).charge_state == ChargeState.STOPPING
    assert causes(site, order) == ["hold"]
    assert asked(order) == 1
    site.wait(seconds=20)
    site.charger.stops(key, 1_009_100, reason="Remote")
    site.work()
    assert (again(order).paid_cash, again(order).arrears) == (1_820, 0)
    assert wallet_of(driver).cash == 180


@pytest.mark.statement(66)
@pytest.mark.parametrize(
    ("kind", "value", "cause", "at_wh"),
    [
        (LimitKind.MONEY, 100, "money", 500),
        (LimitKind.MONEY, 1_000, "hold", 3_500),
        (LimitKind.ENERGY, 5_100, "energy", 5_000),
        (LimitKind.MINUTES, 6, "minutes", 3_000),
    ],
)
def test_a_wish_is_met_and_not_passed(
    site: Site, kind: LimitKind, value: int, cause: str, at_wh: int
) -> None:
    order = site.press_start(site.driver(cash=20_000), kind, value)
    key = begin(site, order)
    site.work()

    reached = drive(site, key, minutes=20, power_w=30_000) - 1_000_000

    assert causes(site, order) == [cause]
    assert reached == at_wh


@pytest.mark.statement(66)
def test_a_state_of_charge_is_met(site: Site) -> None:
    order = site.press_start(site.driver(cash=20_000), LimitKind.SOC, 80)
    key = begin(site, order)
    site.wait(minutes=1)
    site.charger.meters(key, 1_001_000, power_w=60_000, soc=79)
    site.work()
    assert again(order).charge_state == ChargeState.CHARGING
    site.wait(minutes=1)
    site.charger.meters(key, 1_002_000, power_w=60_000, soc=80)
    site.work()

    assert causes(site, order) == ["soc"]


def test_a_full_car_is_stopped_whatever_was_asked_for(site: Site) -> None:
    order = site.press_start(site.driver(cash=20_000), LimitKind.ENERGY, 50_000)
    key = begin(site, order)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000, power_w=100)
    site.charger.says(1, "SuspendedEV")
    site.work()
    site.wait(minutes=9)
    site.charger.meters(key, 1_004_000, power_w=100)
    site.work()
    assert again(order).charge_state == ChargeState.CHARGING
    site.wait(minutes=1)
    site.charger.meters(key, 1_004_000, power_w=100)
    site.work()

    assert causes(site, order) == ["full"]


def test_the_time_asked_for_is_over_though_no_reading_comes(site: Site) -> None:
    order = site.press_start(site.driver(cash=30_000), LimitKind.MINUTES, 2)
    begin(site, order)
    site.work()
    site.wait(minutes=1, seconds=59)
    site.work()
    assert again(order).charge_state == ChargeState.CHARGING
    site.wait(seconds=1)
    site.work()

    assert causes(site, order) == ["minutes"]


def test_readings_that_stay_away_count_as_full_power(site: Site) -> None:
    order = site.press_start(site.driver(cash=2_000))
    key = begin(site, order)
    site.wait(minutes=1)
    site.charger.meters(key, 1_000_500, power_w=30_000)
    site.work()
    site.wait(minutes=7)
    site.work()
    assert again(order).charge_state == ChargeState.CHARGING
    site.wait(minutes=2)
    site.work()

    assert causes(site, order) == ["hold"]
    assert again(order).energy_wh == 500


def test_stop_is_pressed_twice_and_sent_once(site: Site) -> None:
    order, key = make_running_order(site)

    site.press_stop(order)
    site.press_stop(order)

    assert again(order).charge_state == ChargeState.STOPPING
    [command] = commands_for(order, "RemoteStopTransaction")
    assert command.payload == {"transactionId": key}
    with site.present():
        assert AuditEntry.objects.filter(action="order.stop_asked").count() == 1


@pytest.mark.parametrize("state", ["starting", "ended"])
def test_there_is_nothing_to_stop_before_or_after_the_charge(site: Site, state: str) -> None:
    order = site.press_start(site.driver(cash=5_000))
    if state == "ended":
        site.charger.stops(begin(site, order), 1_000_500)
        site.work()
    before = again(order)

    with pytest.raises(Refused) as caught:
        site.press_stop(order)

    assert caught.value.code == "not_running"
    assert again(order) == before
    assert asked(order) == 0


@pytest.mark.statement(89)
def test_a_stop_that_has_no_effect_is_asked_for_again_and_then_it_is_an_alarm(site: Site) -> None:
    """A05, with the waits of 10, 30 and 60 seconds and five minutes."""
    order, key = make_running_order(site)
    site.press_stop(order)
    counts = []
    for seconds in (9, 1, 30, 60):
        site.wait(seconds=seconds)
        for command in commands_for(order, "RemoteStopTransaction"):
            if command.state in {CommandState.QUEUED, CommandState.SENT}:
                site.charger.answers(command, CommandState.ACCEPTED)
        site.work()
        counts.append(asked(order))
    assert counts == [1, 2, 3, 4]

    site.wait(minutes=5)
    site.work()
    site.work()

    assert asked(order) == 4
    assert cases_of(order)["A05"].state == "open"
    assert again(order).review_state == ReviewState.ABNORMAL
    with site.present():
        assert Alarm.objects.filter(code="F14", about=f"order:{order.order_no}").count() == 1
    site.press_stop(order)
    assert asked(order) == 5

    site.charger.stops(key, 1_010_000, reason="Remote")
    site.work()
    assert again(order).settled_at is not None
    with site.present():
        assert Alarm.objects.get(code="F14").state in {"cleared", "closed"}


def test_a_pile_that_is_away_is_asked_when_it_is_back(site: Site) -> None:
    order, _ = make_running_order(site)
    site.charger.goes()

    site.press_stop(order)
    for _ in range(30):
        site.wait(seconds=10)
        site.work()
    assert again(order).charge_state == ChargeState.STOPPING
    assert (asked(order), again(order).stop_attempts) == (0, 0)

    site.charger.comes()
    site.wait(seconds=10)
    site.work()

    assert asked(order) == 1


def test_a_tariff_change_ahead_is_part_of_the_margin(books: None) -> None:
    site = make_site(codes="F" * 21 + "P" * 27, peak_electricity=Decimal(40))
    order = site.press_start(site.driver(cash=60_000))
    key = begin(site, order)
    site.wait(minutes=15)
    site.charger.meters(key, 1_001_000, power_w=10_000)
    site.work()
    assert again(order).charge_state == ChargeState.CHARGING
    for _ in range(10):
        site.wait(minutes=1)
        site.charger.meters(key, 1_001_000 + 167, power_w=10_000)
        site.work()

    assert again(order).charge_state == ChargeState.CHARGING
