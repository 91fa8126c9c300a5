"""The page of one order: every state has one, for every level, and what is done on it has one effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import CommandState
from orders.models import ChargingOrder
from tests.factories.orders import (
    WORKED_PRICE,
    Site,
    again,
    begin,
    charge,
    commands_for,
    make_settled_order,
    make_site,
    order_of,
)
from tests.factories.tenants import make_tenant
from tests.orders.staff import Desk, order_url, words
from tests.orders.stages import (
    arrears,
    by_card,
    cancelled,
    charging,
    created,
    failed,
    forced,
    nobodys,
    occupied,
    offline,
    refunded,
    starting,
    stopping,
    suspended,
    unsettled,
)

STATES: dict[str, tuple[Callable[[Site], ChargingOrder], str]] = {
    "created": (created, "Created"),
    "starting": (starting, "Starting"),
    "failed": (failed, "Nobody plugged in"),
    "cancelled": (cancelled, "Cancelled by staff"),
    "charging": (charging, "48.0 kW"),
    "suspended": (suspended, "Suspended by vehicle"),
    "stopping": (stopping, "RemoteStop sent"),
    "offline": (offline, "The pile cannot be heard"),
    "unsettled": (unsettled, "No money has moved yet"),
    "settled": (make_settled_order, "Settled ¥ 20.00"),
    "occupied": (occupied, "Energy subtotal"),
    "arrears": (arrears, "are still owed"),
    "refunded": (refunded, "¥ 20.00 refunded"),
    "forced": (forced, "Closed in the database"),
    "card": (by_card, "Order made for a start at the pile"),
    "nobody": (nobodys, "Nobody is known who could pay"),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_page_for_every_level(site: Site, state: str) -> None:
    make, sentence = STATES[state]
    order = make(site)
    with unscoped(reason="tests"):
        dealer = site.operator.parent
        tenants = [site.operator, site.agency, dealer, dealer.parent]
    for tenant in tenants:
        page = Desk(site, tenant=tenant).read(order_url(order))
        assert order.order_no in page
        assert sentence in page, (state, tenant)
        assert ("Ledger entries" in page) is (tenant == site.operator)


def test_an_order_without_a_tariff_says_that_there_is_nothing_to_bill_by(books: None) -> None:
    site = make_site(price=None)
    answer = site.charger.starts("NOBODY")
    site.work()
    site.wait(minutes=5)
    site.charger.stops(answer.transaction_id, 1_002_000)
    site.work()
    page = Desk(site).read(order_url(order_of(answer.transaction_id)))
    assert "No tariff was in force" in page and "There is no tariff to price it by" in page
    assert "Tariff missing or invalid" in page


def test_a_sibling_of_each_level_does_not_find_the_order(site: Site) -> None:
    order = make_settled_order(site)
    with unscoped(reason="tests"):
        dealer = site.operator.parent
        siblings = [
            make_tenant(site.operator),
            make_tenant(dealer),
            make_tenant(dealer.parent),
            make_tenant(),
        ]
    for sibling in siblings:
        desk = Desk(site, tenant=sibling)
        assert desk.get(order_url(order)).status_code == 404
        assert order.order_no not in desk.read("/orders/history/")
    assert Desk(site).get("/orders/QL-000000-000000000/").status_code == 404


def test_the_bill_explains_each_line_down_to_the_half_hours(books: None) -> None:
    site = make_site(price=WORKED_PRICE, rated_kw=120)
    site.wait(hours=3, minutes=41)
    order = site.press_start(site.driver(cash=20_000))
    charge(site, order, wh=60_000, minutes=90)
    site.work()
    order = again(order)
    response = Desk(site).get(order_url(order))
    page, bill = words(response), response.context["bill"]
    assert [str(line.words) for line in bill.bands] == ["Flat", "Peak", "Sharp"]
    assert [line.times for line in bill.bands] == ["13:41–14:00", "14:00–15:00", "15:00–15:11"]
    assert sum(line.wh for line in bill.bands) == sum(slot.wh for slot in bill.slots) == order.energy_wh
    assert bill.energy.amount == order.total == bill.total.amount
    for sentence in (
        "Tariff Standard v1",
        "rounded half up per line",
        "difference 0 Wh",
        "4 half hours",
        "0.6800",
    ):
        assert sentence in page
    assert "Tariff Flat to Peak" in page and "Tariff Peak to Sharp" in page


def test_the_curve_has_the_readings_and_the_periods_behind_them(site: Site) -> None:
    order = make_settled_order(site)
    response = Desk(site).get(order_url(charging(make_site())))
    assert response.status_code == 404
    curve = Desk(site).get(order_url(order)).context["curve"]
    assert (curve.count, curve.largest_gap_s) == (9, 60)
    drawn = curve.chart.as_json()
    assert len(drawn["series"][0]["data"]) == 8  # power from the rise of the register between nine readings
    assert drawn["series"][0]["data"][0] == (602.0, 60.0)
    power, energy = drawn["series"]
    assert (power["name"], energy["name"], drawn["units"]) == ("Power", "Energy", ["kW", "kWh"])
    assert energy["data"][-1][1] == 9.0 and energy["data"] == sorted(energy["data"])  # kWh since the start
    assert [band[2:] for band in drawn["bands"]] == [["flat", "Flat 2.00"]]
    json.dumps(drawn)


def test_the_timeline_keeps_what_the_pile_said_from_what_it_did_to_the_money(site: Site) -> None:
    order = starting(site)
    [command] = commands_for(order, "RemoteStartTransaction")
    site.wait(seconds=2)
    site.charger.answers(command, CommandState.SENT)
    site.charger.answers(command, CommandState.ACCEPTED, latency_ms=812, answer={"status": "Accepted"})
    site.wait(seconds=5)
    charge(site, order)
    site.work()
    site.wait(minutes=4)
    site.charger.says(1, "Available")
    site.work()
    moments = Desk(site).get(order_url(order)).context["moments"]
    said = [(str(one.pile), str(one.money)) for one in moments]
    order_of_things = [
        ("", "Order made, Until full"),
        ("RemoteStart sent", "¥\N{NO-BREAK SPACE}100.00 set aside"),
        ("RemoteStart accepted", ""),
        ("Plugged in", ""),
        ("StartTransaction", "Fee running"),
    ]
    assert [line for line in said if line in order_of_things] == order_of_things
    assert ("StopTransaction", "Settled ¥\N{NO-BREAK SPACE}20.00") in said
    assert "unplugged after 4 min 00 s" in {
        str(one.pile_note).replace("\N{NO-BREAK SPACE}", " ") for one in moments
    }
    assert [one.at for one in moments] == sorted(one.at for one in moments)


def test_the_driver_is_named_nowhere_for_whoever_may_not_see_him(site: Site) -> None:
    order = stopping(site)
    with unscoped(reason="tests"):
        driver = order.driver
        assert driver is not None
        dealer = site.operator.parent
    page = Desk(site, tenant=dealer).get(order_url(order)).content.decode()
    assert driver.phone not in page
    assert driver.phone in Desk(site).get(order_url(order)).content.decode()


def test_the_page_of_a_running_order_listens_and_that_of_a_finished_one_does_not(site: Site) -> None:
    running = charging(site)
    page = Desk(site).get(order_url(running)).content.decode()
    assert f'data-live="orders=order:{running.order_no}"' in page
    other = make_site()
    finished = make_settled_order(other)
    assert 'data-live="' not in Desk(other).get(order_url(finished)).content.decode()


def test_the_page_costs_the_same_however_long_the_charge_was(site: Site) -> None:
    costs: list[int] = []
    desk = Desk(site)
    for minutes in (3, 40):
        order = site.press_start(site.driver(cash=50_000))
        charge(site, order, wh=minutes * 500, minutes=minutes)
        site.work()
        site.wait(minutes=1)
        site.charger.says(1, "Available")
        site.work()
        desk.get(order_url(order))
        with CaptureQueriesContext(connection) as queries:
            desk.get(order_url(order))
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_orders_are_reached_from_the_driver_the_pile_and_the_station(site: Site) -> None:
    order = make_settled_order(site)
    desk = Desk(site)
    with unscoped(reason="tests"):
        driver = order.driver
    assert driver is not None
    assert order.order_no in desk.read(f"/drivers/{driver.pk}/")
    links: list[Any] = []
    for url in (f"/piles/{site.pile.pk}/", f"/stations/{site.station.pk}/"):
        actions = desk.get(url).context["actions"]
        links += [action.url for action in actions if str(action.label) == "Orders"]
    assert len(links) == 2
    assert all(order.order_no in desk.read(link) for link in links)


def test_a_late_start_of_another_connector_is_told(site: Site) -> None:
    order = site.press_start(site.driver(cash=10_000))
    begin(site, order, connector=2)
    site.work()
    page = Desk(site).read(order_url(order))
    assert "Started at another connector" in page and "Started on another connector" in page
