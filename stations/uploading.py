"""What becomes of requests for diagnostics and logs: answers, reports, files, silence.

As in ``updating.py``: every word is kept, the table of ``states.py`` decides, nothing raises, and
reports leave it to their caller to ``keep`` the job once. A file that arrived counts as uploaded also where the pile never says so.
"""

from __future__ import annotations

from datetime import datetime

from backoffice.kit import live
from ocpp_gateway.wire import CommandState
from stations.models import Command, UploadJob, UploadKind
from stations.states import IDLE, UPLOAD_MOVES, UPLOAD_OPEN, UPLOAD_REPORTS, UploadState
from stations.updating import CANCELS, MOST_STEPS, NOT_SENT


def take_report(job: UploadJob, status: str, *, at: datetime) -> None:
    """A status that the pile reported of this job. The same one of the same instant changes nothing."""
    if not note_step(job, status or "?", at):
        return
    job.heard_at = at
    if status == IDLE:
        if job.asked_at is not None and job.state in UPLOAD_OPEN:
            _end_quietly(job, at, otherwise=UploadState.FAILED, reason=IDLE)
    elif status == CANCELS:
        move(job, UploadState.FAILED, at, reason=status)
    elif (state := UPLOAD_REPORTS.get(status)) is not None:
        move(job, state, at, reason=status if state is UploadState.FAILED else "")


def take_answer(job: UploadJob, command: Command, *, at: datetime) -> bool:
    """What became of the request. True where the pile gave up the upload before it for this one."""
    status = str(command.answer.get("status", ""))
    match CommandState(command.state):
        case CommandState.ACCEPTED:
            _take_agreement(job, command, status, at)
        case CommandState.REJECTED:
            note_step(job, status or "Rejected", at)
            move(job, UploadState.FAILED, at, reason=status or "Rejected")
        case CommandState.ERROR:
            note_step(job, command.error or "Error", at)
            move(job, UploadState.FAILED, at, reason=command.error or "Error")
        case CommandState.REFUSED | CommandState.EXPIRED:
            note_step(job, command.error or command.state, at)
            move(job, UploadState.FAILED, at, reason=NOT_SENT)
        case _:
            note_step(job, command.state, at)
    keep(job)
    return status == CANCELS


def take_file(job: UploadJob, name: str, *, at: datetime) -> None:
    """A file arrived. The pile says itself when it was the last."""
    note_step(job, f"⇒ {name}", at)
    job.heard_at = at
    move(job, UploadState.UPLOADING, at)
    keep(job)


def fall_silent(job: UploadJob, *, at: datetime) -> None:
    """Nothing was heard, also when asked: done if a file is here, else stalled."""
    note_step(job, UploadState.STALLED.value, at)
    _end_quietly(job, at, otherwise=UploadState.STALLED)
    keep(job)


def give_up(job: UploadJob, *, at: datetime, reason: str) -> None:
    """End a job for a reason that the pile did not name."""
    note_step(job, reason, at)
    move(job, UploadState.FAILED, at, reason=reason)
    keep(job)


def _take_agreement(job: UploadJob, command: Command, status: str, at: datetime) -> None:
    """GetDiagnostics without a file name has nothing to upload (OCPP 1.6 §5.9); GetLog's name is a mere hint."""
    said = command.answer.get("fileName", command.answer.get("filename"))
    job.said_name = said[:255] if isinstance(said, str) else ""
    note_step(job, " ".join(filter(None, [status or "Accepted", job.said_name])), at)
    if (
        job.kind == UploadKind.DIAGNOSTICS
        and not job.said_name.strip()
        and job.state == UploadState.REQUESTED
    ):
        move(job, UploadState.NOTHING, at)


def _end_quietly(job: UploadJob, at: datetime, *, otherwise: UploadState, reason: str = "") -> None:
    arrived = job.files.exists()
    move(job, UploadState.UPLOADED if arrived else otherwise, at, reason="" if arrived else reason)


def note_step(job: UploadJob, word: str, at: datetime) -> bool:
    """Keep one more line; False where it is there already."""
    step = [at.isoformat(), word[:160]]
    if step in job.steps:
        return False
    job.steps = sorted([*job.steps, step])[-MOST_STEPS:]
    return True


def move(job: UploadJob, state: UploadState, at: datetime, *, reason: str = "") -> bool:
    """Take a step of the table; False for one that is not in it."""
    if state not in UPLOAD_MOVES[UploadState(job.state)]:
        return False
    job.state, job.reason = state.value, reason[:120]
    job.finished_at = at if state in {UploadState.UPLOADED, UploadState.NOTHING, UploadState.FAILED} else None
    return True


def keep(job: UploadJob) -> None:
    """Write the job down and tell the pages."""
    job.save()
    live.publish("files", f"pile:{job.pile_id}", job.path)
