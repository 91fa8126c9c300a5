"""The reasons of timers: words for codes, the words of people as they are, and one meaning for a code."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext_lazy

from backoffice.kit import reasons


def test_a_code_has_words_and_what_was_typed_stands_for_itself() -> None:
    assert str(reasons.reason_words("limit_full")) == "the vehicle is full"
    assert reasons.reason_words("he asked for it") == "he asked for it"
    assert reasons.reason_words("") == ""


def test_a_room_may_say_the_same_twice_and_nothing_else_about_a_code_of_another() -> None:
    words = {"a code of this test": gettext_lazy("asked for")}
    reasons.add(words)
    reasons.add(words)
    with pytest.raises(ValueError, match="has words already"):
        reasons.add({"a code of this test": gettext_lazy("asked again")})
    assert str(reasons.reason_words("a code of this test")) == "asked for"
