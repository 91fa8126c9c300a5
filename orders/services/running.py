"""Running orders: their fee by the price engine, and the stop when a limit is near."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.actor import timer
from backoffice.kit.money import Money
from orders import history
from orders.bill import Bill
from orders.limits import Agreed, Progress, decide
from orders.models import ChargingOrder, LimitKind, Transaction
from orders.quotes import DEFAULT_RATED_W, rated_w
from orders.services import billing, stopping
from orders.services.rows import lock_order
from orders.states import LIVE, ChargeState
from stations.tariff import TariffSnapshot

LOOK_AHEAD = timedelta(minutes=10)
IDLE_PERCENT = 1
"""A vehicle that suspends and takes less than this part of the rated power is full."""


@transaction.atomic
def follow_running(order_id: int) -> None:
    """Price what the order has so far, and ask the pile to stop when only that keeps what was agreed."""
    order = lock_order(order_id)
    if order.charge_state not in LIVE or order.transaction is None:
        return
    account = billing.account(order, order.transaction)
    billing.write_bill(order, account.bill, energy_wh=account.envelope.wh, at=clock.now())
    order.save(update_fields=billing.FIGURES)
    history.announce(order)
    tariff = billing.tariff_of(order)
    if order.charge_state != ChargeState.CHARGING or account.bill is None or tariff is None:
        return
    stop = decide(_progress(order, order.transaction, account.bill, tariff), _agreed(order))
    if stop is not None:
        history.note(
            order,
            "limit_reached",
            cause=stop.cause,
            reached=stop.reached,
            limit=stop.limit,
            margin=stop.margin,
            currency=order.currency,
        )
        stopping.ask_to_stop(order, actor=timer("limits"), reason=f"limit_{stop.cause}")


def _progress(order: ChargingOrder, row: Transaction, bill: Bill, tariff: TariffSnapshot) -> Progress:
    now = clock.now()
    power_w = order.power_w or 0
    greatest_w = rated_w(order.connector) or DEFAULT_RATED_W
    suspended = order.suspended_by == "ev" and power_w * 100 < greatest_w * IDLE_PERCENT
    return Progress(
        now=now,
        started_at=bill.started_at,
        last_reading_at=order.last_sample_at or row.start_received_at,
        wh=bill.wh,
        cost=bill.payable,
        price=tariff.dearest_ahead(max(now, bill.ended_at), LOOK_AHEAD),
        power_w=power_w,
        greatest_power_w=greatest_w,
        soc_percent=order.soc,
        quiet_since=order.connector.status_at if suspended else None,
    )


def _agreed(order: ChargingOrder) -> Agreed:
    value, kind = order.limit_value, order.limit_kind
    return Agreed(
        hold=Money(order.hold, order.currency) if order.hold else None,
        money=Money(value, order.currency) if kind == LimitKind.MONEY and value is not None else None,
        energy_wh=value if kind == LimitKind.ENERGY else None,
        minutes=value if kind == LimitKind.MINUTES else None,
        soc_percent=value if kind == LimitKind.SOC else None,
        stop_when_full=True,
    )
