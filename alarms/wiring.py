"""The lists of this room, and what it hears of from the rooms below."""

from __future__ import annotations

from alarms import panels, resources, selectors
from alarms.about_tenants import alarms_below
from alarms.search import ALARMS
from alarms.selectors import alarmed_stations
from alarms.services import security
from alarms.services.restarts import miss_restart
from backoffice.kit import lists, search
from stations import hooks
from tenants.hooks import alarmed, lists_about

hooks.effect_missing.listen(miss_restart)
hooks.alarmed_stations.provide(alarmed_stations)

lists.register(resources.SAFETY)
lists.register(resources.FAILURE)
lists.register(resources.STATION)
search.register(ALARMS)

lists_about.answer(alarms_below)
alarmed.provide(selectors.alarmed_tenants)

hooks.signing_failed.listen(security.hear_of_failed_signing)
hooks.signing_succeeded.listen(security.hear_of_signing)
hooks.upgrade_failed.listen(security.hear_of_failed_upgrade)
hooks.upgrade_succeeded.listen(security.hear_of_upgrade)

hooks.station_parts.answer(panels.alarms_of_station)
hooks.pile_parts.answer(panels.alarms_of_pile)
hooks.stations_with_alarms.provide(selectors.stations_with_alarms)
hooks.open_alarms.provide(selectors.open_alarms)
