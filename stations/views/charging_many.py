"""Charging profiles of many terminals: set, and cleared, as a bulk action with its progress and its results."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.kit.pages import ONCE, requires
from stations.forms.charging import ROWS_MORE
from stations.forms.charging_many import ClearManyForm, ProfileManyForm
from stations.permissions import StationPerm
from stations.services import profile_campaigns
from stations.views.many import picked_page


@requires(StationPerm.COMMAND_ENGINEER)
@require_http_methods(["GET", "POST"])
def set_many(request):
    """One profile for each of the terminals that were picked. More rows are asked for as for one of them."""
    form = ProfileManyForm(request.POST if ONCE in request.POST else None)
    if "more" in request.POST:
        typed = request.POST.dict() | {"rows": ""}
        form = ProfileManyForm(initial=typed, rows=form.row_count + ROWS_MORE)
    return picked_page(
        request,
        form,
        title=_("Set a charging profile"),
        template="stations/bulk_profile.html",
        sections=form.sections(),
        terms=[form.terms_section()],
        kind=profile_campaigns.SET,
        params=form.params,
    )


@requires(StationPerm.COMMAND_ENGINEER)
@require_http_methods(["GET", "POST"])
def clear_many(request):
    """Let each of the terminals that were picked forget profiles: those that match."""
    form = ClearManyForm(request.POST if ONCE in request.POST else None)
    return picked_page(
        request,
        form,
        title=_("Clear charging profiles"),
        sections=form.sections(),
        kind=profile_campaigns.CLEAR,
        params=form.params,
    )


def choices_of(grants, query):
    """What the terminals that were picked may be asked about profiles: ``(label, icon, text, address)``."""
    if StationPerm.COMMAND_ENGINEER not in grants:
        return []
    return [
        (
            _("Set a charging profile…"),
            "clock",
            _("A limit of the whole terminal, or the usual one of each charge."),
            reverse("stations:bulk_profile") + query,
        ),
        (
            _("Clear charging profiles…"),
            "trash",
            _("They forget the limits that match."),
            reverse("stations:bulk_profile_clear") + query,
        ),
    ]
