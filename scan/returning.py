"""Where a driver goes on to after signing in or paying: a page of this room, and the terminal it is about."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from orders import selectors as orders
from orders.models import ChargingOrder
from scan.landing import Plate, plate_of
from stations import selectors as stations

LONGEST = 600


def safe_next(request: HttpRequest, operator_id: int) -> str:
    """``next``, if it is a page of drivers; else the driver's charges."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = wanted.startswith(("/q/", "/c/")) and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if ours and len(wanted) <= LONGEST else reverse("scan:charges", args=[operator_id])


def chip_of(address: str) -> Plate | None:
    """The terminal that a page is about, if it lies in the scope."""
    try:
        arguments = resolve(urlsplit(address).path).kwargs
    except Resolver404:
        return None
    if "token" in arguments:
        target = stations.connector_by_token(arguments["token"])
        return plate_of(target.connector) if target is not None else None
    if "public_id" in arguments:
        try:
            return plate_of(orders.order_by_link(arguments["public_id"]).connector)
        except ChargingOrder.DoesNotExist:
            return None
    return None
