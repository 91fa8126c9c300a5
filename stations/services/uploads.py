"""Diagnostics and logs of piles: asked for, left at an address of their own, kept for a time, fetched by staff.

A file is on disk and hashed before its row is written; the same file twice is one. A pile has one
request of each kind at a time; GetLog may replace its own (AcceptedCanceled, white paper N01).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.file_names import clean_name
from backoffice.kit.scope import path_of_tenant
from stations import selectors, tickets, uploading
from stations.models import Command, Pile, UploadedFile, UploadJob, UploadKind
from stations.services.commands import Request, hold_pile, order_command
from stations.states import UPLOAD_OPEN, UploadState
from stations.tickets import Errand
from stations.updating import REPLACED

ADDRESS_HOURS = 48
MOST_FILES = 20
"""Files that one request may bring."""

ABOUT = "upload_job:"
ACTIONS = frozenset({"GetDiagnostics", "GetLog"})
FTP = "ftp"
_LOG_TYPES = {UploadKind.DIAGNOSTICS_LOG: "DiagnosticsLog", UploadKind.SECURITY_LOG: "SecurityLog"}
_TRIGGERS = {
    UploadKind.DIAGNOSTICS: "DiagnosticsStatusNotification",
    UploadKind.DIAGNOSTICS_LOG: "LogStatusNotification",
    UploadKind.SECURITY_LOG: "LogStatusNotification",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: a span of time, by which way (``""``: what suits the pile), how often it tries.

    ``anyway``: also where the pile said that it does not know the command; only engineers may.
    """

    kind: UploadKind = UploadKind.DIAGNOSTICS
    since: datetime | None = None
    until: datetime | None = None
    scheme: str = ""
    retries: int = 3
    retry_interval_s: int = 60
    anyway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file that is on disk under a name of ours. ``path`` is moved away when it is kept."""

    path: Path
    name: str
    size: int
    sha256: str
    remote: str = ""


def start_upload(pile: Pile, *, wanted: Wanted, actor: Actor, reason: str = "") -> UploadJob:
    """Ask a pile of the scope for its diagnostics or a log.

    Raises Refused: ``running``, ``scheme``, ``span``, and what ``send_command`` raises.
    """
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise Refused(_("The end lies before the beginning."), code="span", field="until")
    with transaction.atomic():
        hold_pile(pile.pk)
        row = Pile.objects.get(pk=pile.pk)
        _require_free(row, wanted.kind)
        job = _create(row, wanted, actor)
        request = Request(
            action="GetDiagnostics" if wanted.kind == UploadKind.DIAGNOSTICS else "GetLog",
            payload=_payload(job, wanted),
            reason=reason,
            anyway=wanted.anyway,
            about=f"{ABOUT}{job.pk}",
        )
        job.command = order_command(row, request, actor=actor)
        uploading.keep(job)
        audit.record(actor, "upload_job.started", job, after=audit.snapshot(job), reason=reason)
        return job


def take_answer(command: Command) -> None:
    """What became of the request for a log; other commands are passed over. Runs where the answer is kept."""
    if command.action not in ACTIONS or not command.about.startswith(ABOUT):
        return
    at = command.answered_at or clock.now()
    jobs = UploadJob.objects.filter(pile=command.pile_id)
    job = locks.locked(jobs.filter(pk=command.about.removeprefix(ABOUT))).first()
    if job is not None and uploading.take_answer(job, command, at=at):
        older = jobs.filter(pk__lt=job.pk, state__in=UPLOAD_OPEN).exclude(kind=UploadKind.DIAGNOSTICS)
        for one in locks.locked(older):
            uploading.give_up(one, at=at, reason=REPLACED)


@transaction.atomic
def ask_progress(job: UploadJob, *, actor: Actor) -> Command:
    """Ask the pile how far it is. What it says moves the job. Raises what ``send_command`` raises, and ``over``."""
    hold_pile(job.pile_id)
    row = locks.locked(UploadJob.objects.filter(pk=job.pk)).get()
    if row.state not in UPLOAD_OPEN:
        raise Refused(_("This upload is over."), code="over")
    plain = row.kind == UploadKind.DIAGNOSTICS
    request = Request(
        action="TriggerMessage" if plain else "ExtendedTriggerMessage",
        payload={"requestedMessage": _TRIGGERS[UploadKind(row.kind)]},
        about=f"{ABOUT}{row.pk}",
    )
    command = order_command(row.pile, request, actor=actor)
    row.asked_at = clock.now()
    uploading.keep(row)
    return command


def room_left(job_id: int) -> int | None:
    """Bytes that may still be left for a job; None where nothing is taken any more."""
    job = UploadJob.objects.filter(pk=job_id).first()
    if job is None or job.state == UploadState.NOTHING:
        return None
    files = UploadedFile.objects.filter(job=job)
    if files.count() >= MOST_FILES:
        return 0
    used: int = files.aggregate(used=Sum("size"))["used"] or 0
    return max(0, int(settings.UPLOAD_MAX_BYTES) - used)


@transaction.atomic
def keep_file(job_id: int, arrived: Arrived) -> UploadedFile | None:
    """Keep a file that arrived; the same one again changes nothing. None where there is no room for it."""
    job = locks.locked(UploadJob.objects.filter(pk=job_id)).first()
    if job is None:
        return None
    name = clean_name(arrived.name)
    twin = UploadedFile.objects.filter(job=job, sha256=arrived.sha256, name=name).first()
    if twin is not None:
        return twin
    left = room_left(job_id)
    if left is None or arrived.size > left:
        return None
    row = UploadedFile(
        **job.path.as_columns(),
        job=job,
        name=name,
        size=arrived.size,
        sha256=arrived.sha256,
        remote=arrived.remote[:60],
        received_at=clock.now(),
    )
    _store(row, arrived.path)
    try:
        row.save()
    except Exception:
        row.file.storage.delete(str(row.file.name))
        raise
    uploading.take_file(job, name, at=row.received_at)
    return row


@transaction.atomic
def hand_out(file: UploadedFile, *, actor: Actor) -> UploadedFile:
    """Somebody of the staff takes a copy of a file: that goes on record."""
    audit.record(actor, "uploaded_file.downloaded", file)
    return file


def address_of(job: UploadJob) -> str:
    """The folder that the pile leaves its files in, as a URI."""
    ticket = tickets.issue(Errand.UPLOAD, job.pk, job.address_until)
    if job.scheme == FTP:
        host = settings.FTP_ADDRESS or urlsplit(settings.FILES_URL).hostname
        return f"ftp://{job.pk}:{ticket}@{host}:{settings.FTP_PORT}/"
    return f"{settings.FILES_URL}/files/uploads/{ticket}/"


def _store(row: UploadedFile, path: Path) -> None:
    """Into its place by a rename: nobody ever sees half of it."""
    with path.open("rb") as content:
        row.file.save(secrets.token_hex(16), _Landed(content, path), save=False)


class _Landed(File):  # type: ignore[type-arg]  # Django's class takes none at run time
    """Tells the storage that the file may be moved instead of copied."""

    def __init__(self, content: Any, path: Path) -> None:
        super().__init__(content)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def _create(pile: Pile, wanted: Wanted, actor: Actor) -> UploadJob:
    at = clock.now()
    return UploadJob.objects.create(
        **path_of_tenant(pile.tenant_id).as_columns(),
        pile=pile,
        kind=wanted.kind,
        scheme=_scheme(pile, wanted.scheme),
        since=wanted.since,
        until=wanted.until,
        actor_ref=actor.ref[:80],
        actor_label=actor.label[:120],
        created_at=at,
        address_until=at + timedelta(hours=ADDRESS_HOURS),
    )


def _payload(job: UploadJob, wanted: Wanted) -> dict[str, Any]:
    """OCPP 1.6 §6.27; white paper §5 for GetLog."""
    address = address_of(job)
    tries = {"retries": max(0, wanted.retries), "retryInterval": max(0, wanted.retry_interval_s)}
    if job.kind == UploadKind.DIAGNOSTICS:
        span = {"startTime": job.since, "stopTime": job.until}
        return {"location": address, **_stamped(span), **tries}
    span = {"oldestTimestamp": job.since, "latestTimestamp": job.until}
    log = {"remoteLocation": address, **_stamped(span)}
    return {"logType": _LOG_TYPES[UploadKind(job.kind)], "requestId": job.pk, "log": log, **tries}


def _stamped(span: dict[str, datetime | None]) -> dict[str, str]:
    return {name: f"{at:%Y-%m-%dT%H:%M:%S}Z" for name, at in span.items() if at is not None}


def _scheme(pile: Pile, wished: str) -> str:
    """By which way: as wished, else what the pile says that it can (errata 3.90), else ours."""
    ours = urlsplit(settings.FILES_URL).scheme
    ftp = bool(settings.FTP_PORT)
    if wished:
        if wished == FTP and not ftp:
            raise Refused(_("No FTP server is running here."), code="scheme", field="scheme")
        return FTP if wished == FTP else ours
    known = selectors.transfer_protocols(pile)
    if not known or ours in known:
        return ours
    if ftp and FTP in known:
        return FTP
    said = ", ".join(sorted(known)).upper()
    message = _("The terminal moves files by %(said)s only, which is not offered here.")
    raise Refused(message % {"said": said}, code="scheme", field="scheme")


def _require_free(pile: Pile, kind: UploadKind) -> None:
    at = clock.now()
    for job in locks.locked(UploadJob.objects.filter(pile=pile, kind=kind, state__in=UPLOAD_OPEN)):
        if job.state == UploadState.STALLED:
            uploading.give_up(job, at=at, reason=REPLACED)
        elif kind == UploadKind.DIAGNOSTICS:
            raise Refused(_("The terminal was asked for this, and has not ended yet."), code="running")
