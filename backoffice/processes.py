"""The installation at work: its timers, its parts, and what waits. For the owner of a manufacturer; shows no tenant's data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import redis
from celery.schedules import crontab
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import health
from backoffice.kit import audit, clock, figures, runs, tasks
from backoffice.kit.frame import Words
from backoffice.kit.pages import requires
from backoffice.kit.runs import Run
from backoffice.kit.scope import path_of_tenant
from backoffice.timer_words import title_of
from tenants.permissions import TenantPerm

LATE_AFTER = 3
"""Intervals without a run, or within one, after which a timer is late, and never less than this many seconds."""

PATIENCE_S = 10.0

OFTEN_S = 60.0
HOUR = 3600
QUEUE = "celery"


@dataclass(frozen=True, slots=True)
class Timer:
    """A task that beat sends: every ``every_s`` seconds, or by the clock (``at``, in words)."""

    name: str
    every_s: float | None
    at: str
    run: Run | None

    @property
    def title(self) -> Words:
        return title_of(self.name)

    @property
    def is_late(self) -> bool:
        """Has it not run for several intervals, or did its last run take that long?

        Of one that runs seldom, or by the clock, only a known run tells.
        """
        if self.every_s is None:
            return False
        if self.run is None:
            return self.every_s <= OFTEN_S
        patience = timedelta(seconds=max(PATIENCE_S, LATE_AFTER * self.every_s))
        took = timedelta(milliseconds=self.run.took_ms)
        return self.run.ended_at < clock.now() - max(patience, timedelta(seconds=30)) or took > patience

    @property
    def often(self) -> str:
        """How often it runs: ``2 s``, ``10 min``, ``1 h``, or the hour of the day."""
        if self.every_s is None:
            return self.at
        return figures.length_text(self.every_s)


def timers() -> list[Timer]:
    """Every timer of every room with its last run; those that failed or are late first."""
    found = dict(_scheduled())
    last = runs.last_runs(found)
    rows = [
        Timer(
            name,
            None if isinstance(interval, crontab) else float(interval),
            _hour_of(interval),
            last.get(name),
        )
        for name, interval in found.items()
    ]
    return sorted(rows, key=lambda one: (not (one.run and one.run.fault), not one.is_late, one.name))


def _scheduled() -> Iterator[tuple[str, Any]]:
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.tasks") is not None:
            schedule = getattr(import_module(f"{config.name}.tasks"), "SCHEDULE", {})
            yield from ((task.name, interval) for task, interval in schedule.items())


def _hour_of(interval: Any) -> str:
    """When a timer runs that goes by the clock (of UTC), in the reader's zone; every one of them runs once a day."""
    if not isinstance(interval, crontab):
        return ""
    kept: Any = interval
    now = clock.now()
    [hour], [minute] = kept.hour, kept.minute
    there = timezone.localtime(now.astimezone(UTC).replace(hour=hour, minute=minute))
    return _("daily %(time)s") % {"time": time_format(there.time())}


def waiting() -> int | None:
    """Tasks that no worker has taken yet; None where the broker does not answer."""
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        return int(client.llen(QUEUE))
    except redis.RedisError:
        return None


@requires(TenantPerm.PROCESSES)
def page(request: Any) -> Any:
    """Timers and parts."""
    rows = timers()
    parts = health.parts()
    context = {
        "title": _("Timers and health"),
        "timers": rows,
        "parts": list(parts.items()),
        "waiting": waiting(),
        "late": sum(one.is_late for one in rows),
        "failed": sum(bool(one.run and one.run.fault) for one in rows),
    }
    return render(request, "kit/processes.html", context)


@requires(TenantPerm.PROCESSES)
@require_POST
def run_timer(request: Any, name: str) -> Any:
    """Ask for a run now. Safe for all of them: what runs twice changes nothing the second time."""
    if name not in dict(_scheduled()):
        raise Http404
    tenant = request.membership.tenant
    audit.record(request.actor, "timer.asked", tenant, after={"timer": name}, path=path_of_tenant(tenant.pk))
    tasks.nudge(name)
    messages.success(request, _("Asked for. It runs as soon as a worker is free."))
    return HttpResponseRedirect(reverse("processes"))
