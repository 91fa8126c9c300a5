"""Pages of tariffs: the editor without scripts and with them, and what is asked before a version counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit.perms import Role
from stations.models import Station, Tariff, TariffVersion
from stations.services import tariffs
from stations.services.tariffs import PRICES
from tenants.models import Tenant
from tests.factories.stations import (
    ACTOR,
    DAY,
    PRICES as PRICE_LIST,
    make_agency,
    make_station,
    make_tariff,
    make_version,
)
from tests.factories.tenants import make_member
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")


def rows(*spans: str, name: str = "codes") -> dict[str, list[str]]:
    """``"08:00 11:00 P"``: a day as it is sent without scripts."""
    cells = [span.split(" ") for span in spans]
    parts = zip(("from", "to", "band"), zip(*cells, strict=True), strict=True)
    return {f"{name}_{part}": list(column) for part, column in parts}


def version_data(**over: Any) -> dict[str, Any]:
    rest = {
        "codes": DAY,
        "valid_from": "2026-01-01T00:00",
        "idle_grace_min": "15",
        "idle_per_minute": "0.50",
        "idle_cap": "30",
        "idle_free": "22:00–06:00, 12:00-13:00",
        "min_hold": "20.00",
        "day_count": "0",
    }
    return {name: str(price) for name, price in PRICE_LIST.items()} | rest | over


def day_data(number: int, **over: Any) -> dict[str, Any]:
    """Another day type, as the strip sends it."""
    fields = {"name": "Weekend", "kind": "weekdays", "weekdays": ["5", "6"], "codes": "V" * 48} | over
    return {f"day{number}-{name}": value for name, value in fields.items()}


@pytest.fixture
def tariff() -> Tariff:
    return make_tariff(Tenant.objects.get(pk=make_agency().parent_id))


def new(tariff: Tariff) -> str:
    return reverse("stations:version_new", args=[tariff.pk])


def newest(tariff: Tariff) -> TariffVersion:
    return TariffVersion.objects.filter(tariff=tariff).latest("number")


def test_a_version_is_written_approved_and_carried_on() -> None:
    operator = Tenant.objects.get(pk=make_agency().parent_id)
    client = browser(operator)
    client.post(reverse("stations:tariff_new"), {"tenant": operator.pk, "name": "Day", "rounding": "line"})
    tariff = Tariff.objects.get(name="Day")
    client.post(new(tariff), version_data())

    version = newest(tariff)
    assert (version.codes, version.idle_per_minute, version.idle_cap, version.min_hold) == (
        DAY,
        50,
        3000,
        2000,
    )
    assert version.idle_free == [["22:00", "06:00"], ["12:00", "13:00"]]
    assert {name: getattr(version, name) for name in PRICES} == PRICE_LIST
    client.post(reverse("stations:version_approve", args=[version.pk]), {"confirmed": "1"})
    client.post(reverse("stations:tariff_default", args=[tariff.pk]), {"confirmed": "1"})
    tariff.refresh_from_db()
    assert TariffVersion.objects.get(pk=version.pk).state == "approved" and tariff.is_default

    form = client.get(new(tariff)).context["form"]
    assert form["codes"].initial == DAY
    assert 'value="0.50"' in str(form["idle_per_minute"])
    assert "22:00–06:00, 12:00–13:00" in str(form["idle_free"])


def test_rows_without_scripts_reach_the_same_day_as_the_strip(tariff: Tariff) -> None:
    client = browser(tariff.tenant)
    data = version_data() | rows("22:00 07:00 V", "07:00 10:30 F", "10:30 22:00 P")
    del data["codes"]
    client.post(new(tariff), data)

    assert newest(tariff).codes == "V" * 14 + "F" * 7 + "P" * 23 + "V" * 4


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        (("00:00 11:00 V", "13:00 24:00 P"), "11:00–13:00"),
        (("00:00 11:00 V", "10:00 24:00 P"), "10:00–11:00"),
        (("00:00 11:15 V", "11:30 24:00 P"), "11:15"),
        (("00:00 24:00 X",), "48"),
    ],
)
def test_rows_with_a_gap_or_an_overlap_come_back_as_they_were_typed(
    tariff: Tariff, spans: tuple[str, ...], words: str
) -> None:
    data = version_data() | rows(*spans)
    del data["codes"]
    answer = browser(tariff.tenant).post(new(tariff), data)

    assert words in errors(answer)["codes"][0]
    assert TariffVersion.objects.count() == 1
    page = answer.content.decode()
    for start, end, _band in (span.split(" ") for span in spans):
        assert f'value="{start}"' in page and f'value="{end}"' in page


def test_other_days_are_written_changed_and_taken_out(tariff: Tariff) -> None:
    client = browser(tariff.tenant)
    types = day_data(0) | day_data(1, name="Summer", kind="season", first="6-1", last="08-31", weekdays=[])
    types |= day_data(2, name="Fair", kind="dates", dates="2027-05-02, 2027-05-01", codes="S" * 48)
    types |= day_data(3, name="Holidays", kind="holidays", weekdays=["0"])
    client.post(new(tariff), version_data(day_count="4") | types)

    version = newest(tariff)
    assert [(one["kind"], one["weekdays"], one["season"], one["dates"]) for one in version.days] == [
        ("weekdays", [5, 6], [], []),
        ("season", [], ["06-01", "08-31"], []),
        ("dates", [], [], ["2027-05-01", "2027-05-02"]),
        ("holidays", [], [], []),
    ]
    edit = reverse("stations:version_edit", args=[version.pk])
    page = client.get(edit)
    assert [form["name"].value() for form in page.context["form"].types] == [
        "Weekend",
        "Summer",
        "Fair",
        "Holidays",
    ]
    kept = types | {"day1-remove": "on", "day2-remove": "on", "day0-name": "Sat & Sun"}
    client.post(edit, version_data(day_count="4", revision=str(version.revision)) | kept)
    assert [one["name"] for one in newest(tariff).days] == ["Sat & Sun", "Holidays"]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"weekdays": []}, "weekdays"),
        ({"kind": "season", "first": "06-01", "last": "02-30"}, "last"),
        ({"kind": "season", "first": "soon", "last": "08-31"}, "first"),
        ({"kind": "dates", "dates": ""}, "dates"),
        ({"kind": "dates", "dates": "2027-02-30"}, "dates"),
        ({"name": ""}, "name"),
        ({"kind": "moon"}, "kind"),
        ({"codes": "V" * 47}, "codes"),
    ],
)
def test_a_day_type_with_a_slip_comes_back_with_everything_typed(
    tariff: Tariff, over: dict[str, Any], field: str
) -> None:
    data = version_data(day_count="1", peak_service="0.77") | day_data(0, **over)
    answer = browser(tariff.tenant).post(new(tariff), data)

    [form] = answer.context["form"].types
    assert field in form.errors and answer.context["form"].non_field_errors()
    assert TariffVersion.objects.count() == 1
    assert 'value="0.77"' in answer.content.decode()


def test_days_that_clash_are_named(tariff: Tariff) -> None:
    types = day_data(0) | day_data(1, name="Sundays", weekdays=["6"])
    answer = browser(tariff.tenant).post(new(tariff), version_data(day_count="2") | types)

    [words] = answer.context["form"].non_field_errors()
    assert "Weekend" in words and "Sundays" in words
    assert TariffVersion.objects.count() == 1


@pytest.mark.parametrize("button", ["add_day", "more_rows"])
def test_more_room_is_given_without_saving_or_losing_anything(tariff: Tariff, button: str) -> None:
    data = version_data(day_count="1", peak_service="rubbish", **{button: "1"}) | day_data(0, name="")
    answer = browser(tariff.tenant).post(new(tariff), data)

    form = answer.context["form"]
    assert not form.errors and TariffVersion.objects.count() == 1
    assert len(form.types) == (2 if button == "add_day" else 1)
    page = answer.content.decode()
    assert 'value="rubbish"' in page and f'name="day_count" value="{len(form.types)}"' in page
    assert form.types[-1]["codes"].value() == (DAY if button == "add_day" else "V" * 48)


@pytest.mark.parametrize("count", ["-1", "99999999999", "many", ""])
def test_a_count_of_day_types_that_is_none_does_no_harm(tariff: Tariff, count: str) -> None:
    answer = browser(tariff.tenant).post(new(tariff), version_data(day_count=count))

    assert answer.status_code in {200, 302}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"codes": DAY[:-1]}, "codes"),
        ({"codes": "X" * 48}, "codes"),
        ({"peak_service": "-1"}, "peak_service"),
        ({"peak_service": "101"}, "peak_service"),
        ({"peak_service": "99999"}, "peak_service"),
        ({"peak_service": "0.123456"}, "peak_service"),
        ({"idle_per_minute": "0.005"}, "idle_per_minute"),
        ({"idle_free": "at night"}, "idle_free"),
        ({"idle_free": "22:00–25:00"}, "idle_free"),
        ({"valid_to": "2025-01-01T00:00"}, "valid_to"),
        ({"valid_from": "soon"}, "valid_from"),
    ],
)
def test_a_version_with_a_slip_is_not_written(tariff: Tariff, over: dict[str, str], field: str) -> None:
    answer = browser(tariff.tenant).post(new(tariff), version_data(**over))

    assert field in errors(answer)
    assert TariffVersion.objects.count() == 1


def test_kwh_that_cost_nothing_are_asked_about(tariff: Tariff) -> None:
    version = make_version(tariff, approved=False, valley_electricity=Decimal(0), valley_service=Decimal(0))
    client, url = browser(tariff.tenant), reverse("stations:version_approve", args=[version.pk])

    assert "free" in errors(client.post(url, {"confirmed": "1"}))
    client.post(url, {"confirmed": "1", "free": "on"})
    assert TariffVersion.objects.get(pk=version.pk).state == "approved"


def test_the_second_editor_is_shown_what_the_first_saved_and_may_save_over_it(tariff: Tariff) -> None:
    version = make_version(tariff, approved=False)
    first, second = browser(tariff.tenant), browser(tariff.tenant, Role.FINANCE)
    url = reverse("stations:version_edit", args=[version.pk])
    opened = second.get(url).context["form"]["revision"].value()
    first.post(url, version_data(revision=str(opened), peak_service="0.65", codes="P" * 48))
    answer = second.post(url, version_data(revision=str(opened), peak_service="0.99"))

    page = answer.content.decode()
    assert answer.status_code == 200 and newest(tariff).peak_service == Decimal("0.65")
    changes = {str(one.label): str(one.after) for one in answer.context["changed"]}
    assert changes["Peak, service"] == "0.6500" and "peak" in changes.values()
    assert 'value="0.99"' in page and 'name="over" value="2"' in page
    second.post(url, version_data(revision=str(opened), peak_service="0.99", over="2"))
    assert (newest(tariff).peak_service, newest(tariff).revision) == (Decimal("0.99"), 3)


@pytest.mark.parametrize("over", ["1", "999", "rubbish", "-2", "٣"])
def test_saving_over_something_else_than_was_shown_saves_nothing(tariff: Tariff, over: str) -> None:
    version = make_version(tariff, approved=False)
    tariffs.edit_version(version, actor=ACTOR, peak_service=Decimal("0.65"))
    url = reverse("stations:version_edit", args=[version.pk])
    answer = browser(tariff.tenant).post(url, version_data(revision="1", over=over))

    assert answer.status_code == 200 and newest(tariff).revision == 2


def test_a_version_goes_from_its_author_to_a_second_person(tariff: Tariff) -> None:
    author, second = browser(tariff.tenant), browser(tariff.tenant, Role.FINANCE)
    author.post(new(tariff), version_data())
    version = newest(tariff)

    def press(client: Client, name: str, **data: str) -> Any:
        return client.post(reverse(f"stations:version_{name}", args=[version.pk]), {"confirmed": "1", **data})

    page = reverse("stations:version", args=[version.pk])
    names = [action.label for action in author.get(page).context["actions"]]
    assert names == ["Withdraw…", "Edit", "Submit…"]
    press(author, "submit")
    press(second, "return", reason="Too dear")
    assert b"Too dear" in author.get(page).content
    press(author, "submit")
    assert "__all__" in errors(press(author, "approve"))
    assert newest(tariff).state == "submitted"
    refused = {action.label: action.refused for action in author.get(page).context["actions"]}
    assert refused["Approve…"] and not refused["Return…"]
    press(second, "approve", revision=str(version.revision))
    assert newest(tariff).state == "approved"


def test_who_may_not_write_tariffs_submits_returns_and_assigns_nothing(tariff: Tariff) -> None:
    version = make_version(tariff, approved=False)
    client = browser(tariff.tenant, Role.SUPPORT)
    for name in ("version_submit", "version_return", "version_approve", "version_edit"):
        answer = client.post(
            reverse(f"stations:{name}", args=[version.pk]), {"confirmed": "1", "reason": "x" * 5}
        )
        assert answer.status_code == 403
    for url in (
        reverse("stations:assign_stations"),
        reverse("stations:tariff_ceiling"),
        reverse("stations:tariff_copy", args=[tariff.pk]),
        reverse("stations:tariff_assign", args=[tariff.pk]),
    ):
        assert client.post(url, {"confirmed": "1"}).status_code == 403
    assert newest(tariff).state == "draft" and Tariff.objects.count() == 1


def test_the_tariff_of_a_station_is_chosen_and_taken_off() -> None:
    station = make_station()
    tariff = make_tariff(operator_of(station))
    client, url = browser(operator_of(station)), reverse("stations:station_tariff", args=[station.pk])
    client.post(url, {"tariff": tariff.pk})
    assert Station.objects.get(pk=station.pk).tariff_id == tariff.pk

    foreign = make_tariff(make_agency())
    assert "tariff" in errors(client.post(url, {"tariff": foreign.pk}))
    client.post(url, {"tariff": ""})
    assert Station.objects.get(pk=station.pk).tariff_id is None


def test_the_ceiling_is_set_shown_and_lifted(tariff: Tariff) -> None:
    make_member(tariff.tenant)
    client, url = browser(tariff.tenant), reverse("stations:tariff_ceiling")
    client.post(url, {"confirmed": "1", "amount": "0.65"})
    assert 'value="0.65' in client.get(url).content.decode()

    assert "amount" in errors(client.post(url, {"confirmed": "1", "amount": "-1"}))
    client.post(url, {"confirmed": "1", "amount": ""})
    assert client.get(url).context["form"]["amount"].value() is None
