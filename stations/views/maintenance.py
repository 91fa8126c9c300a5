"""Maintenance windows of a station: set, followed, ended early."""

from __future__ import annotations

from collections import defaultdict

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit import cells
from backoffice.kit.frame import Action, Link
from backoffice.kit.pages import form_page, question_page, requires, row_or_404
from stations import selectors, tones
from stations.forms.places import MaintenanceForm
from stations.models import MaintenanceState, StationStatus
from stations.permissions import StationPerm
from stations.selectors import maintenance as of_windows
from stations.services import maintenance as services
from stations.views.station import station_page
from stations.wording import maintenance_note

SHOWN = 12
"""Windows on the page, the latest first."""


def page_of(window):
    return reverse("stations:station_maintenance", args=[window.station_id])


@requires(StationPerm.VIEW)
def maintenance(request, pk):
    """The windows with what became of each terminal."""
    row = row_or_404(selectors.stations(), pk=pk)
    may = StationPerm.MANAGE in request.grants and row.status != StationStatus.CLOSED
    windows = list(of_windows.maintenances_of(row)[:SHOWN])
    items = defaultdict(list)
    for item in of_windows.maintenance_piles(windows):
        items[item.window_id].append(_item(item))
    return station_page(
        request,
        row,
        "stations/maintenance.html",
        current="station_maintenance",
        actions=_head_actions(row) if may else [],
        live=["maintenance"],
        windows=[_window(window, items[window.pk], may) for window in windows],
    )


@requires(StationPerm.MANAGE)
def create(request, pk):
    """Set a window."""
    row = row_or_404(selectors.stations(), pk=pk)
    back = Link(row.name, reverse("stations:station_maintenance", args=[row.pk]))
    return form_page(
        request,
        MaintenanceForm(request.POST or None, station=row),
        title=_("Maintenance at %(name)s") % {"name": row.name},
        template="stations/maintenance_form.html",
        save=lambda data: services.plan_maintenance(row, actor=request.actor, **data),
        then=page_of,
        done=_("The window is set."),
        submit_label=_("Set the window"),
        back=back,
        cancel_url=back.url,
    )


@requires(StationPerm.MANAGE)
def cancel(request, pk):
    """Drop a window, or end it early."""
    window = row_or_404(of_windows.maintenances(), pk=pk)
    runs = window.state == MaintenanceState.RUNNING
    return question_page(
        request,
        title=_("End the maintenance now") if runs else _("Cancel the maintenance"),
        text=_("The terminals come back into operation.")
        if runs
        else _("Nothing was asked of the terminals yet."),
        do=lambda reason: services.cancel_maintenance(window, actor=request.actor, reason=reason),
        then=page_of(window),
        done=_("Done. The terminals are told.") if runs else _("Cancelled."),
        submit_label=_("End it") if runs else _("Cancel it"),
        cancel_url=page_of(window),
        danger=True,
    )


def _head_actions(row):
    address = reverse("stations:maintenance_new", args=[row.pk])
    return [Action(_("Set a window"), address, icon="plus", tone="primary", get=True)]


def _window(window, items, may):
    """One window with a line for each terminal."""
    cancellable = may and window.state in {MaintenanceState.PLANNED, MaintenanceState.RUNNING}
    label = _("End now…") if window.state == MaintenanceState.RUNNING else _("Cancel…")
    address = reverse("stations:maintenance_cancel", args=[window.pk])
    return {
        "row": window,
        "tone": tones.MAINTENANCE[window.state],
        "items": items,
        "actions": [Action(label, address, tone="stop", asks=True)] if cancellable else [],
    }


def _item(item):
    """What the terminal was asked on its way out and back, and what it said."""
    return {
        "row": item,
        "out": _command(item.out_command),
        "back": _command(item.back_command),
        "note": maintenance_note(item.note),
    }


def _command(command):
    if command is None:
        return None
    said = command.answer.get("status", "")
    badge = cells.badge(command.get_state_display(), tones.COMMAND[command.state])
    return {"row": command, "badge": badge, "said": said if said and said != "Accepted" else ""}
