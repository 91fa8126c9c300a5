"""What the totals hear of, their list and their page in the menu."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.kit import menu
from backoffice.kit.frame import Action
from backoffice.kit.lists import register
from backoffice.kit.staff import Reader
from orders.hooks import settled
from reports import resources, selectors
from reports.permissions import ReportPerm
from reports.services import mark_day
from stations.hooks import map_actions, station_day, station_totals
from tenants.hooks import todays

settled.listen(mark_day)
station_day.provide(selectors.station_day)
station_totals.provide(selectors.station_totals)
todays.answer(selectors.todays_of_tenants)
register(resources.DAYS)
register(resources.LINKS)
menu.add("reports.overview", _("Overview"), perm=ReportPerm.OVERVIEW, place=menu.Place("overview", 10))


@map_actions.answer
def big_screen(reader: Reader) -> Action | None:
    """From the map to the big screen."""
    if not reader.may(ReportPerm.BIG_SCREEN):
        return None
    return Action(_("Big screen"), reverse("reports.screen"), icon="device", get=True)
