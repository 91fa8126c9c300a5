from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from orders.meter import Envelope, Fall, Leap, MeterFlag, Reading, deliverable_wh, envelope, whole_wh

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def read(minute: float, wh: int, *, aligned: bool = False) -> Reading:
    return Reading(NOON + timedelta(minutes=minute), wh, aligned)


def values(accepted: Envelope) -> list[int]:
    return [reading.wh for reading in accepted.readings]


START, STOP = read(0, 10_000), read(30, 13_000)

anything = st.builds(read, st.integers(-5, 40), st.integers(0, 20_000), aligned=st.booleans())


def test_a_clean_session_is_taken_as_it_is() -> None:
    samples = [read(10, 11_000), read(20, 12_000)]
    accepted = envelope(START, samples, STOP, rated_w=60_000)
    assert accepted == Envelope((START, *samples, STOP), frozenset())
    assert accepted.wh == 3_000


def test_a_session_without_samples_is_its_start_and_its_stop() -> None:
    assert envelope(START, [], STOP).readings == (START, STOP)
    assert envelope(START, []).readings == (START,)


def test_samples_outside_the_session_are_left_out_and_named() -> None:
    accepted = envelope(START, [read(-1, 10_500), read(10, 11_000), read(31, 12_500)], STOP)
    assert values(accepted) == [10_000, 11_000, 13_000]
    assert accepted.flags == {MeterFlag.OUTSIDE_TIME}


def test_a_register_that_fell_is_billed_up_to_where_it_was_before() -> None:
    accepted = envelope(
        START, [read(10, 11_000), read(15, 12_000), read(20, 40), read(25, 500)], read(30, 900)
    )
    assert accepted.wh == 2_000
    assert accepted.readings[-1] == read(30, 12_000)
    assert accepted.flags == {MeterFlag.ROLLBACK}
    assert accepted.falls[0] == Fall(read(20, 0).at, 12_000, 40)


def test_a_stop_below_the_start_bills_nothing_less_than_nothing() -> None:
    accepted = envelope(START, [], read(30, 9_000))
    assert (accepted.wh, accepted.flags) == (0, {MeterFlag.ROLLBACK})


def test_a_single_low_reading_is_left_out_and_the_rest_stands() -> None:
    accepted = envelope(START, [read(10, 11_000), read(15, 0), read(20, 12_000)], STOP)
    assert values(accepted) == [10_000, 11_000, 12_000, 13_000]
    assert accepted.falls == (Fall(read(15, 0).at, 11_000, 0),)


def test_a_stop_that_was_rounded_below_the_last_sample_is_the_truth() -> None:
    accepted = envelope(START, [read(10, 11_000), read(29, 13_004)], STOP)
    assert values(accepted) == [10_000, 11_000, 13_000]
    assert accepted.flags == frozenset()


def test_a_leap_of_a_sample_is_left_out() -> None:
    accepted = envelope(START, [read(10, 11_000), read(15, 90_000), read(20, 12_000)], STOP, rated_w=60_000)
    assert values(accepted) == [10_000, 11_000, 12_000, 13_000]
    assert accepted.flags == {MeterFlag.JUMP}
    assert accepted.leaps == (Leap(read(15, 0).at, 79_000, 6_000),)


def test_a_leap_at_the_stop_is_cut_to_what_can_have_flowed() -> None:
    accepted = envelope(START, [read(10, 11_000)], read(30, 90_000), rated_w=7_000)
    assert accepted.wh == 1_000 + deliverable_wh(7_000, timedelta(minutes=20))
    assert MeterFlag.JUMP in accepted.flags


def test_small_leaps_do_not_add_up_past_what_the_whole_session_can_deliver() -> None:
    samples = [read(minute / 4, 10_000 + 520 * minute) for minute in range(1, 100)]
    accepted = envelope(START, samples, rated_w=7_000)
    lasted = accepted.readings[-1].at - START.at
    assert accepted.wh <= deliverable_wh(7_000, lasted)
    assert MeterFlag.JUMP in accepted.flags


def test_the_connector_can_deliver_its_power_and_a_tenth_and_half_a_kwh() -> None:
    assert deliverable_wh(60_000, timedelta(hours=1)) == 66_500
    assert deliverable_wh(60_000, timedelta(0)) == 500
    assert deliverable_wh(60_000, timedelta(seconds=-5)) == 500


def test_of_two_values_for_one_instant_the_lower_stands() -> None:
    accepted = envelope(START, [read(10, 11_500), read(10, 11_000)], STOP)
    assert values(accepted) == [10_000, 11_000, 13_000]
    assert accepted.flags == {MeterFlag.CONFLICT}


def test_a_value_at_the_instant_of_the_start_does_not_move_the_start() -> None:
    accepted = envelope(START, [read(0, 10_400)], STOP)
    assert (values(accepted), accepted.flags) == ([10_000, 13_000], {MeterFlag.CONFLICT})


