from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from backoffice.kit.money import (
    LARGEST,
    Money,
    MoneyError,
    MoneyFault,
    allocate,
    minor_digits,
    round_half_up,
    round_together,
)

amounts = st.integers(min_value=-(10**12), max_value=10**12)
weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize(("currency", "digits"), [("CNY", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_currency_has_its_minor_digits(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("currency", ["", "cny", "CN", "CNYY", "C1Y", "元"])
def test_what_is_no_currency_code_is_refused(currency: str) -> None:
    with pytest.raises(MoneyError) as refused:
        Money(1, currency)
    assert refused.value.code is MoneyFault.UNKNOWN_CURRENCY


@pytest.mark.parametrize("amount", [1.0, True, Decimal(1), "1"])
def test_only_an_integer_is_an_amount(amount: object) -> None:
    with pytest.raises(MoneyError) as refused:
        Money(amount, "CNY")  # type: ignore[arg-type]
    assert refused.value.code is MoneyFault.NOT_INTEGER


def test_money_adds_subtracts_and_multiplies_by_an_integer() -> None:
    assert Money(8404, "CNY") + Money(596, "CNY") - Money(1000, "CNY") == Money(8000, "CNY")
    assert 3 * Money(33, "CNY") == Money(33, "CNY") * 3 == Money(99, "CNY")
    assert -Money(5, "CNY") == Money(-5, "CNY")
    assert abs(Money(-5, "CNY")) == Money(5, "CNY")
    assert Money.total([], "CNY") == Money.zero("CNY")
    assert not Money.zero("CNY")


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_meet(operation: str) -> None:
    with pytest.raises(MoneyError) as refused:
        getattr(Money(1, "CNY"), operation)(Money(1, "EUR"))
    assert refused.value.code is MoneyFault.CURRENCY_MISMATCH
    assert Money(1, "CNY") != Money(1, "EUR")


def test_money_is_no_number() -> None:
    yuan = Money(100, "CNY")
    for attempt in (
        lambda: yuan + 1,  # type: ignore[operator]
        lambda: yuan - 1,  # type: ignore[operator]
        lambda: yuan * 0.5,  # type: ignore[operator]
        lambda: yuan * True,
        lambda: yuan < 1,  # type: ignore[operator]
        lambda: yuan <= 1,  # type: ignore[operator]
        lambda: yuan > 1,  # type: ignore[operator]
        lambda: yuan >= 1,  # type: ignore[operator]
    ):
        with pytest.raises(TypeError):
            attempt()


@given(amounts, amounts)
def test_money_of_one_currency_is_ordered_as_its_amounts(one: int, other: int) -> None:
    left, right = Money(one, "CNY"), Money(other, "CNY")
    assert (left < right, left <= right, left > right, left >= right) == (
        one < other,
        one <= other,
        one > other,
        one >= other,
    )


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1,234.50", "CNY", 123450),
        ("  12 ", "CNY", 1200),
        ("-0.05", "CNY", -5),
        ("+7.1", "CNY", 710),
        ("0", "CNY", 0),
        ("007.50", "CNY", 750),
        ("1.500", "CNY", 150),
        ("１，２３４．５０", "CNY", 123450),
        ("1,234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("9999999999999.99", "CNY", LARGEST),
    ],
)
def test_what_people_type_is_read(text: str, currency: str, amount: int) -> None:
    assert Money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("", "CNY", MoneyFault.EMPTY),
        ("   ", "CNY", MoneyFault.EMPTY),
        ("twelve", "CNY", MoneyFault.NOT_A_NUMBER),
        ("12,5", "CNY", MoneyFault.NOT_A_NUMBER),
        ("1,23,456", "CNY", MoneyFault.NOT_A_NUMBER),
        (".5", "CNY", MoneyFault.NOT_A_NUMBER),
        ("1.", "CNY", MoneyFault.NOT_A_NUMBER),
        ("1e3", "CNY", MoneyFault.NOT_A_NUMBER),
        ("NaN", "CNY", MoneyFault.NOT_A_NUMBER),
        ("1\n2", "CNY", MoneyFault.NOT_A_NUMBER),
        ("٣", "CNY", MoneyFault.NOT_A_NUMBER),
        ("1.005", "CNY", MoneyFault.TOO_MANY_DECIMALS),
        ("1.5", "JPY", MoneyFault.TOO_MANY_DECIMALS),
        ("10000000000000.00", "CNY", MoneyFault.OUT_OF_RANGE),
        ("9" * 5000, "CNY", MoneyFault.OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, currency: str, code: MoneyFault) -> None:
    with pytest.raises(MoneyError) as refused:
        Money.parse(text, currency)
    assert refused.value.code is code


@given(st.integers(-LARGEST, LARGEST), st.sampled_from(["CNY", "JPY", "KWD", "CLF"]))
def test_money_is_read_back_from_its_text(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.parse(f"{money.decimal:,}", currency) == money
    assert str(money) == f"{money.decimal} {currency}"
    assert Money.from_major(money.decimal, currency) == money


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Decimal("0.5"), 1),
        (Decimal("1.5"), 2),
        (Decimal("2.4999999999999999999999999999999999999"), 2),
        (Decimal("-0.5"), -1),
        (Fraction(1, 3), 0),
        (Fraction(-5, 2), -3),
        (7, 7),
    ],
)
def test_halves_are_rounded_away_from_zero(value: Decimal | Fraction | int, rounded: int) -> None:
    assert round_half_up(value) == rounded


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_rounding_is_that_of_the_decimal_module(value: Decimal) -> None:
    with localcontext(prec=1000):
        assert round_half_up(value) == int(value.quantize(Decimal(1), ROUND_HALF_UP))


@given(amounts, weights)
def test_parts_add_up_and_stay_within_one_unit_of_their_share(total: int, shares: list[int]) -> None:
    parts = allocate(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - Fraction(total * share, sum(shares))) < 1
        assert share or not part


@given(amounts, weights, st.data())
def test_with_a_remainder_line_parts_add_up_and_nobody_gets_less_than_nothing(
    total: int, shares: list[int], data: st.DataObject
) -> None:
    rest = data.draw(st.integers(0, len(shares) - 1))
    parts = allocate(total, shares, remainder_to=rest)
    assert sum(parts) == total
    assert all(part * total >= 0 for part in parts)


def test_equal_remainders_go_to_the_earliest() -> None:
    assert allocate(5, [1, 1, 1]) == (2, 2, 1)
    assert allocate(-5, [1, 1, 1]) == (-2, -2, -1)


def test_ten_cents_in_thirds_leave_the_cent_to_the_remainder_line() -> None:
    assert Money(10, "CNY").allocate([1, 1, 1], remainder_to=2) == (
        Money(3, "CNY"),
        Money(3, "CNY"),
        Money(4, "CNY"),
    )


def test_one_cent_for_four_is_three_zeros_and_one_cent() -> None:
    assert sorted(allocate(1, [1, 1, 1, 1])) == [0, 0, 0, 1]
    assert allocate(1, [1, 1, 1, 1], remainder_to=3) == (0, 0, 0, 1)


def test_halves_rounded_up_never_take_more_than_there_is() -> None:
    assert allocate(1, [1, 1, 0], remainder_to=2) == (1, 0, 0)


def test_a_refund_is_shared_as_the_payment_was() -> None:
    percent = [Decimal(2), Decimal(5), Decimal(20), Decimal(73)]
    assert allocate(1950, percent, remainder_to=3) == (39, 98, 390, 1423)
    assert allocate(-1950, percent, remainder_to=3) == (-39, -98, -390, -1423)


def test_nothing_can_be_shared_by_nobody_but_something_cannot() -> None:
    assert allocate(0, [0, 0]) == (0, 0)
    assert allocate(0, []) == ()
    for shares in ([0, 0], [], [2, -1]):
        with pytest.raises(MoneyError) as refused:
            allocate(1, shares)
        assert refused.value.code is MoneyFault.BAD_WEIGHTS


@given(st.lists(st.integers(0, 10**9), max_size=8), st.integers(1, 10**6))
def test_rounding_together_moves_no_part_by_a_whole_unit(numerators: list[int], denominator: int) -> None:
    parts = round_together(numerators, denominator)
    assert sum(parts) == round_half_up(Fraction(sum(numerators), denominator))
    for part, numerator in zip(parts, numerators, strict=True):
        assert abs(part - Fraction(numerator, denominator)) < 1
