"""What a start is refused for, before anything is asked of the pile, and how much is set aside for one that is not."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.kit.errors import Refused
from drivers.models import Driver
from finance.models import Hold, Journal
from orders.models import ChargingOrder, LimitKind
from orders.quotes import quote
from orders.services import starting
from orders.services.starting import Wish
from orders.states import ChargeState
from stations.models import Command, Connector, Pile, Station
from tenants.models import Tenant
from tests.factories.orders import (
    ACTOR,
    Site,
    again,
    make_running_order,
    make_site,
    wallet_of,
)


def refused(site: Site, driver: Driver, *wish: Any, connector: int = 1) -> str:
    """The code that a start is refused with; nothing may have changed."""
    with site.present():
        before = (
            ChargingOrder.objects.count(),
            Hold.objects.count(),
            Command.objects.count(),
            Journal.objects.count(),
        )
    with pytest.raises(Refused) as caught:
        site.press_start(driver, *wish, connector=connector)
    with site.present():
        assert before == (
            ChargingOrder.objects.count(),
            Hold.objects.count(),
            Command.objects.count(),
            Journal.objects.count(),
        )
    return caught.value.code


def test_a_driver_has_one_charge_at_a_time_unless_allowed(site: Site) -> None:
    driver = site.driver(cash=50_000)
    site.press_start(driver, LimitKind.MONEY, 1_000)
    assert refused(site, driver, connector=2) == "driver_busy"

    several = site.driver(cash=50_000, several_at_once=True)
    site.press_start(several, LimitKind.MONEY, 1_000, connector=2)


def test_a_connector_has_one_order_at_a_time(site: Site) -> None:
    driver = site.driver(cash=5_000)
    site.press_start(driver)

    assert refused(site, site.driver(cash=5_000)) == "occupied"
    assert refused(site, driver) == "occupied_by_me"


def test_a_wallet_that_is_short_is_refused_with_what_is_missing(site: Site) -> None:
    poor = site.driver(cash=400)
    assert refused(site, poor) == "balance"
    assert refused(site, site.driver(cash=1_000), LimitKind.MONEY, 1_001) == "balance"


@pytest.mark.parametrize(
    "wish",
    [
        (LimitKind.MONEY, None),
        (LimitKind.MONEY, 0),
        (LimitKind.ENERGY, -5),
        (LimitKind.ENERGY, 10**12),
        (LimitKind.MINUTES, 1_441),
        (LimitKind.SOC, 101),
    ],
    ids=str,
)
def test_a_limit_without_sense_is_refused(site: Site, wish: tuple[LimitKind, int | None]) -> None:
    assert refused(site, site.driver(cash=50_000), *wish) == "limit"


@pytest.mark.parametrize(
    ("reason", "rows", "change"),
    [
        ("tenant_stopped", Tenant, {"status": "suspended"}),
        ("tenant_stopped", Tenant, {"status": "expired"}),
        ("tenant_stopped", Tenant, {"status": "draft"}),
        ("station_closed", Station, {"status": "maintenance"}),
        ("offline", Pile, {"online": False}),
        ("faulted", Connector, {"status": "Faulted"}),
        ("unavailable", Connector, {"status": "Unavailable"}),
        ("unavailable", Pile, {"intent": "Inoperative"}),
        ("occupied", Connector, {"status": "Charging"}),
        ("finishing", Connector, {"status": "Finishing"}),
        ("reserved", Connector, {"status": "Reserved"}),
        ("driver_blocked", Driver, {"status": "blocked"}),
    ],
)
def test_a_start_is_refused_with_the_reason(
    site: Site, reason: str, rows: Any, change: dict[str, Any]
) -> None:
    driver = site.driver(cash=5_000)
    keys = {
        Tenant: site.operator.pk,
        Station: site.station.pk,
        Pile: site.pile.pk,
        Connector: site.connector().pk,
        Driver: driver.pk,
    }
    with site.present():
        assert starting.why_not(site.connector(), driver=driver) == ""
        rows.objects.filter(pk=keys[rows]).update(**change)
        driver.refresh_from_db()
        assert starting.why_not(site.connector(), driver=driver) == reason

    assert refused(site, driver) == reason


def test_nobody_starts_without_a_price(books: None) -> None:
    site = make_site(price=None)

    assert refused(site, site.driver(cash=5_000)) == "no_tariff"


def test_a_session_that_lost_its_stop_does_not_keep_the_connector(site: Site) -> None:
    order, _ = make_running_order(site)
    site.wait(minutes=1)
    site.charger.says(1, "Available")

    site.press_start(site.driver(cash=5_000))

    assert again(order).charge_state == ChargeState.CHARGING


def test_an_offer_that_is_still_valid_is_honoured_and_an_older_one_replaced(site: Site) -> None:
    driver = site.driver(cash=5_000)
    with site.present():
        seen = quote(site.connector())
    assert seen is not None
    site.wait(minutes=6)
    with site.present():
        order = starting.start_order(site.connector(), driver=driver, wish=Wish(), actor=ACTOR, offer=seen)

    assert order.quoted_at == site.now


@pytest.mark.parametrize(
    ("wish", "held"),
    [
        (Wish(), 20_000),
        (Wish(LimitKind.MONEY, 3_000), 3_000),
        (Wish(LimitKind.MONEY, 100), 600),
        (Wish(LimitKind.ENERGY, 20_000), 4_300),
        (Wish(LimitKind.MINUTES, 30), 6_300),
        (Wish(LimitKind.SOC, 80), 20_000),
    ],
    ids=lambda value: getattr(value, "kind", str(value)),
)
def test_what_is_set_aside_follows_the_wish(site: Site, wish: Wish, held: int) -> None:
    """60 kW at 2.00 can spend 3.00 until a stop takes effect; twice that is the least to start with."""
    order = site.press_start(site.driver(cash=20_000), wish.kind, wish.value)

    assert order.hold == held


def test_no_more_than_the_cap_is_set_aside_for_a_full_battery(site: Site) -> None:
    driver = site.driver(cash=100_000)

    assert site.press_start(driver).hold == starting.HOLD_CAP
    assert wallet_of(driver).cash == 100_000 - starting.HOLD_CAP
