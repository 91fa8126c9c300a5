"""How much to charge, and the press of start. Nothing that was chosen is lost on the way to money and back."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from backoffice.kit.errors import Refused
from backoffice.kit.money import Money
from orders import selectors as orders
from orders.services.starting import start_order
from scan import rates
from scan.access import at_sticker, driver_page, sign_in_first, too_often
from scan.choosing import asked, choose
from scan.operators import brand_of
from scan.paying import pay_page, settle_waiting
from scan.services import note_language


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def start(request, token):
    """GET: the choices with the hold each needs. POST: start, once, whatever is pressed how often."""
    chosen = asked(request.POST if request.method == "POST" else request.GET)
    with at_sticker(request, token) as (visit, sticker):
        if visit.driver is None:
            return sign_in_first(visit, back_to=_address("scan:start", token, chosen))
        waiting = settle_waiting(visit) if request.method != "POST" else None
        choice = choose(visit, sticker, chosen, strict=request.method == "POST")
        if choice.blocked or sticker.replaced:
            return _blocked(visit, sticker, choice)
        if request.method == "POST" and choice.ready:
            return _press(visit, sticker, choice, chosen)
        page = {"visit": visit, "brand": brand_of(visit, sticker.connector), "choice": choice}
        return render(request, "scan/start.html", {**page, "waiting": waiting})


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def add_money(request, token):
    """What is missing for the choice, and back to the same choice once it is paid."""
    chosen = asked(request.GET)
    with at_sticker(request, token) as (visit, sticker):
        if visit.driver is None:
            return sign_in_first(visit)
        choice = choose(visit, sticker, chosen, strict=False)
        if choice.offer is None:
            return HttpResponseRedirect(reverse("scan:landing", args=[token]))
        return pay_page(
            visit,
            choice.wallet,
            missing=choice.missing,
            back_to=_address("scan:start", token, chosen),
            connector=sticker.connector,
            needed=choice.hold,
        )


def _press(visit, sticker, choice, chosen):
    """Start, and say what became of it on a page of its own."""
    running = orders.open_order_of_driver(visit.own)
    if running is not None and running.connector_id == sticker.connector.pk:
        return HttpResponseRedirect(reverse("scan:order", args=[running.public_id]))
    if wait := rates.take(rates.STARTS, visit.actor.ref):
        return too_often(visit.request, wait)
    note_language(visit.own, get_language() or "")
    try:
        order = start_order(
            sticker.connector,
            driver=visit.own,
            wish=choice.wish,
            actor=visit.actor,
            offer=choice.offer.quote,
        )
    except Refused as refused:
        return _refused(visit, sticker, choice, chosen, refused)
    return HttpResponseRedirect(reverse("scan:order", args=[order.public_id]))


def _refused(visit, sticker, choice, chosen, refused):
    if refused.code == "balance":
        return HttpResponseRedirect(_address("scan:add_money", sticker.token, chosen))
    own = orders.open_order_of_driver(visit.own)
    if own is not None and own.connector_id == sticker.connector.pk:
        return HttpResponseRedirect(reverse("scan:order", args=[own.public_id]))
    if refused.code == "limit":
        choice.errors[choice.kind] = str(refused.message)
        page = {"visit": visit, "brand": brand_of(visit, sticker.connector), "choice": choice}
        return render(visit.request, "scan/start.html", page)
    return _blocked(visit, sticker, choice, code=refused.code or "unknown")


def _blocked(visit, sticker, choice, *, code=""):
    own = choice.own_order(code)
    if own is not None and own.connector_id == sticker.connector.pk:
        return HttpResponseRedirect(reverse("scan:order", args=[own.public_id]))
    page = {
        "visit": visit,
        "brand": brand_of(visit, sticker.connector),
        "here": choice.landing(code),
        "owed": Money(choice.wallet.arrears, choice.currency),
    }
    return render(visit.request, "scan/blocked.html", page)


def _address(name, token, chosen):
    query = urlencode({key: value for key, value in chosen.items() if value})
    address = reverse(name, args=[token])
    return f"{address}?{query}" if query else address
