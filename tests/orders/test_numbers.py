from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, strategies as st

from orders.numbers import (
    ID_TAG_LENGTH,
    ORDER_NUMBER_LENGTH,
    order_number,
    order_of_id_tag,
    read_order_number,
    virtual_id_tag,
)

prefixes = st.text(alphabet="ABCILOU0189", min_size=1, max_size=9)
days = st.dates(date(2026, 1, 1), date(2099, 12, 31))
serials = st.integers(0, 2**40 - 1)


def test_an_order_number_is_readable() -> None:
    assert order_number("SUN", date(2026, 7, 22), 123_456_789) == "SUN-260722-003NQK8N1"


@given(prefixes, days, serials)
def test_an_order_number_is_short_enough_and_read_back_as_people_type_it(
    prefix: str, day: date, serial: int
) -> None:
    number = order_number(prefix, day, serial)
    assert len(number) <= ORDER_NUMBER_LENGTH
    head, serial_part = number.rsplit("-", 1)
    for typed in (
        number,
        number.lower(),
        f" {number} ",
        f"{head}-{serial_part.replace('0', 'o').replace('1', 'l')}",
    ):
        assert read_order_number(typed) == number


@given(prefixes, days, serials, serials)
def test_two_serials_never_make_one_number(prefix: str, day: date, one: int, other: int) -> None:
    assert (order_number(prefix, day, one) == order_number(prefix, day, other)) == (one == other)


@pytest.mark.parametrize(
    ("prefix", "serial"), [("", 1), ("sun", 1), ("TENLETTERS", 1), ("A-B", 1), ("A", 2**40), ("A", -1)]
)
def test_what_does_not_fit_a_number_is_refused(prefix: str, serial: int) -> None:
    with pytest.raises(ValueError, match=r"bad_prefix|does not fit"):
        order_number(prefix, date(2026, 7, 22), serial)


@given(st.text(max_size=60))
def test_garbage_is_no_order_number(text: str) -> None:
    assert read_order_number(text) is None


@pytest.mark.parametrize(
    "text",
    ["SUN-260722-003NQK8N", "SUN-26072-003NQK8N1", "SUN-260722-003NQK8N2", "-260722-003NQK8N1", "003NQK8N1"],
)
def test_a_number_with_a_slip_is_no_order_number(text: str) -> None:
    assert read_order_number(text) is None


@given(st.integers(0, 2**35 - 1), st.integers(0, 2**60 - 1))
def test_a_token_fits_an_id_tag_and_names_its_order_in_any_case(order_id: int, bits: int) -> None:
    token = virtual_id_tag(order_id, lambda count: bits)
    assert len(token) == ID_TAG_LENGTH
    assert token == token.upper()
    assert token.isalnum()
    assert token.startswith("Q")
    assert order_of_id_tag(token) == order_of_id_tag(token.lower()) == order_id


def test_a_token_has_sixty_random_bits_and_is_never_the_same_twice() -> None:
    asked: list[int] = []

    def count_bits(count: int) -> int:
        asked.append(count)
        return 0

    virtual_id_tag(1, count_bits)
    assert asked == [60]
    assert len({virtual_id_tag(1) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "id_tag", ["", "04A1B2C3", "Q", "Q" + "0" * 18, "Q" + "0" * 18 + "U", "R" + "0" * 19]
)
def test_a_card_is_no_token(id_tag: str) -> None:
    assert order_of_id_tag(id_tag) is None


@given(st.text(max_size=40))
def test_garbage_names_no_order_and_breaks_nothing(text: str) -> None:
    order_id = order_of_id_tag(text)
    assert order_id is None or len(text) == ID_TAG_LENGTH
