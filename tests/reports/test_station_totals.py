"""The totals of a station are the sums of its orders, with the path of their time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from backoffice.kit import clock
from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from reports import selectors, services
from reports.models import DirtyDay, StationTotal
from tenants.selectors import scope_of
from tests.factories.tenants import Forest, make_forest
from tests.reports.days import make_order, make_place, refresh

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)


@pytest.fixture
def forest(db: None) -> Forest:
    return make_forest()


def test_they_are_added_up_once_for_each_station_day_and_currency(forest: Forest) -> None:
    here, beside = make_place(forest.agency), make_place(forest.sibling_agency)
    for over in ({}, {"currency": "EUR", "total": 500}, {"total": 700}, {"settled_at": None}):
        make_order(here, DAY, **over)
    make_order(here, DAY - timedelta(days=1))
    make_order(beside, DAY, total=9_999)
    refresh()
    refresh()

    station = here.connector.pile.station
    with scope_of(forest.agency.pk):
        day = selectors.station_day(station, DAY)
    assert (day.sessions, day.energy_wh, day.seconds) == (3, 60_000, 3 * 1800)
    assert day.amounts == {"CNY": 3_000, "EUR": 500}


def test_they_follow_an_order_that_changes_and_one_that_is_taken_back(forest: Forest) -> None:
    here = make_place(forest.agency)
    order = make_order(here, DAY)
    refresh()
    with unscoped(reason="test"):
        ChargingOrder.objects.filter(pk=order.pk).update(total=100)
        DirtyDay.objects.create(tenant=forest.agency, first_day=DAY, day=DAY, marked_at=order.created_at)
        refresh()
        assert StationTotal.objects.get().total == 100
        ChargingOrder.objects.filter(pk=order.pk).update(settled_at=None)
        services.rebuild_totals(DAY, DAY)
        assert not StationTotal.objects.exists()


def test_what_happened_under_another_owner_stays_his(forest: Forest) -> None:
    here = make_place(forest.agency)
    make_order(here, DAY)
    refresh()
    station = here.connector.pile.station
    with scope_of(forest.sibling_agency.pk):
        assert selectors.station_day(station, DAY).sessions == 0
    with scope_of(forest.operator.pk):
        assert selectors.station_day(station, DAY).sessions == 1


def test_totals_that_are_wrong_are_found_and_made_anew(forest: Forest) -> None:
    here = make_place(forest.agency)
    today = clock.now().date()
    make_order(here, today)
    refresh()
    with unscoped(reason="test"):
        StationTotal.objects.update(total=1)
        assert services.check_totals() == [today]
        assert StationTotal.objects.get().total == 2_300
        assert services.check_totals() == []
