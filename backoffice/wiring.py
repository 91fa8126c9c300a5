"""Answers to the kit's hooks that only the frame can give, and the frame's own lists."""

from __future__ import annotations

from django.core.checks import register as register_check
from django.utils.translation import gettext_lazy as _

from backoffice import places, resources
from backoffice.areas import areas
from backoffice.celery import app as celery
from backoffice.checks import CHECKS
from backoffice.kit import menu, perms, references, search
from backoffice.kit.lists import register
from backoffice.roles import grants, never_lent
from ocpp_gateway.replay import replay_now
from stations import hooks as stations
from tenants.permissions import TenantPerm

perms.granted.provide(grants)
perms.areas.provide(areas)
perms.never_lent.provide(never_lent)
stations.replay.provide(replay_now)
celery.set_default()
for check in CHECKS:
    register_check(check)
menu.add("processes", _("Timers and health"), perm=TenantPerm.PROCESSES, place=menu.Place("system", 60))
register(resources.AUDIT)
register(resources.JOBS)
references.add("staff", _("Staff member"))
references.add("timer", _("Timer"))
references.add("pile", _("Pile"))
search.register(places.PAGES)
