"""Through whose hands a pile went, how long it is looked after, and who changed what of it."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.frame import Fact
from backoffice.kit.pages import requires, row_or_404
from stations import selectors
from stations.permissions import StationPerm
from stations.views.trail import trail_of
from stations.views.workbench import pile_page

SOON_DAYS = 30


@requires(StationPerm.VIEW)
def history(request, pk):
    """The chain of custody, the dates that run out, and the audit trail."""
    row = row_or_404(selectors.piles(), pk=pk)
    return pile_page(
        request,
        row,
        "stations/pile_history.html",
        current="pile_history",
        facts=_facts(row),
        custody=selectors.custody_of(row),
        history=trail_of(row),
    )


def _facts(row):
    return [
        Fact(_("Life"), row.get_life_display(), big=False),
        Fact(_("Owner"), row.tenant.name, row.station.name, big=False),
        Fact(_("Registered"), timezone.localtime(row.created_at).date(), big=False),
        Fact(_("Serial"), row.serial or row.reported_serial or "–", big=False),
        Fact(_("Warranty until"), *_until(row.warranty_until), big=False),
        Fact(_("SIM card expires"), *_until(row.sim_expires_on), big=False),
    ]


def _until(day):
    """A date, and how far away it is where that is worth saying."""
    if day is None:
        return "–", ""
    left = (day - timezone.localdate(clock.now())).days
    if left < 0:
        return day, _("over since %(days)s days") % {"days": -left}
    return day, _("in %(days)s days") % {"days": left} if left <= SOON_DAYS else ""
