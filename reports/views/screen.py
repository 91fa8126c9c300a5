"""The big screen as staff open it, and the links by which others do."""

from __future__ import annotations

import secrets

from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from backoffice.kit.pages import attempt, requires
from backoffice.kit.staff import Reader
from reports import screen, sharing
from reports.forms import ShareForm
from reports.permissions import ReportPerm
from reports.resources import LINKS
from stations.map_answer import viewport_of


@require_GET
@never_cache
@requires(ReportPerm.BIG_SCREEN)
def page(request):
    """The screen of one's own tenant; its moving part alone for ``?part``."""
    viewed = screen.Viewed.here(request.locality, Reader.of(request))
    if "part" in request.GET:
        return HttpResponse(screen.part_of(viewed))
    address = reverse("reports.screen")
    config = screen.config(f"{address}?part", reverse("live"), reverse("reports.screen_map"))
    return render_screen(request, viewed, config, back=reverse("reports.overview"))


@require_GET
@requires(ReportPerm.BIG_SCREEN)
def view(request):
    """The marks of a viewport."""
    return marks(request)


@never_cache
@requires(ReportPerm.SHARE)
def share(request):
    """A new link; the answer shows it, and nothing shows it again. A form that is sent twice makes one."""
    form = ShareForm(request.POST or None)
    once = request.POST.get("once") or secrets.token_hex(8)
    if request.method == "POST" and form.is_valid():
        wish = form.cleaned_data | {"actor": request.actor, "once": once}
        made = attempt(form, lambda: sharing.create_link(request.membership, **wish))
        if form.is_valid():
            return render(
                request,
                "reports/shared.html",
                {"made": made, "address": screen.address_of(made.token), "back": LINKS.back()},
            )
    context = {"form": form, "once": once, "back": LINKS.back(), "cancel_url": LINKS.url}
    words = {"title": _("New link to the big screen"), "submit_label": _("Make the link")}
    return render(request, "kit/form.html", context | words)


def render_screen(request, viewed, config, back=""):
    """The whole page, with its moving part in it."""
    context = {
        "tenant": viewed.tenant,
        "zone": viewed.locality.timezone,
        "part": screen.part_of(viewed),
        "config": config,
        "back": back,
    }
    return render(request, "reports/screen.html", context)


def marks(request):
    """The marks of the viewport in the query, in the scope that is active."""
    try:
        return JsonResponse(screen.marks_in(viewport_of(request.GET)))
    except ValueError:
        return HttpResponseBadRequest(_("That is no part of the map."))
