"""What is left on a page in Chinese that is neither Chinese, nor data, nor a name that every language spells alike."""

from __future__ import annotations

import gettext
import re
from typing import Any
from zoneinfo import available_timezones

from django.apps import apps
from django.utils.translation import trans_real
from ocpp.v16.enums import Action as Message

from backoffice import catalogues, processes
from backoffice.kit.scope import unscoped
from tenants.localities import CURRENCIES
from tests.support.reading import WORD, read

SAME_EVERYWHERE = frozenset(
    [
        "CCS",
        "Ctrl",
        "EN",
        "DC",
        "ECDSA",
        "English",
        "Enter",
        "Esc",
        "Excel",
        "FTP",
        "GB",
        "HTTP",
        "ID",
        "IMSI",
        "JPEG",
        "JSON",
        "MB",
        "MiB",
        "OCPP",
        "PDF",
        "PEM",
        "PNG",
        "Pilehouse",
        "RSA",
        "SIM",
        "SOC",
        "Shift",
        "TLS",
        "UTF",
        "Valkey",
        "WGS",
        "WebP",
        "Wh",
        "kB",
        "kW",
        "kWh",
        "mm",
        "ms",
        "ocpp",
        "ping",
        "xlsx",
    ]
)
"""Units, keys and names that are spelled alike in every language."""
CODES = frozenset(
    word
    for text in (*available_timezones(), *CURRENCIES, *Message, "UTC CST SHA-256 base64", "7K2M-9QXA-4HT")
    for word in WORD.findall(text)
)
DATA = re.compile(r"\b(https?|wss?)://\S+|\b[a-z_]+：")
"""Addresses, and in the audit trail the columns that were never given words."""


def compile_anew() -> None:
    """The catalogue as it stands is the one in force."""
    catalogues.compile_all()
    gettext._translations.clear()  # type: ignore[attr-defined]
    trans_real._translations.clear()  # type: ignore[attr-defined]


def words_of_data() -> set[str]:
    """The Latin words of every row that there is."""
    with unscoped(reason="a test looks for data on a page"):
        values = [
            value
            for model in apps.get_models()
            for row in model._base_manager.values_list()
            for value in row
            if not isinstance(value, bytes | memoryview)
        ]
    return {word for value in values for word in WORD.findall(str(value))}


def _words_of_timers() -> set[str]:
    """What the tasks that run by the clock are called in the code, which is how their page names them."""
    return {word for timer in processes.timers() for word in WORD.findall(timer.name.replace("_", " "))}


def left_over(response: Any) -> set[str]:
    """The words of a page that nobody translated."""
    assert response.status_code == 200, response.status_code
    pieces = read(response.content.decode())
    assert not pieces or any("\u4e00" <= letter <= "\u9fff" for piece in pieces for letter in piece)
    latin = {word: piece for piece in pieces for word in WORD.findall(DATA.sub("", piece))}
    left = latin.keys() - SAME_EVERYWHERE - CODES - _words_of_timers()
    return {latin[word] for word in left - words_of_data()} if left else set()
