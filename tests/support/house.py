"""The whole house in real processes over engines of its own, to be used from outside and to be killed.

Nothing of it runs in the test's process: what a test wants to know it asks through HTTP, WebSockets,
``manage.py`` or SQL. A process that ends by itself is started again, as the supervisor does. Processes
are ended by their ids, and none outlives the house.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg2
from psycopg2 import sql

from backoffice import embedded
from backoffice.demo import gateway_ports, programs
from backoffice.environment import ROOT, Addresses, ensure_environment
from backoffice.reaper import kill_group
from tests.support.database import copy_schema, ensure_template
from tests.support.waiting import eventually, is_gone

ENGINES = {"postgres": embedded.POSTGRES, "valkey": embedded.VALKEY}


class House:
    """Made by ``running_house``. ``environment`` is that of its processes.

    ``engines``: addresses of engines of somebody else, to be a guest at (see ``lodging``). ``variables``:
    what a program finds in its environment when it starts next, by its name.
    """

    def __init__(
        self,
        data: Path,
        addresses: Addresses,
        engines: Mapping[str, str] | None = None,
        *,
        gateways: int = 1,
    ) -> None:
        self.data, self.addresses = data, addresses
        self.variables: dict[str, Mapping[str, str]] = {}
        self.ocpp_ports = gateway_ports(addresses, gateways)
        with _without(
            "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "OCPP_URL", "OCPP_PORT", "DATA_DIR"
        ):
            os.environ.update(engines or {})
            self.environment: Mapping[str, str] = ensure_environment(data, addresses)
        self._programs = {
            program.name: program
            for program in programs(addresses, data, piles=0, gateways=gateways)
            if program.name != "simulator"
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._inside: subprocess.Popen[str] | None = None
        self._keeping = threading.Lock()
        self._stopping = threading.Event()
        self.restarts: list[str] = []
        (data / "logs").mkdir(exist_ok=True)

    @property
    def web(self) -> str:
        return self.addresses.public_url

    @property
    def ocpp(self) -> str:
        return self.addresses.ocpp_url

    @property
    def names(self) -> list[str]:
        """Everything that can be killed."""
        return [*self._programs, *ENGINES]

    def start(self, *names: str) -> None:
        """Start these processes, or all, and wait until they are well."""
        with self._keeping:
            for name in names or self._programs:
                self._spawn(name)
        if not names:
            threading.Thread(target=self._keep, daemon=True).start()
        self.wait_until_well()

    def _spawn(self, name: str) -> None:
        log = (self.data / "logs" / f"{name}.log").open("ab")
        self._processes[name] = subprocess.Popen(
            self._programs[name].command,
            cwd=ROOT,
            env={
                **self.environment,
                **self._programs[name].environment,
                **self.variables.get(name, {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()

    def _keep(self) -> None:
        """Start again what ended without being told to; ``restarts`` names it."""
        while not self._stopping.wait(0.5):
            with self._keeping:
                for name, process in self._processes.items():
                    if process.poll() is not None:
                        kill_group(process.pid)
                        self.restarts.append(name)
                        self._spawn(name)

    def wait_until_well(self, *, seconds: float = 60.0) -> None:
        """Wait until web and gateways say that every part is well."""
        for port in (self.addresses.port, *self.ocpp_ports):
            eventually(lambda port=port: _is_well(port), seconds=seconds)

    def kill(self, name: str) -> None:
        """SIGKILL, at once, without a word. Its children go with it, as on a machine that dies."""
        if name in ENGINES:
            services = embedded.status(self.data)
            assert services is not None
            pid = services.postgres_pid if name == "postgres" else services.valkey_pid
            assert pid is not None
            family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
            for one in family:
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            eventually(lambda: all(is_gone(one) for one in family))
            return
        with self._keeping:
            process = self._processes.pop(name)
        kill_group(process.pid)
        process.wait()

    def terminate(self, name: str, *, seconds: float = 60.0) -> float:
        """SIGTERM; the seconds until it has ended by itself."""
        with self._keeping:
            process = self._processes.pop(name)
        begun = time.monotonic()
        process.terminate()
        assert process.wait(seconds) == 0
        return time.monotonic() - begun

    def pid(self, name: str) -> int:
        """The process that runs this program now."""
        return self._processes[name].pid

    def revive(self, name: str) -> None:
        """Start again what was killed."""
        if name in ENGINES:
            embedded.restart(self.data, ENGINES[name])
            self.wait_until_well()
        else:
            self.start(name)

    def stop(self) -> None:
        """End every process, politely first."""
        self._stopping.set()
        with self._keeping:
            self._end_processes()
        embedded.release(self.data)
        embedded.stop_unused(self.data)

    def _end_processes(self) -> None:
        if self._inside is not None:
            self._inside.communicate(timeout=15)
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                kill_group(process.pid)
                process.wait()
        self._processes.clear()

    def manage(self, *arguments: str) -> str:
        """The output of a management command; fails the test when it fails."""
        return self.python(str(ROOT / "manage.py"), *arguments)

    def python(self, *arguments: str, given: str = "") -> str:
        """The output of a Python program in the house's environment."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run_inside(self, module: str, given: Any = None) -> str:
        """Run ``main`` of a module with Django set up, JSON on its standard input; its output.

        One process does it for the whole life of the house (``tests.support.inside``).
        """
        if self._inside is None:
            self._inside = subprocess.Popen(
                [sys.executable, "-m", "tests.support.inside"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._inside.stdin is not None and self._inside.stdout is not None
        print(json.dumps({"module": module, "given": given}), file=self._inside.stdin, flush=True)
        answer = json.loads(self._inside.stdout.readline())
        assert "failure" not in answer, answer["failure"]
        return str(answer["output"])

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with psycopg2.connect(self.environment["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    def furnish(self, **wanted: Any) -> dict[str, Any]:
        """Make tenants, piles and drivers by ``tests/support/furnishing.py``; what was made, as JSON."""
        made: dict[str, Any] = json.loads(self.run_inside("tests.support.furnishing", wanted))
        return made


@contextmanager
def running_house(data: Path, *, port: int, ocpp_port: int, gateways: int = 1) -> Iterator[House]:
    """Engines, schema, web, gateways, worker and beat; ended with the block."""
    house = House(data, Addresses(port=port, ocpp_port=ocpp_port), gateways=gateways)
    try:
        if "DATABASE_URL" in os.environ:  # the engines of the test run
            copy_schema(os.environ["DATABASE_URL"], house.environment["DATABASE_URL"])
        else:
            house.manage("migrate", "--noinput", "--verbosity", "0")
        house.start()
        yield house
    finally:
        house.stop()


@contextmanager
def lodging(data: Path, *, port: int, ocpp_port: int) -> Iterator[House]:
    """A house without processes in a migrated database of its own, in the engines of the test run.

    It is there in a moment, and its engines cannot be killed.
    """
    url, name = os.environ["DATABASE_URL"], f"lodging_{os.getpid()}_{port}"
    template = ensure_template(url)
    with _administering(url) as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    own = {
        "DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}")),
        "REDIS_URL": urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path="/7")),
    }
    house = House(data, Addresses(port=port, ocpp_port=ocpp_port), own)
    try:
        yield house
    finally:
        house.stop()
        with _administering(url) as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    return [embedded.engine.free_port() for _ in range(count)]


def _is_well(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=3) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def _administering(url: str) -> Iterator[Any]:
    """A cursor outside any transaction, which making and dropping databases asks for."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """The house has engines of its own, whatever the test run uses."""
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(kept)
