"""What the page of a pile shows of orders: the charge that runs, with its curve, and the last ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from stations.staleness import METER_OLD_AFTER
from tests.factories.orders import Site, make_settled_order
from tests.factories.tenants import make_tenant
from tests.orders.staff import Desk, words
from tests.orders.stages import charging


def pile_url(site: Site) -> str:
    return reverse("stations:pile", args=[site.pile.pk])


def test_the_charge_that_runs_is_drawn_with_what_it_costs_so_far(site: Site) -> None:
    order = charging(site)
    response = Desk(site).get(pile_url(site))
    page = words(response)
    parts = {part.template: part.context for part in response.context["parts"]}
    [session] = parts["orders/_running_at_pile.html"]["sessions"]
    drawn = session["curve"].chart.as_json()

    assert order.order_no in page and "48.0 kW" in page and "Charge at A" in page and "31 %" in page
    assert [one["name"] for one in drawn["series"]] == ["Power", "SoC", "Energy"] and drawn["bands"]


def test_a_charge_of_which_no_reading_came_for_long_can_be_asked_for_its_meter(site: Site) -> None:
    order = charging(site)

    def html(desk: Desk) -> str:
        return str(desk.get(pile_url(site)).content.decode())

    asks = reverse("stations:ask_for", args=[site.pile.pk, "meter", order.connector.number])
    with unscoped(reason="tests"):
        type(order).objects.filter(pk=order.pk).update(last_sample_at=site.now)
    assert asks not in html(Desk(site))
    with unscoped(reason="tests"):
        type(order).objects.filter(pk=order.pk).update(last_sample_at=site.now - METER_OLD_AFTER * 2)

    assert asks in html(Desk(site))
    assert asks not in html(Desk(site, role=Role.FINANCE))


def test_the_last_orders_stand_there_and_nothing_runs_after_the_end(site: Site) -> None:
    order = make_settled_order(site)
    response = Desk(site).get(pile_url(site))
    parts: dict[str, Any] = {part.template: part.context for part in response.context["parts"]}

    assert parts["orders/_running_at_pile.html"]["sessions"] == []
    [(row, *_rest)] = parts["orders/_of_pile.html"]["orders"]
    assert row.order_no == order.order_no and "¥ 20.00" in words(response)


def test_an_order_of_another_owner_of_its_time_is_not_shown(site: Site) -> None:
    order = make_settled_order(site)
    with unscoped(reason="tests"):
        heir = make_tenant(site.operator)
        site.station.tenant = heir
        site.station.save(update_fields=["tenant"])
        site.pile.tenant = heir
        site.pile.save(update_fields=["tenant"])

    assert order.order_no not in Desk(site, tenant=heir).read(pile_url(site))
    assert order.order_no in Desk(site).read(pile_url(site))


@pytest.mark.parametrize("role", list(Role))
def test_whoever_may_see_the_pile_and_no_orders_sees_none(site: Site, role: Role) -> None:
    order = make_settled_order(site)
    desk = Desk(site, role=role)
    may = desk.get(f"/orders/{order.order_no}/").status_code == 200
    response = desk.get(pile_url(site))
    if response.status_code == 200:
        assert (order.order_no in words(response)) is may
