"""What pages of rooms below show of orders: asked for through their hooks."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _, ngettext

from backoffice.kit.figures import number_text
from backoffice.kit.frame import Action, Link, Tab, Words
from backoffice.kit.levels import Level
from backoffice.kit.money import Money
from backoffice.kit.scope import current_scope
from backoffice.kit.staff import Reader
from drivers.hooks import Part
from drivers.models import Driver
from drivers.permissions import DriverPerm
from orders import labels, selectors, tones
from orders.permissions import OrderPerm
from orders.states import Stage
from stations.models import Pile, Station
from tenants.models import Tenant

NEWEST = 10
ASKED_FOR = (Level.OPERATOR, Level.AGENCY)
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


def orders_below(tenant: Tenant, reader: Reader) -> Sequence[Tab] | None:
    """What ran at a tenant today; the list asks for agencies and operators alone."""
    own = tenant.pk == current_scope().tenant_id
    if not reader.may(OrderPerm.VIEW) or not (own or tenant.level in ASKED_FOR):
        return None
    whose = {} if own else {str(tenant.level): tenant.code}
    return [Tab(_("Orders today"), _listed(stopped_at="today", **whose))]


def open_orders(tenant: Tenant) -> Sequence[Link] | None:
    """Orders at a tenant or below it that have not ended."""
    count = selectors.open_order_count(tenant_id=tenant.pk)
    if not count:
        return None
    words = ngettext("%(count)d open order", "%(count)d open orders", count) % {"count": count}
    agency = f"{reverse('orders.realtime')}?{urlencode({'agency': tenant.code})}"
    return [Link(words, agency if tenant.level == Level.AGENCY else "")]


def running_below(tenant: Tenant) -> Sequence[tuple[Words, Words]]:
    """What goes on below a tenant that may be moved."""
    running, unsettled = selectors.under_way_below(Level(tenant.level), tenant.pk)
    return [
        (_("Sessions running now"), number_text(running)),
        (_("Orders not settled yet"), number_text(unsettled)),
    ]


def _listed(**filters: str) -> str:
    return f"{reverse('orders.history')}?{urlencode(filters)}"
