"""``./run demo``: everything on one machine, with the engines and the processes of production.

Ready means that web and gateway both answer ``/healthz``; only then are the addresses printed. Data
stays between runs. One demo per data folder.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from backoffice import embedded
from backoffice.environment import ROOT, Addresses, ensure_environment, remember, wanted_engines
from backoffice.supervisor import Program, Supervisor

READY_SECONDS = 90
QUIET_PILES = 260
"""How many of the others are connected and stand there, so that not most of the demonstration is offline."""

ROOT_IS_FINE = "ignore:You're running the worker with superuser privileges"  # on a machine of one's own
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


class DemoError(Exception):
    """The demo cannot start; the text says why and what to do."""


def main() -> int:
    """Set up the data folder, run the processes until told to stop."""
    options = _parse()
    signal.signal(signal.SIGTERM, _end_at_once)  # until the supervisor takes over
    data = options.data.expanduser().resolve()
    data.mkdir(parents=True, exist_ok=True)
    addresses = Addresses(port=options.port, ocpp_port=options.ocpp_port)
    try:
        with _only_demo(data):
            _check_ports(options.port, *gateway_ports(addresses, options.gateways))
            if options.fresh:
                _erase(data)
            environment = _prepare(data, addresses)
            _run(data, addresses, environment, piles=options.piles, gateways=options.gateways)
            embedded.release(data)
            _say("Stopped.")
    except (DemoError, embedded.EngineError) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def gateway_ports(addresses: Addresses, gateways: int) -> list[int]:
    """Each gateway has a port of its own, one after the other."""
    return [addresses.ocpp_port + number for number in range(gateways)]


def gateway_urls(addresses: Addresses, gateways: int) -> list[str]:
    """Where the gateways are reached, without a balancer before them."""
    return [replace(addresses, ocpp_port=port).ocpp_url for port in gateway_ports(addresses, gateways)]


def programs(addresses: Addresses, data: Path, *, piles: int, gateways: int = 1) -> list[Program]:
    """The processes of the demo; the same commands as in ``docker-compose.yml``."""
    python = sys.executable
    host = os.environ.get("WEB_HOST", "127.0.0.1")
    web = ("uvicorn", "backoffice.asgi:application", "--host", host, "--port", str(addresses.port))
    # Workers do not talk to each other: that is only one more connection to lose.
    worker = ("celery", "-q", "-A", "backoffice", "worker", "--concurrency", "2", *ALONE)
    beat = (
        "celery",
        "-A",
        "backoffice",
        "beat",
        "--schedule",
        str(data / "celerybeat-schedule"),
        "--pidfile=",
    )
    found = [
        Program("web", (python, "-m", *web, "--no-access-log", "--timeout-graceful-shutdown", "3")),
        *(
            Program(
                f"gateway-{number}" if number > 1 else "gateway",
                (python, "-m", "ocpp_gateway"),
                {"OCPP_PORT": str(port)},
            )
            for number, port in enumerate(gateway_ports(addresses, gateways), start=1)
        ),
        Program("worker", (python, "-m", *worker)),
        Program("beat", (python, "-m", *beat)),
    ]
    if os.environ.get("FTP_PORT", "0") != "0":
        found.append(Program("ftp", (python, "-m", "stations.ftp")))
    if piles:
        numbers = ("--piles", str(piles), "--quiet", str(QUIET_PILES))
        doors = (
            gateway_urls(addresses, gateways) if gateways > 1 else []
        )  # one is OCPP_URL, wherever that leads
        spread = [word for url in doors for word in ("--gateway", url)]
        found.append(Program("simulator", (python, "-m", "backoffice.simulator", *numbers, *spread)))
    return found


@dataclass(slots=True)
class _Watch:
    """Looks after what the supervisor does not start: the engines, and the moment when all is ready."""

    data: Path
    addresses: Addresses
    gateways: int
    started: float = field(default_factory=time.monotonic)
    is_announced: bool = False
    is_late: bool = False

    def __call__(self) -> Mapping[str, int]:
        if not self.is_announced:
            self._announce()
        return self._tend_engines()

    def _announce(self) -> None:
        waited = time.monotonic() - self.started
        ports = gateway_ports(self.addresses, self.gateways)
        if all(_is_healthy(port) for port in (self.addresses.port, *ports)):
            self.is_announced = True
            print(describe(self.data, self.addresses), flush=True)
            if len(ports) > 1:
                _say(
                    f"{len(ports)} gateways, on the ports {ports[0]} to {ports[-1]}; the piles are spread over them."
                )
            _say(f"Ready after {waited:.0f} s. Ctrl-C stops everything; the data stays in {self.data}.")
        elif waited > READY_SECONDS and not self.is_late:
            self.is_late = True
            _say(f"Not ready after {waited:.0f} s; {self.data / 'logs'} may say why. Still trying.")

    def _tend_engines(self) -> Mapping[str, int]:
        wanted = wanted_engines()
        running = _engine_pids(self.data, wanted)
        if wanted - running.keys():
            _say(f"{' and '.join(sorted(wanted - running.keys()))} ended; starting again")
            try:
                embedded.ensure(self.data, wanted)
            except embedded.EngineError as failure:
                _say(str(failure))
            running = _engine_pids(self.data, wanted)
        return running


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("DEMO_DATA") or ROOT / "var" / "demo")
    )
    parser.add_argument("--port", type=int, default=8000, help="of the web pages")
    parser.add_argument("--ocpp-port", type=int, default=9000, help="to which piles connect")
    parser.add_argument("--piles", type=int, default=12, help="how many simulated piles charge")
    parser.add_argument(
        "--gateways", type=int, choices=range(1, 10), default=1, help="how many, on --ocpp-port and after"
    )
    parser.add_argument("--fresh", action="store_true", help="delete the data of earlier runs first")
    return parser.parse_args()


def _prepare(data: Path, addresses: Addresses) -> dict[str, str]:
    _say("Starting the database" if wanted_engines() else "Using the given services")
    environment = ensure_environment(data, addresses)
    remember(data, addresses)
    _say("Bringing the database up to date")
    _manage(environment, "migrate", "--noinput", "--verbosity", "0")
    if not (data / "logins.json").exists():
        _say("Filling the database with a demonstration (once)")
        _manage(environment, "seed_demo")
    return environment


def _run(
    data: Path, addresses: Addresses, environment: Mapping[str, str], *, piles: int, gateways: int
) -> None:
    _say("Starting the processes")
    Supervisor(
        programs=programs(addresses, data, piles=piles, gateways=gateways),
        data=data,
        environment={"PYTHONWARNINGS": ROOT_IS_FINE, **environment},
        folder=ROOT,
        watch=_Watch(data, addresses, gateways),
        orphaned=(sys.executable, "-m", "backoffice.embedded", "stop-unused", "--data", str(data)),
    ).run()


def _manage(environment: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], env=environment, check=False)
    if done.returncode:
        raise DemoError(f"manage.py {arguments[0]} failed.")


@contextmanager
def _only_demo(data: Path) -> Iterator[None]:
    with (data / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"A demo is running with {data} already. Choose another with --data.") from None
        yield


def _check_ports(*ports: int) -> None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as failure:
                raise DemoError(
                    f"Port {port} cannot be used ({failure.strerror}). Choose others with --port and --ocpp-port."
                ) from failure


def _erase(data: Path) -> None:
    if wanted_engines() != embedded.BOTH:
        raise DemoError("--fresh deletes embedded data only; DATABASE_URL or REDIS_URL is set.")
    _say(f"Deleting the data in {data}")
    embedded.erase(data)
    for path in data.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".lock":
            path.unlink()


def _engine_pids(data: Path, wanted: frozenset[str]) -> dict[str, int]:
    services = embedded.status(data)
    if services is None:
        return {}
    pids = {embedded.POSTGRES: services.postgres_pid, embedded.VALKEY: services.valkey_pid}
    return {name: pid for name, pid in pids.items() if name in wanted and pid is not None}


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=0.5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def describe(data: Path, addresses: Addresses) -> str:
    """Addresses, sign-ins and links of ``logins.json`` as a text for the terminal."""
    try:
        seed: dict[str, Any] = json.loads((data / "logins.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        seed = {}
    public = os.environ.get("PUBLIC_URL", addresses.public_url)
    rows = [
        ("Web", public),
        ("Piles connect to", f"{os.environ.get('OCPP_URL', addresses.ocpp_url)}/<identity>"),
    ]
    rows += [(link["name"], public + link["path"]) for link in seed.get("links", [])]
    logins = [("Level", "Role", "Tenant", "Sign-in", "Password")]
    logins += [
        (login["level"], login["role"], login["tenant"], login["email"], login["password"])
        for login in seed.get("logins", [])
    ]
    return f"\n{_columns(rows)}\n\n{_columns(logins) if len(logins) > 1 else ''}\n"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    """Columns that a text takes in a terminal, where a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _say(text: str) -> None:
    print(f"· {text}", flush=True)


def _end_at_once(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
