"""Processes that are started, measured and ended: the gateway, the stock handlers, the clients, PostgreSQL.

CPU is what the kernel accounts to a process with all its threads, so it says the same on a busy machine.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg2
from psycopg2 import sql

from backoffice import embedded
from backoffice.environment import ROOT

START_S = 60
END_S = 30


class Program:
    """A process of ours; ended with its block, killed when it does not go."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self._watched = psutil.Process(self._process.pid)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        end(self._process)

    @property
    def cpu(self) -> float:
        """Seconds so far, in user and kernel mode."""
        times = self._watched.cpu_times()
        return times.user + times.system

    @property
    def main_cpu(self) -> float:
        """Of these, the seconds of the main thread, where the event loop is."""
        stat = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return self._watched.memory_info().rss

    def wait_for(self, url: str) -> None:
        """Until it answers."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise SystemExit(f"{self._process.args} ended by itself; see its log")
            try:
                with urllib.request.urlopen(url, timeout=3):  # noqa: S310 - an address of ours
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise SystemExit(f"{url} does not answer")

    def wait_for_port(self, port: int) -> None:
        """Until somebody listens there."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit(f"nobody listens on {port}")


class Client:
    """A load process; ``ask`` waits for its answer, ``tell`` and ``hear`` let several work at once."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load.client"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        end(self._process)
        self._log.close()

    def tell(self, do: str, **told: Any) -> None:
        assert self._process.stdin is not None
        print(json.dumps({"do": do, **told}), file=self._process.stdin, flush=True)

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a client ended by itself; see var/bench/logs/client.log")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, do: str, **told: Any) -> dict[str, Any]:
        self.tell(do, **told)
        return self.hear()


def end(process: subprocess.Popen[Any]) -> None:
    """Politely, then not."""
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


class Server:
    """The processes of a PostgreSQL, whose backends come and go."""

    def __init__(self, data: Path) -> None:
        services = embedded.status(data)
        pid = services.postgres_pid if services is not None else None
        self._postmaster = psutil.Process(pid) if pid is not None else None
        self._seen: dict[int, float] = {}

    @property
    def cpu(self) -> float | None:
        """Seconds so far, of those that were seen; None where the server is not ours to watch."""
        if self._postmaster is None:
            return None
        for process in [self._postmaster, *self._postmaster.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            self._seen[process.pid] = times.user + times.system
        return sum(self._seen.values())


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """A new database in the cluster of ``url``, dropped with the block; its address."""
    named = sql.Identifier(name)
    with _administering(url) as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(named))
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with _administering(url) as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))


def kept_database(url: str, name: str, build: Callable[[str], None], *, fresh: bool = False) -> str:
    """The address of a database that stays for the next time; ``build`` fills it, once, and wholly or not at all."""
    unfinished = f"{name}_unfinished"
    address = urlsplit(url)
    with _administering(url) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname = ANY(%s)", [[name, unfinished]])
        known = {row[0] for row in cursor.fetchall()}
        for old in known - (set() if fresh else {name}):
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
        if fresh or name not in known:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            build(urlunsplit(address._replace(path=f"/{unfinished}")))
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(unfinished), sql.Identifier(name)
                )
            )
    return urlunsplit(address._replace(path=f"/{name}"))


@contextmanager
def _administering(url: str) -> Iterator[Any]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
