"""The page of a case: evidence in words, what a decision would do, and one decision however many press."""

from __future__ import annotations

import pytest
from django.db import connection

from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from orders.models import Case, ChargingOrder
from stations.models import Command
from tests.factories.orders import (
    Site,
    again,
    begin,
    cases_of,
    charge,
    make_running_order,
    wallet_of,
)
from tests.factories.tenants import make_tenant
from tests.orders.staff import Desk, case_url, errors, order_url, words


def rolled_back(site: Site, *, cash: int = 10_000) -> tuple[ChargingOrder, Case]:
    """10 kWh were reached, the stop says 4: a case that is settled by the 10 and waits for a person."""
    order = site.press_start(site.driver(cash=cash))
    key = begin(site, order)
    for minute in range(1, 11):
        site.wait(minutes=1)
        site.charger.meters(key, 1_000_000 + 1_000 * minute)
    site.wait(minutes=1)
    site.charger.stops(key, 1_004_000)
    site.charger.says(1, "Available")
    site.work()
    return again(order), cases_of(order)["A06"]


def fresh(case: Case) -> Case:
    with unscoped(reason="tests"):
        return Case.objects.get(pk=case.pk)


def test_the_evidence_reads_as_words_with_the_raw_text_beside_it(site: Site) -> None:
    order, case = rolled_back(site)
    page = Desk(site).read(case_url(case))
    for sentence in (
        "A06 · Meter rollback",
        "The register fell. Billed is what it had reached before.",
        "Register before1,010.000 kWh",
        "Register after1,004.000 kWh",
        "When it was opened¥ 20.00",
        "Energy reported4.000 kWh",
        "Energy accepted10.000 kWh",
        order.order_no,
        '"before_wh": 1010000',
    ):
        assert sentence in page
    assert "10 Mar 2026 10:11:00 CST" in page  # the station's clock
    [row] = Desk(site).get("/orders/cases/", columns="number,order_no,reported").context["table"].rows
    [cell] = [cell for column, cell in row.items() if column.name == "reported"]
    assert ">4.000<" in cell


@pytest.mark.parametrize("level", ["agency", "operator", "dealer", "manufacturer"])
def test_every_level_reads_the_case_and_only_the_operator_decides(site: Site, level: str) -> None:
    order, case = rolled_back(site)
    with unscoped(reason="tests"):
        tenant = getattr(order, level)
        sibling = make_tenant(tenant.parent)
    desk = Desk(site, tenant=tenant)
    assert ("Waive" in desk.read(case_url(case))) is (level == "operator")
    assert Desk(site, tenant=sibling).get(case_url(case)).status_code == 404
    if level != "operator":
        for what in ("take/", "ask/", "accept/", "correct/", "refund/", "waive/"):
            typed = {"reason": "because", "amount": "1", "meter_stop": "1000.5", "key": "k"}
            assert desk.post(case_url(case, what), **typed).status_code == 403
        assert fresh(case).state == "open"


def test_a_case_is_taken_and_the_trail_says_by_whom(site: Site) -> None:
    _order, case = rolled_back(site)
    desk = Desk(site, Role.FINANCE)
    assert desk.post(case_url(case, "take/")).status_code == 302
    row = fresh(case)
    assert row.state == "in_review" and row.assignee_label
    page = desk.read(case_url(case))
    assert "Case taken" in page and row.assignee_label in page
    assert "Take" not in [str(action.label) for action in desk.get(case_url(case)).context["actions"]]


def test_the_pile_is_asked_for_its_meter_values(site: Site) -> None:
    _order, case = rolled_back(site)
    assert Desk(site).post(case_url(case, "ask/"), reason="what does it say now").status_code == 302
    with unscoped(reason="tests"):
        command = Command.objects.get(about=f"case:{case.number}")
    assert (command.action, command.payload["requestedMessage"]) == ("TriggerMessage", "MeterValues")
    assert fresh(case).state == "waiting_data"


