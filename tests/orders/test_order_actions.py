"""What is done on the page of an order: once, with a reason, and only by those who may."""

from __future__ import annotations

import pytest

from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from finance.models import Refund
from tests.factories.orders import Site, again, commands_for, make_settled_order, wallet_of
from tests.orders.staff import Desk, errors, order_url, words
from tests.orders.stages import charging, offline, starting


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
