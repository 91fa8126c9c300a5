"""The big screen: figures of today and of now, of the own tenant and below."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alarms.models import Alarm
from backoffice.kit import clock
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from reports.charts import first_of, month_chart
from reports.models import StationTotal
from reports.selectors import Totals
from stations.models import Station
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member
from tests.reports.days import make_order, make_place, refresh

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def forest() -> Forest:
    """Today an order of one agency and a bigger one of its sibling; one runs at the first; a cousin has one too."""
    cache.clear()
    forest = make_forest()
    with clock.frozen(NOW):
        make_order(make_place(forest.agency), TODAY, energy_wh=10_000, total=1_000)
        make_order(make_place(forest.sibling_agency), TODAY, energy_wh=30_000, currency="EUR", total=777)
        make_order(make_place(forest.cousin_agency), TODAY, energy_wh=90_000)
        refresh()
        make_row(
            ChargingOrder, forest.agency, charge_state="charging", started_at=NOW, power_w=61_500, energy_wh=8
        )
    return forest


def look(tenant: Tenant, role: Role = Role.OWNER, **query: str) -> Any:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    with clock.frozen(NOW):
        return client.get(reverse("reports.screen"), query)


def words(tenant: Tenant, role: Role = Role.OWNER) -> str:
    text: str = look(tenant, role, part="").content.decode().replace("\xa0", " ")
    return text


def test_it_says_what_happened_today_and_what_happens_now(forest: Forest) -> None:
    told = words(forest.operator)

    for figure in ("40.0 <small>kWh", "¥ 10.00 <small>+ € 7.77", "61.5 <small>kW", "08:00:00"):
        assert figure in told
    assert "Sessions now" in told


def call_station(owner: Tenant, name: str, **more: Any) -> None:
    """Give the station of this owner that has earned something a name."""
    with unscoped(reason="test"):
        earned = StationTotal.objects.values("station")
        Station.objects.filter(tenant=owner, pk__in=earned).update(name=name, **more)


def ranked(tenant: Tenant) -> str:
    return words(tenant).partition('id="screen-ranking"')[2].partition("</section>")[0]


def test_stations_are_ranked_by_the_energy_of_today(forest: Forest) -> None:
    for tenant, name in (
        (forest.agency, "East gate"),
        (forest.sibling_agency, "West gate"),
        (forest.cousin_agency, "Far gate"),
    ):
        call_station(tenant, name)
    told = ranked(forest.operator)
    assert told.index("West gate") < told.index("East gate") and "30.0 kWh" in told
    assert "Far gate" not in told
    own = ranked(forest.agency)
    assert "East gate" in own and "West gate" not in own and "10.0 kWh" in own


def test_a_station_that_changed_hands_is_not_named_to_whoever_had_it(forest: Forest) -> None:
    call_station(forest.agency, "New name", tenant=forest.sibling_agency)
    assert "New name" not in ranked(forest.agency)
    assert "New name" in ranked(forest.operator)


def test_who_may_not_see_alarms_has_none_on_the_screen(forest: Forest) -> None:
    make_row(Alarm, forest.agency, code="S08", severity=1)

    assert "Emergency stop pressed" in words(forest.operator)
    assert "Emergency stop pressed" not in words(forest.operator, Role.FINANCE)
    assert "screen-alarms" not in words(forest.operator, Role.FINANCE)


def test_what_many_look_at_is_made_once(forest: Forest) -> None:
    first = words(forest.operator)
    with clock.frozen(NOW), CaptureQueriesContext(connection) as asked:
        second = words(forest.operator)

    assert first == second
    assert not [query for query in asked.captured_queries if "orders_chargingorder" in query["sql"]]


def test_the_screen_asks_the_database_no_more_than_a_page_may(forest: Forest) -> None:
    client = Client()
    client.force_login(make_member(forest.manufacturer).user)
    client.get(reverse("reports.overview"))
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("reports.screen")).status_code == 200

    assert len(asked) <= 22


def test_carbon_is_named_only_where_somebody_said_how_much(forest: Forest, settings: Any) -> None:
    assert "CO₂" not in words(forest.operator)
    cache.clear()
    settings.CARBON_SAVED_G_PER_KWH = 500

    assert "CO₂ saved today" in words(forest.operator)


@pytest.mark.parametrize("bbox", ["", "1,2", "a,b,c,d"])
def test_what_is_no_part_of_the_map_is_refused(forest: Forest, bbox: str) -> None:
    client = Client()
    client.force_login(make_member(forest.operator).user)

    assert client.get(reverse("reports.screen_map"), {"z": "3", "bbox": bbox}).status_code == 400


def test_the_months_are_this_one_and_the_eleven_before_it() -> None:
    days = {date(2026, 3, 1): Totals(energy_wh=5_000), date(2025, 4, 30): Totals(energy_wh=2_000)}
    days[date(2025, 3, 31)] = Totals(energy_wh=9_000)

    chart = month_chart(days, TODAY)

    assert list(chart.series[0].data) == [2.0, *[0.0] * 10, 5.0]
    assert (len(chart.labels), chart.units) == (12, ["kWh"])
    assert first_of(TODAY, 3) == date(2025, 12, 1)
    assert first_of(date(2026, 1, 31), 1) == date(2025, 12, 1)
