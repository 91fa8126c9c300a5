"""What the totals hear of, their list and their page in the menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit import menu
from backoffice.kit.lists import register
from orders.hooks import settled
from reports import resources, selectors
from reports.permissions import ReportPerm
from reports.services import mark_day
from stations.hooks import station_day

settled.listen(mark_day)
station_day.provide(selectors.station_day)
register(resources.DAYS)
menu.add("reports.overview", _("Overview"), perm=ReportPerm.OVERVIEW, place=menu.Place("overview", 10))
