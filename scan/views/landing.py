"""The page behind a sticker, the page for who types its code, and what to do when it does not match."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from scan.access import at_sticker, scan_page
from scan.forms import CodeForm
from scan.landing import look_at
from scan.operators import brand_of
from stations.tokens import print_token, read_token

SAMPLE = "7K2M9QXA4HT"
"""How a code looks; it opens nothing, its check is wrong."""


@require_safe
@scan_page
def typed(request):
    """For who cannot scan: the code that is printed below it."""
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_bound and form.is_valid():
        return HttpResponseRedirect(reverse("scan:landing", args=[form.cleaned_data["code"]]))
    return render(request, "scan/typed.html", {"form": form, "sample": print_token(SAMPLE)})


@require_safe
@scan_page
def landing(request, token):
    """The connector, its state, its price over the day; or why nothing can start here now."""
    with at_sticker(request, token) as (visit, sticker):
        here = look_at(visit, sticker)
        if here.own_order is not None and here.code == "occupied_by_me":
            return HttpResponseRedirect(reverse("scan:order", args=[here.own_order.public_id]))
        template = "scan/blocked.html" if here.refused or sticker.replaced else "scan/landing.html"
        page = {
            "visit": visit,
            "here": here,
            "brand": brand_of(visit, sticker.connector),
            "domain": _domain(),
        }
        return render(request, template, page)


@require_safe
@scan_page
def match(request, token):
    """The page says another terminal than the one the driver stands at."""
    with at_sticker(request, token) as (visit, sticker):
        page = {
            "visit": visit,
            "here": look_at(visit, sticker),
            "brand": brand_of(visit, sticker.connector),
            "domain": _domain(),
            "code": read_token(token),
        }
        return render(request, "scan/match.html", page)


def _domain():
    return urlsplit(settings.PUBLIC_URL).netloc
