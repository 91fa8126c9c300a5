"""Long work that its owner may leave: a job is a generator, and the runner counts, saves and cleans up.

A kind of job yields how far it is (an int, or ``(done, total)``), a ``Sheet`` for its workbook, whose rows are
counted while they are written, or ``Kept`` when it has changed something for good. The runner re-enters the owner's scope with the rights
that he has now, not those he had when he asked. A job runs once: a second worker that gets the same
task finds it taken. One whose worker died is failed by a sweep and can be started again.

A job is seen by its owner alone, also inside his own tenant.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import Any

from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backoffice.kit import clock, live, locks, tasks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.export import Cell, Sheet, write_workbook
from backoffice.kit.frame import Words
from backoffice.kit.hooks import Hook, Listeners
from backoffice.kit.models import Job, JobState
from backoffice.kit.scope import path_of_tenant, unscoped
from backoffice.kit.staff import Reader

log = logging.getLogger(__name__)

BEAT_S = 1.0
"""Progress is written at most this often, with a heartbeat, and cancelling is noticed."""

SILENT = timedelta(minutes=2)
"""A running job without a heartbeat for so long is looked at: is its worker still connected?"""

WAITED = timedelta(minutes=1)
"""A queued job that old is handed to the workers again; its task may have been lost."""

MOST_OPEN = 20
"""Jobs that one person may have waiting or running."""

LOOKED_BACK = timedelta(days=7)
"""Jobs that were asked for longer ago are no news, whenever they ended."""

SECRETS_KEPT = timedelta(hours=1)
"""How long a file that tells secrets can be fetched, whatever the tenant keeps files for."""

NEWS = timedelta(days=1)
"""How long somebody is told of a job that ended."""

OPEN = (JobState.QUEUED, JobState.RUNNING)
ENDED = (JobState.DONE, JobState.FAILED)
RUN_TASK = "backoffice.tasks.run_job"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a job did is committed, so many rows of it: from here on it is done, whoever calls it off."""

    done: int


Step = int | tuple[int, int] | Sheet | Kept
Kind = Callable[["Work"], Iterator[Step]]

enter_as: Hook[[Job], AbstractContextManager[Reader]] = Hook("enter_as")
"""Enters the scope of the job's owner with his rights of now; provided by ``tenants``. Raises Refused."""


days_kept: Hook[[int], int] = Hook("days_kept")
"""For how many days a tenant keeps the files of jobs; provided by ``tenants``."""

ended: Listeners[[Job]] = Listeners("ended")
"""A job is done or has failed. A listener that fails changes nothing of that."""


class Stopped(Exception):
    """The owner called it off, or a sweep took it for dead."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a kind of job gets: its parameters, and for whom it works."""

    job: Job
    params: Mapping[str, Any]
    reader: Reader


_kinds: dict[str, Kind] = {}


def kind(name: str) -> Callable[[Kind], Kind]:
    """Register a generator function as a kind of job."""

    def register(function: Kind) -> Kind:
        _kinds[name] = function
        return function

    return register


def jobs_of(owner: Actor) -> QuerySet[Job]:
    """The jobs of one person, inside the scope, whatever part of it is looked at."""
    return Job.objects.whole().filter(owner_ref=owner.owns_as)


def news_of(owner: Actor) -> list[Job]:
    """What a person waits for: his open jobs, and those that ended within ``NEWS`` and he has not looked at."""
    now = clock.now()
    ended = Q(state__in=ENDED, seen_at__isnull=True, finished_at__gt=now - NEWS)
    recent = jobs_of(owner).filter(created_at__gt=now - LOOKED_BACK)
    return list(recent.filter(Q(state__in=OPEN) | ended).order_by("-created_at", "-pk")[:MOST_OPEN])


def mark_seen(job: Job, *, actor: Actor) -> None:
    """Its owner has looked at how it ended; news of it stop."""
    jobs_of(actor).filter(pk=job.pk, state__in=ENDED, seen_at__isnull=True).update(seen_at=clock.now())


