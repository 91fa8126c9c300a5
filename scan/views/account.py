"""A driver's account at an operator: his charges and his wallet."""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orders import selectors as orders
from scan.access import at_operator, driver_page, operators_signed_in, sign_in_first
from scan.history import page_of
from scan.operators import brand_of
from scan.paying import settle_waiting
from scan.purses import purses_of


@require_safe
@driver_page
def front(request):
    """The account of whoever is signed in at one operator; a choice where there are several."""
    known = operators_signed_in(request)
    if len(known) == 1:
        return HttpResponseRedirect(reverse("scan:charges", args=[known[0].id]))
    if not known:
        return HttpResponseRedirect(reverse("scan:typed"))
    return render(request, "scan/front.html", {"operators": known})


@require_safe
@driver_page
def charges(request, operator_id):
    """The driver's own orders, the newest first."""
    with at_operator(request, operator_id) as visit:
        if visit.driver is None:
            return sign_in_first(visit)
        page = page_of(orders.orders_of_driver(visit.driver), request.GET.get("page", ""))
        return render(
            request,
            "scan/charges.html",
            {"visit": visit, "brand": brand_of(visit), "page": page, "tab": "charges"},
        )


@require_safe
@driver_page
def wallet(request, operator_id):
    """What is in it, what moved it, and the payments on their way."""
    with at_operator(request, operator_id) as visit:
        if visit.driver is None:
            return sign_in_first(visit)
        waiting = settle_waiting(visit)
        page = {"visit": visit, "brand": brand_of(visit), "purses": purses_of(visit), "waiting": waiting}
        return render(request, "scan/wallet.html", {**page, "tab": "wallet"})
