"""Fixtures of this room's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Sign in without half a second of hashing."""
    settings.PASSWORD_HASHERS = ["tests.support.passwords.QuickHasher"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A page that a visitor reads in another language leaves that language to its thread."""
    with translation.override("en"):
        yield