@transaction.atomic
def start_job(
    name: str,
    *,
    title: Words,
    params: Mapping[str, Any],
    actor: Actor,
    tenant_id: int,
    membership_id: int | None,
    file_name: str = "",
) -> Job:
    """Queue a job. The same job of the same person that is still open is given back instead of a second one."""
    if name not in _kinds:
        raise KeyError(name)
    locks.hold(f"jobs:{actor.owns_as}")
    given = dict(params) | {"zone": timezone.get_current_timezone_name()}
    same = jobs_of(actor).filter(kind=name, params=given, state__in=OPEN).first()
    if same is not None:
        return same
    if jobs_of(actor).filter(state__in=OPEN).count() >= MOST_OPEN:
        raise Refused(_("You have many jobs running; wait until some are done."), code="many")
    job = Job.objects.create(
        **path_of_tenant(tenant_id).as_columns(),
        public_id=secrets.token_hex(16),
        kind=name,
        title=str(title)[:160],
        owner_ref=actor.owns_as,
        membership_id=membership_id,
        language=translation.get_language() or "en",
        params=given,
        created_at=clock.now(),
        file_name=file_name,
    )
    tasks.nudge(RUN_TASK, job.pk)
    return job


def start_again(job: Job, *, actor: Actor) -> Job:
    """Queue what failed, was cancelled or has expired once more, as a new job."""
    return start_job(
        job.kind,
        title=job.title,
        params=job.params,
        actor=actor,
        tenant_id=job.path.owner_id,
        membership_id=job.membership_id,
        file_name=job.file_name,
    )


def cancel_job(job: Job, *, actor: Actor) -> None:
    """Call a job off: at once while it waits, at the next row while it runs, and not at all when it is done."""
    own = jobs_of(actor).filter(pk=job.pk)
    if not own.filter(state=JobState.QUEUED).update(state=JobState.CANCELLED, finished_at=clock.now()):
        own.filter(state=JobState.RUNNING).update(cancel_asked=True)
    _tell(job)


def discard_job(job: Job, *, actor: Actor) -> None:
    """Throw the file of a job that is done away before its time."""
    own = jobs_of(actor).filter(pk=job.pk, state=JobState.DONE)
    if own.update(state=JobState.EXPIRED, expires_at=clock.now(), file="") and job.file:
        transaction.on_commit(lambda: job.file.storage.delete(str(job.file.name)))
    _tell(job)


def run(pk: int) -> None:
    """Do a job's work, unless somebody else has taken it. Called by the worker."""
    with unscoped(reason="a job finds its owner"):
        now = clock.now()
        taken = Job.objects.filter(pk=pk, state=JobState.QUEUED).update(
            state=JobState.RUNNING, started_at=now, heartbeat_at=now
        )
        if not taken:
            return
        job = Job.objects.get(pk=pk)
    with _alive(job):
        _tell(job)
        try:
            with (
                translation.override(job.language),
                timezone.override(job.params["zone"]),
                enter_as(job) as reader,
            ):
                _work(job, reader)
        except Stopped:
            _end(job, JobState.CANCELLED)
        except Refused as refused:
            _end(job, JobState.FAILED, error=str(refused.message))
        except Exception:  # whatever a job raises is the job's failure, not the worker's
            log.exception("job %s (%s) failed", job.pk, job.kind)
            _end(job, JobState.FAILED, error=_("It failed, and the fault has been recorded."))


def tidy() -> None:
    """The sweep: hand lost jobs to the workers again, fail those whose worker died, remove old files.

    Runs under a lifted scope.
    """
    now = clock.now()
    waiting = Job.objects.filter(state=JobState.QUEUED).filter(
        Q(created_at__lt=now - WAITED), Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=now - WAITED)
    )
    for job in waiting[:100]:
        Job.objects.filter(pk=job.pk).update(heartbeat_at=now)
        tasks.nudge(RUN_TASK, job.pk)
    for job in Job.objects.filter(state=JobState.RUNNING, heartbeat_at__lt=now - SILENT):
        if _is_dead(job):
            _end(job, JobState.FAILED, error=_("The worker stopped in the middle. Start it again."))
    for job in Job.objects.filter(state=JobState.DONE, expires_at__lt=now)[:500]:
        job.file.delete(save=False)
        Job.objects.filter(pk=job.pk).update(state=JobState.EXPIRED, file="")


