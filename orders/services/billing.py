"""An order's figures from its readings: the one way by which a running fee and a final bill come about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orders import readings
from orders.bill import Bill, Fee
from orders.idle import Occupancy
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


def account(order: ChargingOrder, transaction: Transaction, *, idle: Occupancy | None = None) -> Account:
    """Price what the transaction has so far, or all of it."""
    envelope = readings.accepted(order, transaction, rated_w=rated_w(order.connector))
    tariff = tariff_of(order)
    if tariff is None:
        return Account(envelope, None)
    return Account(envelope, price(envelope.readings, tariff, idle=idle, failed=has_failed(order, envelope)))


def tariff_of(order: ChargingOrder) -> TariffSnapshot | None:
    """The snapshot that the order was made with."""
    return TariffSnapshot.from_json(order.tariff) if order.tariff else None


def has_failed(order: ChargingOrder, envelope: Envelope) -> bool:
    """Did a fault end the session before it was worth billing?"""
    return order.stop_reason in FAULT_REASONS and envelope.wh <= FAILED_WH


def write_bill(order: ChargingOrder, account: Account, *, at: datetime) -> None:
    """Copy the figures onto the order; the caller saves it."""
    order.priced_at = at
    order.energy_wh = account.envelope.wh
    bill = account.bill
    if bill is None:
        order.bill, order.total = {}, 0
        return
    order.sharp_wh, order.peak_wh = bill.wh_in(Band.SHARP), bill.wh_in(Band.PEAK)
    order.flat_wh, order.valley_wh = bill.wh_in(Band.FLAT), bill.wh_in(Band.VALLEY)
    order.electricity_fee = bill.gross_of(Fee.ELECTRICITY).amount
    order.service_fee = bill.gross_of(Fee.SERVICE).amount
    order.idle_fee = bill.gross_of(Fee.IDLE).amount
    order.discount = bill.discount.amount
    order.total = bill.payable.amount
    order.bill = bill.to_json()


FIGURES = [
    "priced_at",
    "energy_wh",
    "sharp_wh",
    "peak_wh",
    "flat_wh",
    "valley_wh",
    "electricity_fee",
    "service_fee",
    "idle_fee",
    "discount",
    "total",
    "bill",
]
"""The columns that ``write_bill`` sets."""
