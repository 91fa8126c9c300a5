"""Which codes a day has: seasons, holidays, weekdays and single dates, and which of them goes before which."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from stations.daytypes import DayKind, DayType, Rank, calendar_of, claims, clashes, read_types
from stations.slots import (
    Band,
    Calendar,
    Codes,
    Season,
    SlotError,
    band_at,
    half_hours,
    parse_codes,
    segments,
)

USUAL = parse_codes("F" * 48)
SHARP, PEAK, VALLEY = (parse_codes(letter * 48) for letter in "SPV")
YEAR = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]

bands = st.lists(st.sampled_from(Band), min_size=48, max_size=48).map(tuple)
days = st.integers(0, 1460).map(lambda number: date(2026, 1, 1) + timedelta(days=number))
month_days = (
    st.integers(0, 365)
    .map(lambda number: date(2024, 1, 1) + timedelta(days=number))
    .map(lambda day: (day.month, day.day))
)
seasons = st.builds(Season, month_days, month_days)
weekdays = st.frozensets(st.integers(0, 6), min_size=1)


@st.composite
def day_types(draw: st.DrawFn) -> DayType:
    kind = draw(st.sampled_from(DayKind))
    of_week = kind is DayKind.WEEKDAYS or (kind is DayKind.SEASON and draw(st.booleans()))
    return DayType(
        kind=kind,
        name=draw(st.text(min_size=1, max_size=5)),
        codes=draw(bands),
        weekdays=draw(weekdays) if of_week else frozenset(),
        season=draw(seasons) if kind is DayKind.SEASON else None,
        dates=draw(st.frozensets(days, min_size=1, max_size=5)) if kind is DayKind.DATES else frozenset(),
    )


def weekend(codes: Codes = VALLEY, **over: Any) -> DayType:
    return DayType(DayKind.WEEKDAYS, "Weekend", codes, **{"weekdays": frozenset({5, 6})} | over)


def season(first: str, last: str, codes: Codes = PEAK, **over: Any) -> DayType:
    return DayType(DayKind.SEASON, f"{first} {last}", codes, season=Season.parse(first, last), **over)


def dates(*named: date, codes: Codes = SHARP) -> DayType:
    return DayType(DayKind.DATES, "Dates", codes, dates=frozenset(named))


HOLIDAYS = DayType(DayKind.HOLIDAYS, "Holidays", VALLEY)


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("06-01", "08-31", 92), ("11-15", "02-28", 106), ("01-01", "12-31", 365), ("05-05", "05-05", 1)],
)
def test_a_season_has_its_days_every_year_also_over_new_year(first: str, last: str, count: int) -> None:
    assert sum(Season.parse(first, last).covers(day) for day in YEAR) == count


def test_a_season_that_ends_with_february_ends_with_it_in_leap_years_too() -> None:
    winter = Season.parse("12-01", "02-28")

    assert winter.covers(date(2028, 2, 29)) and not winter.covers(date(2028, 3, 1))


@pytest.mark.parametrize("text", ["02-30", "13-01", "00-10", "summer", "", "6"])
def test_a_day_that_no_year_has_begins_no_season(text: str) -> None:
    with pytest.raises(SlotError, match="bad_season"):
        Season.parse(text, "12-31")


def test_the_most_special_type_counts_whatever_the_order() -> None:
    christmas = date(2027, 12, 25)  # a Saturday
    ranked = [
        dates(christmas),
        HOLIDAYS,
        season("12-01", "12-31", weekdays=frozenset({5})),
        season("11-01", "01-31"),
        weekend(),
    ]
    for number in range(len(ranked)):
        left = ranked[number:]
        assert [one.rank for one in claims(left[::-1], christmas, [christmas])] == [
            rank for rank in list(Rank)[number:5]
        ]
        assert calendar_of(USUAL, left[::-1], [christmas]).codes_on(christmas) == left[0].codes
    assert claims([], christmas) == []


def test_holidays_are_those_of_the_calendar() -> None:
    day = date(2027, 10, 1)

    assert calendar_of(USUAL, [HOLIDAYS], [day]).codes_on(day) == VALLEY
    assert calendar_of(USUAL, [HOLIDAYS], []).codes_on(day) == USUAL


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (weekend(), weekend(weekdays=frozenset({6})), True),
        (weekend(), weekend(weekdays=frozenset({0, 1})), False),
        (season("06-01", "08-31"), season("08-31", "09-30"), True),
        (season("06-01", "08-31"), season("09-01", "09-30"), False),
        (season("11-01", "02-28"), season("02-01", "03-31"), True),
        (season("06-01", "08-31"), season("07-01", "07-31", weekdays=frozenset({0})), False),
        (
            season("06-01", "08-31", weekdays=frozenset({5, 6})),
            season("07-01", "07-31", weekdays=frozenset({6})),
            True,
        ),
        (
            season("06-01", "08-31", weekdays=frozenset({5})),
            season("07-01", "07-31", weekdays=frozenset({6})),
            False,
        ),
        (HOLIDAYS, HOLIDAYS, True),
        (dates(date(2027, 1, 1)), dates(date(2027, 1, 1), date(2027, 1, 2)), True),
        (dates(date(2027, 1, 1)), dates(date(2027, 1, 2)), False),
        (weekend(), HOLIDAYS, False),
    ],
)
def test_two_types_of_one_rank_never_claim_the_same_day(first: DayType, second: DayType, clash: bool) -> None:
    assert bool(clashes([first, second])) is clash


@given(st.lists(day_types(), max_size=4), days)
def test_without_a_clash_the_order_does_not_matter(types: list[DayType], day: date) -> None:
    if not clashes(types):
        assert calendar_of(USUAL, types).codes_on(day) == calendar_of(USUAL, types[::-1]).codes_on(day)


@given(day_types())
def test_a_day_type_is_read_back_from_its_json(one: DayType) -> None:
    assert read_types(json.loads(json.dumps([one.to_json()]))) == (one,)


@pytest.mark.parametrize(
    "spoilt",
    [
        [{}],
        ["weekend"],
        [weekend().to_json() | {"kind": "moon"}],
        [weekend().to_json() | {"codes": "F"}],
        [weekend().to_json() | {"dates": ["tomorrow"]}],
        [weekend().to_json() | {"season": ["06-01"]}],
    ],
)
def test_what_is_no_day_type_is_refused(spoilt: Any) -> None:
    with pytest.raises(SlotError):
        read_types(spoilt)


@given(
    st.lists(day_types(), max_size=4),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo"]).map(ZoneInfo),
    st.integers(0, 4 * 365 * 1440),
)
def test_every_instant_has_exactly_one_band(types: list[DayType], zone: ZoneInfo, minute: int) -> None:
    calendar = calendar_of(USUAL, types)
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    covering = [
        half_hour
        for day in (at.astimezone(zone).date() + timedelta(days=step) for step in (-1, 0, 1))
        for half_hour in half_hours(day, zone)
        if half_hour.start <= at < half_hour.end
    ]

    assert len(covering) == 1
    assert band_at(at, zone, calendar) is calendar.band(covering[0])


@pytest.mark.parametrize(
    ("day", "count"), [(date(2027, 3, 28), 46), (date(2027, 10, 31), 50), (date(2027, 10, 30), 48)]
)
@given(types=st.lists(day_types(), max_size=3))
def test_the_parts_of_a_day_add_up_also_where_clocks_change(
    types: list[DayType], day: date, count: int
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar: Calendar = calendar_of(USUAL, types)
    cuts = half_hours(day, berlin)

    assert len(cuts) == count
    assert sum((cut.end - cut.start for cut in cuts), timedelta()) == timedelta(minutes=30 * count)
    assert [calendar.band(cut) for cut in cuts] == [calendar.codes_on(day)[cut.number] for cut in cuts]
    assert len(segments(cuts[0].start, cuts[-1].end, berlin)) == count
