"""The Celery application. What beat runs is collected from each room's ``tasks.SCHEDULE``."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

app = Celery("pilehouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
