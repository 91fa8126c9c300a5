"""Opening hours: typed as people write them, read by the station's clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from stations.hours import (
    DAY_MIN,
    WHOLE_DAY,
    Fault,
    Hours,
    HoursError,
    Range,
    days_text,
    parse_days,
    parse_ranges,
    ranges_text,
)

MONDAY = date(2026, 3, 9)
NOON = datetime(2026, 3, 9, 12)  # noqa: DTZ001 (the station's wall clock)


def hours(weekdays: str, weekend: str = "", **days: str) -> Hours:
    week = (*[parse_ranges(weekdays)] * 5, *[parse_ranges(weekend)] * 2)
    return Hours(
        week, {date.fromisoformat(day[1:].replace("_", "-")): parse_ranges(t) for day, t in days.items()}
    )


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("", ()),
        ("closed", ()),
        ("休息", ()),
        ("24 h", WHOLE_DAY),
        ("全天", WHOLE_DAY),
        ("08:00-22:00", (Range(480, 1320),)),
        ("8.00 – 22.00", (Range(480, 1320),)),
        ("14:00-18:00, 08:00-12:00", (Range(480, 720), Range(840, 1080))),
        ("08:00～12:00；14:00～24:00", (Range(480, 720), Range(840, 1440))),
        ("22:00-06:00", (Range(1320, 1800),)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, ranges: tuple[Range, ...]) -> None:
    assert parse_ranges(text) == ranges


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("8 to 22", Fault.RANGE),
        ("08:00", Fault.RANGE),
        ("08:60-09:00", Fault.RANGE),
        ("24:00-06:00", Fault.RANGE),
        ("08:00-25:00", Fault.RANGE),
        ("08:00-08:00", Fault.RANGE),
        ("08:00-12:00, 11:00-14:00", Fault.OVERLAP),
        ("06:00-12:00, 22:00-08:00", Fault.OVERLAP),
        (", ".join(f"{hour:02d}:00-{hour:02d}:30" for hour in range(7)), Fault.TOO_MANY),
        ("<script>", Fault.RANGE),
    ],
)
def test_hours_that_cannot_be_are_told_apart(text: str, fault: Fault) -> None:
    with pytest.raises(HoursError) as error:
        parse_ranges(text)
    assert error.value.fault is fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("25.12. closed", Fault.DAY),
        ("2026-02-30 closed", Fault.DAY),
        ("2026-12-25 closed\n2026-12-25 24 h", Fault.TWICE),
        ("2026-12-25 maybe", Fault.RANGE),
    ],
)
def test_days_that_cannot_be_are_told_apart(text: str, fault: Fault) -> None:
    with pytest.raises(HoursError) as error:
        parse_days(text)
    assert error.value.fault is fault


def test_it_is_open_and_closed_by_the_week_and_by_the_day_that_differs() -> None:
    found = hours("08:00-12:00, 14:00-22:00", "10:00-18:00", d2026_03_11="closed")
    at = datetime.combine

    assert found.at(NOON - timedelta(hours=1)) == (now := found.at(NOON - timedelta(minutes=1)))
    assert now.open and now.until == NOON
    assert not found.at(NOON).open and found.at(NOON).until == NOON + timedelta(hours=2)
    evening = found.at(NOON + timedelta(hours=11))
    assert not evening.open and evening.until == at(MONDAY + timedelta(days=1), NOON.time()) - timedelta(
        hours=4
    )
    wednesday = found.at(NOON + timedelta(days=2))
    assert not wednesday.open and wednesday.until == NOON + timedelta(days=3, hours=-4)


def test_a_range_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    found = hours("22:00-06:00")

    assert found.at(NOON + timedelta(hours=17)).open  # Tuesday at 05:00, begun on Monday
    assert not found.at(NOON - timedelta(hours=7)).open  # Monday at 05:00: nothing began on Sunday
    assert found.at(NOON + timedelta(days=4, hours=17)).open  # Saturday at 05:00, begun on Friday


def test_what_is_open_around_the_clock_has_no_next_change() -> None:
    always = hours("24 h", "24 h")

    assert always.always and always.at(NOON).open and always.at(NOON).until is None
    shut = Hours(always.week, {MONDAY + timedelta(days=2): ()})
    assert not shut.always and shut.at(NOON).until == NOON + timedelta(days=1, hours=12)


def test_what_is_always_closed_never_opens() -> None:
    never = hours("")
    assert not never.at(NOON).open and never.at(NOON).until is None


def test_neighbouring_days_with_the_same_hours_are_one_line() -> None:
    assert [(first, last) for first, last, _ranges in hours("08:00-18:00", "24 h").groups()] == [
        (0, 4),
        (5, 6),
    ]


ranges = st.builds(
    lambda start, length: Range(start, start + length), st.integers(0, DAY_MIN - 1), st.integers(1, 600)
).filter(lambda one: one.end != DAY_MIN + one.start)


@given(
    week=st.lists(
        st.one_of(st.just(()), st.just(WHOLE_DAY), ranges.map(lambda one: (one,))), min_size=7, max_size=7
    ),
    days=st.dictionaries(
        st.dates(date(2026, 1, 1), date(2026, 12, 31)), ranges.map(lambda one: (one,)), max_size=4
    ),
)
def test_hours_are_the_same_after_they_were_stored_and_typed_again(week: list, days: dict) -> None:
    found = Hours(tuple(week), days)

    assert Hours.from_json(found.to_json()) == found
    assert tuple(parse_ranges(ranges_text(one)) for one in found.week) == found.week
    assert parse_days(days_text(found.days)) == found.days


@given(
    minute=st.integers(0, 8 * DAY_MIN),
    weekday=st.sampled_from(["08:00-12:00, 14:00-22:00", "22:00-06:00", "24 h"]),
)
def test_the_next_change_is_one(minute: int, weekday: str) -> None:
    found = hours(weekday, "10:00-18:00")
    local = NOON + timedelta(minutes=minute)
    now = found.at(local)

    assert now.until is not None and now.until > local
    assert found.at(now.until).open is not now.open
    assert found.at(now.until - timedelta(minutes=1)).open is now.open
