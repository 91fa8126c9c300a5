"""Payments of a driver: money in, what became of it, money out. Always the driver's own; others are 404."""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.kit.errors import Refused
from backoffice.kit.money import Money
from backoffice.kit.pages import form_page
from finance import services as finance
from scan import rates
from scan.access import at_operator, driver_page, sign_in_first, too_often
from scan.forms import AmountForm
from scan.operators import brand_of
from scan.paying import pay_page
from scan.purses import own_top_up, own_wallet
from scan.returning import safe_next


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def add_money(request, operator_id):
    """Into the wallet, for whatever comes."""
    with at_operator(request, operator_id) as visit:
        if visit.driver is None:
            return sign_in_first(visit)
        onward = safe_next(request, operator_id) if "next" in request.GET else ""
        back_to = onward or reverse("scan:wallet", args=[operator_id])
        wallet = own_wallet(visit, request.GET.get("currency", ""))
        return pay_page(visit, wallet, missing=Money.zero(wallet.currency), back_to=back_to)


@require_safe
@driver_page
def top_up(request, operator_id, number):
    """What became of one payment; asks the channel while nobody knows."""
    with at_operator(request, operator_id) as visit:
        if visit.driver is None:
            return sign_in_first(visit)
        row = finance.ask_about(own_top_up(visit, number).pk)
        onward = row.come_back_to or reverse("scan:wallet", args=[operator_id])
        page = {"visit": visit, "brand": brand_of(visit), "top_up": row, "onward": onward}
        return render(request, "scan/payment.html", page)


@require_POST
@driver_page
def cancel(request, operator_id, number):
    """The driver does not want to pay any more. If the payment was faster, it is in the wallet."""
    with at_operator(request, operator_id) as visit:
        if visit.driver is None:
            return sign_in_first(visit, back_to=reverse("scan:wallet", args=[operator_id]))
        row = own_top_up(visit, number)
        try:
            finance.cancel_top_up(row)
        except Refused:
            return HttpResponseRedirect(reverse("scan:payment", args=[operator_id, row.number]))
        return HttpResponseRedirect(row.come_back_to or reverse("scan:wallet", args=[operator_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def take_out(request, operator_id):
    """Cash goes back to where it came from."""
    with at_operator(request, operator_id) as visit:
        if visit.driver is None:
            return sign_in_first(visit)
        wallet = own_wallet(visit, request.GET.get("currency", ""))
        if request.method == "POST" and (wait := rates.take(rates.PAY_OUTS, visit.actor.ref)):
            return too_often(request, wait)
        form = AmountForm(request.POST if request.method == "POST" else None, currency=wallet.currency)
        return form_page(
            request,
            form,
            title=_("Get money back"),
            save=lambda data: finance.refund_wallet(
                wallet,
                amount=data["amount"],
                reason="driver",
                actor=visit.actor,
                key=request.POST.get("once", ""),
            ),
            then=lambda _refunds: reverse("scan:wallet", args=[operator_id]),
            template="scan/take_out.html",
            visit=visit,
            brand=brand_of(visit),
            cash=Money(wallet.cash, wallet.currency),
        )
