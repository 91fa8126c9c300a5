"""Answers to the kit's hooks that only the frame can give."""

from __future__ import annotations

from backoffice.celery import app as celery
from backoffice.kit.perms import granted
from backoffice.roles import grants

granted.provide(grants)
celery.set_default()
