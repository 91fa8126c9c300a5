"""A bill as its driver reads it: period by period, each with what was used and what that cost, then the money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import clock
from backoffice.kit.money import Money
from finance import selectors as finance
from orders import history, labels
from orders.bill import Bill, Fee, Line, Reason
from orders.models import ChargingOrder
from orders.services import billing, idling
from orders.states import ReviewState
from scan.progress import moments_of
from scan.strip import LETTERS
from stations.slots import Band
from stations.tariff import Rounding

ENDED_BY: Mapping[str, str | Promise] = {
    "Local": _("stopped at the pile"),
    "Remote": _("stopped from here"),
    "EVDisconnected": pgettext_lazy("stop", "unplugged"),
    "EmergencyStop": _("emergency stop"),
    "PowerLoss": _("power cut"),
    "Reboot": _("the pile restarted"),
    "HardReset": _("the pile restarted"),
    "SoftReset": _("the pile restarted"),
    "UnlockCommand": _("unlocked"),
    "DeAuthorized": _("not accepted any more"),
    "Forced": _("closed without the pile, by the last reading"),
}
"""OCPP 1.6 §7.36, and our own."""


@dataclass(frozen=True, slots=True)
class Part:
    """All energy of one band: when it flowed, how much, and its two lines."""

    band: Band
    letter: str
    times: Sequence[tuple[datetime, datetime]]
    wh: int
    amount: Money
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Idle:
    """The idle line with its arithmetic. ``since``: when the minutes began to count."""

    minutes: int
    unit: Decimal
    amount: Money
    capped: bool
    grace_min: int
    since: datetime | None
    until: datetime | None
    counting: bool
    """The car still stands there, and the fee is not settled yet."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """``held``: set aside before the start. ``released``: what of it went back. ``owed``: still to be paid."""

    order: ChargingOrder
    zone: ZoneInfo
    bill: Bill | None
    parts: Sequence[Part]
    idle: Idle | None
    idle_from: datetime | None
    """When an idle fee begins if the car stays plugged in; None where none can begin."""
    total: Money
    held: Money
    released: Money
    released_at: datetime | None
    paid: Money
    bonus: Money
    owed: Money
    written_off: Money
    refunded: Money
    discount: Money
    electricity: Money
    service: Money
    idle_total: Money
    lasted: timedelta
    under_review: bool
    reviewed: bool

    @property
    def taken_later(self) -> Money:
        """What was paid beyond the hold: an idle fee, or arrears that were paid since."""
        return max(self.paid - (self.held - self.released), Money.zero(self.order.currency))

    @property
    def ended_by(self) -> str | Promise:
        """How the charge came to its end, in plain words where there are some."""
        return ENDED_BY.get(self.order.stop_reason, self.order.stop_reason)

    @property
    def rounds_total(self) -> bool:
        """Is the total rounded once, and the lines made to add up to it?"""
        return bool(self.order.tariff.get("rounding") == Rounding.TOTAL)

    @property
    def outcome(self) -> str | Promise:
        """Why nothing is charged, where nothing is."""
        return labels.OUTCOME[self.bill.outcome] if self.bill is not None else ""


def receipt_of(order: ChargingOrder) -> Receipt:
    """The receipt of an order that has ended, settled or not."""
    currency = order.currency
    about = history.reference(order)
    bill = idling.bill_so_far(order) if order.settled_at else billing.stored_bill(order)
    payment = finance.payment_of(about)
    first = finance.settlements_of(about).order_by("version").first()
    held = sum(hold.amount for hold in finance.holds_of(about))
    settled_at = moments_of(order, "settled")
    lasted = (order.stopped_at - order.started_at) if order.stopped_at and order.started_at else timedelta()
    idle = _idle(order, bill)
    return Receipt(
        order=order,
        zone=ZoneInfo(order.zone),
        bill=bill,
        parts=parts_of(bill) if bill else (),
        idle=idle,
        idle_from=_idle_from(order, idle),
        total=Money(order.total, currency),
        held=Money(held, currency),
        released=Money(first.released if first else 0, currency),
        released_at=settled_at[0] if settled_at else None,
        paid=Money(payment.paid.total if payment else 0, currency),
        bonus=Money(payment.paid.bonus if payment else 0, currency),
        owed=Money(payment.owed if payment else 0, currency),
        written_off=Money(payment.written_off if payment else 0, currency),
        refunded=Money(payment.refunded.total if payment else 0, currency),
        discount=Money(order.discount, currency),
        electricity=Money(order.electricity_fee, currency),
        service=Money(order.service_fee, currency),
        idle_total=Money(order.idle_fee, currency),
        lasted=max(lasted, timedelta()),
        under_review=order.review_state == ReviewState.ABNORMAL,
        reviewed=order.review_state == ReviewState.RESOLVED,
    )


def parts_of(bill: Bill) -> list[Part]:
    """The energy lines by band, in the order in which the bands came."""
    times: dict[Band, list[tuple[datetime, datetime]]] = {}
    last: Band | None = None
    for slot in bill.slots:
        runs = times.setdefault(slot.band, [])
        if slot.band == last:
            runs[-1] = (runs[-1][0], slot.end)
        else:
            runs.append((slot.start, slot.end))
        last = slot.band
    parts = []
    for band, runs in times.items():
        lines = [line for line in bill.lines if line.band == band]
        if lines:
            amount = Money.total((line.amount for line in lines), bill.currency)
            parts.append(Part(band, LETTERS[band], runs, lines[0].quantity, amount, lines))
    return parts


def _idle(order: ChargingOrder, bill: Bill | None) -> Idle | None:
    line = next((line for line in bill.lines if line.fee is Fee.IDLE), None) if bill else None
    tariff = billing.tariff_of(order)
    if line is None or tariff is None or tariff.idle is None:
        return None
    since = order.stopped_at + timedelta(minutes=tariff.idle.grace_min) if order.stopped_at else None
    return Idle(
        minutes=line.quantity,
        unit=line.unit_price,
        amount=line.amount,
        capped=line.reason is Reason.IDLE_CAPPED,
        grace_min=tariff.idle.grace_min,
        since=since,
        until=order.unplugged_at or (clock.now() if order.idle_final_at is None else None),
        counting=order.idle_final_at is None,
    )


def _idle_from(order: ChargingOrder, idle: Idle | None) -> datetime | None:
    tariff = billing.tariff_of(order)
    waits = order.idle_final_at is None and order.unplugged_at is None and order.stopped_at is not None
    if not waits or idle is not None or tariff is None or tariff.idle is None:
        return None
    if not tariff.idle.per_minute or not idling.is_chargeable(order, tariff) or not order.total:
        return None
    return order.stopped_at + timedelta(minutes=tariff.idle.grace_min) if order.stopped_at else None
