"""The provider's page, to which a payer is sent by the merchant."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.kit import clock
from backoffice.kit.money import Money
from finance.sandbox import provider
from finance.sandbox.models import Mode, Payment, PaymentStatus

MODES = {
    Mode.PROMPT: _("It tells the merchant at once"),
    Mode.SLOW: _("It tells the merchant after 20 seconds"),
    Mode.THRICE: _("It tells the merchant three times"),
    Mode.OUT_OF_ORDER: _("An older message arrives after the newer one"),
    Mode.WRONG_AMOUNT: _("First a message with a wrong amount"),
    Mode.WRONG_SIGNATURE: _("First a message with a wrong signature"),
    Mode.OLD_TIMESTAMP: _("First a message with an old time stamp"),
    Mode.WRONG_SERIAL: _("First a message with an unknown key"),
    Mode.SILENT: _("It never tells the merchant"),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is to be paid; take the payer's decision and send him back."""
    payment = get_object_or_404(provider.payments(), token=token)
    if request.method == "POST":
        _decide(payment, request)
        return redirect(payment.return_url)
    over = payment.status != PaymentStatus.PENDING or payment.expires_at <= clock.now()
    return render(
        request,
        "sandbox/pay.html",
        {
            "payment": payment,
            "amount": Money(payment.amount, payment.currency),
            "is_over": over,
            "is_paid": payment.status == PaymentStatus.PAID,
            "modes": MODES.items(),
        },
    )


def _decide(payment: Payment, request: HttpRequest) -> None:
    mode = request.POST.get("mode", Mode.PROMPT)
    match request.POST.get("decision"):
        case "pay":
            provider.pay(payment, mode=Mode(mode) if mode in Mode.values else Mode.PROMPT)
        case "later":
            provider.pay(payment, later=True)
        case "fail":
            provider.decline(payment)
