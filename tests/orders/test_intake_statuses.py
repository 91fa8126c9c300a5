"""StatusNotification as orders hear it: suspended, unplugged, or a stop that is missing. Nothing ends here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orders.states import ChargeState
from tests.factories.orders import Site, again, charge, make_running_order, make_settled_order


@pytest.mark.parametrize(
    ("status", "by"), [("SuspendedEV", "ev"), ("SuspendedEVSE", "evse"), ("Charging", "")]
)
def test_who_suspends_the_charge_is_shown(site: Site, status: str, by: str) -> None:
    order, _ = make_running_order(site)
    site.wait(minutes=1)

    assert site.charger.says(1, status) == [order.pk]
    assert again(order).suspended_by == by


@pytest.mark.parametrize("status", ["Available", "Finishing", "Unavailable", "Preparing", "Reserved"])
def test_a_connector_that_cannot_be_charging_makes_the_order_wait_for_its_stop(
    site: Site, status: str
) -> None:
    order, _ = make_running_order(site)
    site.wait(minutes=1)
    site.charger.says(1, status)
    since = site.now

    assert again(order).charge_state == ChargeState.CHARGING
    assert again(order).stop_missing_since == since
    site.wait(minutes=1)
    site.charger.says(1, "Available")
    assert again(order).stop_missing_since == since


def test_a_connector_that_charges_after_all_takes_the_mark_off(site: Site) -> None:
    order, _ = make_running_order(site)
    site.wait(minutes=1)
    site.charger.says(1, "Finishing")
    site.wait(minutes=1)
    site.charger.says(1, "Charging")

    assert again(order).stop_missing_since is None


def test_the_next_car_does_not_take_the_mark_off_the_order_before(site: Site) -> None:
    order, _ = make_running_order(site)
    site.wait(minutes=1)
    site.charger.starts("NEXT", meter_start=1_000_500)
    since = again(order).stop_missing_since
    site.wait(minutes=1)

    site.charger.says(1, "Charging")

    assert since is not None
    assert again(order).stop_missing_since == since


def test_an_older_report_that_comes_late_says_nothing_about_the_order(site: Site) -> None:
    order, _ = make_running_order(site)
    begun = site.now
    site.charger.goes()
    site.wait(minutes=10)
    site.charger.comes()
    site.charger.says(1, "Charging")

    site.charger.says(1, "Available", at=begun + timedelta(minutes=5))

    assert again(order).stop_missing_since is None


def test_a_report_of_the_other_connector_or_of_the_pile_is_none_of_its_business(site: Site) -> None:
    order, _ = make_running_order(site)
    site.wait(minutes=1)

    assert site.charger.says(2, "Finishing") == []
    assert site.charger.says(0, "Unavailable") == []
    assert again(order).stop_missing_since is None


@pytest.mark.parametrize("status", ["Available", "Preparing", "Reserved"])
def test_a_connector_that_is_free_again_ends_the_standing(site: Site, status: str) -> None:
    order = site.press_start(site.driver(cash=5_000))
    charge(site, order)
    site.work()
    site.wait(minutes=7)

    site.charger.says(1, status)

    assert again(order).unplugged_at == site.now


def test_only_the_first_leaving_counts(site: Site) -> None:
    order = make_settled_order(site)
    left = again(order).unplugged_at
    site.wait(minutes=5)
    site.charger.says(1, "Preparing")
    site.wait(minutes=5)
    site.charger.says(1, "Available")

    assert left is not None
    assert again(order).unplugged_at == left


def test_a_pile_that_says_available_before_it_delivers_the_stop_has_been_left(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)
    site.charger.says(1, "Available")
    left = site.now
    site.wait(minutes=2)
    site.charger.stops(key, 1_006_000, at=left - timedelta(minutes=1))
    site.work()

    assert again(order).unplugged_at == left
