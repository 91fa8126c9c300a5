"""The supervisor: what dies is started again, and nothing is left when it stops or is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import psutil
import pytest

from backoffice.environment import ROOT
from tests.support.waiting import eventually, is_gone

MAIN = """
import json, os, sys
from pathlib import Path
from backoffice import supervisor
from backoffice.supervisor import Program, Supervisor
supervisor.STOP_SECONDS = 2.0
data = Path(sys.argv[1])
programs = [Program(name, [sys.executable, "-c", code]) for name, code in json.loads(sys.argv[2]).items()]
orphaned = [sys.executable, "-c", "import sys; open(sys.argv[1], 'w')", str(data / "orphaned")]
Supervisor(programs, data, dict(os.environ), data, orphaned=orphaned).run()
"""

SLEEPER = "import time; print('awake', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('awake', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print('child', child.pid, flush=True); time.sleep(600)"
)
FAILING = "raise SystemExit(3)"


class Supervised:
    """A supervisor in a process of its own."""

    def __init__(self, data: Path, **codes: str) -> None:
        self.data = data
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", MAIN, str(data), json.dumps(codes)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pids(self) -> dict[str, int]:
        try:
            pids: dict[str, int] = json.loads((self.data / "processes.json").read_text())
        except FileNotFoundError:
            return {}
        return pids

    def pid(self, name: str) -> int:
        return eventually(lambda: self.pids().get(name, 0))

    def log(self, name: str) -> str:
        path = self.data / "logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def await_log(self, name: str, word: str) -> str:
        eventually(lambda: word in self.log(name))
        return self.log(name)

    def end(self) -> str:
        if not self.output:
            self.process.terminate()
            self.output, _ = self.process.communicate(timeout=30)
        return self.output


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[type[Supervised]]:
    started: list[Supervised] = []

    class Started(Supervised):
        def __init__(self, **codes: str) -> None:
            super().__init__(tmp_path, **codes)
            started.append(self)

    yield Started
    for supervised in started:
        supervised.end()


def test_a_killed_child_is_started_again(supervise: type[Supervised]) -> None:
    supervised = supervise(sleeper=SLEEPER)
    first = supervised.pid("sleeper")

    os.kill(first, signal.SIGKILL)

    second = eventually(lambda: (pid := supervised.pid("sleeper")) != first and pid)
    assert not is_gone(second)
    assert "killed by SIGKILL); starts again" in supervised.end()


def test_a_child_that_keeps_failing_waits_longer_each_time(supervise: type[Supervised]) -> None:
    supervised = supervise(failing=FAILING, sleeper=SLEEPER)
    steady = supervised.pid("sleeper")
    assert supervised.process.stdout is not None
    lines = list(islice((line for line in supervised.process.stdout if "exit status 3" in line), 2))

    assert "starts again in 0.5 s" in lines[0]
    assert "starts again in 1 s" in lines[1]
    assert supervised.pid("sleeper") == steady


def test_a_stop_leaves_nobody_behind(supervise: type[Supervised]) -> None:
    supervised = supervise(sleeper=SLEEPER, parent=PARENT)
    grandchild = int(supervised.await_log("parent", "child").split()[1])
    pids = [supervised.pid("sleeper"), supervised.pid("parent"), grandchild]

    output = supervised.end()

    assert supervised.process.returncode == 0
    assert all(is_gone(pid) for pid in pids)
    assert "sleeper │ awake" in output
    assert not supervised.pids()
    assert not (supervised.data / "orphaned").exists()


def test_a_child_that_does_not_want_to_stop_is_killed(supervise: type[Supervised]) -> None:
    supervised = supervise(stubborn=STUBBORN)
    pid = supervised.pid("stubborn")
    supervised.await_log("stubborn", "awake")

    supervised.end()

    assert is_gone(pid)


def test_a_killed_supervisor_leaves_no_orphan(supervise: type[Supervised]) -> None:
    supervised = supervise(sleeper=SLEEPER, stubborn=STUBBORN, parent=PARENT)
    supervised.await_log("stubborn", "awake")
    grandchild = int(supervised.await_log("parent", "child").split()[1])
    pids = [supervised.pid(name) for name in ("sleeper", "stubborn", "parent")]

    supervised.process.kill()

    eventually(lambda: all(is_gone(pid) for pid in [*pids, grandchild]))
    eventually((supervised.data / "orphaned").exists)


def test_a_killed_reaper_is_replaced(supervise: type[Supervised]) -> None:
    supervised = supervise(sleeper=SLEEPER)
    sleeper = supervised.pid("sleeper")
    supervised.await_log("sleeper", "awake")
    parent = psutil.Process(supervised.process.pid)

    def reaper() -> psutil.Process | None:
        for child in parent.children():
            with suppress(psutil.NoSuchProcess):  # ended, or a zombie
                if "backoffice.reaper" in child.cmdline():
                    return child
        return None

    first = eventually(reaper)
    assert first is not None
    first.kill()
    second = eventually(lambda: (now := reaper()) is not None and now.pid != first.pid and now)
    assert second

    supervised.process.kill()
    eventually(lambda: is_gone(sleeper))


def test_what_dies_takes_its_own_children_along(supervise: type[Supervised]) -> None:
    supervised = supervise(parent=PARENT)
    grandchild = int(supervised.await_log("parent", "child").split()[1])

    os.kill(supervised.pid("parent"), signal.SIGKILL)

    eventually(lambda: is_gone(grandchild))
