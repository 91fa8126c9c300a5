from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, strategies as st

from stations.slots import (
    HALF_HOUR,
    Band,
    Calendar,
    DayRule,
    Run,
    SlotError,
    band_at,
    bands_ahead,
    half_hour_at,
    half_hours,
    merge,
    next_change,
    parse_codes,
    segments,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
DAY = Calendar(parse_codes("V" * 14 + "F" * 14 + "P" * 2 + "S" * 18))

inhabited = st.sampled_from(sorted(name for name in available_timezones() if "/" in name)).map(ZoneInfo)
instants = st.integers(0, 20 * 365 * 86_400_000).map(
    lambda ms: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)


def local(text: str, zone: ZoneInfo = SHANGHAI, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("zone", "day", "count"),
    [
        ("Asia/Shanghai", "2025-03-30", 48),
        ("Asia/Shanghai", "2025-10-26", 48),
        ("Europe/Berlin", "2025-03-30", 46),
        ("Europe/Berlin", "2025-10-26", 50),
        ("Europe/Berlin", "2025-10-27", 48),
        ("Australia/Lord_Howe", "2025-04-06", 49),
        ("Australia/Lord_Howe", "2025-10-05", 47),
        ("Africa/Cairo", "2025-04-25", 46),
        ("Asia/Kathmandu", "2025-06-01", 48),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_a_day_has_as_many_half_hours_as_its_clock_shows(zone: str, day: str, count: int) -> None:
    assert len(half_hours(date.fromisoformat(day), ZoneInfo(zone))) == count


def test_a_skipped_hour_has_no_half_hour_and_a_repeated_one_has_it_twice() -> None:
    spring = [half_hour.number for half_hour in half_hours(date(2025, 3, 30), BERLIN)]
    autumn = [half_hour.number for half_hour in half_hours(date(2025, 10, 26), BERLIN)]
    assert spring == [0, 1, 2, 3, *range(6, 48)]
    assert autumn == [*range(6), 4, 5, *range(6, 48)]


@given(inhabited, instants)
def test_half_hours_cover_every_day_of_every_zone_without_gap_or_overlap(
    zone: ZoneInfo, at: datetime
) -> None:
    day = at.astimezone(zone).date()
    whole = [*half_hours(day, zone), *half_hours(day + timedelta(days=1), zone)]
    assert all(one.end == next_one.start for one, next_one in pairwise(whole))
    assert all(timedelta() < one.end - one.start <= HALF_HOUR for one in whole)


@given(inhabited, instants)
def test_the_half_hour_of_an_instant_is_what_the_wall_clock_shows(zone: ZoneInfo, at: datetime) -> None:
    half_hour = half_hour_at(at, zone)
    shown = at.astimezone(zone)
    assert half_hour.start <= at < half_hour.end
    assert (half_hour.day, half_hour.number) == (shown.date(), shown.hour * 2 + shown.minute // 30)


def test_a_limit_belongs_to_the_half_hour_that_it_begins() -> None:
    assert band_at(local("2026-03-10T13:59:59.999999"), SHANGHAI, DAY) is Band.FLAT
    assert band_at(local("2026-03-10T14:00:00"), SHANGHAI, DAY) is Band.PEAK
    assert band_at(local("2026-03-10T00:00:00"), SHANGHAI, DAY) is Band.VALLEY
    assert band_at(local("2026-03-10T23:59:59"), SHANGHAI, DAY) is Band.SHARP


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        half_hour_at(datetime(2026, 3, 10, 12), SHANGHAI)  # noqa: DTZ001


@given(inhabited, instants, st.timedeltas(timedelta(), timedelta(days=3)))
def test_segments_are_the_time_itself_in_pieces(zone: ZoneInfo, start: datetime, length: timedelta) -> None:
    pieces = segments(start, start + length, zone)
    assert pieces[0].start == start
    assert pieces[-1].end == start + length
    assert sum((piece.end - piece.start for piece in pieces), timedelta()) == length
    assert all(one.end == next_one.start for one, next_one in pairwise(pieces))
    assert all(half_hour_at(piece.start, zone).number == piece.number for piece in pieces)


def test_no_time_at_all_is_one_segment_and_an_end_on_a_limit_opens_no_other() -> None:
    noon = local("2026-03-10T12:00:00")
    assert [piece.number for piece in segments(noon, noon, SHANGHAI)] == [24]
    assert [piece.number for piece in segments(noon - HALF_HOUR, noon, SHANGHAI)] == [23]
    assert [piece.number for piece in segments(noon, noon - HALF_HOUR, SHANGHAI)] == [24]


@given(inhabited, instants, st.integers(-12, 14))
def test_the_zone_in_which_an_instant_is_written_does_not_matter(
    zone: ZoneInfo, at: datetime, offset: int
) -> None:
    written = at.astimezone(timezone(timedelta(hours=offset)))
    later = timedelta(hours=5)
    assert segments(written, written + later, zone) == segments(at, at + later, zone)
    assert all(piece.start.tzinfo is UTC for piece in segments(written, written + later, zone))


def test_the_next_change_is_the_next_other_band() -> None:
    change = next_change(local("2026-03-10T09:10:00"), SHANGHAI, DAY)
    assert change is not None
    assert change.start == local("2026-03-10T14:00:00")
    night = next_change(local("2026-03-10T22:00:00"), SHANGHAI, DAY)
    assert night is not None
    assert night.start == local("2026-03-11T00:00:00")


def test_the_next_change_on_a_day_of_25_hours_is_an_hour_later() -> None:
    codes = parse_codes("V" * 4 + "P" * 2 + "F" * 42)  # peak from 02:00 to 03:00, twice
    change = next_change(local("2025-10-26T02:10:00", BERLIN), BERLIN, Calendar(codes))
    assert change is not None
    assert change.start == local("2025-10-26T03:00:00", BERLIN)
    assert change.start - local("2025-10-26T02:10:00", BERLIN).astimezone(UTC) == timedelta(minutes=110)


def test_a_day_of_one_band_never_changes() -> None:
    assert next_change(local("2026-03-10T09:10:00"), SHANGHAI, Calendar(parse_codes("F" * 48))) is None


def test_the_bands_ahead_are_those_that_the_time_touches() -> None:
    at = local("2026-03-10T13:50:00")
    assert bands_ahead(at, timedelta(minutes=10), SHANGHAI, DAY) == {Band.FLAT}
    assert bands_ahead(at, timedelta(minutes=11), SHANGHAI, DAY) == {Band.FLAT, Band.PEAK}
    assert bands_ahead(at, timedelta(), SHANGHAI, DAY) == {Band.FLAT}


def test_a_rule_takes_its_days_and_the_first_one_wins() -> None:
    weekend = DayRule(parse_codes("V" * 48), weekdays=frozenset({5, 6}))
    holiday = DayRule(parse_codes("S" * 48), dates=frozenset({date(2026, 3, 14)}))
    calendar = Calendar(DAY.default, (holiday, weekend))
    assert band_at(local("2026-03-13T14:00:00"), SHANGHAI, calendar) is Band.PEAK
    assert band_at(local("2026-03-14T14:00:00"), SHANGHAI, calendar) is Band.SHARP
    assert band_at(local("2026-03-15T14:00:00"), SHANGHAI, calendar) is Band.VALLEY
    friday_night = next_change(local("2026-03-13T23:30:00"), SHANGHAI, Calendar(DAY.default, (weekend,)))
    assert friday_night is not None
    assert friday_night.start == local("2026-03-14T00:00:00")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "wrong_length"),
        ("F" * 47, "wrong_length"),
        ("F" * 49, "wrong_length"),
        ("f" * 48, "unknown_band"),
    ],
)
def test_codes_that_do_not_cover_the_day_are_refused(text: str, fault: str) -> None:
    with pytest.raises(SlotError, match=fault):
        parse_codes(text)
    with pytest.raises(SlotError, match="wrong_length"):
        Calendar((Band.FLAT,))


@given(st.lists(st.sampled_from(Band), min_size=48, max_size=48))
def test_merged_runs_are_the_codes_again_with_no_two_alike_in_a_row(codes: list[Band]) -> None:
    runs = merge(codes)
    assert [run.band for run in runs for _ in range(run.first, run.last)] == codes
    assert all(
        one.band is not next_one.band and one.last == next_one.first for one, next_one in pairwise(runs)
    )


def test_a_run_says_its_limits_by_the_clock() -> None:
    assert merge(DAY.default)[-1] == Run(30, 48, Band.SHARP)
    assert [run.text for run in merge(DAY.default)] == [
        "00:00-07:00",
        "07:00-14:00",
        "14:00-15:00",
        "15:00-24:00",
    ]


def test_midnight_that_does_not_exist_begins_where_the_clock_goes_on() -> None:
    first = half_hours(date(2025, 4, 25), ZoneInfo("Africa/Cairo"))[0]
    assert first.start.astimezone(ZoneInfo("Africa/Cairo")).time() == time(1)


def test_a_clock_moved_by_a_quarter_of_an_hour_leaves_a_short_half_hour() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    first, second = half_hours(date(1986, 1, 1), kathmandu)[:2]
    assert (first.start.astimezone(kathmandu).time(), second.start.astimezone(kathmandu).time()) == (
        time(0, 15),
        time(0, 30),
    )
