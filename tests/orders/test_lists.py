"""The lists of orders: what stands in them, how they are narrowed, what may be done from them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from drivers.models import Driver
from orders.models import Case, ChargingOrder, Transaction
from orders.rules import Code
from orders.states import FactFlag
from tests.factories.orders import (
    Site,
    again,
    begin,
    cases_of,
    charge,
    commands_for,
    make_running_order,
    make_settled_order,
    order_of,
)
from tests.orders.staff import Desk, words
from tests.support.workbooks import content_of, sheets_of

REALTIME, HISTORY = "/orders/realtime/", "/orders/history/"
CASES, TRANSACTIONS, LOOSE = "/orders/cases/", "/orders/transactions/", "/orders/loose/"
ALL = (REALTIME, HISTORY, CASES, TRANSACTIONS, LOOSE)


def running_with_reading(site: Site) -> ChargingOrder:
    order, transaction_id = make_running_order(site)
    site.wait(minutes=10)
    site.charger.meters(transaction_id, 1_005_000, power_w=30_000, soc=64)
    site.work()
    return again(order)


def test_a_running_order_stands_among_the_real_time_orders_with_its_figures(site: Site) -> None:
    order = running_with_reading(site)
    page = Desk(site).read(REALTIME)
    for figure in (
        order.order_no,
        "5.000",
        "SoC 64 %",
        "30.0/ 60",
        "¥ 10.00",
        "6.00 + 4.00",
        "90.00",
        "Charging",
    ):
        assert figure in page
    assert order.order_no not in Desk(site).read(HISTORY)


def test_a_settled_order_has_moved_to_the_historical_orders(site: Site) -> None:
    order = make_settled_order(site)
    assert order.order_no not in Desk(site).read(REALTIME)
    page = Desk(site).read(HISTORY)
    for figure in (order.order_no, "10.000", "¥ 20.00", "12.00 + 8.00", "Settled"):
        assert figure in page


def test_an_order_that_waits_for_a_decision_on_its_amount_is_real_time_and_to_settle(site: Site) -> None:
    order = site.press_start(site.driver(cash=200_000))
    charge(site, order, wh=260_000, minutes=300)
    site.work()
    assert "A12" in cases_of(order)
    page = Desk(site).read(REALTIME)
    assert order.order_no in page and "To settle" in page


def test_the_phone_of_the_driver_is_masked_for_whoever_may_not_see_it(site: Site) -> None:
    order = running_with_reading(site)
    with unscoped(reason="tests"):
        phone = Driver.objects.get(pk=order.driver_id).phone
        dealer = site.operator.parent
    assert phone in Desk(site, Role.OWNER).read(REALTIME)
    for desk in (Desk(site, Role.FINANCE), Desk(site, tenant=site.agency), Desk(site, tenant=dealer)):
        page = desk.read(REALTIME)
        assert order.order_no in page
        assert phone not in page and f"****{phone[-4:]}" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"order_no": "{no}"}, True),
        ({"order_no": "{lower}"}, True),
        ({"order_no": "{tail}"}, True),
        ({"order_no": "XX-1"}, False),
        ({"account": "{phone}"}, True),
        ({"account": "+8613000000000"}, False),
        ({"terminal": "{pile}"}, True),
        ({"terminal": "nowhere"}, False),
        ({"agency": "{agency}"}, True),
        ({"station": "{station}"}, True),
        ({"stage": "charging"}, True),
        ({"stage": "lost"}, False),
        ({"running": "1h"}, False),
        ({"silent": "5m"}, False),
        ({"tab": "low"}, False),
        ({"tab": "silent"}, False),
        ({"tab": "long"}, False),
        ({"tab": "lost"}, False),
    ],
)
def test_real_time_orders_are_found_by_their_conditions(
    site: Site, query: dict[str, str], found: bool
) -> None:
    order = running_with_reading(site)
    with unscoped(reason="tests"):
        phone = Driver.objects.get(pk=order.driver_id).phone
    known = {
        "no": order.order_no,
        "lower": f" {order.order_no.lower()} ",
        "tail": order.order_no[-5:],
        "phone": phone,
        "pile": site.pile.name,
        "agency": site.agency.code,
        "station": site.station.code,
    }
    asked = {name: value.format(**known) for name, value in query.items()}
    response = Desk(site).get(REALTIME, **asked)
    assert (f"/orders/{order.order_no}/" in response.content.decode()) is found


@pytest.mark.parametrize(
    ("minutes", "query"),
    [(11, {"tab": "silent"}), (11, {"silent": "10m"}), (190, {"tab": "long"}), (65, {"running": "1h"})],
)
def test_an_order_that_runs_long_or_says_nothing_is_found_by_that(
    site: Site, minutes: int, query: dict[str, str]
) -> None:
    order, _key = make_running_order(site)
    assert order.order_no not in Desk(site).read(REALTIME, **query)
    site.wait(minutes=minutes)
    assert order.order_no in Desk(site).read(REALTIME, **query)


def test_a_hold_that_is_nearly_used_is_found_by_that(site: Site) -> None:
    order, key = make_running_order(site, cash=3_000)
    site.wait(minutes=13)
    site.charger.meters(key, 1_013_000, power_w=60_000)
    site.work()
    page = Desk(site).read(REALTIME, tab="low")
    assert order.order_no in page and "4.00" in page


@pytest.mark.parametrize("url", ALL)
def test_filters_without_sense_get_a_message_and_the_list(site: Site, url: str) -> None:
    order = make_settled_order(site)
    nonsense = {
        "stage": "flying",
        "running": "x",
        "agency": "\x00nobody",
        "station": "NOWHERE-9",
        "started_at": "yesteryear",
        "energy_wh_from": "many",
        "total_from": "1e999",
        "transaction_from": "NaN",
        "claimed_transaction_id_from": "--",
        "code": "A99",
        "state": "-",
        "after": "abc",
        "sort": "-nope",
        "tab": "none",
        "at_stake_to": "∞",
        "odd": "very",
        "kind": "?",
        "order_no": "'; DROP",
        "account": "%_\\",
    }
    page = Desk(site).read(url, **nonsense)
    assert "could not be understood" in page
    assert again(order).order_no


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"energy_wh_from": "9.5", "energy_wh_to": "10.5"}, True),
        ({"energy_wh_from": "10.001"}, False),
        ({"total_from": "20", "total_to": "20"}, True),
        ({"total_from": "20.01"}, False),
        ({"started_at": "today"}, True),
        ({"stopped_at": "yesterday"}, False),
        ({"settled_at": "today"}, True),
        ({"source": "qr"}, True),
        ({"source": "card"}, False),
        ({"stage": "settled"}, True),
        ({"stop_reason": "Remote"}, False),
        ({"tab": "owing"}, False),
    ],
)
def test_historical_orders_are_found_by_figures_and_days(
    site: Site, query: dict[str, str], found: bool
) -> None:
    order = make_settled_order(site)
    response = Desk(site).get(HISTORY, **query)
    assert (f"/orders/{order.order_no}/" in response.content.decode()) is found


def test_the_workbook_has_the_figures_of_the_page_as_numbers_with_totals(site: Site) -> None:
    for _number in range(2):
        make_settled_order(site)
        site.wait(minutes=5)
    columns = "order_no,energy_wh,flat_wh,total,paid,refunded,stage"
    response = Desk(site).get(f"{HISTORY}export/", columns=columns)
    rows = next(iter(sheets_of(content_of(response)).values()))
    lines = [row for row in rows if any(isinstance(cell, int | float | Decimal) for cell in row)]
    assert len(lines) == 4  # two orders, the sum of their energy, and the sum of their money
    numbers = [[cell for cell in row if isinstance(cell, int | float | Decimal)] for row in lines]
    assert numbers[0][:5] == numbers[1][:5] == [10, 10, 20, 12, 8]  # in the order that was asked for
    assert numbers[2][:2] == [20, 20] and numbers[3][:3] == [40, 24, 16]
    assert {"Electricity", "Service"} <= {cell for row in rows for cell in row if isinstance(cell, str)}


@pytest.mark.parametrize("url", ALL)
def test_the_workbook_of_every_list_opens(site: Site, url: str) -> None:
    running_with_reading(site)
    site.charger.stops(999_999, 5)
    site.work()
    response = Desk(site).get(f"{url}export/", tab="all")
    assert sheets_of(content_of(response))


def test_the_rows_of_real_time_orders_move_when_news_come(site: Site) -> None:
    order, key = make_running_order(site)
    desk = Desk(site)
    page = desk.get(REALTIME).content.decode()
    assert 'data-live="orders connectors piles"' in page and 'id="rows"' in page
    site.wait(minutes=5)
    site.charger.meters(key, 1_002_500, power_w=30_000)
    site.work()
    fragment = desk.client.get(REALTIME, headers={"HX-Request": "true", "X-Live": "1"})
    assert "<html" not in fragment.content.decode()
    assert "2.500" in words(fragment) and order.order_no in words(fragment)


def test_a_charge_is_stopped_from_its_row_with_a_reason(site: Site) -> None:
    order, _key = make_running_order(site)
    desk = Desk(site)
    assert "Remote stop" in desk.get(REALTIME).content.decode()
    question = desk.get(f"{REALTIME}do/stop/", pk=str(order.pk))
    assert order.order_no in words(question)
    refused = desk.post(f"{REALTIME}do/stop/", pk=str(order.pk), confirmed="1", reason=" ")
    assert refused.status_code == 200
    assert again(order).charge_state == "charging"
    desk.post(f"{REALTIME}do/stop/", pk=str(order.pk), confirmed="1", reason="cable is hot")
    assert again(order).charge_state == "stopping"
    assert len(commands_for(order, "RemoteStopTransaction")) == 1


def test_closing_in_the_database_is_offered_only_where_the_link_is_lost(site: Site) -> None:
    order, _key = make_running_order(site)
    desk = Desk(site)
    page = desk.get(REALTIME).content.decode()
    assert "do/stop/?" in page and "do/force-close/?" not in page
    site.charger.goes()
    page = desk.get(REALTIME).content.decode()
    assert "do/stop/?" not in page and "do/force-close/?" in page
    assert "Link lost" in desk.read(REALTIME, tab="lost")
    desk.post(f"{REALTIME}do/force-close/", pk=str(order.pk), confirmed="1", reason="the pile burnt down")
    closed = again(order)
    assert (closed.charge_state, closed.stop_reason) == ("ended", "Forced")
    assert Code.STOP_MISSING.value in cases_of(order)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR])
def test_who_may_only_look_stops_nothing(site: Site, role: Role) -> None:
    order, _key = make_running_order(site)
    desk = Desk(site, role)
    assert "do/stop/" not in desk.get(REALTIME).content.decode()
    answer = desk.post(f"{REALTIME}do/stop/", pk=str(order.pk), confirmed="1", reason="because")
    assert answer.status_code == 403
    assert again(order).charge_state == "charging"


def test_abnormal_orders_open_at_what_waits_for_a_decision(site: Site) -> None:
    order = site.press_start(site.driver(cash=10_000))
    key = begin(site, order)
    site.wait(minutes=1)
    site.charger.meters(key, 1_900_000)
    site.wait(minutes=1)
    site.charger.stops(key, 1_001_000)
    site.work()
    [waiting] = [case for case in cases_of(order).values() if case.state == "open"]
    desk = Desk(site)
    assert waiting.number in desk.read(CASES)
    assert waiting.number not in desk.read(CASES, tab="decided")
    assert waiting.number in desk.read(CASES, tab="all")
    desk.post(f"{CASES}do/accept/", pk=str(waiting.pk), confirmed="1", reason="the register is known")
    desk.read(HISTORY)  # where the message about it is shown
    assert waiting.number not in desk.read(CASES)
    assert waiting.number in desk.read(CASES, tab="decided")


def test_several_cases_of_one_rule_are_accepted_together(site: Site) -> None:
    for number in (1, 2):
        site.charger.stops(900_000 + number, 5_000 + number)
    site.work()
    with unscoped(reason="tests"):
        cases = list(Case.objects.all())
    assert len(cases) == 2
    desk = Desk(site)
    page = desk.read(CASES, code="A02")
    assert all(case.number in page for case in cases)
    answer = desk.client.post(
        f"{CASES}do/accept/",
        {"pk": [case.pk for case in cases], "confirmed": "1", "reason": "a pile that was replaced"},
    )
    assert answer.status_code == 302
    with unscoped(reason="tests"):
        assert {case.decision for case in Case.objects.all()} == {"accept"}


def test_transactions_and_loose_stops_say_what_the_pile_said(site: Site) -> None:
    order = make_settled_order(site)
    site.charger.stops(777_777, 4_321, reason="PowerLoss")
    site.work()
    desk = Desk(site)
    page = desk.read(TRANSACTIONS)
    assert order.order_no in page and "1,010.000" in page
    loose = desk.read(LOOSE)
    assert "Stop of an unknown transaction" in loose and "777777" in loose and "4.321" in loose


def test_a_transaction_that_goes_on_is_not_one_whose_stop_was_lost(site: Site) -> None:
    order, _transaction = make_running_order(site)
    desk = Desk(site)
    page = desk.get(TRANSACTIONS).content.decode()
    assert order.order_no in page and ">running<" in page
    assert order.order_no not in desk.read(TRANSACTIONS, tab="open")

    with unscoped(reason="tests"):
        Transaction.objects.filter(order=order).update(flags=[FactFlag.STOP_MISSING.value])
    page = desk.get(TRANSACTIONS, tab="open").content.decode()
    assert order.order_no in page and ">running<" not in page


def test_a_token_is_shown_only_to_those_who_may_read_messages(site: Site) -> None:
    order = make_settled_order(site)
    assert order.id_tag in Desk(site, Role.ENGINEER).read(TRANSACTIONS)
    assert order.id_tag not in Desk(site, Role.FINANCE).read(TRANSACTIONS)


def test_the_menu_counts_what_runs_and_what_waits(site: Site) -> None:
    make_running_order(site)
    site.charger.stops(900_001, 5)
    site.work()
    site.wait(seconds=1)
    menu = Desk(site).get(HISTORY).context["frame"].menu
    [group] = [item for item in menu if str(item.label) == "Orders"]
    counts = {str(item.label): item.count for item in group.children}
    assert (counts["Real-time"], counts["Historical"], counts["Abnormal"]) == (1, None, 1)
    assert [str(item.label) for item in group.children][:3] == ["Real-time", "Historical", "Abnormal"]


def test_a_day_of_the_reader_bounds_the_list(site: Site) -> None:
    order = make_settled_order(site)
    day = (site.now + timedelta(hours=8)).date().isoformat()
    desk = Desk(site)
    assert order.order_no in desk.read(HISTORY, stopped_at="between", stopped_at_from=day, stopped_at_to=day)
    assert order.order_no not in desk.read(HISTORY, stopped_at="between", stopped_at_to="2026-01-01")


def test_a_card_is_not_guessed_letter_by_letter(site: Site) -> None:
    driver = site.driver(cash=10_000, name="Wang Fang")
    card = site.card(driver)
    answer = site.charger.starts(card.uid)
    site.work()
    order = order_of(answer.transaction_id)
    owner, agency = Desk(site), Desk(site, tenant=site.agency)
    for part in (card.uid[:6], "wang", driver.phone[:8]):
        assert order.order_no in owner.read(REALTIME, account=part)
        assert order.order_no not in agency.read(REALTIME, account=part)
    for whole in (card.uid.lower(), "wang fang", driver.phone[-4:], driver.phone):
        assert order.order_no in agency.read(REALTIME, account=whole)


def test_an_order_is_found_by_its_number_its_beginning_or_its_end(site: Site) -> None:
    order = make_settled_order(site)
    other = make_settled_order(site)
    prefix, day, code = order.order_no.split("-")
    desk = Desk(site)
    for typed in (order.order_no, f" {order.order_no.lower()} ", code, code[-4:].lower()):
        page = desk.read(f"{HISTORY}?order_no={typed}")
        assert order.order_no in page
        assert other.order_no not in page
    assert order.order_no in desk.read(f"{HISTORY}?order_no={prefix}-{day}")
    for typed in ("%25", "_", code[1:-1]):
        assert order.order_no not in desk.read(f"{HISTORY}?order_no={typed}")
