"""One station in full, and what is done with it."""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit import clock, figures
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.pages import attempt, detail_page, form_page, requires, row_or_404
from backoffice.kit.staff import Reader
from stations import hooks, selectors, tones
from stations.forms.sites import NewStationForm, StationForm, TransferForm
from stations.forms.tariffs import AssignForm
from stations.models import StationStatus
from stations.permissions import StationPerm
from stations.resources import STATIONS
from stations.resources.sites import ONLINE
from stations.services import sites, tariffs


def page_of(station):
    return reverse("stations:station", args=[station.pk])


@requires(StationPerm.VIEW)
def station(request, pk):
    """Figures, terminals, price and profile."""
    row = row_or_404(selectors.station_list().select_related("tenant", "tariff"), pk=pk)
    return detail_page(
        request,
        "stations/station.html",
        title=row.name,
        back=STATIONS.back(),
        badges=[(row.get_status_display(), tones.STATION[row.status])],
        subtitle=f"{row.code} · {row.tenant.name}",
        actions=[*hooks.station_actions(row, Reader.of(request)), *_actions(request, row)],
        facts=_facts(row),
        object_id=row.pk,
        piles=[_line(pile) for pile in selectors.piles_of(row)],
        place=_place(row),
        price=_price(row),
        load_groups=list(selectors.load_groups_of(row)),
        may_add=StationPerm.MANAGE in request.grants and row.status != StationStatus.CLOSED,
        live=["connectors"],
    )


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
        back=STATIONS.back(),
        cancel_url=STATIONS.url,
    )


@requires(StationPerm.MANAGE)
def edit(request, pk):
    """The profile."""
    row = row_or_404(selectors.stations(), pk=pk)
    form = StationForm(
        request.POST or None, initial={name: getattr(row, name) for name in StationForm.base_fields}
    )
    return form_page(
        request,
        form,
        title=_("Edit %(name)s") % {"name": row.name},
        sections=form.sections(),
        save=lambda data: sites.edit_station(row, actor=request.actor, **data),
        then=page_of,
        done=_("Saved."),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.MANAGE)
def transfer(request, pk):
    """To another owner, with all its terminals."""
    row = row_or_404(selectors.stations(), pk=pk)
    return _ask(
        request,
        row,
        TransferForm(request.POST or None),
        lambda data: sites.transfer_station(row, actor=request.actor, **data),
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
    return _ask(
        request,
        row,
        ReasonForm(request.POST or None),
        lambda data: sites.close_station(row, actor=request.actor, **data),
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
    return _ask(
        request,
        row,
        form,
        lambda data: tariffs.assign_tariff(row, actor=request.actor, **data),
        title=_("Tariff of %(name)s") % {"name": row.name},
        text=_(
            "For charges that start from now on. Without one, the default of the agency or operator counts."
        ),
        submit_label=_("Save"),
    )


def _ask(request, row, form, save, **context):
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: save(form.cleaned_data))
        if form.is_valid():
            return HttpResponseRedirect(page_of(row))
    return render(request, "kit/confirm.html", {"form": form, "cancel_url": page_of(row), **context})


def _actions(request, row):
    grants = request.grants
    open_ = row.status not in {StationStatus.CLOSED, StationStatus.STORE}
    found = []
    if StationPerm.TARIFF_MANAGE in grants and open_:
        found.append(
            Action(_("Tariff…"), reverse("stations:station_tariff", args=[row.pk]), icon="money", asks=True)
        )
    if open_:
        local_list = reverse("stations:station_list", args=[row.pk])
        found.append(Action(_("Local list"), local_list, icon="card", get=True))
    if StationPerm.MANAGE in grants and open_:
        found += [
            Action(
                _("Transfer…"), reverse("stations:station_transfer", args=[row.pk]), icon="switch", asks=True
            ),
            Action(
                _("Close…"),
                reverse("stations:station_close", args=[row.pk]),
                icon="close-circle",
                tone="stop",
                asks=True,
            ),
            Action(_("Edit"), reverse("stations:station_edit", args=[row.pk]), icon="edit", get=True),
        ]
    return found


def _facts(row):
    return [
        Fact(_("Terminals"), str(row.pile_count), _("%(count)s online") % {"count": row.online_count}),
        Fact(_("Connectors"), str(row.connector_count)),
        Fact(_("Charging"), str(row.charging_count)),
        Fact(_("Faulted"), str(row.faulted_count)),
    ]


def _line(pile):
    """One terminal in the station's table."""
    return {
        "row": pile,
        "presence": (ONLINE[pile.online], tones.PRESENCE[pile.online]),
        "guns": [
            (gun.letter, gun.get_status_display() or _("unknown"), tones.CONNECTOR.get(gun.status, "plain"))
            for gun in sorted(pile.connectors.all(), key=lambda gun: gun.number)
            if gun.number
        ],
    }


def _place(row):
    where = f"{row.latitude}, {row.longitude}" if row.latitude is not None else "–"
    limit = f"{figures.number_text(row.power_limit_kw, 1)} kW" if row.power_limit_kw is not None else "–"
    return [
        (_("Address"), " ".join(filter(None, [row.city, row.address])) or "–"),
        (_("Coordinates"), where),
        (_("Time zone"), row.timezone or _("as the tenant")),
        (_("Opening hours"), row.opening_hours or "–"),
        (_("Hotline"), row.hotline or "–"),
        (_("Power limit"), limit),
    ]


def _price(row):
    """The tariff by name and what of it is in force; None where the station has none of its own."""
    if row.tariff is None:
        return None
    version = selectors.version_in_force(row.tariff, clock.now())
    return row.tariff, version
