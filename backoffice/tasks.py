"""Timers of the frame. Each task is one call."""

from __future__ import annotations

from celery import shared_task

from backoffice.kit import jobs
from backoffice.kit.imports.files import forget_files
from backoffice.kit.tasks import sweep
from tenants.services import sessions


@shared_task(name=jobs.RUN_TASK)
def run_job(pk: int) -> None:
    jobs.run(pk)


@sweep
def tidy_jobs() -> None:
    jobs.tidy()
    forget_files()


@sweep
def forget_sessions() -> None:
    sessions.forget_expired()


SCHEDULE = {tidy_jobs: 30.0, forget_sessions: 3600.0}
