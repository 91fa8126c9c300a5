"""Fixtures that every room's tests may use."""

from __future__ import annotations

import os
import shutil

import hypothesis
import pytest
from django.conf import settings

from tests.support.database import ensure_template

# How long an example takes says nothing where the machine is shared.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

NO_BROWSER = "no Chromium: set CHROMIUM to the path of one"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of our own."""
    parser.addoption(
        "--record-queries", action="store_true", help="write tests/baselines/query_counts.json anew"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what drives a browser where there is none, and say so."""
    if _browser() is None:
        for item in items:
            if item.get_closest_marker("e2e"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Copy a migrated database instead of migrating anew (pytest-django asks for this before its set-up)."""
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = ensure_template(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to drive."""
    path = _browser()
    if path is None:
        pytest.skip(NO_BROWSER)
    return path


def _browser() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
