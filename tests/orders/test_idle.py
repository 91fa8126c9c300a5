from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from orders.idle import IdleFee, Occupancy, Span, charge_idle, idle_minutes
from stations.tariff import IdlePolicy, Window
from tests.orders.builders import BERLIN, SHANGHAI, at

POLICY = IdlePolicy(grace_min=15, per_minute=50)
NIGHT = IdlePolicy(grace_min=15, per_minute=50, free=(Window(time(22), time(6)),))

moments = st.integers(0, 2 * 86_400).map(
    lambda seconds: at("2026-03-10T00:00:00") + timedelta(seconds=seconds)
)
spans = st.lists(st.builds(Span, moments, moments), max_size=5).map(tuple)


def test_only_full_minutes_after_the_grace_are_charged() -> None:
    stood = Occupancy(at("15:12:05"), at("15:58:40"))
    assert charge_idle(stood, POLICY, SHANGHAI) == IdleFee(31, 1550, False)


@pytest.mark.parametrize(
    ("until", "minutes"), [("15:10:00", 0), ("15:27:05", 0), ("15:28:04", 0), ("15:28:05", 1)]
)
def test_the_first_minute_counts_when_it_is_over(until: str, minutes: int) -> None:
    assert idle_minutes(Occupancy(at("15:12:05"), at(until)), POLICY, SHANGHAI) == minutes


def test_the_cap_is_reached_and_not_passed() -> None:
    policy = IdlePolicy(15, 50, cap=1500)
    assert charge_idle(Occupancy(at("12:00:00"), at("12:45:00")), policy, SHANGHAI) == IdleFee(
        30, 1500, False
    )
    assert charge_idle(Occupancy(at("12:00:00"), at("12:46:00")), policy, SHANGHAI) == IdleFee(31, 1500, True)
    assert (
        charge_idle(Occupancy(at("12:00:00"), at("13:00:00")), IdlePolicy(0, 50, cap=0), SHANGHAI).amount == 0
    )


def test_pauses_that_overlap_or_lie_outside_count_once_and_inside() -> None:
    pauses = (
        Span(at("12:00:00"), at("12:20:00")),
        Span(at("12:10:00"), at("12:25:00")),
        Span(at("12:12:00"), at("12:14:00")),
        Span(at("12:55:00"), at("14:00:00")),
        Span(at("12:40:00"), at("12:30:00")),
    )
    assert idle_minutes(Occupancy(at("12:00:00"), at("13:00:00"), pauses), POLICY, SHANGHAI) == 30


def test_free_hours_of_the_night_are_free_across_midnight() -> None:
    stood = Occupancy(at("2026-03-10T21:00:00"), at("2026-03-11T07:30:00"))
    assert idle_minutes(stood, NIGHT, SHANGHAI) == 45 + 90
    assert idle_minutes(Occupancy(at("2026-03-11T02:00:00"), at("2026-03-11T05:00:00")), NIGHT, SHANGHAI) == 0


def test_free_hours_follow_the_clock_when_it_is_changed() -> None:
    stood = Occupancy(at("2025-10-25T21:45:00", BERLIN), at("2025-10-26T07:00:00", BERLIN))
    assert stood.until - stood.since == timedelta(hours=10, minutes=15)
    assert idle_minutes(stood, NIGHT, BERLIN) == 60


def test_a_window_without_end_is_the_whole_day() -> None:
    always = IdlePolicy(0, 50, free=(Window(time(0), time(0)),))
    assert (
        idle_minutes(Occupancy(at("2026-03-10T01:00:00"), at("2026-03-12T05:00:00")), always, SHANGHAI) == 0
    )


@given(
    moments,
    st.timedeltas(timedelta(), timedelta(days=2)),
    st.timedeltas(timedelta(), timedelta(hours=1)),
    spans,
)
def test_waiting_longer_never_costs_less_and_never_more_than_the_time(
    since: datetime, stay: timedelta, longer: timedelta, pauses: tuple[Span, ...]
) -> None:
    short = idle_minutes(Occupancy(since, since + stay, pauses), NIGHT, SHANGHAI)
    long = idle_minutes(Occupancy(since, since + stay + longer, pauses), NIGHT, SHANGHAI)
    assert (
        0 <= short <= long <= max(stay + longer - timedelta(minutes=15), timedelta()) // timedelta(minutes=1)
    )


@given(moments, st.timedeltas(timedelta(), timedelta(days=2)), spans)
def test_the_zone_in_which_the_times_are_written_does_not_matter(
    since: datetime, stay: timedelta, pauses: tuple[Span, ...]
) -> None:
    zone = ZoneInfo("America/New_York")
    moved = tuple(Span(span.start.astimezone(zone), span.end.astimezone(zone)) for span in pauses)
    here = Occupancy(since, since + stay, pauses)
    there = Occupancy(since.astimezone(zone), (since + stay).astimezone(zone), moved)
    assert idle_minutes(here, NIGHT, SHANGHAI) == idle_minutes(there, NIGHT, SHANGHAI)
