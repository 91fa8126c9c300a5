"""A driver's charges, page by page, with the figures that each line shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from backoffice.kit.money import Money
from orders.models import ChargingOrder
from orders.states import NEVER_CHARGED, OPEN, ReviewState

SIZE = 20
DEEPEST = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One charge."""

    order: ChargingOrder
    zone: ZoneInfo
    total: Money
    owed: Money
    runs: bool
    failed: bool
    under_review: bool


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``number`` counts from 1; 0 for no page before or after."""

    lines: Sequence[Line]
    number: int
    before: int
    after: int


def page_of(rows: QuerySet[ChargingOrder], asked: str) -> HistoryPage:
    """The page that was asked for; the first one for whatever is no number."""
    number = min(int(asked), DEEPEST) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    number = max(number, 1)
    found = list(rows[(number - 1) * SIZE : number * SIZE + 1])
    return HistoryPage(
        lines=[_line(order) for order in found[:SIZE]],
        number=number,
        before=number - 1,
        after=number + 1 if len(found) > SIZE else 0,
    )


def _line(order: ChargingOrder) -> Line:
    return Line(
        order=order,
        zone=ZoneInfo(order.zone),
        total=Money(order.total, order.currency),
        owed=Money(order.arrears, order.currency),
        runs=order.charge_state in OPEN,
        failed=order.charge_state in NEVER_CHARGED,
        under_review=order.review_state == ReviewState.ABNORMAL,
    )