def test_one_value_read_twice_counts_once_and_stays_aligned() -> None:
    accepted = envelope(START, [read(10, 11_000), read(10, 11_000, aligned=True), read(10, 11_000)], STOP)
    assert accepted.readings == (START, read(10, 11_000, aligned=True), STOP)
    assert accepted.flags == frozenset()


def test_samples_that_count_from_zero_are_lifted_to_the_register() -> None:
    samples = [read(1, 0), read(10, 1_000), read(20, 2_000)]
    for stop in (STOP, None):
        accepted = envelope(START, samples, stop)
        assert values(accepted)[:4] == [10_000, 10_000, 11_000, 12_000]
        assert accepted.flags == {MeterFlag.RELATIVE}


def test_samples_that_count_from_zero_are_still_known_when_they_pass_the_start() -> None:
    small = read(0, 800)
    samples = [read(1, 100), read(10, 700), read(20, 1_500)]
    accepted = envelope(small, samples, rated_w=7_000)
    assert values(accepted) == [800, 900, 1_500, 2_300]
    assert accepted.flags == {MeterFlag.RELATIVE}


@pytest.mark.parametrize(
    ("samples", "stop"),
    [
        ([read(1, 9_990)], None),  # taken just before the start
        ([read(1, 0), read(2, 10_100)], None),  # one dead reading
        ([read(1, 0), read(2, 500), read(3, 400)], None),  # falls
        (
            [read(1, 500), read(10, 1_000)],
            read(30, 1_500),
        ),  # the stop counts from zero too: the register was reset
        ([read(1, 500), read(10, 1_000)], read(30, 10_300)),  # more than the stop admits
        ([read(29, 100)], read(30, 30_000)),  # one low reading: the stop does not go on from it
    ],
)
def test_what_only_looks_like_counting_from_zero_is_not_lifted(
    samples: list[Reading], stop: Reading | None
) -> None:
    accepted = envelope(START, samples, stop, rated_w=60_000)
    assert MeterFlag.RELATIVE not in accepted.flags


def test_a_sample_taken_just_before_the_start_is_no_count_from_zero() -> None:
    accepted = envelope(START, [read(1, 9_990)])
    assert (values(accepted), accepted.flags) == ([10_000], frozenset())


def test_a_stop_before_its_start_keeps_the_energy_and_is_named() -> None:
    accepted = envelope(START, [read(5, 11_000)], read(-60, 13_000), rated_w=7_000)
    assert (accepted.wh, accepted.readings[-1].at) == (3_000, read(5, 0).at)
    assert accepted.flags == {MeterFlag.STOP_BEFORE_START}


def test_a_stop_that_a_person_decided_overrules_the_samples() -> None:
    samples = [read(10, 11_000), read(20, 12_000)]
    accepted = envelope(START, samples, read(30, 11_500), rated_w=60_000, binding=True)
    assert values(accepted) == [10_000, 11_000, 11_500]
    assert accepted.flags == {MeterFlag.OUTSIDE_REGISTER}
    assert envelope(START, samples, read(30, 90_000), rated_w=7_000, binding=True).wh == 80_000
    assert envelope(START, samples, read(30, 1), binding=True).wh == 0


def test_kwh_and_fractions_become_whole_watt_hours() -> None:
    assert whole_wh(Decimal("1204.3505") * 1000) == 1_204_351
    assert whole_wh(Decimal("1199.4999")) == 1_199
    assert whole_wh(7) == 7


@given(
    st.lists(anything, max_size=20),
    st.none() | anything,
    st.none() | st.integers(1_000, 400_000),
    st.booleans(),
)
def test_whatever_is_read_the_envelope_rises_from_the_start(
    samples: list[Reading], stop: Reading | None, rated_w: int | None, binding: bool
) -> None:
    accepted = envelope(START, samples, stop, rated_w=rated_w, binding=binding)
    assert accepted.readings[0] == START
    assert all(one.wh <= other.wh and one.at <= other.at for one, other in pairwise(accepted.readings))
    assert all(one.at < other.at for one, other in pairwise(accepted.readings[:-1]))
    assert accepted.wh >= 0


@given(st.lists(anything, max_size=12), st.none() | anything, st.data())
def test_arrival_order_and_repetition_change_nothing(
    samples: list[Reading], stop: Reading | None, data: st.DataObject
) -> None:
    again = data.draw(st.permutations(samples + samples))
    assert envelope(START, again, stop, rated_w=60_000) == envelope(START, samples, stop, rated_w=60_000)


@given(st.lists(anything, max_size=12), st.none() | anything)
def test_what_was_accepted_is_accepted_again(samples: list[Reading], stop: Reading | None) -> None:
    *before, last = envelope(START, samples, stop).readings
    if before:
        again = envelope(START, before[1:], last)
        assert again == Envelope((*before, last._replace(aligned=False)), frozenset())
