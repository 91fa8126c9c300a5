"""What pages of rooms below show of orders: asked for through their hooks."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.kit.frame import Action
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader
from drivers.hooks import Part
from drivers.models import Driver
from drivers.permissions import DriverPerm
from orders import labels, selectors, tones
from orders.permissions import OrderPerm
from orders.states import Stage
from stations.models import Pile, Station

NEWEST = 10
SHOWN = 4
"""The digits of a phone that everybody sees."""


def orders_of_driver(driver: Driver, reader: Reader) -> Part | None:
    """The last orders, on the page of a driver."""
    if not reader.may(OrderPerm.VIEW):
        return None
    rows = selectors.staged_orders(selectors.orders_of_driver(driver))[:NEWEST]
    lines = []
    for row in rows:
        stage = Stage(row.stage)  # type: ignore[attr-defined]
        lines.append((row, labels.STAGE[stage], tones.STAGE[stage], Money(row.total, row.currency)))
    # An address may be read by others: it carries the whole number only for those who may see it anyway.
    whole = reader.may(DriverPerm.SEE_PHONE)
    context = {"orders": lines, "all_url": _listed(account=driver.phone if whole else driver.phone[-SHOWN:])}
    return Part("orders/_of_driver.html", context, order=20)


def orders_of_pile(pile: Pile, reader: Reader) -> Action | None:
    """The history of a pile."""
    if not reader.may(OrderPerm.VIEW):
        return None
    return Action(_("Orders"), _listed(terminal=pile.identity), icon="order", get=True)


def orders_of_station(station: Station, reader: Reader) -> Action | None:
    """The history of a station."""
    if not reader.may(OrderPerm.VIEW):
        return None
    return Action(_("Orders"), _listed(station=station.code), icon="order", get=True)


def _listed(**filters: str) -> str:
    return f"{reverse('orders.history')}?{urlencode(filters)}"
