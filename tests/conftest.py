"""Fixtures that every room's tests may use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from pytest_django.plugin import DjangoDbBlocker
from xdist.remote import Producer

from tests.support.database import empty_what_django_does_not_manage, ensure_template
from tests.support.sharing import ByPart

# How long an example takes says nothing where the machine is shared.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

PROOFS = Path(__file__).parent / "proofs"
NO_BROWSER = "no Chromium: set CHROMIUM to the path of one"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of our own."""
    parser.addoption(
        "--record-queries", action="store_true", help="write tests/baselines/query_counts.json anew"
    )
    parser.addoption("--proofs", action="store_true", help="collect tests/proofs too")


def pytest_configure() -> None:
    """Look for a static file when it is asked for: else each test's browser begins with a look at all of them."""
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what takes hours on purpose, unless it is asked for."""
    return True if collection_path == PROOFS and not _proofs_wanted(config) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out, and why."""
    if not _proofs_wanted(config):
        terminalreporter.write_line(
            "SKIPPED tests/proofs: they take hours on purpose; ./run test tests/proofs, or --proofs"
        )


def _proofs_wanted(config: pytest.Config) -> bool:
    asked = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return bool(config.option.proofs) or any(PROOFS in (path, *path.parents) for path in asked)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what drives a browser where there is none, and say so."""
    if _browser() is None:
        for item in items:
            if item.get_closest_marker("e2e"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPart:
    """Who hands out the tests, where several workers share them."""
    return ByPart(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Migrate a database before the first test, whose time would not be enough on a busy machine."""
    wanted = {"db", "transactional_db"}
    if not session.config.option.collectonly and any(
        item.get_closest_marker("django_db") or wanted & set(getattr(item, "fixturenames", ()))
        for item in session.items
    ):
        ensure_template(os.environ["DATABASE_URL"])


@pytest.fixture(autouse=True)
def _emptied(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Django empties after a transactional test what it manages; this empties the rest."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        with django_db_blocker.unblock():
            empty_what_django_does_not_manage()


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
