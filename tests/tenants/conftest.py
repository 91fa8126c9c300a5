"""Fixtures of this room's tests."""

from __future__ import annotations

import pytest
from pytest_django import SettingsWrapper


@pytest.fixture(autouse=True)
def quick_passwords(settings: SettingsWrapper) -> None:
    """Sign in without half a second of hashing."""
    settings.PASSWORD_HASHERS = ["tests.support.passwords.QuickHasher"]
