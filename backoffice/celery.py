"""The Celery application. What beat runs is collected from each room's ``tasks.SCHEDULE``.

``SCHEDULE`` maps a task to its interval in seconds or to a crontab.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from celery import Celery
from celery.signals import import_modules
from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

app = Celery("pilehouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@import_modules.connect(sender=app)
def collect_schedule(sender: Celery, **_: Any) -> None:
    """Give beat the schedule of every room, after the rooms' tasks were loaded: whoever is connected first is called first.

    Not when the application is finalised: the first room that hashes a task of its own does that in the middle of
    its import, and its schedule would not be there yet.
    """
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.tasks") is None:
            continue
        for task, interval in getattr(import_module(f"{config.name}.tasks"), "SCHEDULE", {}).items():
            # A run that waited longer than its interval would only repeat the next one.
            expires = interval if isinstance(interval, (int, float)) else None
            sender.add_periodic_task(interval, task.s(), name=task.name, expires=expires)
