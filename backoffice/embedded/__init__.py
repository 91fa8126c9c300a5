"""An embedded PostgreSQL and an embedded Valkey below a data folder, for a machine that has neither.

Any number of processes may use the services of one data folder. Each holds a shared lock while it
does; whoever lets go last stops what was started, unless somebody asked for it to be kept. Starting
and stopping happen under an exclusive lock. A process that is killed loses its lock with its life, and
an engine that is killed is started again, on the same port, by the next ``ensure``.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from backoffice.embedded.account import engine_account, engine_home
from backoffice.embedded.engine import Engine, EngineError, free_port
from backoffice.embedded.postgres import Postgres
from backoffice.embedded.valkey import Valkey

__all__ = [
    "EngineError",
    "Services",
    "ensure",
    "erase",
    "keep",
    "release",
    "restart",
    "status",
    "stop",
    "stop_unused",
]

POSTGRES: Final = "postgres"
VALKEY: Final = "valkey"
BOTH: Final = frozenset({POSTGRES, VALKEY})

_held: dict[Path, int] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Where the services of a data folder are. A pid is ``None`` while that engine does not run."""

    database_url: str
    redis_url: str
    postgres_pid: int | None
    valkey_pid: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What outlives a restart, kept in ``DATA/services.json``."""

    postgres_port: int
    valkey_port: int
    password: str
    home: str | None = None  # where the engines' files are, when not in the data folder
    keep: bool = False


def ensure(data: Path, engines: frozenset[str] = BOTH) -> Services:
    """Start what does not run and register this process as a user until it exits or calls ``release``.

    Safe to call again, by this process or others, also after an engine was killed. Raises
    ``EngineError`` when an engine cannot be started.
    """
    data = _folder(data)
    with _exclusive(data):
        _hold(data)
        return _start(data, engines)


def release(data: Path) -> None:
    """Stop using the services; the last user stops them."""
    data = _folder(data)
    with _exclusive(data):
        descriptor = _held.pop(data, None)
        if descriptor is not None:
            os.close(descriptor)
            _stop_if_unused(data)


def restart(data: Path, engine: str) -> Services:
    """Stop one engine in an orderly way and start it again; its users lose their connections."""
    data = _folder(data)
    with _exclusive(data):
        for part in _engines(data, _read_plan(data)):
            if part.name == engine:
                part.stop()
        return _start(data, frozenset({engine}))


def keep(data: Path) -> Services:
    """Start the services and leave them running until ``stop``, whoever uses them or does not."""
    data = _folder(data)
    with _exclusive(data):
        services = _start(data, BOTH)
        _write_plan(data, replace(_read_plan(data), keep=True))
        return services


def stop(data: Path) -> bool:
    """Stop the services unless somebody else uses them; returns whether they are stopped now."""
    data = _folder(data)
    with _exclusive(data):
        if _has_plan(data):
            _write_plan(data, replace(_read_plan(data), keep=False))
        return _stop_if_unused(data)


def stop_unused(data: Path) -> bool:
    """Stop services that nobody uses and nobody asked to keep; returns whether they are stopped now."""
    data = _folder(data)
    with _exclusive(data):
        return _stop_if_unused(data)


def erase(data: Path) -> None:
    """Stop the services and delete everything they keep. Raises ``EngineError`` while somebody uses them."""
    if not stop(data):
        raise EngineError(f"The services of {data} are in use.")
    data = _folder(data)
    with _exclusive(data):
        if _has_plan(data):
            home = Path(_read_plan(data).home or data)
            for folder in (home / POSTGRES, home / VALKEY):
                shutil.rmtree(folder, ignore_errors=True)
            if home != data:
                home.rmdir()
            (data / "services.json").unlink()


def status(data: Path) -> Services | None:
    """Where the services are and which of them run; ``None`` when this folder never had any."""
    data = _folder(data)
    return _services(data) if _has_plan(data) else None


def _start(data: Path, engines: frozenset[str]) -> Services:
    plan = _read_plan(data) if _has_plan(data) else _new_plan(data)
    if _postgres(data, plan).pid() is None:
        plan = replace(plan, postgres_port=free_port(plan.postgres_port))
    if _valkey(data, plan).pid() is None:
        plan = replace(plan, valkey_port=free_port(plan.valkey_port))
    _write_plan(data, plan)
    for engine in _engines(data, plan):
        if engine.name in engines:
            engine.start()
    return _services(data)


def _stop_if_unused(data: Path) -> bool:
    if not _has_plan(data):
        return True
    plan = _read_plan(data)
    if plan.keep or not _nobody_uses(data):
        return False
    for engine in _engines(data, plan):
        engine.stop()
    return True


def _services(data: Path) -> Services:
    plan = _read_plan(data)
    postgres, valkey = _postgres(data, plan), _valkey(data, plan)
    return Services(
        database_url=postgres.url,
        redis_url=valkey.url,
        postgres_pid=postgres.pid(),
        valkey_pid=valkey.pid(),
    )


def _engines(data: Path, plan: _Plan) -> tuple[Engine, ...]:
    return _postgres(data, plan), _valkey(data, plan)


def _postgres(data: Path, plan: _Plan) -> Postgres:
    folder = Path(plan.home or data) / POSTGRES
    return Postgres(folder=folder, account=engine_account(), port=plan.postgres_port, password=plan.password)


def _valkey(data: Path, plan: _Plan) -> Valkey:
    folder = Path(plan.home or data) / VALKEY
    return Valkey(folder=folder, account=engine_account(), port=plan.valkey_port, password=plan.password)


def _folder(data: Path) -> Path:
    data = data.expanduser().resolve()
    data.mkdir(parents=True, exist_ok=True)
    return data


def _has_plan(data: Path) -> bool:
    return (data / "services.json").exists()


def _read_plan(data: Path) -> _Plan:
    return _Plan(**json.loads((data / "services.json").read_text()))


def _new_plan(data: Path) -> _Plan:
    home = engine_home(data, engine_account())
    return _Plan(
        postgres_port=free_port(),
        valkey_port=free_port(),
        password=secrets.token_urlsafe(24),
        home=None if home == data else str(home),
    )


def _write_plan(data: Path, plan: _Plan) -> None:
    draft = data / "services.json.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(plan)))
    draft.replace(data / "services.json")


@contextmanager
def _exclusive(data: Path) -> Iterator[None]:
    with (data / "services.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hold(data: Path) -> None:
    if data in _held:
        return
    descriptor = os.open(data / "services.users", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if not _held:
        atexit.register(_release_all)
    _held[data] = descriptor


def _nobody_uses(data: Path) -> bool:
    with (data / "services.users").open("w") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _release_all() -> None:
    for data in tuple(_held):
        release(data)
