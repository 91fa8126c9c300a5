"""Answers to hooks of lower rooms, and the lists of this one."""

from __future__ import annotations

from django.utils.translation import ngettext

from backoffice.kit import lists, search
from drivers.hooks import cards_changed
from stations import campaigns, reserving
from stations.hooks import command_finished
from stations.resources import LISTS
from stations.search import PILES, STATIONS
from stations.selectors import equipment_of_tenants, open_station_count
from stations.services import file_campaigns, updates, uploads
from stations.services.asking import COMMAND
from stations.services.local_lists import hear_of_cards
from stations.services.profiles import hear_of_command
from stations.services.pushing import PUSH, READ
from stations.snapshots import hear_of_settings
from tenants.hooks import closing_blockers, equipment

command_finished.listen(hear_of_command)
equipment.answer(equipment_of_tenants)
cards_changed.listen(hear_of_cards)
command_finished.listen(reserving.hear_of_command)
command_finished.listen(updates.take_answer)
command_finished.listen(uploads.take_answer)


@closing_blockers.answer
def open_stations(tenant_id: int) -> str | None:
    """Stations of the tenant itself; those below it keep their own tenant open."""
    count = open_station_count(tenant_id)
    if not count:
        return None
    return ngettext("%(count)d station", "%(count)d stations", count) % {"count": count}


command_finished.listen(hear_of_settings)
for _kind in (COMMAND, READ, PUSH, *file_campaigns.KINDS):
    campaigns.register(_kind)
for _resource in LISTS:
    lists.register(_resource)
for _found in (PILES, STATIONS):
    search.register(_found)
