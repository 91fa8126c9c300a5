"""Phone numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from drivers.phones import PhoneError, PhoneFault, parse_phone, region_of


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("13812341234", "CN", "+8613812341234"),
        (" 138 1234-1234 ", "CN", "+8613812341234"),
        ("１３８１２３４１２３４", "CN", "+8613812341234"),
        ("008613812341234", "CN", "+8613812341234"),
        ("+86 138 1234 1234", None, "+8613812341234"),
        ("+49 1512 3456789", "CN", "+4915123456789"),
        ("01512 3456789", "DE", "+4915123456789"),
        ("tel:+8613812341234", None, "+8613812341234"),
        ("+8613812341234;ext=7", None, "+8613812341234"),
        ("+1 202 555 0123", None, "+12025550123"),
        ("+44 7700 900123", None, "+447700900123"),
    ],
)
def test_every_usual_spelling_is_the_same_number(typed: str, region: str | None, e164: str) -> None:
    assert parse_phone(typed, region) == e164


@pytest.mark.parametrize(
    ("typed", "region", "fault"),
    [
        ("", "CN", PhoneFault.EMPTY),
        ("   ", "CN", PhoneFault.EMPTY),
        ("hello", "CN", PhoneFault.NOT_A_NUMBER),
        ("<script>", "CN", PhoneFault.NOT_A_NUMBER),
        ("1" * 41, "CN", PhoneFault.NOT_A_NUMBER),
        ("13812341234", None, PhoneFault.NO_COUNTRY),
        ("1381234", "CN", PhoneFault.IMPOSSIBLE),
        ("10000000000", "CN", PhoneFault.IMPOSSIBLE),
        ("+86138123412341234", None, PhoneFault.IMPOSSIBLE),
        ("021 1234 5678", "CN", PhoneFault.NOT_MOBILE),
        ("+44 909 879 0000", None, PhoneFault.NOT_MOBILE),
        ("+1 800 234 5678", None, PhoneFault.NOT_MOBILE),
    ],
)
def test_what_cannot_receive_a_message_is_refused_with_its_reason(
    typed: str, region: str | None, fault: PhoneFault
) -> None:
    with pytest.raises(PhoneError) as refused:
        parse_phone(typed, region)
    assert refused.value.fault is fault


@given(st.text(max_size=60), st.sampled_from(["CN", "DE", "US", None]))
def test_any_text_is_a_number_that_reads_the_same_again_or_is_refused(typed: str, region: str | None) -> None:
    try:
        e164 = parse_phone(typed, region)
    except PhoneError:
        return
    assert e164[0] == "+" and e164[1:].isascii() and e164[1:].isdigit() and len(e164) <= 20
    assert parse_phone(e164, None) == e164


@pytest.mark.parametrize(
    ("currency", "timezone", "region"),
    [
        ("CNY", "UTC", "CN"),
        ("GBP", "Asia/Shanghai", "GB"),
        ("EUR", "Europe/Berlin", "DE"),
        ("EUR", "Europe/Paris", "FR"),
        ("EUR", "UTC", None),
    ],
)
def test_the_country_is_that_of_the_currency_else_of_the_clock(
    currency: str, timezone: str, region: str | None
) -> None:
    assert region_of(currency, timezone) == region
