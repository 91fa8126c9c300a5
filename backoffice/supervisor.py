"""Keeps a handful of processes running, and leaves none behind.

Each child has a process group and a log file of its own. One that ends is started again after a pause
that doubles while it keeps ending soon. A stop asks every child, waits for a bounded time, and then
kills the groups. Should this process be killed, the reaper does the same in its place.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Self, TextIO

from backoffice.reaper import kill_group

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STEADY_SECONDS = 30.0  # a child that ran this long starts again with the first pause
STOP_SECONDS = 10.0
TICK_SECONDS = 0.2
LOG_BYTES = 20_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COLOURS = ("36", "32", "35", "33", "34", "96", "92")


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and the name under which it appears in the output, the logs and ``processes.json``.

    ``environment`` is what it has besides that of all.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Child:
    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE
    shown: int = 0
    rest: bytes = b""

    @classmethod
    def of(cls, program: Program, log: Path) -> Self:
        """A child not started yet; what an earlier run wrote into its log is not shown again."""
        log.touch()
        return cls(program, log, shown=log.stat().st_size)

    def new_lines(self) -> list[str]:
        """Whole lines that were written since the last call. A log that grew too long starts again."""
        with self.log.open("rb") as log:
            log.seek(self.shown)
            text = self.rest + log.read()
            self.shown = log.tell()
        *lines, self.rest = text.split(b"\n")
        if self.shown > LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)
            self.shown = 0
        return [line.decode(errors="replace") for line in lines]


@dataclass(slots=True)
class Supervisor:
    """Runs programs until ``stop`` is called or the process is told to end (SIGINT, SIGTERM, SIGHUP).

    ``watch`` is called about once a second from the same thread and returns further processes, name to
    pid, that ``processes.json`` should name. ``orphaned`` is the command that the reaper runs after it
    has ended our children in our place.
    """

    programs: Sequence[Program]
    data: Path
    environment: Mapping[str, str]
    folder: Path
    watch: Callable[[], Mapping[str, int]] = dict
    orphaned: Sequence[str] = ()
    output: TextIO = field(default_factory=lambda: sys.stdout)
    _children: list[_Child] = field(default_factory=list)
    _reaper: subprocess.Popen[str] | None = None
    _signals: int = 0
    _written: Mapping[str, int] = field(default_factory=dict)

    def run(self) -> None:
        """Start everything, keep it running, and return when everything has ended."""
        logs = self.data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._children = [_Child.of(program, logs / f"{program.name}.log") for program in self.programs]
        previous = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        try:
            self._loop()
        finally:
            self._end()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Ask for an orderly end; a second time: for an end at once."""
        self._signals += 1

    def say(self, name: str, text: str) -> None:
        """Print a line under a name."""
        names = [program.name for program in self.programs]
        width = max(map(len, names), default=0)
        label = f"{name:<{width}} │"
        if self.output.isatty():
            colour = dict(zip(names, cycle(COLOURS), strict=False)).get(name, "1")
            label = f"\033[{colour}m{label}\033[0m"
        print(label, text, file=self.output, flush=True)

    def _on_signal(self, number: int, frame: object) -> None:
        self.stop()

    def _loop(self) -> None:
        watched: Mapping[str, int] = {}
        next_watch = 0.0
        while not self._signals:
            self._tend_reaper()
            now = time.monotonic()
            for child in self._children:
                self._tend(child, now)
            if now >= next_watch:
                watched = self.watch()
                next_watch = time.monotonic() + 1.0
            self._write_processes(watched)
            self._show()
            time.sleep(TICK_SECONDS)

    def _tend(self, child: _Child, now: float) -> None:
        if child.process is None:
            if now >= child.due:
                self._start(child, now)
            return
        status = child.process.poll()
        if status is None:
            return
        group = child.process.pid
        kill_group(group)  # what a dead leader leaves behind, such as the processes of a worker
        steady = now - child.started >= STEADY_SECONDS
        pause = FIRST_PAUSE if steady else child.pause
        child.process, child.due, child.pause = None, now + pause, min(pause * 2, LONGEST_PAUSE)
        self._tell(f"-{group}")
        self._show()  # its last words first
        self.say(child.program.name, f"ended ({_describe(status)}); starts again in {pause:g} s")

    def _start(self, child: _Child, now: float) -> None:
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.program.command,
                cwd=self.folder,
                env={**self.environment, **child.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._tell(f"+{child.process.pid}")
        child.started = now

    def _end(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        try:
            for process in running:
                if process.poll() is None:
                    process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            while self._signals < 2 and time.monotonic() < deadline:
                self._show()
                if all(process.poll() is not None for process in running):
                    break
                time.sleep(0.05)
        finally:
            for process in running:
                kill_group(process.pid)
                process.wait()
            self._show()
            self._tell("done")
            (self.data / "processes.json").unlink(missing_ok=True)

    def _show(self) -> None:
        for child in self._children:
            for line in child.new_lines():
                self.say(child.program.name, line)

    def _write_processes(self, watched: Mapping[str, int]) -> None:
        running = {child.program.name: child.process.pid for child in self._children if child.process}
        processes = {"supervisor": os.getpid(), **running, **watched}
        if processes != self._written:
            draft = self.data / "processes.json.new"
            draft.write_text(json.dumps(processes, indent=2))
            draft.replace(self.data / "processes.json")
            self._written = processes

    def _tend_reaper(self) -> None:
        if self._reaper is not None and self._reaper.poll() is None:
            return
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "backoffice.reaper", *self.orphaned],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for child in self._children:
            if child.process:
                self._tell(f"+{child.process.pid}")

    def _tell(self, word: str) -> None:
        if self._reaper is None or self._reaper.stdin is None:
            return
        # A reaper that was killed is replaced at the next turn, and told everything again.
        with suppress(BrokenPipeError):
            print(word, file=self._reaper.stdin, flush=True)
        if word == "done":
            with suppress(BrokenPipeError):
                self._reaper.stdin.close()
            self._reaper.wait()


def _describe(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
