"""What can go wrong with a running house, each as a block: wrong inside of it, mended after it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil

from backoffice import embedded
from backoffice.embedded.account import engine_account
from tests.support.cut import Cut
from tests.support.house import ENGINES, House

Trouble = contextlib.AbstractContextManager[str]
SMALL_DISK = "600m"
GROWN_BYTES = "1048576"


@contextlib.contextmanager
def killed(house: House, name: str) -> Iterator[str]:
    """SIGKILL of one of its processes or engines."""
    house.kill(name)
    yield "killed"
    house.revive(name)


def through_a_cut(house: House) -> Cut:
    """From now on the gateway reaches its database through this. To be entered before, and used by ``cut``."""
    url = urlsplit(house.environment["DATABASE_URL"])
    assert url.hostname is not None and url.port is not None
    return Cut(url.hostname, url.port)


def reroute(house: House, cut: Cut) -> None:
    """Start the gateway anew, with its database behind the cut."""
    url = urlsplit(house.environment["DATABASE_URL"])
    netloc = f"{url.username}:{url.password}@127.0.0.1:{cut.port}"
    house.variables["gateway"] = {"DATABASE_URL": urlunsplit(url._replace(netloc=netloc))}
    house.terminate("gateway")
    house.start("gateway")


@contextlib.contextmanager
def disconnected(house: House, cut: Cut, chance: random.Random) -> Iterator[str]:
    """The network between gateway and database is gone, with a word or without."""
    how: Callable[[], None] = chance.choice((cut.drop, cut.stall))
    how()
    yield how.__name__
    cut.mend()
    house.wait_until_well()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A small file system at ``folder``; False, and nothing mounted, where we may not."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    mount = shutil.which("mount")
    done = mount and os.geteuid() == 0
    if done:
        command = [mount, "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "pilehouse-proof", str(folder)]
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        if done:
            folder.chmod(0o755)
        yield bool(done)
    finally:
        if done:
            subprocess.run(["/bin/umount", "-l", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def full_disk(house: House, *, is_small: bool) -> Iterator[str]:
    """No room for the database: its file system is full, or (where it is none of ours) its files may not grow."""
    if is_small:
        with _filled(house):
            yield "disk full"
    else:
        with _forbidden_to_grow(house):
            yield "RLIMIT_FSIZE"
        services = embedded.status(house.data)
        if services is not None and services.postgres_pid is not None:
            house.kill("postgres")  # it could not end in an orderly way
    embedded.restart(house.data, ENGINES["postgres"])  # it may have ended over it
    house.wait_until_well()


def refused_writes(house: House) -> int:
    """How often the database has said that there was no room."""
    home = Path(json.loads((house.data / "services.json").read_text())["home"] or house.data)
    log = (home / "postgres" / "server.log").read_text(errors="replace")
    return log.count("No space left on device") + log.count("File too large")


@contextlib.contextmanager
def _filled(house: House) -> Iterator[None]:
    filler = house.data / "filler"
    try:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(64 * 1024))
        yield
    finally:
        filler.unlink(missing_ok=True)


@contextlib.contextmanager
def _forbidden_to_grow(house: House) -> Iterator[None]:
    services = embedded.status(house.data)
    assert services is not None and services.postgres_pid is not None
    _limit_files(services.postgres_pid, GROWN_BYTES)
    try:
        yield
    finally:
        _limit_files(services.postgres_pid, "unlimited")


def _limit_files(postmaster: int, most: str) -> None:
    """How large the files of PostgreSQL may become; as its own account, which may always say so."""
    for pid in (postmaster, *_children(postmaster)):
        command = ["prlimit", f"--pid={pid}", f"--fsize={most}:"]
        engine_account().run(command, cwd=Path("/"), check=False)


def _children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory_of(pid: int) -> int:
    """Resident bytes of a process."""
    return int(psutil.Process(pid).memory_info().rss)


def processor_time(pids: Mapping[str, int]) -> dict[str, float]:
    """Seconds of processor time that each process has used."""
    return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}


def wait(chance: random.Random, least: float, most: float) -> None:
    time.sleep(chance.uniform(least, most))
