"""A start that does not become a charge gives the money back, at once and once; a late one is told apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit.errors import Refused
from drivers.models import Driver
from ocpp_gateway.wire import CommandState
from orders.models import ChargingOrder, OrderEvent
from orders.services import starting
from orders.states import ChargeState, Flag, PayState
from stations.models import Pile
from tests.factories.orders import (
    ACTOR,
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


def given_up(site: Site, order: ChargingOrder, driver: Driver, cash: int = 5_000) -> ChargingOrder:
    order = again(order)
    assert (order.charge_state, order.pay_state) == (ChargeState.START_FAILED, PayState.RELEASED)
    assert (order.hold, wallet_of(driver).cash, wallet_of(driver).held) == (0, cash, 0)
    return order


@pytest.mark.statement(92)
def test_nobody_plugs_in(site: Site) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    [command] = commands_for(order, "RemoteStartTransaction")
    site.charger.answers(command, CommandState.ACCEPTED, answer={"status": "Accepted"})
    site.wait(seconds=149)
    site.work()
    assert again(order).charge_state == ChargeState.STARTING

    site.wait(seconds=1)
    site.work()

    assert given_up(site, order, driver).failure == "not_plugged"
    case = cases_of(order)["A01"]
    assert (case.state, case.decision) == ("closed", "automatic")
    assert case.evidence["failure"] == "not_plugged"


def test_a_pile_may_wait_longer_for_the_plug(site: Site) -> None:
    with site.present():
        Pile.objects.filter(pk=site.pile.pk).update(quirks={"connection_timeout_s": 300})
    order = site.press_start(site.driver(cash=5_000))
    site.wait(seconds=329)
    site.work()
    assert again(order).charge_state == ChargeState.STARTING
    site.wait(seconds=1)
    site.work()
    assert again(order).charge_state == ChargeState.START_FAILED


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        (CommandState.REJECTED, "start_rejected"),
        (CommandState.ERROR, "start_error"),
        (CommandState.REFUSED, "start_refused"),
        (CommandState.EXPIRED, "start_expired"),
    ],
)
def test_a_pile_that_will_not_start_ends_it_at_once(site: Site, state: CommandState, failure: str) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    [command] = commands_for(order, "RemoteStartTransaction")

    site.charger.answers(command, state)
    site.work()

    assert given_up(site, order, driver).failure == failure


@pytest.mark.parametrize("state", [CommandState.TIMED_OUT, CommandState.CONNECTION_LOST])
def test_a_pile_that_is_silent_is_waited_for_a_little(site: Site, state: CommandState) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    [command] = commands_for(order, "RemoteStartTransaction")
    site.charger.answers(command, state)
    site.wait(seconds=19)
    site.work()
    assert again(order).charge_state == ChargeState.STARTING

    site.wait(seconds=1)
    site.work()

    assert given_up(site, order, driver).failure == f"start_{state}"
    assert len(commands_for(order, "RemoteStartTransaction")) == 1


@pytest.mark.statement(88)
def test_a_silent_pile_that_started_all_the_same_charges(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    [command] = commands_for(order, "RemoteStartTransaction")
    site.charger.answers(command, CommandState.TIMED_OUT)
    site.wait(seconds=10)
    begin(site, order)
    site.wait(seconds=30)
    site.work()

    order = again(order)
    assert (order.charge_state, order.failure, order.hold) == (ChargeState.CHARGING, "", 5_000)


def test_a_start_that_overtakes_the_answer_to_the_command_is_a_start(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    [command] = commands_for(order, "RemoteStartTransaction")
    begin(site, order)

    site.charger.answers(command, CommandState.REJECTED)
    site.wait(minutes=5)
    site.work()

    assert again(order).charge_state == ChargeState.CHARGING


def test_a_driver_cancels_before_energy_flows(site: Site) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    with site.present():
        starting.cancel_order(order, actor=ACTOR)
        starting.cancel_order(order, actor=ACTOR)

    order = again(order)
    assert (order.charge_state, order.pay_state) == (ChargeState.CANCELLED, PayState.RELEASED)
    assert wallet_of(driver).cash == 5_000
    with site.present():
        assert OrderEvent.objects.filter(order=order, kind="given_up").count() == 1


def test_a_charge_that_has_begun_is_not_cancelled(site: Site) -> None:
    order, _ = make_running_order(site)
    with site.present(), pytest.raises(Refused) as caught:
        starting.cancel_order(order, actor=ACTOR)

    assert caught.value.code == "already_charging"
    assert again(order).charge_state == ChargeState.CHARGING


def test_a_live_start_after_the_order_was_given_up_is_blocked_stopped_and_a_case(site: Site) -> None:
    """A03."""
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    site.wait(minutes=3)
    site.work()
    site.wait(seconds=5)

    answer = site.charger.starts(order.id_tag)
    site.work()

    assert answer.id_tag.status == "Blocked"
    given_up(site, order, driver)
    late = order_of(answer.transaction_id)
    assert late.pk != order.pk
    assert (late.driver_id, late.charge_state) == (None, ChargeState.STOPPING)
    assert Flag.AFTER_CANCEL in late.flags
    assert [command.payload for command in commands_for(late, "RemoteStopTransaction")] == [
        {"transactionId": answer.transaction_id}
    ]
    site.wait(seconds=20)
    site.charger.stops(answer.transaction_id, 1_000_300, reason="DeAuthorized")
    site.work()
    assert cases_of(late)["A03"].state == "open"
    assert (again(late).total, again(late).written_off) == (60, 60)
    assert wallet_of(driver).cash == 5_000


def test_a_start_after_cancel_without_energy_needs_nobody(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    site.wait(minutes=3)
    site.work()
    site.wait(seconds=5)
    key = site.charger.starts(order.id_tag).transaction_id
    site.charger.stops(key, 1_000_000, reason="DeAuthorized")
    site.work()

    assert set(cases_of(order_of(key))) == {"A10"}


def test_a_start_made_offline_before_the_order_was_given_up_reopens_it(site: Site) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    site.wait(seconds=30)
    plugged = site.now
    site.charger.goes()
    site.wait(minutes=5)
    site.work()
    given_up(site, order, driver)
    site.wait(minutes=20)
    site.charger.comes()

    answer = site.charger.starts(order.id_tag, at=plugged)
    site.work()

    order = again(order)
    assert answer.id_tag.status == "Accepted"
    assert (order.charge_state, order.pay_state, order.hold) == (
        ChargeState.CHARGING,
        PayState.HELD,
        5_000,
    )
    assert (order.failure, order.ended_at) == ("", None)
    assert Flag.REOPENED in order.flags
    site.charger.stops(answer.transaction_id, 1_020_000)
    site.work()
    assert (again(order).total, again(order).paid_cash) == (4_000, 4_000)


def test_a_reopened_order_whose_money_is_gone_is_owed(site: Site) -> None:
    """A17."""
    driver = site.driver(cash=2_000)
    order = site.press_start(driver)
    plugged = site.wait(seconds=30)
    site.charger.goes()
    site.wait(minutes=5)
    site.work()
    second = make_site(price=None, agency=site.agency, now=site.now)
    spent = second.press_start(driver)
    begin(second, spent)
    site.wait(minutes=20)
    site.charger.comes()

    key = site.charger.starts(order.id_tag, at=plugged).transaction_id
    site.work()
    assert (again(order).pay_state, again(order).hold) == (PayState.RELEASED, 0)
    site.charger.stops(key, 1_005_000, at=plugged + timedelta(minutes=10))
    site.work()

    order = again(order)
    assert (order.total, order.paid_cash, order.arrears) == (1_000, 0, 1_000)
    assert order.pay_state == PayState.ARREARS
    assert "A17" in cases_of(order)


@pytest.mark.statement(55)
def test_a_start_on_another_connector_than_asked_is_followed_and_flagged(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000), connector=1)
    key = begin(site, order, connector=2)
    site.work()

    order = again(order)
    assert (order.transaction_id, order.connector.number) == (key, 2)
    assert Flag.OTHER_CONNECTOR in order.flags


def test_a_start_on_a_connector_that_nobody_announced_makes_it(site: Site) -> None:
    key = site.charger.starts("UNKNOWN", connector=7).transaction_id
    site.work()

    assert order_of(key).connector.number == 7
    assert not order_of(key).connector.registered
