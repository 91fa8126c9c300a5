from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from backoffice.kit.money import Money
from orders.limits import (
    Agreed,
    Progress,
    Reaction,
    StopCause,
    StopNow,
    affordable_wh,
    decide,
    hold_margin,
    minimum_hold,
    stopping_wh,
)
from orders.pricing import price
from tests.orders.builders import at, flat_tariff, steady

SLOW = Reaction(sample_s=60, round_trip_s=20, pile_stop_s=10)
QUICK = Reaction(sample_s=0, round_trip_s=5, pile_stop_s=5)
NOON = at("12:00:00")


def yuan(amount: str) -> Money:
    return Money.parse(amount, "CNY")


def progress(**changed: Any) -> Progress:
    values: dict[str, Any] = {
        "now": NOON,
        "started_at": NOON - timedelta(minutes=10),
        "last_reading_at": NOON,
        "wh": 9_000,
        "cost": yuan("18.00"),
        "price": Decimal(2),
        "power_w": 60_000,
        "greatest_power_w": 60_000,
    }
    return Progress(**values | changed)


def test_the_margin_is_what_flows_at_full_power_until_a_stop_takes_effect() -> None:
    assert hold_margin(120_000, Decimal("1.67"), SLOW, "CNY") == yuan("5.01")
    assert hold_margin(120_000, Decimal("1.67"), SLOW, "CNY", yuan("2.00")) == yuan("7.01")
    assert hold_margin(7_000, Decimal("1.67"), SLOW, "CNY") == yuan("0.29")


def test_a_start_needs_twice_the_margin_and_what_the_tariff_asks() -> None:
    assert minimum_hold(120_000, Decimal("1.67"), SLOW, "CNY") == yuan("10.02")
    assert minimum_hold(120_000, Decimal("1.67"), SLOW, "CNY", at_least=2000) == yuan("20.00")


def test_a_hold_of_20_pays_for_10_kwh_and_the_stop_is_sent_at_9833_watt_hours() -> None:
    limit = affordable_wh(yuan("20.00"), Decimal(2))
    assert limit == 10_000
    assert limit - stopping_wh(60_000, 10) == 9_833
    agreed = Agreed(energy_wh=limit)
    assert decide(progress(wh=9_832), agreed, QUICK) is None
    assert decide(progress(wh=9_833), agreed, QUICK) == StopNow(StopCause.ENERGY, 9_833, 10_000, 167)


def test_the_hold_itself_asks_for_the_stop_at_the_same_watt_hour() -> None:
    tariff = flat_tariff("2.00", "0.00")
    for wh, expected in ((9_832, None), (9_833, StopNow(StopCause.HOLD, 1967, 2000, 33))):
        bill = price(steady(NOON, NOON + timedelta(hours=1), wh), tariff)
        assert bill.wh == wh
        assert decide(progress(wh=wh, cost=bill.payable), Agreed(hold=yuan("20.00")), QUICK) == expected


def test_nothing_agreed_never_stops() -> None:
    assert decide(progress(cost=yuan("999999.00"), soc_percent=Decimal(100)), Agreed()) is None


def test_a_pile_that_misses_two_samples_counts_as_charging_at_full_power() -> None:
    agreed = Agreed(hold=yuan("25.00"))
    slow_car = progress(power_w=1_000, last_reading_at=NOON - timedelta(seconds=120))
    assert decide(slow_car, agreed, SLOW) is None
    quiet = progress(power_w=1_000, last_reading_at=NOON - timedelta(seconds=121))
    stop = decide(quiet, agreed, SLOW)
    assert stop == StopNow(StopCause.HOLD, 1800 + 403, 2500, 300)


def test_an_idle_fee_that_has_begun_is_kept_back() -> None:
    agreed = Agreed(hold=yuan("21.01"))
    assert decide(progress(), agreed, SLOW) is None
    stop = decide(progress(idle_begun=yuan("0.01")), agreed, SLOW)
    assert stop == StopNow(StopCause.HOLD, 1800, 2101, 301)


def test_a_wish_is_met_by_the_power_that_flows_not_by_the_greatest() -> None:
    car = progress(power_w=6_000, greatest_power_w=600_000)
    assert decide(car, Agreed(money=yuan("18.11")), SLOW) is None
    assert decide(car, Agreed(money=yuan("18.10")), SLOW) == StopNow(StopCause.MONEY, 1800, 1810, 10)
    assert decide(car, Agreed(energy_wh=9_051), SLOW) is None
    assert decide(car, Agreed(energy_wh=9_050), SLOW) == StopNow(StopCause.ENERGY, 9_000, 9_050, 50)
    older = progress(power_w=6_000, last_reading_at=NOON - timedelta(seconds=30))
    assert decide(older, Agreed(energy_wh=9_100), SLOW) == StopNow(StopCause.ENERGY, 9_000, 9_100, 100)
    assert decide(older, Agreed(money=yuan("18.20")), SLOW) == StopNow(StopCause.MONEY, 1800, 1820, 20)


def test_minutes_are_counted_from_the_start() -> None:
    assert decide(progress(), Agreed(minutes=11)) is None
    assert decide(progress(), Agreed(minutes=10)) == StopNow(StopCause.MINUTES, 10, 10)


@pytest.mark.parametrize(("soc", "stops"), [(None, False), ("79.9", False), ("80", True), ("81", True)])
def test_a_state_of_charge_stops_when_it_is_reached(soc: str | None, stops: bool) -> None:
    car = progress(soc_percent=None if soc is None else Decimal(soc))
    stop = decide(car, Agreed(soc_percent=80))
    assert (stop is not None and stop.cause is StopCause.SOC) == stops


def test_a_full_car_stops_only_where_that_is_agreed() -> None:
    full = progress(soc_percent=Decimal(100))
    asleep = progress(quiet_since=NOON - timedelta(minutes=10))
    dozing = progress(quiet_since=NOON - timedelta(minutes=9, seconds=59))
    agreed = Agreed(stop_when_full=True)
    for car in (full, asleep):
        stop = decide(car, agreed)
        assert stop == StopNow(StopCause.FULL, 100, 100)
        assert decide(car, Agreed()) is None
    assert decide(dozing, agreed) is None


def test_a_clock_ahead_of_ours_is_not_silence() -> None:
    ahead = progress(last_reading_at=NOON + timedelta(hours=1))
    assert decide(ahead, Agreed(hold=yuan("25.00"), energy_wh=20_000), SLOW) is None
    assert decide(ahead, Agreed(energy_wh=9_500), SLOW) == StopNow(StopCause.ENERGY, 9_000, 9_500, 500)


def test_a_free_tariff_never_uses_up_the_money() -> None:
    assert affordable_wh(yuan("20.00"), Decimal(0)) is None
    assert decide(progress(cost=yuan("0"), price=Decimal(0)), Agreed(hold=yuan("20.00"))) is None


def test_no_money_left_pays_for_nothing() -> None:
    assert affordable_wh(yuan("0"), Decimal(2)) == 0
    assert affordable_wh(yuan("-3.00"), Decimal(2)) == 0


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_what_a_hold_pays_for_never_costs_more_than_the_hold(cents: int, steps: int) -> None:
    unit = Decimal(steps).scaleb(-5)
    wh = affordable_wh(Money(cents, "CNY"), unit)
    assert wh is not None
    assert wh * unit / 1000 <= Money(cents, "CNY").decimal < (wh + 1) * unit / 1000
