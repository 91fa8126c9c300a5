"""Timers of the totals. Each task is one call."""

from __future__ import annotations

from celery.schedules import crontab

from backoffice.kit.tasks import sweep
from reports import services


@sweep
def refresh_totals() -> None:
    services.refresh_totals()


@sweep
def check_totals() -> None:
    services.check_totals()


SCHEDULE = {refresh_totals: 5.0, check_totals: crontab(hour=1, minute=20)}
