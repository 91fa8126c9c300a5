"""Looking at one tenant below the own one alone, and at everything again.

The choice is kept in the session and narrows each later request where it enters its scope
(``tenants.middleware``). A tenant outside the membership's subtree is 404: the view cannot be widened.
"""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.kit.pages import requires, row_or_404, way_back
from tenants import selectors
from tenants.middleware import PART_KEY

OFFERED = 30
"""Tenants that are offered at once; who looks for another one types more."""


@requires()
@require_POST
def look(request):
    """Look at one tenant alone; without one, at everything again."""
    if chosen := request.POST.get("tenant", ""):
        request.session[PART_KEY] = row_or_404(selectors.tenants_to_look_at(""), pk=chosen).pk
    else:
        request.session.pop(PART_KEY, None)
    return HttpResponseRedirect(_back(request, widened=not chosen))


@requires()
@require_GET
def choose(request):
    """Find the tenant to look at: a page, or for the menu of the top bar its hits alone."""
    typed = request.GET.get("tenant", "").replace("\0", "").strip()[:120]
    found = list(selectors.tenants_to_look_at(typed).select_related("parent")[: OFFERED + 1])
    context = {
        "title": _("Look at one tenant alone"),
        "typed": typed,
        "found": found[:OFFERED],
        "more": len(found) > OFFERED,
        "next": way_back(request, "/"),
    }
    template = "tenants/_choose.html" if request.htmx else "tenants/choose.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _back(request, *, widened):
    """Where he was; but a page about one row may show nothing in another part, so the start page instead."""
    address = way_back(request, "/")
    try:
        about_a_row = bool(resolve(address.partition("?")[0]).kwargs)
    except Resolver404:
        about_a_row = True
    return "/" if about_a_row and not widened else address
