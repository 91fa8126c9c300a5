"""The fee for standing at the connector after the charge: a later version of the bill, with entries of its own.

It is charged once it is certain: the vehicle has left, the cap is reached, or a day has passed. The
energy of the bill is not looked at again.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.actor import timer
from orders import history
from orders.bill import Bill, Fee
from orders.idle import Occupancy, Span
from orders.models import ChargingOrder
from orders.pricing import add_idle
from orders.services import billing, settling
from orders.services.rows import lock_order
from orders.states import Flag
from stations import selectors as stations
from stations.tariff import TariffSnapshot

LONGEST_IDLE = timedelta(hours=24)


@transaction.atomic
def charge_idle(order_id: int) -> None:
    """Bill the time at the connector once it is certain."""
    order = lock_order(order_id)
    if order.idle_final_at is not None or order.settled_at is None:
        return
    tariff, occupancy, bill = billing.tariff_of(order), occupancy_of(order), billing.stored_bill(order)
    if tariff is None or occupancy is None or bill is None or not is_chargeable(order, tariff):
        _conclude(order)
        return
    whole = add_idle(bill, occupancy, tariff)
    fee = whole.gross_of(Fee.IDLE).amount
    if not _is_certain(order, tariff, fee):
        return
    _conclude(order)
    if fee:
        billing.write_bill(order, whole, energy_wh=order.energy_wh, at=clock.now())
        settling.correct_settlement(order, whole, actor=timer("idle_fee"), reason="idle_fee")


def is_chargeable(order: ChargingOrder, tariff: TariffSnapshot) -> bool:
    """Not after a fault, nor where nobody knows when the charge really ended."""
    return (
        tariff.idle is not None
        and order.stop_reason not in billing.FAULT_REASONS
        and Flag.FORCED not in order.flags
    )


def occupancy_of(order: ChargingOrder) -> Occupancy | None:
    """How long the vehicle has stood since the stop, without the time in which the pile was out of order."""
    if order.stopped_at is None:
        return None
    until = min(order.unplugged_at or clock.now(), order.stopped_at + LONGEST_IDLE)
    until = max(until, order.stopped_at)
    outages = stations.outages(order.pile_id, order.connector.number, order.stopped_at, until)
    return Occupancy(order.stopped_at, until, tuple(Span(start, end) for start, end in outages))


def bill_so_far(order: ChargingOrder) -> Bill | None:
    """The bill of a settled order with the idle fee as it would be if the vehicle left now."""
    bill, tariff = billing.stored_bill(order), billing.tariff_of(order)
    if order.idle_final_at is not None or bill is None or tariff is None or not is_chargeable(order, tariff):
        return bill
    occupancy = occupancy_of(order)
    return add_idle(bill, occupancy, tariff) if occupancy is not None else bill


def _is_certain(order: ChargingOrder, tariff: TariffSnapshot, fee: int) -> bool:
    capped = tariff.idle is not None and tariff.idle.cap is not None and fee >= tariff.idle.cap
    over = order.stopped_at is not None and clock.now() - order.stopped_at > LONGEST_IDLE
    return order.unplugged_at is not None or capped or over


def _conclude(order: ChargingOrder) -> None:
    order.idle_final_at = clock.now()
    order.save(update_fields=["idle_final_at"])
    history.announce(order)
