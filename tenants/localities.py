"""Time zones, currencies and languages that a tenant or a person may choose; whatever is stored is one of these."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext_lazy as _

TIMEZONES = frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
"""IANA names; the abbreviations that stand beside them mean different things in different places."""

CURRENCIES = {
    "CNY": _("Chinese yuan"),
    "HKD": _("Hong Kong dollar"),
    "USD": _("US dollar"),
    "EUR": _("Euro"),
    "GBP": _("Pound sterling"),
    "CHF": _("Swiss franc"),
    "AUD": _("Australian dollar"),
    "BRL": _("Brazilian real"),
    "AED": _("UAE dirham"),
    "IDR": _("Indonesian rupiah"),
    "INR": _("Indian rupee"),
    "JPY": _("Japanese yen"),
    "KRW": _("South Korean won"),
    "KWD": _("Kuwaiti dinar"),
    "KZT": _("Kazakhstani tenge"),
    "MXN": _("Mexican peso"),
    "MYR": _("Malaysian ringgit"),
    "PHP": _("Philippine peso"),
    "SAR": _("Saudi riyal"),
    "SGD": _("Singapore dollar"),
    "THB": _("Thai baht"),
    "UZS": _("Uzbekistani som"),
    "VND": _("Vietnamese dong"),
    "ZAR": _("South African rand"),
}
"""ISO 4217 codes."""

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
