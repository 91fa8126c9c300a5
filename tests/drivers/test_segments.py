"""How many messages a text is charged as."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from drivers.segments import is_gsm, parts_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("码" * 70, 1),
        ("码" * 71, 2),
        ("码" * 134, 2),
        ("码" * 135, 3),
        ("a" * 69 + "码", 1),
        ("a" * 70 + "码", 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_follow_the_alphabet_that_the_text_needs(text: str, parts: int) -> None:
    assert parts_of(text) == parts


def test_a_letter_of_two_units_is_not_cut_between_parts() -> None:
    assert parts_of("a" * 152 + "€" + "a" * 152) == 3
    assert parts_of("码" * 66 + "😀" + "码" * 66) == 3


@given(st.text(max_size=400), st.text(max_size=50))
def test_a_longer_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert parts_of(text + more) >= parts_of(text)


def test_the_alphabet_has_no_backtick_and_no_chinese() -> None:
    assert is_gsm("Hello {1} €") and not is_gsm("`") and not is_gsm("充电")
