"""Money into the wallet from a driver's page, through the operator's payment channel and back to where he was."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit.money import Money
from backoffice.kit.pages import form_page
from finance import selectors as finance, services
from finance.models import TopUp, Wallet
from scan import rates
from scan.access import Visit, too_often
from scan.forms import AmountForm
from scan.landing import plate_of
from scan.operators import brand_of
from scan.wishes import OTHER, top_up_amounts
from stations.models import Connector


def pay_page(
    visit: Visit,
    wallet: Wallet,
    *,
    missing: Money,
    back_to: str,
    connector: Connector | None = None,
    needed: Money | None = None,
) -> HttpResponse:
    """Choose an amount and go to the payment channel; it sends the driver back to ``back_to``."""
    request = visit.request
    if request.method == "POST" and (wait := rates.take(rates.TOP_UPS, visit.actor.ref)):
        return too_often(request, wait)
    channel = finance.channel_for(visit.operator.id, wallet.currency)
    offered = top_up_amounts(wallet.currency, missing.amount or wallet.arrears)
    form = AmountForm(request.POST if request.method == "POST" else None, currency=wallet.currency)
    context: dict[str, Any] = {
        "visit": visit,
        "brand": brand_of(visit, connector),
        "plate": plate_of(connector) if connector is not None else None,
        "wallet": wallet,
        "balance": Money(wallet.available, wallet.currency),
        "owed": Money(wallet.arrears, wallet.currency),
        "missing": missing,
        "needed": needed,
        "offered": [(str(round(money.decimal)), money) for money in offered],
        "other": OTHER,
        "back_to": back_to,
    }
    if channel is None:
        return form_page(
            request,
            AmountForm(None, currency=wallet.currency),
            title=_("Add money"),
            save=lambda _data: None,
            then=lambda _saved: back_to,
            template="scan/no_channel.html",
            **context,
        )
    return form_page(
        request,
        form,
        title=_("Add money"),
        save=lambda data: services.start_top_up(
            wallet,
            amount=data["amount"],
            channel=channel,
            come_back_to=_short(back_to, visit),
            actor=visit.actor,
        ),
        then=lambda top_up: pay_address(visit.operator.id, top_up),
        template="scan/add_money.html",
        channel=channel,
        **context,
    )


def pay_address(operator_id: int, top_up: TopUp) -> str:
    """Where to send the driver. A form may lead to our own pages only (its content policy), so for a
    provider elsewhere it is a page of ours with a link."""
    if top_up.pay_url.startswith(f"{settings.PUBLIC_URL}/"):
        return top_up.pay_url
    return reverse("scan:payment", args=[operator_id, top_up.number])


def settle_waiting(visit: Visit) -> TopUp | None:
    """The driver's newest payment that is on its way, after the channel was asked about it; None when none is."""
    for wallet in finance.wallets_of(visit.own):
        for top_up in finance.pending_top_ups_of(wallet)[:1]:
            asked = services.ask_about(top_up.pk)
            if asked.state == top_up.state:
                return asked
    return None


def _short(back_to: str, visit: Visit) -> str:
    """What fits into the column; a choice that is longer than any real one gives way to the wallet."""
    return back_to if len(back_to) <= 200 else reverse("scan:wallet", args=[visit.operator.id])
