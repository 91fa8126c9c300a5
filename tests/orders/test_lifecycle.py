"""From the press of start to a settled order: the ways in which it goes well."""

from __future__ import annotations

from orders.states import ChargeState, PayState, ReviewState
from tests.factories.orders import (
    Site,
    again,
    cases_of,
    charge,
    commands_for,
    wallet_of,
)


def test_a_scanned_order_is_held_charged_settled_and_the_rest_given_back(site: Site) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)

    assert order.charge_state == ChargeState.STARTING
    assert (order.pay_state, order.hold) == (PayState.HELD, 5_000)
    assert (wallet_of(driver).cash, wallet_of(driver).held) == (0, 5_000)
    [command] = commands_for(order, "RemoteStartTransaction")
    assert command.payload == {"connectorId": 1, "idTag": order.id_tag}

    charge(site, order, wh=10_000)
    site.work()

    order = again(order)
    assert (order.charge_state, order.pay_state) == (ChargeState.ENDED, PayState.SETTLED)
    assert (order.energy_wh, order.total, order.paid_cash, order.hold) == (10_000, 2_000, 2_000, 0)
    assert (order.electricity_fee, order.service_fee) == (1_200, 800)
    assert order.review_state == ReviewState.NONE
    assert cases_of(order) == {}
    assert (wallet_of(driver).cash, wallet_of(driver).held) == (3_000, 0)
