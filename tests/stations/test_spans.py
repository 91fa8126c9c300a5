"""A day as rows of from, to and band: the same as its 48 codes, or a gap or an overlap that is named."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from stations.slots import Band, parse_codes
from stations.spans import Span, UnevenError, clock_text, codes_of, number_of, spans_of

bands = st.lists(st.sampled_from(Band), min_size=48, max_size=48).map(tuple)


@given(bands)
def test_what_is_painted_is_read_back_from_its_rows(codes: tuple[Band, ...]) -> None:
    assert codes_of(spans_of(codes)) == codes


@given(bands, st.randoms())
def test_rows_may_stand_in_any_order(codes: tuple[Band, ...], random: st.random.Random) -> None:
    spans = list(spans_of(codes))
    random.shuffle(spans)

    assert codes_of(spans) == codes


@given(bands, st.integers(0, 47))
def test_a_row_that_is_missing_is_a_gap_and_one_too_many_an_overlap(
    codes: tuple[Band, ...], number: int
) -> None:
    spans = [Span(half, half + 1, band) for half, band in enumerate(codes)]
    with pytest.raises(UnevenError) as gap:
        codes_of(spans[:number] + spans[number + 1 :])
    with pytest.raises(UnevenError) as overlap:
        codes_of([*spans, spans[number]])

    for uneven, code in ((gap.value, "gap"), (overlap.value, "overlap")):
        [run] = uneven.runs
        assert (uneven.code, run.first, run.last) == (code, number, number + 1)


def test_a_row_may_go_over_midnight() -> None:
    night = codes_of([Span(44, 12, Band.VALLEY), Span(12, 44, Band.PEAK)])

    assert night == parse_codes("V" * 12 + "P" * 32 + "V" * 4)
    assert codes_of([Span(0, 0, Band.FLAT)]) == codes_of([Span(0, 48, Band.FLAT)])


@pytest.mark.parametrize(
    ("text", "number"),
    [("00:00", 0), ("8:30", 17), ("08:30:00", 17), ("24:00", 48), (" 23:30 ", 47), ("08：00", 16)],
)
def test_a_time_of_the_clock_is_a_half_hour(text: str, number: int) -> None:
    assert number_of(text) == number
    assert number_of(clock_text(number)) == number


@pytest.mark.parametrize("text", ["", "8", "08:15", "24:30", "25:00", "-1:00", "noon", "٨:00", "108:00"])
def test_another_time_is_none(text: str) -> None:
    assert number_of(text) is None
