"""The embedded engines: started once, found by everyone, never lost, gone with their last user."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from backoffice import embedded
from backoffice.embedded import Services
from backoffice.embedded.engine import free_port, live_process
from backoffice.environment import ROOT
from tests.support.waiting import is_gone

USER = """
import sys, pathlib
from backoffice import embedded
print(embedded.ensure(pathlib.Path(sys.argv[1])).database_url, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a blank and Chinese in its name."""
    folder = tmp_path_factory.mktemp("running") / "data 数据"
    yield folder
    embedded.release(folder)
    embedded.erase(folder)


@pytest.fixture
def services(data: Path) -> Services:
    return embedded.ensure(data)


def start_user(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def first_line(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def let_go(user: subprocess.Popen[str]) -> None:
    user.communicate("")
    assert user.returncode == 0


def answer(services: Services, question: str) -> object:
    connection = psycopg2.connect(services.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]
    finally:
        connection.close()


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_both_engines_answer_under_their_addresses(services: Services) -> None:
    assert answer(services, "SHOW server_version").startswith("18")  # type: ignore[attr-defined]
    with redis.Redis.from_url(services.redis_url) as client:
        assert client.ping()


def test_the_database_keeps_what_it_acknowledged(services: Services) -> None:
    assert answer(services, "SHOW fsync") == "on"
    assert answer(services, "SHOW synchronous_commit") == "on"


def test_starting_twice_finds_what_runs(services: Services, data: Path) -> None:
    assert embedded.ensure(data) == services


def test_nobody_gets_in_without_the_password(services: Services) -> None:
    secret = services.database_url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        psycopg2.connect(services.database_url.replace(secret, "guess"))
    with (
        redis.Redis.from_url(services.redis_url.replace(secret, "guess")) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_a_killed_postgres_comes_back_at_the_same_address_with_its_rows(
    services: Services, data: Path
) -> None:
    answer(services, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS number")

    kill(services.postgres_pid)
    revived = embedded.ensure(data)

    assert revived.postgres_pid != services.postgres_pid
    assert revived.database_url == services.database_url
    assert answer(revived, "SELECT number FROM kept") == 42


def test_a_killed_valkey_comes_back_at_the_same_address(services: Services, data: Path) -> None:
    kill(services.valkey_pid)
    revived = embedded.ensure(data)

    assert revived.redis_url == services.redis_url
    with redis.Redis.from_url(revived.redis_url) as client:
        assert client.ping()


def test_a_restart_keeps_the_address_and_the_other_engine(services: Services, data: Path) -> None:
    restarted = embedded.restart(data, embedded.POSTGRES)

    assert restarted.database_url == services.database_url
    assert restarted.postgres_pid != services.postgres_pid
    assert restarted.valkey_pid == services.valkey_pid


def test_the_last_user_stops_the_engines_and_not_an_earlier_one(services: Services, data: Path) -> None:
    user = start_user(data)
    assert first_line(user) == services.database_url

    embedded.release(data)
    assert embedded.status(data) == services
    assert not embedded.stop(data)

    let_go(user)
    stopped = embedded.status(data)
    assert stopped is not None
    assert (stopped.postgres_pid, stopped.valkey_pid) == (None, None)


def test_a_killed_user_holds_nothing_back(services: Services, data: Path) -> None:
    user = start_user(data)
    first_line(user)
    embedded.release(data)

    user.kill()
    user.communicate()

    assert embedded.stop_unused(data)
    assert services.postgres_pid is not None
    assert is_gone(services.postgres_pid)


def test_engines_that_shall_be_kept_outlive_their_users(data: Path) -> None:
    kept = embedded.keep(data)
    let_go(start_user(data))

    assert embedded.status(data) == kept
    assert embedded.stop(data)


def test_a_pid_file_with_somebody_elses_number_is_not_believed(services: Services, data: Path) -> None:
    folder = answer(services, "SHOW data_directory")
    embedded.release(data)
    stale = Path(str(folder)) / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n")

    assert embedded.ensure(data).postgres_pid not in {None, os.getpid()}


def test_two_processes_that_start_at_once_share_one_cluster(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    users = [start_user(folder) for _ in range(2)]
    addresses = {first_line(user) for user in users}

    for user in users:
        let_go(user)
    embedded.erase(folder)

    assert len(addresses) == 1
    assert addresses.pop().startswith("postgresql://")


def test_data_in_use_is_not_erased(services: Services, data: Path) -> None:
    user = start_user(data)
    first_line(user)

    with pytest.raises(embedded.EngineError, match="in use"):
        embedded.erase(data)

    assert answer(services, "SELECT 1") == 1
    let_go(user)


def test_an_occupied_port_is_not_chosen() -> None:
    free = free_port()
    assert free_port(free) == free
    with socket.socket() as other:
        other.bind(("127.0.0.1", free))
        other.listen()
        assert free_port(free, patience_seconds=0) != free


@pytest.mark.parametrize("content", ["", "garbage", "0", "-1", "99999999\n", "1\n"])
def test_a_pid_file_with_garbage_names_no_process(tmp_path: Path, content: str) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(content)
    assert live_process(pid_file, "postgres", tmp_path) is None


def test_status_of_an_untouched_folder_is_nothing(tmp_path: Path) -> None:
    assert embedded.status(tmp_path) is None
    assert embedded.stop(tmp_path)
