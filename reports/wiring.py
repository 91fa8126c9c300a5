"""What the totals hear of, their list and their page in the menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit import menu
from backoffice.kit.lists import register
from orders.hooks import settled
from reports import resources, selectors
from reports.permissions import ReportPerm
from reports.services import mark_day
from tenants.hooks import todays

settled.listen(mark_day)
todays.answer(selectors.todays_of_tenants)
register(resources.DAYS)
menu.add("reports.overview", _("Overview"), perm=ReportPerm.OVERVIEW, place=menu.Place("overview", 10))
