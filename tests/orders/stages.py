"""An order at every stage that its page can show, each reached the way it really is."""

from __future__ import annotations

from backoffice.kit.actor import Actor
from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from orders.services.starting import cancel_order
from tests.factories.orders import (
    Site,
    again,
    charge,
    make_running_order,
    make_settled_order,
    order_of,
)
from tests.orders.staff import Desk, order_url

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
