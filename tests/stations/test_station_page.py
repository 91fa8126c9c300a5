"""The pages of a station: today's figures, price and why, hours, work, changes; and who may do what there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from alarms.models import Alarm, AlarmState
from alarms.services import raise_alarm
from backoffice.kit import clock
from backoffice.kit.perms import Role
from reports.models import StationTotal
from stations import selectors
from stations.hours import Hours, parse_ranges
from stations.models import Connector, Maintenance, Station
from stations.services import maintenance, sites, tariffs
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import (
    ACTOR,
    make_agency,
    make_online_pile,
    make_pile,
    make_station,
    make_tariff,
)
from tests.stations.browsing import browser, errors, operator_of
from tests.support.workbooks import content_of, sheets_of

pytestmark = pytest.mark.usefixtures("everything")

TYPED = {"name": "Gate", "status": "live", "hours_kind": "week", "is_public": "on"}


def page(station: Station, tenant: Tenant | None = None, role: Role = Role.OWNER) -> str:
    client = browser(tenant or operator_of(station), role)
    return client.get(reverse("stations:station", args=[station.pk])).content.decode()


def test_the_figures_of_today_come_from_the_totals_of_the_scope() -> None:
    station = make_station(timezone="Asia/Shanghai")
    make_pile(station)
    today = clock.now().astimezone(selectors.zone_of(station)).date()
    for currency, total in (("CNY", 12_345), ("EUR", 250)):
        make_row(
            StationTotal, station.tenant, station=station, day=today, currency=currency,
            sessions=3, energy_wh=41_500, seconds=600, total=total,
        )  # fmt: skip
    make_row(
        StationTotal, station.tenant, station=station, day=today - timedelta(days=1), currency="CNY", sessions=987_654
    )  # fmt: skip
    shown = page(station).replace("\xa0", " ")

    assert "83.0 kWh" in shown and "123.45" in shown and "2.50" in shown and "987,654" not in shown


def test_the_price_is_told_with_whose_it_is() -> None:
    station = make_station()
    operator = operator_of(station)
    own, default = make_pile(station, connectors=1), make_pile(station, connectors=2)
    for_one, for_all = (
        make_tariff(station.tenant, name="Night shift"),
        make_tariff(operator, name="House price"),
    )
    tariffs.assign_tariff(own, tariff=for_one, actor=ACTOR)
    tariffs.make_default(for_all, actor=ACTOR)
    shown = page(station)

    assert "Night shift" in shown and "the terminal&#x27;s own" in shown
    assert "House price" in shown and "the default of the operator" in shown
    [first, second] = selectors.tariffs_of_station(station, clock.now())
    assert (first.connectors, second.connectors) == (2, 1) and default.pk != own.pk


def test_alarms_that_are_open_stand_on_the_page_of_those_who_may_see_them() -> None:
    station = make_station()
    raise_alarm("T03", station=station)
    raise_alarm("F05", pile=make_pile(station))
    raise_alarm("F03", pile=make_pile())

    shown = page(station)
    assert "Temperature, humidity or flood" in shown and "Card reader fault" in shown
    assert "Meter fault" not in shown


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SUPPORT])
def test_those_who_may_only_look_get_no_buttons_and_change_nothing(role: Role) -> None:
    station = make_station()
    client = browser(operator_of(station), role)
    assert "maintenance/new" not in page(station, role=role)
    for name, data in (("maintenance_new", {}), ("station_edit", TYPED), ("station_photos", {})):
        answer = client.post(reverse(f"stations:{name}", args=[station.pk]), data)
        assert (
            answer.status_code == 403
            or "form" not in (answer.context or {})
            or answer.context["form"] is None
        )
    assert not Maintenance.objects.exists() and Station.objects.get().name == station.name


def test_hours_facilities_and_contact_are_typed_and_shown() -> None:
    station = make_station(timezone="Asia/Shanghai")
    client = browser(operator_of(station))
    typed = TYPED | {
        "day_0": "08:00-12:00, 14:00-22:00",
        "day_5": "24 h",
        "days": "2199-01-01 closed",
        "opening_hours": "Ring at the gate",
        "strict_hours": "on",
        "facilities": ["toilet", "wifi"],
        "height_limit_m": "2.1",
        "parking": "Two hours free",
        "opened_on": "2025-06-01",
        "contact": "Wang",
        "contact_phone": "+86 571 1234",
    }
    answer = client.post(reverse("stations:station_edit", args=[station.pk]), typed)
    row = Station.objects.get(pk=station.pk)

    assert answer.status_code == 302, errors(answer)
    hours = Hours.from_json(row.hours)
    assert hours is not None and hours.week[0] == parse_ranges("08:00-12:00, 14:00-22:00")
    assert (row.facilities, row.height_limit_m, row.strict_hours) == (
        ["toilet", "wifi"],
        Decimal("2.10"),
        True,
    )
    shown = page(station)
    for words in ("08:00–12:00, 14:00–22:00", "24 h", "Ring at the gate", "Toilet", "Two hours free", "Wang"):
        assert words in shown
    again = client.get(reverse("stations:station_edit", args=[station.pk])).context["form"]
    assert again["day_0"].initial == "08:00-12:00, 14:00-22:00" and again["hours_kind"].initial == "week"
    assert again["days"].initial == "2199-01-01 closed"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"day_2": "8 to 10"}, "day_2"),
        ({"day_2": "08:00-12:00, 11:00-13:00"}, "day_2"),
        ({"days": "tomorrow closed"}, "days"),
        ({}, "hours_kind"),
        ({"hours_kind": "never"}, "hours_kind"),
        ({"facilities": ["pool"], "day_0": "24 h"}, "facilities"),
        ({"height_limit_m": "0", "day_0": "24 h"}, "height_limit_m"),
        ({"contact_phone": "<b>", "day_0": "24 h"}, "contact_phone"),
    ],
)
def test_hours_that_make_no_sense_are_named_at_their_field_and_nothing_is_lost(
    over: dict[str, Any], field: str
) -> None:
    station = make_station()
    answer = browser(operator_of(station)).post(
        reverse("stations:station_edit", args=[station.pk]), TYPED | {"address": "Road 5"} | over
    )

    assert answer.status_code == 200 and field in errors(answer)
    assert "Road 5" in answer.content.decode()
    assert Station.objects.get(pk=station.pk).hours == {} and Station.objects.get().name == station.name


def test_a_window_is_set_shown_and_ended_by_page() -> None:
    station = make_station()
    pile = make_online_pile(station)
    client = browser(operator_of(station))
    soon = (clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    later = (clock.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    new = reverse("stations:maintenance_new", args=[station.pk])
    wrong = client.post(new, {"starts_at": later, "ends_at": soon, "reason": "cables"})
    assert "ends_at" in errors(wrong) and "cables" in wrong.content.decode()
    client.post(new, {"starts_at": soon, "ends_at": later, "reason": "cables", "piles": [pile.pk]})

    window = Maintenance.objects.get()
    listed = client.get(reverse("stations:station_maintenance", args=[station.pk])).content.decode()
    assert "cables" in listed and pile.name in listed and "cables" in page(station)
    client.post(reverse("stations:maintenance_cancel", args=[window.pk]), {"reason": "rain"})
    assert Maintenance.objects.get().state == "cancelled"


def test_piles_of_another_station_are_no_choice_for_a_window() -> None:
    station, foreign = make_station(), make_pile()
    client = browser(operator_of(station))
    soon = (clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    later = (clock.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(
        reverse("stations:maintenance_new", args=[station.pk]),
        {"starts_at": soon, "ends_at": later, "reason": "x", "piles": [foreign.pk]},
    )

    assert "piles" in errors(answer) and foreign.name not in answer.content.decode()
    assert not Maintenance.objects.exists()


def test_changes_are_listed_without_those_of_other_stations() -> None:
    station = make_station()
    other = make_station(station.tenant)
    sites.edit_station(station, actor=ACTOR, name="Renamed")
    sites.edit_station(other, actor=ACTOR, address="Elsewhere")
    url = reverse("stations:station_history", args=[station.pk])
    shown = browser(operator_of(station)).get(url).content.decode()

    assert "Station edited" in shown and "name" in shown
    assert shown.count("Station edited") == 1


def test_the_list_finds_stations_by_what_is_wrong_there_and_when_they_opened() -> None:
    agency = make_agency()
    operator = Tenant.objects.get(pk=agency.parent_id)
    calm, dark, alarmed, worked_on = (
        make_station(agency, name=name) for name in ("Calm", "Dark", "Alarmed", "Worked")
    )
    for station in (calm, alarmed, worked_on):
        make_online_pile(station)
    make_pile(dark)
    raise_alarm("F05", pile=make_pile(alarmed))
    now = clock.now()
    maintenance.plan_maintenance(
        worked_on, starts_at=now, ends_at=now + timedelta(hours=1), reason="x", actor=ACTOR
    )
    Maintenance.objects.update(state="running")
    sites.edit_station(calm, actor=ACTOR, opened_on=now.date())
    client = browser(operator)

    def found(**query: str) -> set[str]:
        rows = client.get(reverse("stations.stations"), query).context["table"].rows
        return {row.record.name for row in rows}

    assert found(online="100") == {"Dark", "Alarmed"} and found(online="50") == {"Dark"}
    assert found(trouble="alarm") == {"Alarmed"} and found(trouble="work") == {"Worked"}
    assert found(opened_on="today") == {"Calm"}


def test_both_lists_count_what_is_wrong_now_and_nothing_that_is_over() -> None:
    agency = make_agency()
    station, calm = make_station(agency, name="Alarmed"), make_station(agency, name="Calm")
    bad, good = make_pile(station, name="Bad"), make_pile(station, name="Good")
    for code in ("F05", "F04"):
        raise_alarm(code, pile=bad)
    over = raise_alarm("F05", pile=good)
    Alarm.objects.filter(pk=over.pk).update(state=AlarmState.CLEARED)
    raise_alarm("F05", pile=make_pile(make_station()))
    client = browser(agency)

    def counted(name: str) -> dict[str, int]:
        rows = client.get(reverse(name)).context["table"].rows
        return {row.record.name: row.record.alarm_count for row in rows}

    assert counted("stations.stations") == {"Alarmed": 2, calm.name: 0}
    assert counted("stations.piles") == {"Bad": 2, "Good": 0}


def test_a_connector_of_a_terminal_that_cannot_be_heard_is_not_said_to_charge() -> None:
    heard = make_online_pile()
    lost = make_pile(heard.station)
    Connector.objects.filter(number=1).update(status="Charging")
    Connector.objects.filter(number=2).update(status="Available")
    tags = {True: ">A Charging<", False: ">A Offline<"}
    client = browser(operator_of(heard))

    for url in (reverse("stations:station", args=[heard.station_id]), reverse("stations.piles")):
        text = client.get(url).content.decode()
        assert text.count(tags[True]) == 1 and text.count(tags[False]) == 1, url
        assert text.count(">B Offline<") == 1 and text.count(">B Available<") == 1, url
    export: Any = client.get(reverse("stations.piles.export"))
    rows = sheets_of(content_of(export))
    assert "A Offline · B Offline" in str(rows) and "A Charging · B Available" in str(rows)
    assert not lost.online
