"""The page of one order: every state has one, for every level, and what is done on it has one effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.kit.actor import Actor
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from finance.models import Refund
from ocpp_gateway.wire import CommandState
from orders.models import ChargingOrder
from orders.services.starting import cancel_order
from tests.factories.orders import (
    WORKED_PRICE,
    Site,
    again,
    begin,
    charge,
    commands_for,
    make_running_order,
    make_settled_order,
    make_site,
    order_of,
    wallet_of,
)
from tests.factories.tenants import make_tenant
from tests.orders.staff import Desk, errors, order_url, words

STAFF = Actor("staff:1", "Li Wei")


def created(site: Site) -> ChargingOrder:
    order = site.press_start(site.driver(cash=10_000))
    with unscoped(reason="tests"):
        ChargingOrder.objects.filter(pk=order.pk).update(charge_state="created")
    return again(order)


def starting(site: Site) -> ChargingOrder:
    return site.press_start(site.driver(cash=10_000))


def failed(site: Site) -> ChargingOrder:
    order = starting(site)
    site.wait(minutes=10)
    site.work()
    return again(order)


def cancelled(site: Site) -> ChargingOrder:
    order = starting(site)
    with site.present():
        cancel_order(order, actor=STAFF, reason="wrong place")
    return again(order)


def charging(site: Site) -> ChargingOrder:
    order, key = make_running_order(site)
    site.wait(minutes=1)
    site.charger.meters(key, 1_000_800, power_w=48_000, soc=30)
    site.wait(minutes=1)
    site.charger.meters(key, 1_001_600, power_w=48_000, soc=31)
    site.work()
    return again(order)


def suspended(site: Site) -> ChargingOrder:
    order = charging(site)
    site.charger.says(1, "SuspendedEV")
    return again(order)


def stopping(site: Site) -> ChargingOrder:
    return site.press_stop(charging(site))


def offline(site: Site) -> ChargingOrder:
    order = charging(site)
    site.charger.goes()
    return again(order)


def unsettled(site: Site) -> ChargingOrder:
    order = site.press_start(site.driver(cash=200_000))
    charge(site, order, wh=260_000, minutes=300)
    site.work()
    return again(order)


def occupied(site: Site) -> ChargingOrder:
    order = site.press_start(site.driver(cash=10_000))
    charge(site, order)
    with unscoped(reason="tests"):
        site.work()
    return again(order)


def arrears(site: Site) -> ChargingOrder:
    order = site.press_start(site.driver(cash=1_000))
    charge(site, order)
    site.work()
    return again(order)


def refunded(site: Site) -> ChargingOrder:
    order = make_settled_order(site)
    typed = {"amount": "20.00", "reason": "goodwill", "key": "k1"}
    assert Desk(site).post(order_url(order, "refund/"), **typed).status_code == 302
    return again(order)


def forced(site: Site) -> ChargingOrder:
    order = offline(site)
    Desk(site).post(order_url(order, "close/"), reason="pile is gone")
    return again(order)


def by_card(site: Site) -> ChargingOrder:
    card = site.card(site.driver(cash=10_000))
    answer = site.charger.starts(card.uid)
    site.work()
    site.wait(minutes=5)
    site.charger.stops(answer.transaction_id, 1_004_000)
    site.work()
    return order_of(answer.transaction_id)


def nobodys(site: Site) -> ChargingOrder:
    answer = site.charger.starts("NOBODY")
    site.work()
    site.wait(minutes=5)
    site.charger.stops(answer.transaction_id, 1_002_000, reason="DeAuthorized")
    site.work()
    return order_of(answer.transaction_id)


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


def test_a_charge_is_stopped_once_however_often_it_is_asked(site: Site) -> None:
    order = charging(site)
    desk = Desk(site)
    assert "Remote stop" in desk.read(order_url(order))
    assert errors(desk.post(order_url(order, "stop/"), reason="")) == {"reason"}
    for _time in range(2):
        assert desk.post(order_url(order, "stop/"), reason="the cable is hot").status_code == 302
    assert again(order).charge_state == "stopping"
    assert len(commands_for(order, "RemoteStopTransaction")) == 1
    with unscoped(reason="tests"):
        assert AuditEntry.objects.filter(action="order.stop_asked", reason="the cable is hot").count() == 1


def test_an_order_whose_pile_can_be_asked_is_not_closed_in_the_database(site: Site) -> None:
    order = charging(site)
    desk = Desk(site)
    assert "Close in the database" not in desk.read(order_url(order))
    refused = desk.post(order_url(order, "close/"), reason="quicker like that")
    assert "The pile can be reached" in words(refused) and "quicker like that" in words(refused)
    assert again(order).charge_state == "charging"


def test_a_start_is_cancelled_while_it_waits_and_the_money_goes_back(site: Site) -> None:
    order = starting(site)
    desk = Desk(site)
    for _time in range(2):
        assert desk.post(order_url(order, "cancel/"), reason="wrong place").status_code == 302
    row = again(order)
    assert (row.charge_state, row.failure, row.hold) == ("cancelled", "cancelled_by_staff", 0)
    with unscoped(reason="tests"):
        assert AuditEntry.objects.filter(action="order.cancelled", reason="wrong place").count() == 1
        assert row.driver is not None
    assert wallet_of(row.driver).cash == 10_000


def test_a_charge_that_began_is_stopped_and_not_cancelled(site: Site) -> None:
    order = charging(site)
    refused = Desk(site).post(order_url(order, "cancel/"), reason="changed my mind")
    assert "already begun" in words(refused)
    assert again(order).charge_state == "charging"


def test_a_refund_that_is_sent_twice_goes_back_once(site: Site) -> None:
    order = make_settled_order(site)
    desk = Desk(site, Role.FINANCE)
    typed = {"amount": "5.50", "reason": "the pile was slow", "key": "one-filling"}
    for _time in range(2):
        assert desk.post(order_url(order, "refund/"), **typed).status_code == 302
    row = again(order)
    assert (row.refunded, row.pay_state) == (550, "partly_refunded")
    with unscoped(reason="tests"):
        assert Refund.objects.count() == 1
    page = desk.read(order_url(order))
    assert "the pile was slow" in page and "¥ 5.50 refunded" in page


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"amount": "20.01"}, "amount"),
        ({"amount": "12,5"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_a_refund_without_sense_is_refused_at_its_field_and_keeps_what_was_typed(
    site: Site, typed: dict[str, str], field: str
) -> None:
    order = make_settled_order(site)
    good = {"amount": "5", "reason": "the display was dark", "key": "k"}
    answer = Desk(site).post(order_url(order, "refund/"), **good | typed)
    assert errors(answer) == {field}
    if field != "reason":
        assert "the display was dark" in words(answer)
    assert again(order).refunded == 0


@pytest.mark.parametrize(
    ("role", "what"),
    [(Role.FINANCE, "stop/"), (Role.AUDITOR, "close/"), (Role.SUPPORT, "refund/"), (Role.ENGINEER, "close/")],
)
def test_a_role_without_the_right_changes_nothing(site: Site, role: Role, what: str) -> None:
    order = offline(site)
    answer = Desk(site, role).post(order_url(order, what), reason="because", amount="1", key="k")
    assert answer.status_code == 403
    assert again(order).charge_state == "charging"


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
