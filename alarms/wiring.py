"""The lists of this room, and what it hears of from the rooms below."""

from __future__ import annotations

from alarms import resources
from alarms.services.restarts import miss_restart
from backoffice.kit import lists
from stations.hooks import effect_missing

effect_missing.listen(miss_restart)

lists.register(resources.SAFETY)
lists.register(resources.FAILURE)
lists.register(resources.STATION)