def _work(job: Job, reader: Reader) -> None:
    watch = _Watch(job)
    sheets: list[Sheet] = []
    for step in _kinds[job.kind](Work(job, job.params, reader)):
        if isinstance(step, Sheet):
            sheets.append(step)
        elif isinstance(step, Kept):
            watch.keep(step.done)
        elif isinstance(step, tuple):
            watch.at(*step)
        else:
            watch.at(step)
    fields: dict[str, Any] = {}
    if sheets:
        fields["file"] = _save_workbook(job, [replace(sheet, rows=watch.rows(sheet)) for sheet in sheets])
    watch.beat()
    until = clock.now() + _kept_for(job, sheets)
    if not _end(job, JobState.DONE, done=watch.done, expires_at=until, **fields) and sheets:
        job.file.storage.delete(fields["file"])


def _kept_for(job: Job, sheets: Sequence[Sheet]) -> timedelta:
    days = timedelta(days=days_kept(job.path.owner_id))
    return min(days, SECRETS_KEPT) if any(sheet.secret for sheet in sheets) else days


def _save_workbook(job: Job, sheets: Sequence[Sheet]) -> str:
    """The name of the stored file."""
    with TemporaryFile() as target:
        write_workbook(target, sheets)
        target.seek(0)
        suffix = PurePath(job.file_name).suffix or ".xlsx"
        job.file.save(f"{job.public_id}{suffix}", File(target), save=False)
    return str(job.file.name)


class _Watch:
    """How far a job is; told to the database now and then, which is also when a job learns that it is off."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.done = 0
        self.total: int | None = None
        self.kept = False
        self._due = 0.0

    def at(self, done: int, total: int | None = None) -> None:
        self.done = done
        self.total = self.total if total is None else total
        if time.monotonic() >= self._due:
            self.beat()

    def keep(self, done: int) -> None:
        self.kept = True
        self.at(done)

    def rows(self, sheet: Sheet) -> Iterator[Sequence[Cell]]:
        for row in sheet.rows:
            self.at(self.done if self.kept else self.done + 1)
            yield row

    def beat(self) -> None:
        """Raises Stopped when the job is not to go on."""
        self._due = time.monotonic() + BEAT_S
        with unscoped(reason="a job's own row"):
            going = Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING)
            if not self.kept:
                going = going.filter(cancel_asked=False)
            if not going.update(done=self.done, total=self.total, heartbeat_at=clock.now()):
                raise Stopped
        _tell(self.job)


def _end(job: Job, state: JobState, **fields: Any) -> bool:
    """Set the final state, unless the job has one; whether it was set."""
    with unscoped(reason="a job's own row"):
        running = Job.objects.filter(pk=job.pk, state=JobState.RUNNING)
        set_now = running.update(state=state, finished_at=clock.now(), **fields)
    _tell(job)
    if set_now and state in {JobState.DONE, JobState.FAILED}:
        _spread(job.pk)
    return bool(set_now)


def _spread(pk: int) -> None:
    with unscoped(reason="a job's own row"):
        row = Job.objects.get(pk=pk)
    try:
        ended(row)
    except Exception:  # whatever a listener raises, the job is over
        log.exception("job %s: its end was not told", pk)


def _tell(job: Job) -> None:
    live.publish("jobs", f"job:{job.pk}", job.path)


@contextmanager
def _alive(job: Job) -> Iterator[None]:
    """Hold the job's lock; it belongs to the database session, so it is free when the worker is dead."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_lock_of(job)])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_lock_of(job)])


def _is_dead(job: Job) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_lock_of(job)])
        free = bool(cursor.fetchone()[0])
        if free:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_lock_of(job)])
    return free


def _lock_of(job: Job) -> int:
    return locks.key_of(f"job:{job.pk}")
