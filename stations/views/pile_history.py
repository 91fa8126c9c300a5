"""Through whose hands a pile went, how long it is looked after, and who changed what of it."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, pgettext

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
        Fact(pgettext("time", "Registered"), date_format(timezone.localtime(row.created_at)), big=False),
        Fact(_("Serial"), row.serial or row.reported_serial or "–", big=False),
        _until(_("Warranty until"), row.warranty_until),
        _until(_("SIM card expires"), row.sim_expires_on),
    ]


def _until(label, day):
    """A date, and how far away it is where that is worth saying."""
    if day is None:
        return Fact(label, "–", big=False)
    left, note = (day - timezone.localdate(clock.now())).days, ""
    if left < 0:
        note = _("over since %(days)s days") % {"days": -left}
    elif left <= SOON_DAYS:
        note = _("in %(days)s days") % {"days": left}
    return Fact(label, date_format(day), note, big=False)
