from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from backoffice.kit import base32

codes = st.text(alphabet=base32.ALPHABET, min_size=1, max_size=30)


@given(st.integers(min_value=0, max_value=2**50 - 1))
def test_a_number_is_read_back_as_it_was_written(number: int) -> None:
    assert base32.decode(base32.encode(number, 10)) == number


@pytest.mark.parametrize("number", [-1, 1024])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        base32.encode(number, 2)


@pytest.mark.parametrize("text", ["U", "12*", "é", "a"])
def test_a_character_outside_the_alphabet_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no base 32 character"):
        base32.decode(text)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [("o0il-1abc", "00111ABC"), (" 7k2m 9qxa ", "7K2M9QXA"), ("７Ｋ２Ｍ", "7K2M"), ("", ""), ("0" * 65, "")],
)
def test_what_people_type_is_read_as_it_was_printed(typed: str, printed: str) -> None:
    assert base32.normalise(typed) == printed


@given(codes, st.data())
def test_any_one_wrong_character_is_noticed(code: str, data: st.DataObject) -> None:
    checked = code + base32.check_character(code)
    place = data.draw(st.integers(0, len(checked) - 1))
    wrong = data.draw(st.sampled_from([c for c in base32.ALPHABET if c != checked[place]]))
    assert base32.is_checked(checked)
    assert not base32.is_checked(checked[:place] + wrong + checked[place + 1 :])


@given(codes, st.data())
def test_any_two_characters_swapped_are_noticed(code: str, data: st.DataObject) -> None:
    checked = list(code + base32.check_character(code))
    one, other = data.draw(st.tuples(*[st.integers(0, len(checked) - 1)] * 2))
    swapped = checked.copy()
    swapped[one], swapped[other] = checked[other], checked[one]
    assert base32.is_checked("".join(swapped)) == (swapped == checked)


@given(st.text(max_size=80))
def test_garbage_is_never_an_error(text: str) -> None:
    assert base32.is_checked(base32.normalise(text)) in {True, False}
