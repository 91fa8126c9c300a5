"""How far updates and uploads are, as piles report it. Whatever finds no job was kept by ``note`` and does no harm.

A plain status carries no number: it is about the newest job of the pile that is open (OCPP 1.6 §4.4,
§4.5). A signed one names its job, and none only where it was asked for (white paper L01, N01.FR.12).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from backoffice.kit import locks
from ocpp_gateway.wire import Booted, FirmwareReported, UploadReported
from stations import updating, uploading
from stations.intake.batch import have_any
from stations.models import FirmwareJob, Pile, UploadJob, UploadKind
from stations.states import UPDATE_OPEN, UPLOAD_OPEN


def report_files(updates: Sequence[FirmwareReported], uploads: Sequence[UploadReported]) -> None:
    """Move the updates and the uploads that these reports are about."""
    if updates:
        report_firmware(updates)
    if uploads:
        report_uploads(uploads)


def report_firmware(facts: Sequence[FirmwareReported]) -> None:
    """Move the updates that these reports are about."""
    piles = {fact.pile_id for fact in facts}
    jobs = _update_jobs(piles, {fact.request_id for fact in facts})
    booted = _firmware_of(piles)
    touched: dict[int, FirmwareJob] = {}
    for fact in facts:
        job = _update_of(fact, jobs)
        if job is not None:
            version, at = booted[fact.pile_id]
            seen = version if at is not None and at > job.created_at else ""
            updating.take_report(job, fact.status, at=fact.received_at, reported_firmware=seen)
            touched[job.pk] = job
    for job in touched.values():
        updating.keep(job)


def report_uploads(facts: Sequence[UploadReported]) -> None:
    """Move the uploads that these reports are about."""
    jobs = _upload_jobs({fact.pile_id for fact in facts}, {fact.request_id for fact in facts})
    touched: dict[int, UploadJob] = {}
    for fact in facts:
        job = _upload_of(fact, jobs)
        if job is not None:
            uploading.take_report(job, fact.status, at=fact.received_at)
            touched[job.pk] = job
    for job in touched.values():
        uploading.keep(job)


def boots(facts: Iterable[Booted]) -> None:
    """A boot with the firmware that was asked for proves the update; with another, it says so."""
    booted = list(facts)
    piles = {fact.pile_id for fact in booted}
    jobs = _update_jobs(piles, set()) if have_any(FirmwareJob, piles) else []
    touched: dict[int, FirmwareJob] = {}
    for fact in booted:
        newest = next((job for job in jobs if job.pile_id == fact.pile_id), None)
        if newest is not None and fact.received_at > newest.created_at:
            updating.take_boot(newest, fact.firmware, at=fact.received_at)
            touched[newest.pk] = newest
    for job in touched.values():
        updating.keep(job)


def _update_jobs(pile_ids: set[int], job_ids: set[int | None]) -> list[FirmwareJob]:
    """The open ones, the newest of each pile and those that are named; locked, the newest first."""
    newest = FirmwareJob.objects.filter(pile__in=pile_ids).order_by("pile", "-created_at", "-pk")
    wanted = {job.pk for job in newest.distinct("pile")}
    wanted |= set(
        FirmwareJob.objects.filter(pile__in=pile_ids, state__in=UPDATE_OPEN).values_list("pk", flat=True)
    )
    named = {job_id for job_id in job_ids if job_id is not None}
    rows = locks.locked(
        FirmwareJob.objects.select_related("firmware").filter(pile__in=pile_ids, pk__in=wanted | named)
    )
    return sorted(rows, key=lambda job: (job.created_at, job.pk), reverse=True)


def _upload_jobs(pile_ids: set[int], job_ids: set[int | None]) -> list[UploadJob]:
    open_ones = UploadJob.objects.filter(pile__in=pile_ids, state__in=UPLOAD_OPEN)
    wanted = {*open_ones.values_list("pk", flat=True), *(one for one in job_ids if one is not None)}
    rows = locks.locked(UploadJob.objects.filter(pile__in=pile_ids, pk__in=wanted))
    return sorted(rows, key=lambda job: (job.created_at, job.pk), reverse=True)


def _update_of(fact: FirmwareReported, jobs: list[FirmwareJob]) -> FirmwareJob | None:
    own = [job for job in jobs if job.pile_id == fact.pile_id]
    if fact.request_id is not None:
        return next((job for job in own if job.pk == fact.request_id), None)
    still = [job for job in own if job.state in UPDATE_OPEN]
    # Some piles report a signed update in the plain way: better that one than none.
    return next((job for job in still if job.signed == fact.signed), next(iter(still), None))


def _upload_of(fact: UploadReported, jobs: list[UploadJob]) -> UploadJob | None:
    own = [job for job in jobs if job.pile_id == fact.pile_id]
    if fact.request_id is not None:
        return next((job for job in own if job.pk == fact.request_id), None)
    still = [job for job in own if job.state in UPLOAD_OPEN]
    fitting = [job for job in still if (job.kind == UploadKind.DIAGNOSTICS) == fact.diagnostics]
    return next(iter(fitting), None)


def _firmware_of(pile_ids: set[int]) -> dict[int, tuple[str, datetime | None]]:
    rows = Pile.objects.filter(pk__in=pile_ids).values_list("pk", "firmware", "booted_at")
    return {pk: (firmware, booted_at) for pk, firmware, booted_at in rows}
