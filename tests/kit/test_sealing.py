"""Texts at rest."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from backoffice.kit.sealing import Box, SealBroken


def test_a_sealed_text_does_not_show_and_comes_back_whole() -> None:
    box = Box("tests")
    sealed = box.seal("码 123456")
    assert "123456" not in sealed and box.seal("码 123456") != sealed
    assert box.unseal(sealed) == "码 123456"


@pytest.mark.parametrize("sealed", ["", "nonsense", "gAAAAA"])
def test_what_was_not_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(SealBroken):
        Box("tests").unseal(sealed)


def test_a_box_of_another_purpose_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        Box("other").unseal(Box("tests").seal("text"))


def test_a_former_key_still_opens_what_it_sealed(settings: Settings) -> None:
    sealed = Box("tests").seal("text")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert Box("tests").unseal(sealed) == "text"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SealBroken):
        Box("tests").unseal(sealed)
