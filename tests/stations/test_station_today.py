"""The list of stations tells of today by the clock of each station, from the totals of days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit import clock
from reports.models import StationTotal
from stations.models import Station
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import make_agency, make_pile, make_station
from tests.factories.tenants import make_tenant
from tests.stations.browsing import browser, operator_of
from tests.support.workbooks import content_of, rows_of

pytestmark = pytest.mark.usefixtures("everything")

NOW = datetime(2026, 3, 10, 11, tzinfo=UTC)
"""Four in the morning in Phoenix, and one o'clock of the next day on Kiritimati."""

SHOWN = "?columns=name,energy_today,revenue_today,used_today"


def settled(station: Station, day: date, *, owner: Tenant | None = None, **over: Any) -> None:
    figures = {"currency": "CNY", "sessions": 1, "energy_wh": 10_000, "seconds": 1_800, "total": 1_000}
    make_row(StationTotal, owner or station.tenant, station=station, day=day, **figures | over)


def lines(tenant: Tenant, query: str = SHOWN) -> dict[str, list[str]]:
    """What stands in each row, by the name of its station."""
    table = browser(tenant).get(reverse("stations.stations") + query).context["table"]
    shown = ("energy_today", "revenue_today", "used_today")
    return {
        row.record.name: [
            str(table.columns[name].column.value(row.record, table)).replace("\xa0", " ") for name in shown
        ]
        for row in table.rows
    }


def test_each_station_has_the_figures_of_its_own_day() -> None:
    agency = make_agency()
    early = make_station(agency, name="Kiritimati", timezone="Pacific/Kiritimati")
    late = make_station(agency, name="Phoenix", timezone="America/Phoenix")
    for station in (early, late):
        make_pile(station, connectors=2)
        settled(station, date(2026, 3, 9), energy_wh=9_000, total=900)
        settled(station, date(2026, 3, 10), energy_wh=10_000, total=1_000, seconds=7_200)
        settled(station, date(2026, 3, 11), energy_wh=11_000, total=1_100, seconds=7_200)
    with clock.frozen(NOW):
        found = lines(operator_of(early))
    assert found == {
        "Kiritimati": ["11.0", "¥ 11.00", "100.0 %"],  # an hour of the day is over, two connectors took two
        "Phoenix": ["10.0", "¥ 10.00", "25.0 %"],
    }


def test_a_station_without_a_zone_has_that_of_whoever_stands_above_it() -> None:
    operator = make_tenant(make_tenant(make_tenant()), timezone="Pacific/Kiritimati")
    station = make_station(make_tenant(operator), timezone="")
    settled(station, date(2026, 3, 11), total=1_100)
    settled(station, date(2026, 3, 10), total=1_000)
    with clock.frozen(NOW):
        assert lines(operator)[station.name] == [
            "10.0",
            "¥ 11.00",
            "",
        ]  # no connector, so no share of its time


def test_nothing_settled_is_nothing_earned_and_two_currencies_stand_side_by_side() -> None:
    agency = make_agency()
    quiet, mixed = make_station(agency, timezone="UTC"), make_station(agency, timezone="UTC")
    for currency in ("EUR", "CNY"):
        settled(mixed, NOW.date(), currency=currency)
    with clock.frozen(NOW):
        found = lines(operator_of(quiet))
        client = browser(operator_of(quiet))
        answer: Any = client.get(reverse("stations.stations.export") + SHOWN)
        excel = rows_of(content_of(answer))
    assert found[quiet.name] == ["0.0", "", ""]
    assert found[mixed.name] == ["20.0", "¥ 10.00 + € 10.00", ""]
    assert excel[0][3:5] == ["Revenue today", "Currency"]
    by_name = {line[0]: line for line in excel}
    assert by_name[quiet.name][2:5] == [0, "", ""]
    assert by_name[mixed.name][2:4] == [20, ""] and "10.00" in by_name[mixed.name][4]


def test_what_was_earned_under_another_owner_is_his() -> None:
    agency = make_agency()
    operator = Tenant.objects.get(pk=agency.parent_id or 0)
    station = make_station(agency, timezone="UTC")
    settled(station, NOW.date(), total=700)
    settled(station, NOW.date(), owner=make_tenant(operator), total=300)
    with clock.frozen(NOW):
        assert lines(agency)[station.name][1] == "¥ 7.00"
        assert lines(operator)[station.name][1] == "¥ 10.00"


def test_none_of_it_can_be_sorted_by() -> None:
    client = browser(operator_of(make_station()))
    page = client.get(f"{reverse('stations.stations')}{SHOWN}").content.decode()
    assert "sort=-name" in page or "sort=name" in page
    assert not [name for name in ("energy_today", "revenue_today", "used_today") if f"sort=-{name}" in page]
