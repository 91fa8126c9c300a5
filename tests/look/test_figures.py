"""A figure reads the same everywhere, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from backoffice.kit import figures
from backoffice.kit.money import Money

NOW = datetime(2026, 11, 22, 6, 32, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def plain(text: str) -> str:
    return text.replace(figures.NBSP, " ")


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(21_491, "CNY"), "¥ 214.91"),
        (Money(-500, "EUR"), "−€ 5.00"),
        (Money(1_234_567, "JPY"), "JP¥ 1,234,567"),
        (Money(1_234_567, "KWD"), "KWD 1,234.567"),
        (Money(0, "CNY"), "¥ 0.00"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_money_has_the_digits_of_its_currency(money: Money, text: str, language: str) -> None:
    with translation.override(language):
        assert plain(figures.money_text(money)) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.27151, 3, "0.272"),
        (Decimal("2.5"), 0, "3"),
        (Decimal("-2.5"), 0, "−3"),
        (-0.0004, 3, "0.000"),
        (1_234_567, 0, "1,234,567"),
        (Decimal("184206.44"), 1, "184,206.4"),
    ],
)
def test_a_number_is_rounded_and_never_cut(value: Decimal | float, digits: int, text: str) -> None:
    assert figures.number_text(value, digits) == text


@pytest.mark.parametrize(
    ("price", "digits", "text"),
    [
        ("0.82540", 2, "0.8254"),
        ("1.2", 2, "1.20"),
        ("0.00", 2, "0.00"),
        ("2000", 0, "2,000"),
        ("0.5", 0, "0.5"),
        ("-0.125", 2, "−0.125"),
    ],
)
def test_a_unit_price_has_the_decimals_of_its_currency_and_more_where_it_needs_them(
    price: str, digits: int, text: str
) -> None:
    assert figures.price_text(Decimal(price), digits) == text


def test_energy_is_shown_in_kwh_to_the_last_watt_hour() -> None:
    assert figures.energy_text(132_532) == "132.532"
    assert figures.energy_text(0) == "0.000"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (4.9, "4 s"), (59, "59 s"), (60, "1 min"), (4_020, "1 h 07"), (86_400 * 3 + 5, "3 d")],
)
def test_a_span_has_one_unit(seconds: float, text: str) -> None:
    assert plain(figures.span_text(seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(36, "36 s"), (2_167, "36 min 07 s"), (9_574, "2 h 39 min"), (93_600, "26 h 00 min")],
)
def test_a_duration_is_spelled_out(seconds: float, text: str) -> None:
    assert plain(figures.duration_text(seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45, "45 s"), (60, "1 min"), (90, "1 min 30 s"), (21_600, "6 h"), (5_400, "1 h 30 min")],
)
def test_a_length_that_was_set_has_no_rest_of_nothing(seconds: float, text: str) -> None:
    assert plain(figures.length_text(seconds)) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(minutes=29), "14:03"),
        (timedelta(hours=15), "21 Nov 23:32"),
        (timedelta(days=365), "22 Nov 2025 14:32"),
    ],
)
def test_a_moment_is_as_short_as_it_stays_clear(ago: timedelta, text: str) -> None:
    assert figures.moment_text(NOW - ago, now=NOW, zone=SHANGHAI) == text


def test_a_moment_reads_in_the_zone_of_the_station() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert figures.moment_text(NOW, now=NOW, zone=berlin) == "07:32"
    assert figures.exact_text(NOW, zone=berlin) == "22 Nov 2026 07:32:00 CET"
    with translation.override("zh-hans"):
        assert figures.exact_text(NOW, zone=SHANGHAI) == "2026年11月22日 14:32:00 CST"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613800004471", "138****4471"),
        ("+4915155501234", "151****1234"),
        ("+4930123", "****23"),
        ("garbage 12", "****12"),
        ("", "****"),
    ],
)
def test_a_masked_phone_never_shows_its_middle(number: str, masked: str) -> None:
    assert figures.masked_phone(number) == masked
