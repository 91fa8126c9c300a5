"""One order on paper: the bill down to its half hours, the money and the timeline, without the frame."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils import timezone

from backoffice.kit import clock
from backoffice.kit.pages import requires, row_or_404
from backoffice.kit.staff import Reader
from orders import selectors
from orders.panels import order as parts
from orders.panels.bill import bill_panel
from orders.panels.timeline import moments_of
from orders.permissions import OrderPerm


@requires(OrderPerm.VIEW)
def order(request, order_no):
    """For A4, in the station's time."""
    row = row_or_404(selectors.orders_in_full(), order_no=order_no)
    events = list(selectors.events_of(row))
    with timezone.override(ZoneInfo(row.zone)):
        context = {
            "order": row,
            "brand": request.lineage[-1].brand or request.lineage[-1].name,
            "subtitle": parts.subtitle(row),
            "badges": parts.badges(row),
            "facts": parts.facts(row, Reader.of(request)),
            "notices": parts.notices(row, []),
            "bill": bill_panel(row, events),
            "money": parts.money(row, events),
            "refunds": parts.refunds(row),
            "places": parts.places(row),
            "moments": moments_of(row, events),
            "printed_at": clock.now(),
        }
        return render(request, "orders/print.html", context)
