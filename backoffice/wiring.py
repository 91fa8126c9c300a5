"""Answers to the kit's hooks that only the frame can give, and the frame's own lists."""

from __future__ import annotations

from django.core.checks import register as register_check

from backoffice import places, resources
from backoffice.celery import app as celery
from backoffice.checks import CHECKS
from backoffice.kit import search
from backoffice.kit.lists import register
from backoffice.kit.perms import granted
from backoffice.roles import grants
from ocpp_gateway.replay import replay_now
from stations import hooks as stations

granted.provide(grants)
stations.replay.provide(replay_now)
celery.set_default()
for check in CHECKS:
    register_check(check)
register(resources.AUDIT)
register(resources.JOBS)
search.register(places.PAGES)
