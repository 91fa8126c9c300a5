"""Holidays: a tenant's own and those handed down, pasted, struck out, copied to the next year."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Holiday, Tenant
from tenants.selectors import holidays_for, scope_of
from tenants.services import calendar
from tenants.services.calendar import Day, read_days
from tests.factories.tenants import ACTOR, Forest, make_forest
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db
YEAR = (date(2027, 1, 1), date(2027, 12, 31))
MAY, JUNE, XMAS = date(2027, 5, 1), date(2027, 6, 9), date(2027, 12, 25)
PAGE = "/system/settings/holidays/"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def put(tenant: Tenant, *days: date, name: str = "Holiday") -> int:
    with scope_of(tenant.pk):
        return calendar.put_days(tenant, [Day(day, name) for day in days], actor=ACTOR)


def drop(tenant: Tenant, day: date) -> None:
    with scope_of(tenant.pk):
        calendar.drop_day(tenant, day, actor=ACTOR)


def held(tenant: Tenant) -> dict[date, str]:
    return holidays_for(tenant.pk, *YEAR)


def test_a_holiday_is_handed_down_and_not_up_or_sideways(forest: Forest) -> None:
    put(forest.dealer, MAY, name="Labour day")
    put(forest.operator, JUNE, name="Dragon boat")
    assert held(forest.agency) == held(forest.operator) == {MAY: "Labour day", JUNE: "Dragon boat"}
    assert held(forest.dealer) == held(forest.sibling_operator) == {MAY: "Labour day"}
    assert held(forest.manufacturer) == held(forest.cousin_operator) == {}


def test_the_nearest_name_of_a_day_holds(forest: Forest) -> None:
    put(forest.manufacturer, MAY, name="May day")
    put(forest.operator, MAY, name="Labour day")
    assert held(forest.agency) == {MAY: "Labour day"}


def test_days_out_of_the_span_are_not_told(forest: Forest) -> None:
    put(forest.operator, date(2026, 12, 31), date(2027, 1, 1), date(2027, 12, 31), date(2028, 1, 1))
    assert list(held(forest.operator)) == [date(2027, 1, 1), date(2027, 12, 31)]


def test_what_is_handed_down_is_struck_out_here_and_below_and_observed_again(forest: Forest) -> None:
    put(forest.dealer, MAY)
    drop(forest.operator, MAY)
    assert held(forest.operator) == held(forest.agency) == {}
    assert held(forest.sibling_operator) == {MAY: "Holiday"}
    with scope_of(forest.operator.pk):
        calendar.restore_day(forest.operator, MAY, actor=ACTOR)
    assert held(forest.agency) == {MAY: "Holiday"}


def test_an_own_day_that_is_handed_down_too_becomes_a_usual_day(forest: Forest) -> None:
    put(forest.dealer, MAY)
    put(forest.operator, MAY)
    drop(forest.operator, MAY)
    assert held(forest.operator) == {}
    put(forest.operator, MAY, name="Again")
    assert held(forest.operator) == {MAY: "Again"}


def test_only_a_holiday_is_taken_out(forest: Forest) -> None:
    with pytest.raises(Refused):
        drop(forest.operator, MAY)
    with unscoped(reason="a test compares"):
        assert not Holiday.objects.exists()


def test_nobody_writes_into_the_calendar_of_another_level(forest: Forest) -> None:
    with scope_of(forest.operator.pk), pytest.raises(Refused):
        calendar.put_days(forest.agency, [Day(MAY, "x")], actor=ACTOR)
    assert held(forest.agency) == {}


def test_a_change_is_recorded_once_with_before_and_after(forest: Forest) -> None:
    assert put(forest.operator, MAY, name="May day") == 1
    assert put(forest.operator, MAY, name="May day") == 0
    assert put(forest.operator, MAY, JUNE, name="Labour day") == 2
    with unscoped(reason="a test compares"):
        entries = list(AuditEntry.objects.filter(action="calendar.changed").order_by("pk"))
    assert [(one.before, one.after) for one in entries] == [
        ({}, {"2027-05-01": "May day"}),
        ({"2027-05-01": "May day"}, {"2027-05-01": "Labour day", "2027-06-09": "Labour day"}),
    ]


def test_a_year_is_copied_to_the_next_without_what_is_there_and_without_a_leap_day(forest: Forest) -> None:
    put(forest.operator, date(2028, 2, 29), date(2028, 5, 1), date(2028, 12, 25))
    put(forest.dealer, date(2028, 10, 1))
    put(forest.operator, date(2029, 12, 25), name="Christmas")
    with scope_of(forest.operator.pk):
        assert calendar.copy_year(forest.operator, 2028, actor=ACTOR) == 1
        assert calendar.copy_year(forest.operator, 2028, actor=ACTOR) == 0
    found = holidays_for(forest.operator.pk, date(2029, 1, 1), date(2029, 12, 31))
    assert found == {date(2029, 5, 1): "Holiday", date(2029, 12, 25): "Christmas"}


def test_days_are_read_one_a_line_or_as_a_span() -> None:
    text = "2027-05-01 Labour day\n\n 2027/10/1 .. 2027/10/3, National day \n2027.12.25;Christmas\n2027-05-01 May day"
    days = [(f"{one.date:%m-%d}", one.name) for one in read_days(text)]
    assert days == [
        ("05-01", "May day"),
        ("10-01", "National day"),
        ("10-02", "National day"),
        ("10-03", "National day"),
        ("12-25", "Christmas"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "2027-02-30 None",
        "2027-05-01",
        "May day",
        "2027-05-03 .. 2027-05-01 Backwards",
        "2027-01-01 .. 2029-01-01 Long",
        "1999-05-01 Old",
        "9999-05-01 Late",
        "2027-05-01 a\x00b",
        "=2027-05-01 Formula",
    ],
)
def test_a_line_that_is_no_day_is_named_and_nothing_is_kept(forest: Forest, line: str) -> None:
    answer = client_for(forest.operator).post(f"{PAGE}add/", {"days": f"2027-05-02 Fine\n{line}"})
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"days"}
    assert held(forest.operator) == {}


def test_too_many_days_at_once_are_refused() -> None:
    with pytest.raises(Refused):
        read_days("2027-01-01 .. 2027-12-31 Always\n2028-01-01 .. 2028-12-31 Always")
    with pytest.raises(Refused):
        read_days(" \n ")


def test_the_page_shows_whose_a_day_is_and_changes_it(forest: Forest) -> None:
    put(forest.dealer, MAY, name="Labour day")
    put(forest.sibling_operator, JUNE, name="Theirs")
    client = client_for(forest.operator)
    client.post(f"{PAGE}add/", {"days": "2027-12-25 Christmas"})
    page = client.get(f"{PAGE}?year=2027").content.decode()
    assert "Christmas" in page
    assert "Labour day" in page
    assert forest.dealer.name in page
    assert "Theirs" not in page
    client.post(f"{PAGE}drop/", {"date": "2027-05-01"})
    assert held(forest.operator) == {XMAS: "Christmas"}
    client.post(f"{PAGE}restore/", {"date": "2027-05-01"})
    client.post(f"{PAGE}copy/", {"year": "2027"})
    assert holidays_for(forest.operator.pk, date(2028, 1, 1), date(2028, 12, 31)) == {
        date(2028, 12, 25): "Christmas"
    }
    assert held(forest.operator) == {MAY: "Labour day", XMAS: "Christmas"}


@pytest.mark.parametrize("year", ["", "x", "0", "99999", "-1", "２０２７", "1000000000000"])
def test_a_year_without_sense_shows_this_one(forest: Forest, year: str) -> None:
    answer = client_for(forest.operator).get(PAGE, {"year": year})
    assert answer.status_code == 200
    assert answer.context["year"] in calendar.YEARS


@pytest.mark.parametrize("day", ["", "x", "2027-02-30", "2027-05-01\x00"])
def test_a_date_without_sense_is_not_there(forest: Forest, day: str) -> None:
    assert client_for(forest.operator).post(f"{PAGE}drop/", {"date": day}).status_code == 404


@pytest.mark.parametrize("part", ["add/", "copy/", "drop/", "restore/"])
def test_who_only_reads_changes_no_holiday(forest: Forest, part: str) -> None:
    put(forest.operator, MAY)
    client = client_for(forest.operator, Role.MANAGER)
    sent: dict[str, Any] = {"days": "2027-12-25 Christmas", "year": "2027", "date": "2027-05-01"}
    assert client.post(f"{PAGE}{part}", sent).status_code == 403
    assert held(forest.operator) == {MAY: "Holiday"}
