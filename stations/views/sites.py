"""What is done with a station. Its own pages are in ``views.station``."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.kit.frame import Link
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.pages import form_page, form_question, requires, row_or_404
from stations import selectors
from stations.forms.sites import NewStationForm, StationForm, TransferForm, station_initial
from stations.forms.tariffs import AssignForm
from stations.permissions import StationPerm
from stations.resources import STATIONS
from stations.services import sites, tariffs
from stations.views.station import page_of

FORM = "stations/station_form.html"


@requires(StationPerm.MANAGE)
def create(request):
    """A station of an operator or agency."""
    form = NewStationForm(request.POST or None, initial={"tenant": request.membership.tenant_id})
    return form_page(
        request,
        form,
        title=_("New station"),
        sections=form.sections(),
        save=lambda data: sites.create_station(actor=request.actor, **data),
        then=page_of,
        done=_("The station is open. Register its terminals now."),
        template=FORM,
        tiles=settings.MAP_TILES,
        back=STATIONS.back(),
        cancel_url=STATIONS.url,
    )


@requires(StationPerm.MANAGE)
def edit(request, pk):
    """The profile."""
    row = row_or_404(selectors.stations(), pk=pk)
    form = StationForm(request.POST or None, initial=station_initial(row))
    return form_page(
        request,
        form,
        title=_("Edit %(name)s") % {"name": row.name},
        sections=form.sections(),
        save=lambda data: sites.edit_station(row, actor=request.actor, **data),
        then=page_of,
        done=_("Saved."),
        template=FORM,
        tiles=settings.MAP_TILES,
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.MANAGE)
def transfer(request, pk):
    """To another owner, with all its terminals."""
    row = row_or_404(selectors.stations(), pk=pk)
    return form_question(
        request,
        TransferForm(request.POST or None),
        save=lambda data: sites.transfer_station(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Transfer %(name)s") % {"name": row.name},
        text=_("It goes with all its terminals, from now on."),
        consequences=[
            _("Orders, commands and alarms of the past stay with %(owner)s.") % {"owner": row.tenant.name},
            _("Tariffs that the new owner cannot see are taken off."),
        ],
        submit_label=_("Transfer"),
    )


@requires(StationPerm.MANAGE)
def close(request, pk):
    """For good."""
    row = row_or_404(selectors.stations(), pk=pk)
    return form_question(
        request,
        ReasonForm(request.POST or None),
        save=lambda data: sites.close_station(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Close %(name)s") % {"name": row.name},
        text=_("For good. All its terminals must be retired."),
        submit_label=_("Close"),
        danger=True,
    )


@requires(StationPerm.TARIFF_MANAGE)
def assign(request, pk):
    """Which tariff its terminals have, unless they have their own."""
    row = row_or_404(selectors.stations(), pk=pk)
    form = AssignForm(request.POST or None, tenant_id=row.tenant_id, initial={"tariff": row.tariff_id})
    return form_question(
        request,
        form,
        save=lambda data: tariffs.assign_tariff(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Tariff of %(name)s") % {"name": row.name},
        text=_(
            "For charges that start from now on. Without one, the default of the agency or operator counts."
        ),
        submit_label=_("Save"),
    )
