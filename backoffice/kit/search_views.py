"""The search: its page, and for the dialog of Ctrl K what was found alone."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_GET

from backoffice.kit import search
from backoffice.kit.pages import requires
from backoffice.kit.staff import Reader, StaffRequest


@requires()
@require_GET
def find(request: StaffRequest) -> HttpResponse:
    """What matches ``q``, by kind. Too short a word finds nothing and is told so."""
    typed = request.GET.get("q", "")
    context = {
        "q": search.tidy(typed),
        "groups": search.search(typed, Reader.of(request)),
        "short": len(search.tidy(typed)) < search.SHORTEST,
    }
    response = render(request, "kit/_palette.html" if request.htmx else "kit/search.html", context)
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_store=True)
    return response


urlpatterns = [path("search/", find, name="search")]
