"""The totals of days are the sums of the orders, whatever happens twice, late or at the same time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from backoffice.kit import clock
from backoffice.kit.levels import Level
from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from reports import services
from reports.models import DayLoad, DayTotal, DirtyDay
from tenants.models import Tenant
from tests.factories.tenants import Forest, make_forest, make_tenant
from tests.reports.days import COLUMNS, Place, expected, make_order, make_place, refresh

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)


def stored(tenant: Tenant) -> dict[tuple[date, str], dict[str, int]]:
    with unscoped(reason="test"):
        return {
            (row.day, row.currency): {name: getattr(row, name) for name in COLUMNS}
            for row in DayTotal.objects.filter(tenant=tenant)
        }


def loads(tenant: Tenant) -> dict[date, list[int]]:
    with unscoped(reason="test"):
        return {row.day: row.wh for row in DayLoad.objects.filter(tenant=tenant)}


def marks() -> int:
    with unscoped(reason="test"):
        return DirtyDay.objects.count()


@pytest.fixture
def places(db: None) -> tuple[Forest, list[Place]]:
    """Stations at four places of one manufacturer's tree, for all examples of a property."""
    forest = make_forest()
    owners = (forest.agency, forest.sibling_agency, forest.operator, forest.cousin_agency)
    return forest, [make_place(tenant) for tenant in owners]


orders_of_days = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 3).map(lambda back: TODAY - timedelta(days=back)),
        st.sampled_from(["CNY", "EUR"]),
        st.integers(0, 90_000),
        st.integers(0, 500_000),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=orders_of_days, cuts=st.integers(0, 12))
def test_totals_are_the_sums_of_the_orders_at_every_level(places: Any, drawn: list[Any], cuts: int) -> None:
    forest, where = places
    with transaction.atomic():
        made: list[ChargingOrder] = []
        for number, (place, day, currency, wh, total, is_settled) in enumerate(drawn):
            made.append(
                make_order(
                    where[place],
                    day,
                    currency=currency,
                    energy_wh=wh,
                    total=total,
                    settled_at=NOON if is_settled else None,
                )
            )
            if number == cuts:
                refresh()
        refresh()

        tenants = [*forest.chain, forest.sibling_agency, forest.cousin_operator, forest.sibling_dealer]
        assert {tenant.pk: stored(tenant) for tenant in tenants} == {
            tenant.pk: expected(made, tenant) for tenant in tenants
        }
        with unscoped(reason="test"):
            assert services.check_totals() == []
        transaction.set_rollback(True)


def test_a_parent_has_the_sum_of_its_children_and_of_its_own_stations() -> None:
    forest = make_forest()
    for tenant in (forest.agency, forest.agency, forest.sibling_agency, forest.operator):
        make_order(make_place(tenant), TODAY)
    refresh()

    key = (TODAY, "CNY")
    parts = [stored(tenant)[key] for tenant in (forest.agency, forest.sibling_agency)]
    assert stored(forest.operator)[key]["sessions"] == 4
    assert sum(part["sessions"] for part in parts) == 3
    assert stored(forest.manufacturer)[key] == stored(forest.operator)[key]
    assert stored(forest.sibling_operator) == {}


def test_making_a_day_anew_twice_changes_nothing() -> None:
    place = make_place(make_agency_below())
    make_order(place, TODAY)
    assert refresh() == 1
    before, load = stored(place.tenant), loads(place.tenant)

    assert refresh() == 0
    with unscoped(reason="test"):
        services.rebuild_totals(TODAY, TODAY)

    assert (stored(place.tenant), loads(place.tenant)) == (before, load)
    assert marks() == 0


def test_a_late_order_opens_its_own_day_again_and_no_other() -> None:
    place = make_place(make_agency_below())
    with clock.frozen(NOON):
        make_order(place, TODAY - timedelta(days=5))
        make_order(place, TODAY)
        refresh()
        today = stored(place.tenant)[TODAY, "CNY"]

        make_order(place, TODAY - timedelta(days=5))
        refresh()

    assert stored(place.tenant)[TODAY - timedelta(days=5), "CNY"]["sessions"] == 2
    assert stored(place.tenant)[TODAY, "CNY"] == today
    with unscoped(reason="test"):
        restated = {row.day: row.restated_at for row in DayTotal.objects.filter(tenant=place.tenant)}
    assert restated == {TODAY: None, TODAY - timedelta(days=5): NOON}


def test_an_order_whose_money_waits_counts_nowhere_until_it_is_settled() -> None:
    place = make_place(make_agency_below())
    order = make_order(place, TODAY, settled_at=None)
    assert refresh() == 0
    assert stored(place.tenant) == {}

    with unscoped(reason="test"):
        order.settled_at = NOON
        order.save(update_fields=["settled_at"])
        services.mark_day(order)
    refresh()

    assert stored(place.tenant)[TODAY, "CNY"]["sessions"] == 1


def test_energy_counts_in_the_half_hours_in_which_it_flowed_across_midnight() -> None:
    place = make_place(make_agency_below())
    yesterday = TODAY - timedelta(days=1)
    slots = [
        {"day": yesterday.isoformat(), "number": 47, "wh": 9_000},
        {"day": TODAY.isoformat(), "number": 0, "wh": 4_000},
    ]
    began = datetime(2026, 3, 9, 15, 40, tzinfo=UTC)
    make_order(place, TODAY, energy_wh=13_000, bill={"slots": slots}, started_at=began)
    make_order(place, TODAY, energy_wh=500, bill={"slots": [slots[1] | {"wh": 500}]})
    refresh()

    assert loads(place.tenant)[yesterday] == [0] * 47 + [9_000]
    assert loads(place.tenant)[TODAY] == [4_500] + [0] * 47


def test_a_total_that_was_tampered_with_is_found_and_made_right() -> None:
    place = make_place(make_agency_below())
    with clock.frozen(NOON):
        make_order(place, TODAY - timedelta(days=3))
        make_order(place, TODAY - timedelta(days=4))
        refresh()
        right = stored(place.tenant)
        with unscoped(reason="test"):
            DayTotal.objects.filter(tenant=place.tenant, day=TODAY - timedelta(days=3)).update(total=1)
            assert services.check_totals() == [TODAY - timedelta(days=3)]
            assert services.check_totals() == []

    assert stored(place.tenant) == right


def test_a_moved_agency_leaves_its_past_with_the_operator_of_then() -> None:
    forest = make_forest()
    place = make_place(forest.agency)
    make_order(place, TODAY, operator_id=forest.sibling_operator.pk)
    refresh()

    assert stored(forest.operator) == {}
    assert stored(forest.sibling_operator)[TODAY, "CNY"]["sessions"] == 1


@pytest.mark.django_db(transaction=True)
def test_orders_settled_while_totals_are_made_are_not_lost() -> None:
    place: Place = make_place(make_agency_below())

    def settle() -> None:
        for _ in range(10):
            make_order(place, TODAY)
        connection.close()

    def sweep() -> None:
        for _ in range(10):
            refresh()
        connection.close()

    threads = [Thread(target=work) for work in (settle, settle, sweep, sweep)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refresh()

    assert stored(place.tenant)[TODAY, "CNY"]["sessions"] == 20
    assert marks() == 0


def make_agency_below() -> Tenant:
    tenant = make_tenant()
    for _level in list(Level)[1:]:
        tenant = make_tenant(tenant)
    return tenant
