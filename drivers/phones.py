"""Phone numbers as people type them, into E.164. Pure; an operator's country is the one it charges in.

A number must be able to receive an SMS: fixed lines and premium services are refused. Numbers without
a country code must be valid in the country; where the code was typed, a possible number is enough,
because numbering plans change faster than the tables that describe them.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import cache
from importlib.resources import files

import phonenumbers
from phonenumbers import PhoneNumberType as Kind

LONGEST = 40
_DEAF = frozenset(
    {
        Kind.FIXED_LINE,
        Kind.TOLL_FREE,
        Kind.PREMIUM_RATE,
        Kind.SHARED_COST,
        Kind.VOIP,
        Kind.PAGER,
        Kind.UAN,
        Kind.VOICEMAIL,
    }
)


class PhoneFault(StrEnum):
    """Why a number was refused: stable codes."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    NO_COUNTRY = "no_country"
    IMPOSSIBLE = "impossible"
    NOT_MOBILE = "not_mobile"


class PhoneError(ValueError):
    """What was typed is no number that a driver can have."""

    def __init__(self, fault: PhoneFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def parse_phone(typed: str, region: str | None) -> str:
    """E.164 of a mobile number. ``region`` is an ISO 3166 code, for numbers without one. Raises PhoneError."""
    text = unicodedata.normalize("NFKC", typed).strip()
    if not text:
        raise PhoneError(PhoneFault.EMPTY)
    if len(text) > LONGEST:
        raise PhoneError(PhoneFault.NOT_A_NUMBER)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        no_country = error.error_type == error.INVALID_COUNTRY_CODE
        raise PhoneError(PhoneFault.NO_COUNTRY if no_country else PhoneFault.NOT_A_NUMBER) from error
    number.extension = None
    sure = phonenumbers.is_valid_number(number)
    if not sure and not (text.startswith("+") and phonenumbers.is_possible_number(number)):
        raise PhoneError(PhoneFault.IMPOSSIBLE)
    if sure and phonenumbers.number_type(number) in _DEAF:
        raise PhoneError(PhoneFault.NOT_MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def region_of(currency: str, timezone: str) -> str | None:
    """The country whose numbers are typed without a code: the currency's, else the time zone's.

    An ISO 4217 code begins with the ISO 3166 code of its country; those of several countries (EUR,
    XOF) begin with none.
    """
    country = currency[:2].upper()
    if country in phonenumbers.SUPPORTED_REGIONS:
        return country
    return _countries().get(timezone)


@cache
def _countries() -> dict[str, str]:
    """Country of each IANA zone."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text()
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
