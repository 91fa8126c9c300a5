"""Fixtures of this room's tests."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Sign in without half a second of hashing."""
    settings.PASSWORD_HASHERS = ["tests.support.passwords.QuickHasher"]
