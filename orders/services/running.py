"""Running orders: their fee by the price engine, and the stop when a limit is near."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from backoffice.kit import clock, locks
from backoffice.kit.actor import timer
from backoffice.kit.money import Money
from orders import history
from orders.limits import Agreed, Progress, decide
from orders.models import ChargingOrder, LimitKind
from orders.quotes import DEFAULT_RATED_W, rated_w
from orders.services import billing, stopping
from orders.states import ChargeState

LOOK_AHEAD = timedelta(minutes=10)


@transaction.atomic
def follow_running(order_id: int) -> None:
    """Price what the order has so far, and ask the pile to stop when only that keeps what was agreed."""
    order = (
        locks.locked(ChargingOrder.objects.filter(pk=order_id)).select_related("transaction", "connector__pile__model").get()
    )
    if order.charge_state not in {ChargeState.CHARGING, ChargeState.STOPPING} or order.transaction is None:
        return
    account = billing.account(order, order.transaction)
    billing.write_bill(order, account, at=clock.now())
    order.save(update_fields=billing.FIGURES)
    history.announce(order)
    if order.charge_state != ChargeState.CHARGING or account.bill is None:
        return
    stop = decide(_progress(order, account), _agreed(order))
    if stop is not None:
        history.note(order, "limit_reached", cause=stop.cause, reached=stop.reached, limit=stop.limit, margin=stop.margin)
        stopping.ask_to_stop(order, actor=timer("limits"), reason=f"limit_{stop.cause}")


def _progress(order: ChargingOrder, account: billing.Account) -> Progress:
    tariff = billing.tariff_of(order)
    if account.bill is None or tariff is None:
        raise ValueError("an order without a tariff has no limits")
    now = clock.now()
    last = account.envelope.readings[-1]
    return Progress(
        now=now,
        started_at=account.envelope.readings[0].at,
        last_reading_at=min(order.last_sample_at or now, now),
        wh=account.envelope.wh,
        cost=account.bill.payable,
        price=tariff.dearest_ahead(max(now, last.at), LOOK_AHEAD),
        power_w=order.power_w or 0,
        greatest_power_w=rated_w(order.connector) or DEFAULT_RATED_W,
        soc_percent=None if order.soc is None else order.soc,
        quiet_since=order.connector.status_at if order.suspended_by == "ev" and not order.power_w else None,
    )


def _agreed(order: ChargingOrder) -> Agreed:
    value = order.limit_value
    kind = order.limit_kind
    return Agreed(
        hold=Money(order.hold, order.currency) if order.hold else None,
        money=Money(value, order.currency) if kind == LimitKind.MONEY and value is not None else None,
        energy_wh=value if kind == LimitKind.ENERGY else None,
        minutes=value if kind == LimitKind.MINUTES else None,
        soc_percent=value if kind == LimitKind.SOC else None,
        stop_when_full=kind == LimitKind.FULL,
    )
