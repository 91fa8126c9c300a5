"""The readings of an order's transaction, as the price engine takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.meter import Envelope, Reading, envelope, whole_wh
from orders.models import ChargingOrder, Sample, Transaction
from orders.states import FactFlag, Flag

MARGIN = timedelta(hours=1)
"""Samples are searched this much around the transaction, so that only its partitions are read."""


def accepted(order: ChargingOrder, transaction: Transaction, *, rated_w: int | None) -> Envelope:
    """The monotonic envelope of a running or finished transaction.

    The order's own ``meter_stop`` and ``stopped_at`` count, not the transaction's: a forced or corrected
    end is a decision of the business. Where the pile's clock was wrong no duration is known, and where
    its power is not known (``rated_w`` None) nobody can say what is a leap.
    """
    stop = None
    if order.stopped_at is not None and order.meter_stop is not None:
        stop = Reading(order.stopped_at, order.meter_stop)
    trusted = FactFlag.CLOCK_UNSYNCED not in transaction.flags
    return envelope(
        Reading(transaction.started_at, transaction.meter_start),
        samples_of(transaction),
        stop,
        rated_w=rated_w if trusted else None,
        binding=Flag.CORRECTED in order.flags,
    )


def final_wh(transaction: Transaction) -> int | None:
    """The register at the end: the closing reading where it is finer than meterStop and within 1 Wh of it.

    meterStop is a whole number of Wh and often cut off, not rounded (OCPP 1.6 §6.49).
    """
    if transaction.meter_stop is None or transaction.stopped_at is None:
        return transaction.meter_stop
    closing = (
        Sample.objects.filter(
            transaction=transaction,
            context="Transaction.End",
            register_wh__isnull=False,
            taken_at__range=(transaction.stopped_at - MARGIN, transaction.stopped_at + MARGIN),
        )
        .order_by("-taken_at")
        .values_list("register_wh", flat=True)
        .first()
    )
    if closing is None or closing % 1 == 0 or abs(closing - transaction.meter_stop) > 1:
        return transaction.meter_stop
    return whole_wh(closing)


def samples_of(transaction: Transaction) -> list[Reading]:
    """The billing register over the transaction, in no particular order."""
    until = transaction.stopped_at or transaction.last_sample_at
    rows = Sample.objects.filter(
        transaction=transaction, register_wh__isnull=False, taken_at__gte=transaction.started_at - MARGIN
    )
    if until is not None:
        rows = rows.filter(taken_at__lte=max(until, transaction.last_sample_at or until) + MARGIN)
    return [
        Reading(taken_at, whole_wh(register), context == "Sample.Clock")
        for taken_at, register, context in rows.values_list("taken_at", "register_wh", "context")
        if register is not None
    ]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a pile measured at an instant, as pages show it: W, percent, the register in Wh."""

    at: datetime
    power_w: float | None
    soc: float | None
    register_wh: float | None


def taken(transaction: Transaction) -> list[Taken]:
    """Everything that was measured over a transaction, the oldest first."""
    rows = Sample.objects.filter(transaction=transaction, taken_at__gte=transaction.started_at - MARGIN)
    until = max(filter(None, (transaction.stopped_at, transaction.last_sample_at)), default=None)
    if until is not None:
        rows = rows.filter(taken_at__lte=until + MARGIN)
    return [
        Taken(at, *(None if value is None else float(value) for value in values))
        for at, *values in rows.order_by("taken_at", "id").values_list(
            "taken_at", "power_w", "soc", "register_wh"
        )
    ]
