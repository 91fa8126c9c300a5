"""The lists of this room, and what it hears of from the rooms below."""

from __future__ import annotations

from alarms import resources
from alarms.search import ALARMS
from alarms.services import security
from alarms.services.restarts import miss_restart
from backoffice.kit import lists, search
from stations import hooks

hooks.effect_missing.listen(miss_restart)

lists.register(resources.SAFETY)
lists.register(resources.FAILURE)
lists.register(resources.STATION)
search.register(ALARMS)

hooks.signing_failed.listen(security.hear_of_failed_signing)
hooks.signing_succeeded.listen(security.hear_of_signing)
hooks.upgrade_failed.listen(security.hear_of_failed_upgrade)
hooks.upgrade_succeeded.listen(security.hear_of_upgrade)
