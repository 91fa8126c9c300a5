"""What a command was for, and what was seen of it, is said in words; what has none is shown as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from backoffice.kit.deeds import doer_words
from backoffice.kit.reasons import reason_words
from stations.command_words import about_words, effect_words
from stations.resources import traffic


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("order:QL-261122-0000K7MJ4", "Order QL-261122-0000K7MJ4"),
        ("campaign:4", "Bulk action"),
        ("signing:9", "Certificate of the terminal"),
        ("somebody:7", "somebody:7"),
        ("", ""),
    ],
)
def test_a_command_says_what_it_was_for(about: str, words: str) -> None:
    assert about_words(about) == words


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("already so", "It was so already"),
        ("transaction 42", "Transaction 42"),
        ("2: Unavailable", "B: Unavailable"),
        ("0: Available", "Terminal: Available"),
        ("BootNotification", "BootNotification"),
        ("", ""),
    ],
)
def test_an_effect_says_what_was_seen(note: str, words: str) -> None:
    assert effect_words(note) == words


def test_reasons_that_people_typed_stay_as_they_are() -> None:
    assert reason_words("certificate ends soon") == "Its certificate ends soon"
    assert reason_words("limit_full") == "the vehicle is full"
    assert reason_words("because") == "because"


def test_timers_and_commands_of_the_house_are_not_called_by_names_of_the_code() -> None:
    assert str(doer_words("load_group", "timer:load_group")) == "Automatic"
    assert str(doer_words("seed_demo", "command:seed_demo")) == "Command line"
    assert doer_words("Lin Wei", "staff:4") == "Lin Wei"
    assert doer_words("settings", "staff:9") == "settings"


@pytest.mark.parametrize(
    ("kind", "example", "words"),
    [
        ("illegal", "2: Available -> Finishing", "B: Available → Finishing"),
        ("illegal", "0: ? -> Dreaming", "Terminal: ? → Dreaming"),
        ("illegal", "odd", "odd"),
        ("refused", "203.0.113.7", "203.0.113.7"),
    ],
)
def test_a_step_between_states_names_its_connector(kind: str, example: str, words: str) -> None:
    assert traffic.example_words(kind, example) == words  # type: ignore[no-untyped-call]
