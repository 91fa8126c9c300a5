"""Firmware and logs of a pile: it fetches and leaves files for real, and reports how far it is (OCPP 1.6 §5.9, §5.19).

What is done is decided here, without a socket; who runs the pile takes the ``errands`` and says how
they went. White paper L01 and N01 for the signed update and the log.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from backoffice.simulator.machine import Machine

INSTALLS_IN: Final = timedelta(seconds=5)
LOOKS_AGAIN_IN: Final = timedelta(seconds=5)
"""While a vehicle charges, the installation waits."""

LOG_LINES: Final = 200
_VERSION: Final = re.compile(rb"version[=: ]+([0-9][\w.+-]{0,40})")
_IN_NAME: Final = re.compile(r"([0-9]+(?:\.[0-9]+)+)")

Went = Callable[[bytes | None, datetime], None]
"""What was fetched (empty where something was left); None where it failed."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A file to fetch, or with ``content`` one to leave."""

    url: str
    went: Went
    content: bytes | None = None


@dataclass(slots=True)
class Report:
    """Who is told how far a thing is: the action, and the number of the request where it has one."""

    machine: Machine
    action: str
    request_id: int | None = None
    last: str = "Idle"

    def say(self, status: str) -> None:
        self.last = status
        self.repeat()

    def repeat(self) -> None:
        """Say it again, because somebody asks."""
        payload: dict[str, Any] = {"status": self.last}
        if self.request_id is not None:
            payload["requestId"] = self.request_id
        self.machine.say(self.action, lambda: payload)


@dataclass(slots=True)
class Files:
    """What a pile has to do with files. ``firmware``: what it installed, "" where it is as it was delivered."""

    firmware: str = ""
    errands: deque[Errand] = field(default_factory=deque)
    update: Report | None = None
    upload: Report | None = None
    once_booted: Callable[[datetime], None] | None = None

    def booted(self, at: datetime) -> None:
        """It is up again, and has something to say about that."""
        deed, self.once_booted = self.once_booted, None
        if deed is not None:
            deed(at)


def update(machine: Machine, location: str, start: datetime, report: Report, *, signed: bool) -> None:
    """Fetch a firmware from ``start`` on, wait for charges to end, install it and restart."""

    def fetch(_when: datetime) -> None:
        report.say("Downloading")
        machine.files.errands.append(Errand(location, fetched))

    def fetched(content: bytes | None, at: datetime) -> None:
        if not content:
            report.say("DownloadFailed")
            return
        report.say("Downloaded")
        if signed:
            report.say("SignatureVerified")
        version = version_of(content, location)
        machine.at(at, lambda when: install(version, when))

    def install(version: str, when: datetime) -> None:
        if any(outlet.session is not None for outlet in machine.outlets):
            machine.at(when + LOOKS_AGAIN_IN, lambda later: install(version, later))
            return
        report.say("Installing")
        machine.at(when + INSTALLS_IN, lambda later: restart(version, later))

    def restart(version: str, when: datetime) -> None:
        machine.files.firmware = version or machine.files.firmware
        machine.files.once_booted = lambda _at: report.say("Installed")
        machine.restart_at = when

    machine.files.update = report
    machine.at(start, fetch)


def leave_log(machine: Machine, folder: str, name: str, report: Report, at: datetime) -> None:
    """Leave a log in the folder."""

    def begin(when: datetime) -> None:
        report.say("Uploading")
        machine.files.errands.append(Errand(f"{folder.rstrip('/')}/{name}", left, _log(machine, when)))

    def left(content: bytes | None, _at: datetime) -> None:
        failed = "UploadFailure" if report.request_id is not None else "UploadFailed"
        report.say("Uploaded" if content is not None else failed)

    machine.files.upload = report
    machine.at(at, begin)


def version_of(content: bytes, location: str) -> str:
    """What the file says that it is, else what its name says; "" where neither does."""
    said = _VERSION.search(content[:4096])
    if said is not None:
        return said.group(1).decode()
    named = _IN_NAME.search(location.rpartition("/")[2])
    return named.group(1) if named is not None else ""


def _log(machine: Machine, at: datetime) -> bytes:
    lines = [
        f"{machine.spec.identity} {machine.spec.model} firmware {machine.files.firmware or machine.spec.firmware}"
    ]
    for number in range(LOG_LINES):
        when = at - timedelta(seconds=30 * (LOG_LINES - number))
        states = " ".join(f"{outlet.number}={outlet.status}" for outlet in machine.outlets)
        lines.append(f"{when:%Y-%m-%dT%H:%M:%SZ} connectors {states}")
    return ("\n".join(lines) + "\n").encode()


def instant(payload: Mapping[str, Any], name: str, at: datetime) -> datetime:
    """An instant of a request, at the earliest now."""
    text = payload.get(name)
    return max(at, datetime.fromisoformat(str(text))) if text else at
