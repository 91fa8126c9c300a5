"""What the processes of a data folder find in their environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice import embedded, environment
from backoffice.environment import ROOT, Addresses, ensure_environment, recall, remember, wanted_engines
from tests.support.waiting import eventually

COMMAND = [sys.executable, "-m", "backoffice.environment", "--data"]


@pytest.fixture
def given_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both services come from outside, so that none is started."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://else.where/base")
    monkeypatch.setenv("REDIS_URL", "redis://else.where/0")


@pytest.fixture
def no_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    embedded.release(tmp_path)
    embedded.erase(tmp_path)


@pytest.mark.usefixtures("given_engines")
def test_services_from_outside_replace_the_embedded_ones(data: Path) -> None:
    given = ensure_environment(data)

    assert wanted_engines() == frozenset()
    assert given["DATABASE_URL"] == "postgresql://else.where/base"
    assert embedded.status(data) is None


@pytest.mark.usefixtures("no_engines")
def test_one_service_from_outside_leaves_the_other_embedded(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://else.where/base")

    given = ensure_environment(data)
    services = embedded.status(data)

    assert services is not None
    assert given["DATABASE_URL"] == "postgresql://else.where/base"
    assert given["REDIS_URL"] == services.redis_url
    assert services.postgres_pid is None
    assert services.valkey_pid is not None


@pytest.mark.usefixtures("given_engines")
def test_the_secret_key_is_made_once_and_kept_private(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")

    first, second = ensure_environment(data), ensure_environment(data)

    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) >= 50
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("given_engines")
def test_a_command_beside_the_demo_gets_the_demos_addresses(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PUBLIC_URL", "OCPP_URL", "OCPP_PORT"):
        monkeypatch.delenv(variable, raising=False)
    remember(data, Addresses(port=8123, ocpp_port=9123))

    given = ensure_environment(data)

    assert recall(data) == Addresses(port=8123, ocpp_port=9123)
    assert given["PUBLIC_URL"] == "http://127.0.0.1:8123"
    assert given["OCPP_URL"] == "ws://127.0.0.1:9123/ocpp"
    assert given["OCPP_PORT"] == "9123"


@pytest.mark.usefixtures("given_engines")
def test_an_address_from_outside_wins(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://charge.example")
    assert ensure_environment(data)["PUBLIC_URL"] == "https://charge.example"


@pytest.mark.usefixtures("no_engines")
def test_a_command_runs_with_the_services_up_and_its_exit_status_is_passed_on(data: Path) -> None:
    ask = "import os, sys, psycopg2; psycopg2.connect(os.environ['DATABASE_URL']).close(); sys.exit(7)"

    done = subprocess.run([*COMMAND, str(data), "--", sys.executable, "-c", ask], cwd=ROOT, check=False)

    services = embedded.status(data)
    assert done.returncode == 7
    assert services is not None
    assert services.postgres_pid is None


@pytest.mark.usefixtures("given_engines")
def test_a_command_that_is_told_to_stop_stops(data: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    sleep = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    process = subprocess.Popen([*COMMAND, str(data), "--", sys.executable, "-c", sleep], cwd=ROOT)
    eventually(ready.exists)

    process.terminate()

    assert process.wait(timeout=20) == 128 + signal.SIGTERM


@pytest.mark.usefixtures("given_engines")
def test_processes_find_the_product_from_any_folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/somewhere", str(ROOT)]))
    assert ensure_environment(data)["PYTHONPATH"].split(os.pathsep) == [str(ROOT), "/somewhere"]
    assert environment.ROOT == ROOT
