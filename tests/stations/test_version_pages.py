"""What a version costs, for reading: a week of it, why a day is of its type, sessions before and after, two beside each other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.perms import Role
from stations.models import Station, Tariff, TariffAssignment, TariffVersion
from stations.services import tariffs
from tenants.models import Holiday, Tenant
from tests.factories.stations import (
    ACTOR,
    later,
    make_agency,
    make_pile,
    make_station,
    make_tariff,
    make_version,
)
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

WEEKEND = {
    "kind": "weekdays",
    "name": "Weekend",
    "codes": "V" * 48,
    "weekdays": [5, 6],
    "season": [],
    "dates": [],
}
HOLIDAYS = WEEKEND | {"kind": "holidays", "name": "Feast", "codes": "S" * 48, "weekdays": []}
CHRISTMAS_EVE = date(2026, 12, 24)


@pytest.fixture
def tariff() -> Tariff:
    return make_tariff(Tenant.objects.get(pk=make_agency().parent_id))


def draft(tariff: Tariff, **over: Any) -> TariffVersion:
    fields: dict[str, Any] = {"codes": "P" * 48, "days": [WEEKEND, HOLIDAYS]}
    return make_version(tariff, approved=False, **fields | over)


def page(version: TariffVersion, query: str = "", role: Role = Role.OWNER) -> Any:
    url = reverse("stations:version", args=[version.pk])
    return browser(version.tariff.tenant, role).get(url + query).context


def test_a_week_shows_the_type_of_each_day_by_the_rule_that_prices(tariff: Tariff) -> None:
    Holiday.objects.create(tenant=tariff.tenant, date=CHRISTMAS_EVE, name="Christmas Eve")
    shown = page(draft(tariff), "?day=2026-12-24&time=18:00")

    assert [one["type"] for one in shown["week"]] == [
        *["Usual day"] * 3,
        "Feast",
        "Usual day",
        "Weekend",
        "Weekend",
    ]
    assert shown["week"][3]["holiday"] == "Christmas Eve"
    assert shown["week"][3]["strip"]["words"] == "00:00–24:00 sharp"
    assert (shown["why"]["band"], shown["why"]["price"]) == ("sharp", Decimal(2))
    assert "Christmas Eve" in shown["why"]["reason"] and "Feast" in shown["why"]["reason"]


def test_the_reason_names_what_was_outranked(tariff: Tariff) -> None:
    saturday = {"kind": "dates", "name": "Fair", "codes": "S" * 48, "dates": ["2026-12-26"]}
    reason = page(draft(tariff, days=[WEEKEND, WEEKEND | saturday]), "?day=2026-12-26")["why"]["reason"]

    assert "“Fair”" in reason and "“Weekend”" in reason and "less special" in reason


def test_days_of_other_versions_are_marked(tariff: Tariff) -> None:
    begins = datetime(2027, 3, 31, tzinfo=UTC)
    week = page(draft(tariff, valid_from=begins, days=[]), "?day=2027-03-31")["week"]

    assert [one["outside"] for one in week] == [True, True, False, False, False, False, False]


@pytest.mark.parametrize(
    ("day", "words"), [("2027-03-28", "23 h"), ("2027-10-31", "25 h"), ("2027-10-30", "")]
)
def test_days_on_which_clocks_change_say_so(tariff: Tariff, day: str, words: str) -> None:
    Tenant.objects.filter(pk=tariff.tenant_id).update(timezone="Europe/Berlin")
    [shown] = [one for one in page(draft(tariff), f"?day={day}")["week"] if one["current"]]

    assert words in shown["clocks"] and bool(words) == bool(shown["clocks"])


def test_three_sessions_are_priced_before_and_after(tariff: Tariff) -> None:
    day = (later(0) + timedelta(days=1)).date().isoformat()
    version = draft(tariff, days=[], peak_service=Decimal("0.70"))
    samples = page(version, f"?day={day}")["samples"]

    assert [(one["kwh"], one["after"].amount) for one in samples] == [(30, 5_100), (10, 1_700), (60, 10_200)]
    night = samples[1]  # valley at 0.70 by the version in force
    assert (night["before"].amount, night["change"].amount) == (700, 1_000)
    assert night["parts"] == [("peak", "Peak", 10_000)]

    changed = page(version, f"?day={day}&kwh1=5.5&at1=00:30&power=11")["samples"][0]
    assert (changed["kwh"], changed["after"].amount) == (Decimal("5.5"), 935)
    assert changed["to"] - datetime.combine(
        date.fromisoformat(day), changed["from"], changed["to"].tzinfo
    ) == timedelta(minutes=30)


def test_the_first_version_has_nothing_before_it() -> None:
    tariff = tariffs.create_tariff(
        Tenant.objects.get(pk=make_agency().parent_id), actor=ACTOR, name="New one"
    )
    shown = page(draft(tariff))

    assert shown["before"] is None and shown["changes"] == []
    assert [one["before"] for one in shown["samples"]] == [None] * 3


@pytest.mark.parametrize(
    "query",
    [
        "?day=0001-01-01",
        "?day=9999-12-31",
        "?day=soon&time=99:99",
        "?kwh1=-5&kwh2=rubbish&kwh3=1e99&at1=x",
        "?power=0&kwh1=NaN",
        "?power=99999999999999999999",
        "?kwh1=0&day=2027-03-28&at1=02:30",
    ],
)
def test_what_makes_no_sense_is_left_out_of_what_is_looked_at(tariff: Tariff, query: str) -> None:
    assert len(page(draft(tariff), query)["samples"]) == 3


def test_what_differs_is_said_field_by_field_and_half_hour_by_half_hour(tariff: Tariff) -> None:
    changes = page(draft(tariff, peak_service=Decimal("0.65"), idle_cap=500))["changes"]
    said = {str(one.label): (str(one.before), str(one.after)) for one in changes}

    assert said["Peak, service"] == ("0.6000", "0.6500")
    assert said["Idle fee at most"] == ("–", "5.00")
    assert said["The usual day 00:00–08:00"] == ("valley", "peak")
    assert "The usual day 10:00–14:00" not in said
    assert said["“Weekend”"] == ("–", "Sat, Sun")


def test_two_versions_stand_side_by_side(tariff: Tariff) -> None:
    make_version(tariff, valid_from=later(3600))
    third = draft(tariff)
    client, url = browser(tariff.tenant), reverse("stations:tariff_compare", args=[tariff.pk])
    newest = client.get(url).context
    assert (newest["first"].number, newest["second"].number) == (2, 3)

    chosen = client.get(url, {"a": "3", "b": "1"}).context
    assert (chosen["first"], chosen["second"].number) == (third, 1)
    assert len(chosen["sides"]) == 2 and chosen["changes"]
    assert client.get(url, {"a": "x", "b": "99"}).context["second"].number == 3


def test_a_tariff_with_one_version_or_none_is_compared_with_nothing() -> None:
    operator = Tenant.objects.get(pk=make_agency().parent_id)
    empty, single = tariffs.create_tariff(operator, actor=ACTOR, name="Empty"), make_tariff(operator)
    for tariff, count in ((empty, 0), (single, 1)):
        shown = browser(operator).get(reverse("stations:tariff_compare", args=[tariff.pk])).context
        assert len(shown["sides"]) == count and shown["changes"] == []


def test_stations_that_were_picked_get_a_tariff_after_a_preview() -> None:
    pile = make_pile()
    station = Station.objects.get(pk=pile.station_id)
    foreign = make_station()
    tariff = make_tariff(operator_of(station))
    client, url = browser(operator_of(station)), reverse("stations:assign_stations")
    picked = {"pk": [station.pk, foreign.pk]}
    first = client.post(url, picked)
    assert first.context["picked"] and first.context["preview"] is None

    sent = picked | {"once": "t1", "tariff": tariff.pk, "due_at": ""}
    shown = client.post(url, sent | {"preview": "1"})
    assert shown.context["preview"]["impact"].terminals == 1
    assert f"{tariff} v1" in shown.content.decode() and foreign.name not in shown.content.decode()
    assert TariffAssignment.objects.count() == 0
    for _again in range(2):
        answer = client.post(url, sent)
        assert answer.status_code == 302 and "batch=" in answer["Location"]
    assert TariffAssignment.objects.count() == 1
    assert Station.objects.get(pk=station.pk).tariff_id == tariff.pk
    assert Station.objects.get(pk=foreign.pk).tariff_id is None
    assert client.post(url, {"pk": [foreign.pk]}).status_code == 404


def test_terminals_that_match_the_filters_are_planned_for_later() -> None:
    pile = make_pile()
    other = make_pile(Station.objects.get(pk=pile.station_id))
    tariff = make_tariff(operator_of(pile))
    url = f"{reverse('stations:assign_piles')}?every=1&words={pile.identity}"
    client = browser(operator_of(pile))
    assert client.get(url).status_code == 200
    client.post(url, {"once": "t", "tariff": tariff.pk, "due_at": "2199-01-01T00:00"})

    [planned] = TariffAssignment.objects.all()
    assert (planned.pile_id, planned.state) == (pile.pk, "waiting") and planned.pile_id != other.pk


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"due_at": "2020-01-01T00:00"}, "due_at"),
        ({"due_at": "soon"}, "due_at"),
        ({"codes": "NOWHERE"}, "codes"),
        ({"agency": "999999"}, "agency"),
    ],
)
def test_an_assignment_with_a_slip_changes_nothing_and_keeps_what_was_typed(
    over: dict[str, str], field: str
) -> None:
    station = make_station()
    tariff = make_tariff(operator_of(station))
    url = reverse("stations:tariff_assign", args=[tariff.pk])
    answer = browser(operator_of(station)).post(url, {"once": "t", "codes": station.code} | over)

    assert field in errors(answer)
    assert field == "agency" or over[field] in answer.content.decode()
    assert TariffAssignment.objects.count() == 0


def test_a_tariff_is_assigned_from_its_page_by_owner_by_tariff_and_by_code() -> None:
    station = make_station()
    sibling = make_station(station.tenant)
    old, new = make_tariff(operator_of(station)), make_tariff(operator_of(station))
    tariffs.assign_tariff(station, tariff=old, actor=ACTOR)
    client = browser(operator_of(station))
    url = reverse("stations:tariff_assign", args=[new.pk])

    client.post(url, {"once": "1", "instead_of": old.pk})
    assert Station.objects.get(pk=station.pk).tariff_id == new.pk
    assert Station.objects.get(pk=sibling.pk).tariff_id is None
    client.post(url, {"once": "2", "codes": f"{sibling.code.lower()},"})
    assert Station.objects.get(pk=sibling.pk).tariff_id == new.pk
    client.post(reverse("stations:tariff_assign", args=[old.pk]), {"once": "3", "agency": station.tenant_id})
    assert set(Station.objects.values_list("tariff_id", flat=True)) == {old.pk}


def test_codes_of_stations_of_others_are_unknown() -> None:
    station, foreign = make_station(), make_station()
    tariff = make_tariff(operator_of(station))
    answer = browser(operator_of(station)).post(
        reverse("stations:tariff_assign", args=[tariff.pk]), {"once": "1", "codes": foreign.code}
    )

    assert "codes" in errors(answer) and TariffAssignment.objects.count() == 0


def test_the_list_finds_tariffs_by_station_band_and_approval(tariff: Tariff) -> None:
    station = make_station(Tenant.objects.get(pk=tariff.tenant_id))
    tariffs.assign_tariff(station, tariff=tariff, actor=ACTOR)
    plain = make_tariff(tariff.tenant)
    TariffVersion.objects.filter(tariff=plain).update(bands="FV")
    tariffs.submit_version(draft(plain), actor=ACTOR)
    stranger = make_station()
    client, url = browser(tariff.tenant), reverse("stations.tariffs")

    def found(**query: str) -> set[str]:
        return {row.name for row in client.get(url, query).context["table"].data}

    assert found(station=station.code) == {tariff.name}
    assert found(station=stranger.name) == set()
    assert found(missing="sharp") == {plain.name}
    assert found(tab="waiting") == {plain.name}
    assert "0.70–2.00" in client.get(url).content.decode()


def test_a_planned_change_is_cancelled_from_the_list() -> None:
    station = make_station()
    tariff = make_tariff(operator_of(station))
    tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR, due_at=later(3600))
    planned = TariffAssignment.objects.get()
    client = browser(operator_of(station))
    client.post(
        reverse("stations.tariff_changes.do", args=["cancel"]),
        {"pk": planned.pk, "reason": "not yet", "confirmed": "1"},
    )

    assert TariffAssignment.objects.get().state == "cancelled"
