"""Answers to hooks of lower rooms, and the lists of this one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import imports, lists, menu, reasons, references, search
from drivers.hooks import cards_changed
from stations import campaigns, reserving, selectors
from stations.about_tenants import lists_to_leave, open_stations, price_in_the_way, stations_below
from stations.command_words import REASONS
from stations.hooks import command_finished
from stations.imports import IMPORTS
from stations.permissions import StationPerm
from stations.resources import LISTS
from stations.search import PILES, STATIONS
from stations.selectors import equipment_of_tenants, usage_of_tenants
from stations.services import (
    file_campaigns,
    leaving,
    profile_campaigns,
    root_campaigns,
    security_campaigns,
    updates,
    uploads,
)
from stations.services.asking import COMMAND
from stations.services.list_campaigns import LISTS as LOCAL_LISTS
from stations.services.local_lists import hear_of_cards
from stations.services.profiles import hear_of_command
from stations.services.pushing import PUSH, READ
from stations.snapshots import hear_of_settings
from tenants.hooks import (
    closing_blockers,
    equipment,
    lists_about,
    moving,
    obstacle,
    tenant_moved,
    usage,
)

command_finished.listen(hear_of_command)
equipment.answer(equipment_of_tenants)
usage.answer(usage_of_tenants)
lists_about.answer(stations_below)
closing_blockers.answer(open_stations)
moving.answer(lists_to_leave)
obstacle.answer(price_in_the_way)
tenant_moved.listen(leaving.leave_old_chain)
cards_changed.listen(hear_of_cards)
command_finished.listen(reserving.hear_of_command)
command_finished.listen(updates.take_answer)
command_finished.listen(uploads.take_answer)


command_finished.listen(hear_of_settings)
reasons.add(REASONS)
for _kind in (COMMAND, READ, PUSH, LOCAL_LISTS):
    campaigns.register(_kind)
for _kind in (
    *file_campaigns.KINDS,
    *profile_campaigns.KINDS,
    *root_campaigns.KINDS,
    *security_campaigns.KINDS,
):
    campaigns.register(_kind)
for _import in IMPORTS:
    imports.register(_import)
for _resource in LISTS:
    lists.register(_resource)
for _found in (PILES, STATIONS):
    search.register(_found)
menu.add("stations:map", _("Live map"), perm=StationPerm.VIEW, place=menu.Place("map", 10))
for kind, words in {
    "campaign": _("Bulk action"),
    "chargingprofile": _("Charging profile"),
    "firmware_job": _("Firmware update"),
    "loadshare": pgettext_lazy("what for", "Load group"),
    "locallistpile": _("Local list"),
    "maintenance": pgettext_lazy("windows", "Maintenance"),
    "reservation": _("Reservation"),
    "signing": _("Certificate of the terminal"),
    "upgrade": _("Security upgrade"),
    "upload_job": _("Diagnostics and logs"),
}.items():
    references.add(kind, words)
for model, rows, perm in (
    ("pile", selectors.piles, StationPerm.VIEW),
    ("pilemodel", selectors.pile_models, StationPerm.VIEW),
    ("station", selectors.stations, StationPerm.VIEW),
    ("tariff", selectors.tariffs, StationPerm.TARIFF_VIEW),
):
    references.add_names(model, rows, perm=perm)
references.add(
    "loadgroup", pgettext_lazy("what for", "Load group"), to="stations:load_group", perm=StationPerm.VIEW
)
