"""Answers to the kit's hooks that only the frame can give, and the frame's own lists."""

from __future__ import annotations

from backoffice import resources
from backoffice.celery import app as celery
from backoffice.kit.lists import register
from backoffice.kit.perms import granted
from backoffice.roles import grants

granted.provide(grants)
celery.set_default()
register(resources.AUDIT)
register(resources.JOBS)
