"""Orders as scripts read them: plain values under names that stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from orders import selectors
from orders.bill import Bill
from orders.models import ChargingOrder
from orders.numbers import read_order_number
from orders.services.billing import stored_bill
from orders.states import UNDECIDED
from stations.slots import Band

LEVELS = ("manufacturer", "dealer", "operator", "agency")
BANDS = {Band.SHARP: "sharp", Band.PEAK: "peak", Band.FLAT: "flat", Band.VALLEY: "valley"}


def listed_orders(*, pile: str = "", order_no: str = "", limit: int) -> Iterator[dict[str, Any]]:
    """The newest orders of a pile, of a number, or of all.

    Money in minor units, energy in Wh. The lines of a bill add up to ``total``: a discount is a line of its own.
    ``case`` is the code of what waits for a decision, else of what was found at all, several parted by commas.
    """
    rows = (
        selectors.orders()
        .select_related(*LEVELS, "station", "pile", "connector")
        .order_by("-created_at", "-id")
    )
    if pile:
        rows = rows.filter(pile__identity=pile)
    if order_no:
        rows = rows.filter(order_no=read_order_number(order_no) or order_no)
    found = list(rows[:limit])
    cases = _cases(found)
    for order in found:
        yield _listed(order, cases[order.pk])


def _listed(order: ChargingOrder, case: str | None) -> dict[str, Any]:
    tenants = {level: getattr(order, level) for level in LEVELS}
    bill = stored_bill(order)
    return {
        "order_no": order.order_no,
        **{level: tenant.code if tenant is not None else None for level, tenant in tenants.items()},
        "station": order.station.code,
        "pile": order.pile.identity,
        "connector": order.connector.number,
        "charge_state": order.charge_state,
        "pay_state": order.pay_state,
        "review_state": order.review_state,
        "started_at": _text(order.started_at),
        "stopped_at": _text(order.stopped_at),
        "energy_wh": order.energy_wh,
        "lines": _lines(bill) if bill is not None else [],
        "total": order.total,
        "paid": order.paid_cash + order.paid_bonus,
        "hold": order.hold,
        "currency": order.currency,
        "case": case,
    }


def _lines(bill: Bill) -> list[dict[str, Any]]:
    """Quantity in Wh, for the idle fee in minutes; unit prices in major units per kWh or minute, as text."""
    lines: list[dict[str, Any]] = [
        {
            "fee": line.fee.value,
            "band": BANDS[line.band] if line.band is not None else None,
            "quantity": line.quantity,
            "unit_price": str(line.unit_price),
            "amount": line.amount.amount,
        }
        for line in bill.lines
    ]
    lines += [
        {
            "fee": "discount",
            "band": None,
            "quantity": 1,
            "unit_price": str(-one.amount.decimal),
            "amount": -one.amount.amount,
        }
        for one in bill.reductions
    ]
    return lines


def _cases(orders: Iterable[ChargingOrder]) -> dict[int, str | None]:
    waiting: dict[int, list[str]] = defaultdict(list)
    every: dict[int, list[str]] = defaultdict(list)
    rows = selectors.cases().filter(order__in=list(orders)).order_by("code")
    for order_id, code, state in rows.values_list("order_id", "code", "state"):
        every[order_id].append(code)
        if state in UNDECIDED:
            waiting[order_id].append(code)
    found: dict[int, str | None] = defaultdict(lambda: None)
    for order_id, codes in every.items():
        found[order_id] = ",".join(waiting.get(order_id, codes))
    return found


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
