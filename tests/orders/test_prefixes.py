"""What order numbers begin with: the operator's code, or what it chose for the year; numbers that are given stay."""

from __future__ import annotations

from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from tenants.models import Tenant
from tenants.rules import Numbers
from tenants.services.settings import change_settings
from tests.factories.orders import ACTOR, Site, again


def choose(tenant: Tenant, **years: str) -> None:
    with unscoped(reason="test data"):
        change_settings(
            tenant, Numbers, {"years": {key.strip("y"): one for key, one in years.items()}}, actor=ACTOR
        )


def prefix(order: ChargingOrder) -> str:
    return again(order).order_no.partition("-")[0]


def test_a_new_prefix_concerns_new_orders_only(site: Site) -> None:
    usual = "".join(letter for letter in site.operator.code if letter.isalnum())[:9]
    before = site.press_start(site.driver(cash=5_000))
    choose(site.operator, **{f"y{site.now.year}": "SUN"})
    after = site.press_start(site.driver(cash=5_000), connector=2)
    assert (prefix(before), prefix(after)) == (usual, "SUN")


def test_a_prefix_of_next_year_waits_for_it(site: Site) -> None:
    choose(site.operator, **{f"y{site.now.year + 1}": "SOL"})
    assert prefix(site.press_start(site.driver(cash=5_000))) != "SOL"
    choose(site.operator, **{f"y{site.now.year - 1}": "SUN", f"y{site.now.year + 1}": "SOL"})
    assert prefix(site.press_start(site.driver(cash=5_000), connector=2)) == "SUN"
