"""What both engines have in common: a loopback port that stays the same, and a process known by its pid file."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import psutil

# Below the range from which the kernel takes ports for outgoing connections.
PORTS = range(20_000, 30_000)

T = TypeVar("T")


class EngineError(Exception):
    """An embedded engine could not be started or stopped; the text says which and shows its log."""


class Engine(Protocol):
    """An embedded server. Every method is called under the lock of the data folder."""

    @property
    def name(self) -> str:
        """Which one it is."""

    def pid(self) -> int | None:
        """The running server's process id, or ``None``."""

    def start(self) -> None:
        """Start the server unless it runs. Raises ``EngineError``."""

    def stop(self) -> None:
        """Stop the server if it runs. Raises ``EngineError``."""


def free_port(preferred: int | None = None, *, patience_seconds: float = 5.0) -> int:
    """A loopback port nobody listens on; the preferred one where possible, so that addresses outlive a restart.

    A killed server holds its port a moment longer than its pid, hence the patience.
    """
    if preferred is not None and poll(lambda: _is_free(preferred), seconds=patience_seconds):
        return preferred
    for _ in range(200):
        port = PORTS[secrets.randbelow(len(PORTS))]
        if _is_free(port):
            return port
    raise EngineError("No free port on the loopback address.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def live_process(pid_file: Path, program: str, folder: Path) -> int | None:
    """The pid in a pid file, if it really is that program at work in that folder and not a stale number."""
    try:
        pid = int(pid_file.read_text().split(maxsplit=1)[0])
        process = psutil.Process(pid)
        is_ours = program in process.name() and process.status() != psutil.STATUS_ZOMBIE
        return pid if is_ours and Path(process.cwd()) == folder.resolve() else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def poll(question: Callable[[], T | None], *, seconds: float) -> T | None:
    """Ask until the answer is true, or the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def log_tail(log: Path, lines: int = 20) -> str:
    """The last lines of a server's log, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
