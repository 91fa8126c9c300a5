"""The engines for the tests, started before Django reads its settings.

Loaded with ``-p`` (see ``pyproject.toml``), because pytest-django reads the settings before any
``conftest.py``. Engines given by ``DATABASE_URL`` and ``REDIS_URL`` are used as they are. Two runs at
the same time take different folders, so neither sees the other's database; so do the workers of one run
(``-n``, see ``tests/support/sharing.py``), and who only hands out tests to them has no engines at all.
"""

from __future__ import annotations

import fcntl
import os
from itertools import count
from pathlib import Path
from typing import IO

import psycopg2
import pytest
import redis

from backoffice import embedded
from backoffice.environment import ROOT, ensure_environment, wanted_engines

NOWHERE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "REDIS_URL": "redis://127.0.0.1:1/0"}
"""What Django reads in the process that hands out the tests."""

_slots: list[IO[str]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the engines and put their addresses into the environment."""
    for name, address in NOWHERE.items():
        if os.environ.get(name) == address:
            del os.environ[name]
    shared = getattr(early_config.known_args_namespace, "numprocesses", None)
    if shared and "PYTEST_XDIST_WORKER" not in os.environ:
        for name, address in NOWHERE.items():
            os.environ.setdefault(name, address)
    data = _take_folder()
    own = wanted_engines()
    os.environ.update(ensure_environment(data))
    (data / "static").mkdir(exist_ok=True)  # WhiteNoise warns where it is missing
    if embedded.POSTGRES in own:
        _forget_durability(os.environ["DATABASE_URL"])
    if embedded.VALKEY in own:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushall()


def _forget_durability(url: str) -> None:
    """Nobody pulls the plug on this cluster, and emptying its tables would wait for the disk each time.

    Where machines die in a test, a house has engines of its own, with every setting as it is deployed.
    """
    server = psycopg2.connect(url)
    server.autocommit = True
    with server.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"ALTER SYSTEM SET {name} = off")
        cursor.execute("SELECT pg_reload_conf()")
    server.close()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the engines unless another process uses them."""
    embedded.release(Path(os.environ["DATA_DIR"]))
    while _slots:
        _slots.pop().close()


def _take_folder() -> Path:
    for number in count(1):
        folder = ROOT / "var" / ("test" if number == 1 else f"test-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        slot = (folder / "run.lock").open("w")
        try:
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            slot.close()
            continue
        _slots.append(slot)
        return folder
    raise AssertionError
