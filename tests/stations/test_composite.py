"""The composite schedule: worked examples, and the same as a pile that looks at every second."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from stations.composite import Installed, Limit, Running, Step, Supply, composite
from stations.profiles import Kind, Period, Profile, Purpose, Recurrency, Schedule, Unit, rounded_down
from tests.support.charging import AT, DAY, installations, watts_at

W, A = Unit.WATTS, Unit.AMPERES


def sent(purpose: Purpose, limit: object, connector: int = 0, **over: Any) -> Installed:
    """A profile without end that began an hour ago."""
    names = {name: over.pop(name) for name in ("start", "duration_s", "periods", "unit") if name in over}
    periods = names.pop("periods", (Period(0, Decimal(str(limit))),))
    schedule = Schedule(**{"unit": W, "periods": periods, "start": AT - timedelta(hours=1)} | names)
    fields = {"id": 1, "stack_level": 0, "purpose": purpose, "kind": Kind.ABSOLUTE, "schedule": schedule}
    return Installed(Profile(**fields | over), connector)


def steps(installed: list[Installed], connector: int = 1, **over: Any) -> list[tuple[int, Any]]:
    fields = {"at": AT, "duration_s": 3600, "unit": W} | over
    return [(step.start_s, step.limit) for step in composite(installed, connector, **fields)]


def test_without_a_profile_there_is_no_limit() -> None:
    assert steps([]) == [(0, None)]


@given(
    installations(),
    st.sampled_from([0, 1, 2]),
    st.none() | st.integers(-200, 0),
)
@settings(max_examples=80)
def test_the_composite_is_what_a_pile_finds_second_by_second(
    installed: list[Installed], connector: int, began_s: int | None
) -> None:
    running = None if began_s is None else Running(1, AT + timedelta(seconds=began_s))
    found = composite(installed, connector, at=AT, duration_s=300, unit=W, running=running)
    began = AT if running is None else running.began

    assert found[0].start_s == 0
    assert all(earlier.start_s < later.start_s < 300 for earlier, later in pairwise(found))
    at = -1
    for second in range(300):
        if at + 1 < len(found) and found[at + 1].start_s == second:
            at += 1
        wanted = watts_at(installed, connector, second, began=began, transaction=running and 1)
        assert found[at].limit == (None if wanted is None else rounded_down(wanted)), second


def test_the_highest_level_prevails_until_its_schedule_ends_and_then_the_one_below() -> None:
    high = sent(Purpose.DEFAULT, 5000, stack_level=2, start=AT, duration_s=600)
    low = sent(Purpose.DEFAULT, 9000, stack_level=1, start=AT, duration_s=1200)

    assert steps([low, high]) == [(0, 5000), (600, 9000), (1200, None)]


def test_a_level_without_end_hides_those_below_for_ever() -> None:
    assert steps([sent(Purpose.DEFAULT, 9000), sent(Purpose.DEFAULT, 5000, stack_level=1)]) == [(0, 5000)]


def test_a_profile_of_the_charge_stands_in_place_of_the_default_and_below_the_maximum() -> None:
    running = Running(17, AT)
    own = sent(Purpose.TRANSACTION, 20_000, 1, transaction_id=17)
    rows = [sent(Purpose.DEFAULT, 5000), own]

    assert steps(rows, running=running) == [(0, 20_000)]
    assert steps([*rows, sent(Purpose.STATION, 15_000)], running=running) == [(0, 15_000)]


@pytest.mark.parametrize("running", [None, Running(18, AT)])
def test_a_profile_of_another_charge_says_nothing(running: Running | None) -> None:
    rows = [sent(Purpose.DEFAULT, 5000), sent(Purpose.TRANSACTION, 20_000, 1, transaction_id=17)]

    assert steps(rows, running=running) == [(0, 5000)]


def test_the_default_of_a_connector_stands_in_place_of_that_of_all() -> None:
    rows = [sent(Purpose.DEFAULT, 5000, stack_level=5), sent(Purpose.DEFAULT, 9000, 2)]

    assert (steps(rows, 1), steps(rows, 2)) == ([(0, 5000)], [(0, 9000)])


def test_the_pile_as_a_whole_has_its_maximum_only() -> None:
    assert steps([sent(Purpose.DEFAULT, 5000), sent(Purpose.STATION, 50_000)], 0) == [(0, 50_000)]


def test_a_recurring_schedule_comes_again_each_day_from_its_start() -> None:
    night = sent(
        Purpose.DEFAULT,
        5000,
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
        start=AT - timedelta(days=3) + timedelta(hours=1),
        duration_s=1800,
    )
    assert steps([night], duration_s=DAY + 7200) == [
        (0, None),
        (3600, 5000),
        (5400, None),
        (DAY + 3600, 5000),
        (DAY + 5400, None),
    ]


def test_a_recurring_schedule_does_not_count_before_its_start() -> None:
    later = sent(
        Purpose.DEFAULT,
        5000,
        kind=Kind.RECURRING,
        recurrency=Recurrency.WEEKLY,
        start=AT + timedelta(hours=1),
    )
    assert steps([later], duration_s=7200) == [(0, None), (3600, 5000)]


def test_periods_behind_the_duration_are_never_reached() -> None:
    periods = (Period(0, Decimal(5000)), Period(900, Decimal(100)))

    assert steps([sent(Purpose.DEFAULT, 0, periods=periods, start=AT, duration_s=900)]) == [
        (0, 5000),
        (900, None),
    ]


def test_a_relative_schedule_counts_from_the_start_of_the_charge() -> None:
    periods = (Period(0, Decimal(5000)), Period(900, Decimal(9000)))
    own = sent(Purpose.DEFAULT, 0, periods=periods, kind=Kind.RELATIVE, start=None)

    assert steps([own], running=Running(1, AT - timedelta(seconds=600))) == [(0, 5000), (300, 9000)]
    assert steps([own]) == [(0, 5000), (900, 9000)]


def test_validity_begins_and_ends_it() -> None:
    edges = {"valid_from": AT + timedelta(seconds=60), "valid_to": AT + timedelta(seconds=120)}

    assert steps([sent(Purpose.DEFAULT, 5000, **edges)]) == [(0, None), (60, 5000), (120, None)]


def test_an_edge_between_two_seconds_counts_from_the_next_one() -> None:
    at = AT + timedelta(milliseconds=400)

    assert steps([sent(Purpose.DEFAULT, 5000, valid_from=AT + timedelta(seconds=60))], at=at) == [
        (0, None),
        (60, 5000),
    ]


@pytest.mark.parametrize(
    ("limit", "unit", "supply", "wanted"),
    [
        (Limit(Decimal(11_000), W), A, Supply(), Decimal("15.9")),
        (Limit(Decimal(11_000), W, 1), A, Supply(), Decimal("47.8")),
        (Limit(Decimal(16), A), W, Supply(), Decimal(11_040)),
        (Limit(Decimal(16), A, 1), W, Supply(), Decimal(3680)),
        (Limit(Decimal(16), A, 3), W, Supply(phases=1), Decimal(3680)),
        (Limit(Decimal(16), A), W, Supply(volts=120, phases=1), Decimal(1920)),
    ],
)
def test_watts_are_the_total_and_amperes_are_per_phase(
    limit: Limit, unit: Unit, supply: Supply, wanted: Decimal
) -> None:
    assert limit.within(unit, supply) == wanted


def test_the_lower_of_two_units_counts() -> None:
    rows = [sent(Purpose.STATION, 10_000), sent(Purpose.DEFAULT, 16, unit=A)]

    assert steps(rows, unit=A) == [(0, Decimal("14.4"))]
    assert steps([replace(rows[0], profile=rows[0].profile), sent(Purpose.DEFAULT, 10, unit=A)], unit=A) == [
        (0, 10)
    ]


def test_steps_say_for_how_many_phases_they_are() -> None:
    periods = (Period(0, Decimal(16), 3), Period(60, Decimal(16), 1))
    found = composite(
        [sent(Purpose.DEFAULT, 0, periods=periods, start=AT, unit=A)], 1, at=AT, duration_s=120, unit=A
    )
    assert found == [Step(0, Decimal(16), 3), Step(60, Decimal(16), 1)]


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    start = datetime.fromisoformat("2026-11-22T20:10:00+08:00")

    assert steps([sent(Purpose.DEFAULT, 5000, start=start)]) == [(0, None), (600, 5000)]