def test_a_pile_that_is_offline_is_not_asked(site: Site) -> None:
    _order, case = rolled_back(site)
    site.charger.goes()
    answer = Desk(site).post(case_url(case, "ask/"), reason="what does it say now")
    assert answer.status_code == 200 and errors(answer)
    assert fresh(case).state == "open"


def test_a_correction_is_shown_before_it_is_decided(site: Site) -> None:
    order, case = rolled_back(site)
    desk = Desk(site)
    url = case_url(case, "correct/")
    assert 'value="1,004.000"' in desk.get(url).content.decode()
    typed = {"meter_stop": "1,006.500", "reason": "read on the spot"}
    shown = desk.post(url, **typed)
    page = words(shown)
    for line in (
        "Billed up to: 1,010.000 kWh → 1,006.500 kWh",
        "Energy: 10.000 kWh → 6.500 kWh",
        "Electricity: ¥ 12.00 → ¥ 7.80",
        "Service: ¥ 8.00 → ¥ 5.20",
        "Total: ¥ 20.00 → ¥ 13.00",
        "¥ 7.00 are credited",
        "read on the spot",
    ):
        assert line in page
    assert again(order).total == 2_000 and fresh(case).state == "open"
    seen = shown.context["form"].data["seen"]
    other = desk.post(url, **typed | {"meter_stop": "1005", "seen": seen})
    assert "¥ 20.00 → ¥ 10.00" in words(other) and again(order).total == 2_000
    assert desk.post(url, **typed, seen=seen).status_code == 302
    row = again(order)
    assert (row.total, row.energy_wh, row.version) == (1_300, 6_500, 2)
    assert row.driver is not None
    assert wallet_of(row.driver).cash == 8_700
    assert (fresh(case).decision, fresh(case).amount_after) == ("correct", 1_300)


@pytest.mark.parametrize("register", ["", "abc", "12,5", "999.999", "-1", "1.2345", "NaN", "1e6", "\x00"])
def test_a_register_without_sense_is_refused_at_its_field(site: Site, register: str) -> None:
    order, case = rolled_back(site)
    answer = Desk(site).post(case_url(case, "correct/"), meter_stop=register, reason="read on the spot")
    assert answer.status_code == 200
    assert errors(answer) == {"meter_stop"}
    assert "read on the spot" in words(answer)
    assert again(order).version == 1


def test_waiving_shows_what_goes_back_and_does_it_once(site: Site) -> None:
    order, case = rolled_back(site)
    desk = Desk(site)
    assert "Total: ¥ 20.00 → ¥ 0.00" in words(desk.get(case_url(case, "waive/")))
    assert desk.post(case_url(case, "waive/"), reason="our mistake").status_code == 302
    row = again(order)
    assert row.driver is not None
    assert (row.total, wallet_of(row.driver).cash) == (0, 10_000)
    again_pressed = desk.post(case_url(case, "waive/"), reason="our mistake")
    assert "has decided this case already" in words(again_pressed)
    assert wallet_of(row.driver).cash == 10_000


def test_the_second_of_two_deciders_is_told_who_decided(site: Site) -> None:
    order, case = rolled_back(site)
    first, second = Desk(site, Role.OWNER), Desk(site, Role.FINANCE)
    first.get(case_url(case, "accept/"))
    second.get(case_url(case, "refund/"))
    assert first.post(case_url(case, "accept/"), reason="that is right").status_code == 302
    by = fresh(case).decided_by
    answer = second.post(case_url(case, "refund/"), amount="5", reason="goodwill", key="k")
    assert f"{by} has decided this case already." in words(answer)
    assert "goodwill" in words(answer)
    assert again(order).refunded == 0 and fresh(case).decision == "accept"


def test_a_case_is_decided_by_a_refund_of_an_amount(site: Site) -> None:
    order, case = rolled_back(site)
    desk = Desk(site, Role.FINANCE)
    assert errors(desk.post(case_url(case, "refund/"), amount="20.01", reason="goodwill", key="k")) == {
        "amount"
    }
    assert desk.post(case_url(case, "refund/"), amount="12.00", reason="goodwill", key="k").status_code == 302
    assert again(order).refunded == 1_200
    assert "Refund" in desk.read(case_url(case))
    with unscoped(reason="tests"):
        assert AuditEntry.objects.filter(action="case.decided").count() == 1


