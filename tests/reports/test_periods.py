"""What a period is, and what it is compared with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from reports.periods import Days, Kind, change, compared, course, days_of

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def length(span: Days) -> int:
    assert span.first is not None
    return (span.last - span.first).days + 1


def test_today_is_compared_by_the_last_two_complete_weeks() -> None:
    this, before = compared(Kind.TODAY, date(2026, 3, 10)) or pytest.fail("nothing to compare")

    assert this == Days(date(2026, 3, 3), date(2026, 3, 9))
    assert before == Days(date(2026, 2, 24), date(2026, 3, 2))


def test_a_running_month_is_compared_with_as_many_days_of_the_month_before() -> None:
    this, before = compared(Kind.MONTH, date(2026, 3, 31)) or pytest.fail("nothing to compare")

    assert this == Days(date(2026, 3, 1), date(2026, 3, 28))
    assert before == Days(date(2026, 2, 1), date(2026, 2, 28))


def test_a_year_is_compared_across_a_leap_day() -> None:
    this, before = compared(Kind.YEAR, date(2025, 3, 1)) or pytest.fail("nothing to compare")

    assert this == Days(date(2025, 1, 1), date(2025, 2, 28))
    assert before == Days(date(2024, 1, 1), date(2024, 2, 28))


@pytest.mark.parametrize("kind", [Kind.MONTH, Kind.YEAR])
def test_on_its_first_day_a_period_has_nothing_to_compare(kind: Kind) -> None:
    assert compared(kind, date(2026, 1, 1)) is None


@given(day=days, kind=st.sampled_from([Kind.TODAY, Kind.MONTH, Kind.YEAR]))
def test_both_sides_have_equally_many_complete_days_one_after_the_other(day: date, kind: Kind) -> None:
    pair = compared(kind, day)
    if pair is None:
        return
    this, before = pair

    assert length(this) == length(before)
    assert before.last < this.first <= this.last < day


@given(day=days, kind=st.sampled_from(Kind))
def test_every_period_ends_today(day: date, kind: Kind) -> None:
    assert days_of(kind, day).last == day


@given(day=days, kind=st.sampled_from([Kind.TODAY, Kind.MONTH]))
def test_a_course_of_days_ends_with_the_last_that_is_complete(day: date, kind: Kind) -> None:
    assert course(kind, day).last == day - timedelta(days=1)


@pytest.mark.parametrize(("kind", "first"), [(Kind.YEAR, date(2025, 11, 1)), (Kind.ALL, date(2024, 11, 1))])
def test_a_course_of_months_has_complete_ones_alone(kind: Kind, first: date) -> None:
    assert course(kind, date(2026, 11, 27)) == Days(first, date(2026, 10, 31))


def test_a_change_from_nothing_is_no_percentage() -> None:
    assert change(5, 0) is None
    assert change(0, 5) == -1
    assert change(106, 100) == pytest.approx(0.06)
