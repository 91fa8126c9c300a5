"""The audit trail reads as people speak: fields by their words, values by theirs."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from backoffice.changes import change_words


def test_a_change_names_the_field_and_both_values() -> None:
    words = change_words(
        "station:7",
        {"status": "planned", "city": "", "power_limit_kw": None},
        {"status": "live", "city": "Ulm"},
    )

    assert words == "City: – → Ulm; Power limit, kW: – → –; Status: Planned → Live"


def test_a_new_row_says_what_it_has() -> None:
    assert change_words("tenant:1", {}, {"level": "dealer", "depth": 1, "settings": {"a": "b"}}) == (
        'depth: 1; Level: Dealer; settings: {"a": "b"}'
    )


def test_a_new_row_is_silent_about_what_nobody_filled_in() -> None:
    empty: dict[str, Any] = {"city": "", "power_limit_kw": None, "hours": {}, "tags": []}

    assert change_words("station:7", {}, empty | {"is_active": False, "bays": 0, "name": "Dock"}) == (
        "bays: 0; is_active: No; Name: Dock"
    )
    assert change_words("station:7", {"city": "Ulm"}, {"city": ""}) == "City: Ulm → –"


@pytest.mark.parametrize("reference", ["station:7", "gone:7", ""])
def test_what_has_no_words_keeps_its_key_and_its_value(reference: str) -> None:
    assert change_words(reference, {"was_there": [1, None]}, {}) == "was_there: [1, null] → –"


def test_the_reader_s_language_counts() -> None:
    with translation.override("zh-hans"):
        words = change_words("station:7", {"status": "planned"}, {"status": "live"})

    assert words == "状态：规划中 → 运营中"


@pytest.mark.parametrize("reference", ["handover:7", "gone:7"])
def test_what_grants_something_is_not_said(reference: str) -> None:
    said = change_words(reference, {}, {"count": 2, "token_hash": "ab", "key_hash": "cd"})

    assert "ab" not in said and "cd" not in said
    assert change_words("handover:7", {}, {"token": "f00d"}) == ""