def test_a_case_before_any_money_moved_is_settled_by_accepting_it(site: Site) -> None:
    order = site.press_start(site.driver(cash=200_000))
    charge(site, order, wh=260_000, minutes=300)
    site.work()
    case = cases_of(order)["A12"]
    desk = Desk(site)
    assert "No money moves before a decision" in desk.read(case_url(case))
    assert again(order).settled_at is None
    desk.post(case_url(case, "accept/"), reason="a lorry")
    assert again(order).settled_at is not None
    assert "Amount anomaly: Accept as it is" in desk.read(order_url(order))


def test_late_evidence_stands_below_what_was_found_first(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.work()
    site.charger.goes()
    desk = Desk(site)
    desk.post(order_url(order, "close/"), reason="the pile burnt down")
    case = cases_of(order)["A04"]
    desk.post(case_url(case, "accept/"), reason="nothing more will come")
    site.charger.comes()
    site.wait(minutes=30)
    site.charger.stops(key, 1_009_000)
    site.work()
    row = fresh(case)
    assert (row.state, row.reopened) == ("open", 1)
    page = desk.read(case_url(row))
    assert "Later evidence 1" in page and "Difference5.000 kWh" in page and "Reopened1" in page
    assert "StopTransaction, too late" in desk.read(order_url(order))
    assert again(order).energy_wh == 4_000
    [listed] = desk.get("/orders/cases/").context["table"].rows
    assert "Accept as it is" not in str(listed.get_cell("state"))
    assert listed.record.waited == site.now - row.opened_at


def test_a_case_without_an_order_offers_only_what_fits(site: Site) -> None:
    site.charger.stops(900_001, 5_000, id_tag="SECRET77")
    site.work()
    with unscoped(reason="tests"):
        case = Case.objects.get()
    desk = Desk(site)
    actions = {
        str(action.label): bool(action.refused) for action in desk.get(case_url(case)).context["actions"]
    }
    assert actions["Accept…"] is False
    assert actions["Correct…"] is actions["Waive…"] is actions["Refund…"] is True
    for what in ("correct/", "waive/", "refund/"):
        typed = {"meter_stop": "5", "seen": "5000", "amount": "1", "reason": "because", "key": "k"}
        assert desk.post(case_url(case, what), **typed).status_code == 200
    assert fresh(case).state == "open"
    assert "SECRET77" in Desk(site, Role.ENGINEER).read(case_url(case))
    masked = Desk(site, Role.FINANCE).read(case_url(case))
    assert "SECRET77" not in masked and "****ET77" in masked


def test_no_decision_leaves_a_lock_or_half_a_change(site: Site) -> None:
    _order, case = rolled_back(site)
    Desk(site).post(case_url(case, "correct/"), meter_stop="5", reason="too low", seen="5000")
    assert fresh(case).state == "open"
    assert not connection.needs_rollback


def test_the_ways_to_what_the_pile_said_are_those_of_the_order_and_in_the_readers_time(site: Site) -> None:
    order, case = rolled_back(site)
    owner, finance = Desk(site), Desk(site, Role.FINANCE)
    shown = owner.get(case_url(case)).context
    assert shown["conversation"].url == owner.get(order_url(order)).context["messages_url"].url
    form = owner.get(shown["log"].url).context["form"]
    assert (form["since"].value(), form["until"].value()) == ("2026-03-10T01:55", "2026-03-10T02:16")
    assert form["reason"].value() == case.number and 'value="2026-03-10T01:55"' in str(form["since"])
    assert finance.get(case_url(case)).context["log"] is None


def test_times_without_sense_in_the_way_to_a_log_do_no_harm(site: Site) -> None:
    address = f"/piles/{site.pile.pk}/fetch/?since=never&until=%00&kind=x&reason={'r' * 999}"
    assert Desk(site).get(address).status_code == 200
