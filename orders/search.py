"""Orders and abnormal cases as something to find, by their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.kit.search import SHOWN, Hit, Provider
from backoffice.kit.staff import Reader
from orders.models import Case, ChargingOrder
from orders.permissions import OrderPerm

NUMBER = re.compile(r"[A-Z0-9]{1,9}-\d{4}[A-Z0-9-]*")
"""A number up to its month at least (``SUN-2607``): fewer letters would stand for millions of rows."""


def find_orders(words: str, _reader: Reader) -> Iterator[Hit]:
    """By the beginning of the number."""
    if not NUMBER.fullmatch(words.upper()):
        return
    rows = ChargingOrder.objects.filter(order_no__startswith=words.upper()).select_related("station", "pile")
    for row in rows.order_by()[:SHOWN]:
        context = " · ".join([row.station.name, row.pile.name, row.get_charge_state_display()])
        yield Hit(row.order_no, reverse("orders.order", args=[row.order_no]), context, "order")


def find_cases(words: str, _reader: Reader) -> Iterator[Hit]:
    """By the beginning of the number."""
    if not NUMBER.fullmatch(words.upper()):
        return
    rows = Case.objects.filter(number__startswith=words.upper()).order_by()
    for row in rows[:SHOWN]:
        context = f"{row.get_code_display()} · {row.get_state_display()}"
        yield Hit(row.number, reverse("orders.case", args=[row.number]), context, "warning")


ORDERS = Provider(
    name="orders",
    label=_("Orders"),
    find=find_orders,
    perm=OrderPerm.VIEW,
    order=20,
    model=ChargingOrder,
    by="order_no",
)
CASES = Provider(
    name="cases",
    label=_("Abnormal cases"),
    find=find_cases,
    perm=OrderPerm.CASE_VIEW,
    order=25,
    model=Case,
    by="number",
)
