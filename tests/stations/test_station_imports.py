"""Stations that come in by Excel, and files that nobody imports."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.imports.files import forget_files
from backoffice.kit.models import AuditEntry, ImportFile
from stations.models import Station, StationStatus
from stations.services import sites
from tenants.models import Tenant
from tests.factories.stations import ACTOR, make_agency, make_station
from tests.stations.browsing import browser
from tests.stations.importing import bring_in, counts, send_rows
from tests.support.workbooks import content_of, rows_of

pytestmark = pytest.mark.usefixtures("everything")

NAME = "stations.stations"
HEADS = ("Code", "Name", "Agency", "Status", "Latitude", "Longitude", "Time zone", "Power limit, kW")


@pytest.fixture
def agency() -> Tenant:
    return make_agency()


def operator_above(agency: Tenant) -> Tenant:
    return Tenant.objects.get(pk=agency.parent_id)


def test_new_stations_are_opened_and_those_that_are_there_changed(agency: Tenant) -> None:
    old = make_station(agency, code="HZ-01", name="Old", city="杭州")
    client = browser(operator_above(agency))
    lines = [
        HEADS,
        ("hz-01", "East gate", agency.name, "Maintenance", None, None, None, 630),
        ("HZ-02", "West gate", agency.code, None, 30.2706, "120,0637", "Asia/Shanghai", None),
        ("HZ-03", "Own", None, "Planned", None, None, None, None),
    ]
    done = bring_in(client, lines, NAME)
    old.refresh_from_db()
    new, own = Station.objects.get(code="HZ-02"), Station.objects.get(code="HZ-03")

    assert counts(done) == (2, 1, 0, 0)
    assert (old.name, old.status, old.power_limit_kw, old.city) == (
        "East gate",
        StationStatus.MAINTENANCE,
        Decimal(630),
        "杭州",
    )
    assert (new.tenant, new.status, new.longitude) == (agency, StationStatus.LIVE, Decimal("120.063700"))
    assert own.tenant_id == agency.parent_id and own.status == StationStatus.PLANNED
    assert AuditEntry.objects.get(action="station.edited").before["name"] == "Old"
    assert counts(bring_in(client, lines, NAME)) == (0, 0, 3, 0)


def test_an_export_is_imported_as_it_is(agency: Tenant) -> None:
    make_station(agency, code="HZ-01", latitude=Decimal("30.25"), longitude=Decimal("120.1"))
    sites.close_station(make_station(agency, code="HZ-02"), actor=ACTOR, reason="gone")
    sites.store_of(agency, actor=ACTOR)
    client = browser(operator_above(agency))
    columns = "name,owner,city,piles,status,power_limit_kw,timezone,latitude,longitude,hotline,tariff"
    exported = rows_of(content_of(client.get(reverse("stations.stations.export") + f"?columns={columns}")))

    row = send_rows(client, [[None if cell == "" else cell for cell in line] for line in exported], NAME)
    assert counts(row) == (0, 0, 3, 0), row.faults


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (("TAKEN", "x", None, None, None, None, None, None), "Code"),
        (("Tür", "x", None, None, None, None, None, None), "Code"),
        (("HZ-02", "x", "Nobody", None, None, None, None, None), "Agency"),
        (("HZ-02", "x", None, None, 91, 0, None, None), "Latitude"),
        (("HZ-02", "x", None, None, 31, None, None, None), "Latitude"),
        (("HZ-02", "x", None, None, None, None, "Mars/Olympus", None), "Time zone"),
        (("HZ-02", "x", None, "Closed", None, None, None, None), "Status"),
        (("HZ-02", "x", None, "Store", None, None, None, None), "Status"),
        (("HZ-02", "x", None, None, None, None, None, -1), "Power limit, kW"),
        (("HZ-02", None, None, None, None, None, None, None), "Name"),
        (("HZ-01", "x", "Own code", None, None, None, None, None), "Agency"),
        (("CLOSED", "x", None, None, None, None, None, None), "Code"),
    ],
)
def test_a_row_that_one_station_would_be_refused_for_is_refused(
    line: tuple[Any, ...], column: str, agency: Tenant
) -> None:
    operator = operator_above(agency)
    make_station(code="TAKEN")
    make_station(agency, code="HZ-01")
    sites.close_station(make_station(agency, code="CLOSED"), actor=ACTOR, reason="gone")
    before = list(Station.objects.order_by("pk").values())
    typed = tuple(operator.code if cell == "Own code" else cell for cell in line)
    row = send_rows(browser(operator), [HEADS, typed], NAME)

    assert [fault[2] for fault in row.faults] == [column], row.faults
    assert list(Station.objects.order_by("pk").values()) == before


def test_a_station_of_somebody_else_is_not_opened_there(agency: Tenant) -> None:
    other = make_agency()
    row = send_rows(
        browser(operator_above(agency)),
        [HEADS, ("HZ-02", "x", other.name, None, None, None, None, None)],
        NAME,
    )

    assert row.faults[0][4] == "There is no operator or agency of this name."
    assert not Station.objects.exists()


def test_files_that_nobody_imports_are_removed_and_then_forgotten(agency: Tenant) -> None:
    client = browser(operator_above(agency))
    row = send_rows(client, [HEADS, ("HZ-02", "x", *[None] * 6)], NAME)
    storage, name = row.file.storage, row.file.name
    with clock.frozen(clock.now() + timedelta(days=1, minutes=1)):
        forget_files()
    row.refresh_from_db()
    page = client.get(reverse("imports.file", args=[row.public_id])).content.decode()

    assert not row.file and not storage.exists(name)
    assert "Send it again" in page
    with clock.frozen(clock.now() + timedelta(days=8)):
        forget_files()
    assert not ImportFile.objects.exists()


def test_only_the_last_files_of_somebody_wait(agency: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.kit.imports.files.MOST_WAITING", 2)
    client = browser(operator_above(agency))
    sent = [send_rows(client, [HEADS, (f"HZ-{n}", "x", *[None] * 6)], NAME) for n in range(3)]

    assert list(ImportFile.objects.order_by("pk")) == sent[1:]
