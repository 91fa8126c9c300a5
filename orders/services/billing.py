"""An order's figures from its readings: the one way by which a running fee and a final bill come about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orders import readings
from orders.bill import Bill, Fee
from orders.meter import Envelope
from orders.models import ChargingOrder, Transaction
from orders.pricing import price
from orders.quotes import rated_w
from stations.slots import Band
from stations.tariff import TariffSnapshot

FAILED_WH = 500
"""A session that a fault ended before it gave more than this is not billed."""

FAULT_REASONS = frozenset({"EmergencyStop", "PowerLoss", "HardReset"})


@dataclass(frozen=True, slots=True)
class Account:
    """What was accepted of the meter, and what it costs; ``bill`` is None where there is no tariff."""

    envelope: Envelope
    bill: Bill | None


def account(order: ChargingOrder, transaction: Transaction) -> Account:
    """Price what the transaction has so far, or all of it."""
    envelope = readings.accepted(order, transaction, rated_w=rated_w(order.connector))
    tariff = tariff_of(order)
    if tariff is None:
        return Account(envelope, None)
    return Account(envelope, price(envelope.readings, tariff, failed=has_failed(order, envelope)))


def tariff_of(order: ChargingOrder) -> TariffSnapshot | None:
    """The snapshot that the order was made with."""
    return TariffSnapshot.from_json(order.tariff) if order.tariff else None


def has_failed(order: ChargingOrder, envelope: Envelope) -> bool:
    """Did a fault end the session before it was worth billing?"""
    return order.stop_reason in FAULT_REASONS and envelope.wh <= FAILED_WH


def stored_bill(order: ChargingOrder) -> Bill | None:
    """The bill as it was written onto the order."""
    return Bill.from_json(order.bill) if order.bill else None


def write_bill(order: ChargingOrder, bill: Bill | None, *, energy_wh: int, at: datetime) -> None:
    """Copy the figures onto the order; the caller saves it."""
    order.priced_at = at
    order.energy_wh = energy_wh
    order.bill = bill.to_json() if bill is not None else {}
    for band, column in BANDS.items():
        setattr(order, column, bill.wh_in(band) if bill is not None else 0)
    for fee, column in FEES.items():
        setattr(order, column, bill.gross_of(fee).amount if bill is not None else 0)
    order.discount = bill.discount.amount if bill is not None else 0
    order.total = bill.payable.amount if bill is not None else 0


BANDS = {Band.SHARP: "sharp_wh", Band.PEAK: "peak_wh", Band.FLAT: "flat_wh", Band.VALLEY: "valley_wh"}
FEES = {Fee.ELECTRICITY: "electricity_fee", Fee.SERVICE: "service_fee", Fee.IDLE: "idle_fee"}
FIGURES = ["priced_at", "energy_wh", "bill", *BANDS.values(), *FEES.values(), "discount", "total"]
"""The columns that ``write_bill`` sets."""
