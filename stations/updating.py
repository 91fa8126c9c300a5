"""What becomes of firmware updates: answers, reports, boots, silence.

Each step is in the table of ``states.py`` or it is only kept. Whatever a pile says, in whatever order
and however often, is one more line of the job; nothing raises. Callers hold the job's lock, and ``keep``
it once: a row that is written twice in a transaction has its foreign keys checked at its end, which waits
for whoever has the command of the job, who may wait for the job.
"""

from __future__ import annotations

from datetime import datetime

from backoffice.kit import live
from ocpp_gateway.wire import CommandState
from stations.models import Command, FirmwareJob
from stations.states import (
    IDLE,
    UPDATE_MOVES,
    UPDATE_OPEN,
    UPDATE_REPORTS,
    UpdateState,
)

MOST_STEPS = 80
"""Lines that are kept of a job: a pile that repeats itself for ever fills no table."""

CANCELS = "AcceptedCanceled"
WANTS_SIGNED = "wants_signed"
REPLACED = "replaced"
NOT_SENT = "not_sent"


def same_version(one: str, other: str) -> bool:
    """Whether two names of a version mean the same: without case, blanks around, and a ``v`` before a number."""
    return bool(one.strip()) and _plain(one) == _plain(other)


def _plain(version: str) -> str:
    text = version.strip().casefold()
    return text[1:] if text[:1] == "v" and text[1:2].isdigit() else text


def take_report(job: FirmwareJob, status: str, *, at: datetime, reported_firmware: str = "") -> None:
    """A status that the pile reported of this job. The same one of the same instant changes nothing.

    ``reported_firmware``: what it calls its firmware, if it booted since the job began.
    """
    if not note_step(job, status or "?", at):
        return
    job.heard_at = at
    if status == IDLE:
        _take_idle(job, at, reported_firmware)
    elif (state := UPDATE_REPORTS.get(status)) is not None:
        move(job, state, at, reason=status if state is UpdateState.FAILED else "")
    if job.state == UpdateState.INSTALLED and reported_firmware and not job.version_seen:
        job.version_seen = reported_firmware[:120]


def take_boot(job: FirmwareJob, firmware: str, *, at: datetime) -> None:
    """The pile booted and said what it runs: that is stronger than any report, and may come before it (errata 3.48).

    Once a job is over, only the first boot after it counts.
    """
    if job.state not in UPDATE_OPEN and job.version_seen:
        return
    if not note_step(job, f"Boot {firmware}".strip(), at):
        return
    job.heard_at, job.version_seen = at, firmware[:120]
    wanted = job.firmware.version
    if same_version(firmware, wanted) and not same_version(job.version_before, wanted):
        move(job, UpdateState.INSTALLED, at)


def take_answer(job: FirmwareJob, command: Command, *, at: datetime) -> bool:
    """What became of the request. True where the pile gave up the update before it for this one.

    No answer leaves all open: the pile may update all the same.
    """
    status = str(command.answer.get("status", ""))
    match CommandState(command.state):
        case CommandState.ACCEPTED:
            note_step(job, status or "Accepted", at)
        case CommandState.REJECTED:
            note_step(job, status or "Rejected", at)
            move(job, UpdateState.FAILED, at, reason=status or "Rejected")
        case CommandState.ERROR:
            note_step(job, command.error or "Error", at)
            move(job, UpdateState.FAILED, at, reason=_error_reason(job, command.error))
        case CommandState.REFUSED | CommandState.EXPIRED:
            note_step(job, command.error or command.state, at)
            move(job, UpdateState.FAILED, at, reason=NOT_SENT)
        case _:
            note_step(job, command.state, at)
    keep(job)
    return status == CANCELS


def give_up(job: FirmwareJob, *, at: datetime, state: UpdateState, reason: str = "") -> None:
    """End or stall a job for a reason that the pile did not name."""
    note_step(job, reason or state.value, at)
    move(job, state, at, reason=reason)
    keep(job)


def _take_idle(job: FirmwareJob, at: datetime, reported_firmware: str) -> None:
    """Asked, the pile says that it does nothing: the update is over, one way or the other."""
    if job.asked_at is None or job.retrieve_at > at or job.state not in UPDATE_OPEN:
        return
    wanted = job.firmware.version
    if same_version(reported_firmware, wanted) and not same_version(job.version_before, wanted):
        job.version_seen = reported_firmware[:120]
        move(job, UpdateState.INSTALLED, at)
    else:
        move(job, UpdateState.FAILED, at, reason=IDLE)


def _error_reason(job: FirmwareJob, error: str) -> str:
    """A pile with secure firmware update refuses a plain one so (white paper L01.FR.20)."""
    if not job.signed and error.startswith("NotSupported"):
        return WANTS_SIGNED
    return error[:120] or "Error"


def note_step(job: FirmwareJob, word: str, at: datetime) -> bool:
    """Keep one more line; False where it is there already."""
    step = [at.isoformat(), word[:120]]
    if step in job.steps:
        return False
    job.steps = sorted([*job.steps, step])[-MOST_STEPS:]
    return True


def move(job: FirmwareJob, state: UpdateState, at: datetime, *, reason: str = "") -> bool:
    """Take a step of the table; False for one that is not in it."""
    if state not in UPDATE_MOVES[UpdateState(job.state)]:
        return False
    job.state, job.reason = state.value, reason[:120]
    job.finished_at = at if state in {UpdateState.INSTALLED, UpdateState.FAILED} else None
    return True


def keep(job: FirmwareJob) -> None:
    """Write the job down and tell the pages."""
    job.save()
    live.publish("files", f"pile:{job.pile_id}", job.path)
