"""Where a charge stands, for the driver: the figures of the live page and the steps before them.

The cost is what the price engine bills for the readings so far: what a stop now would bill. While the
pile is away nothing is added, and the figures carry the time they are of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from backoffice.kit import clock
from backoffice.kit.money import Money
from orders import selectors as orders
from orders.models import ChargingOrder, LimitKind
from orders.services import billing
from orders.states import ChargeState
from scan.landing import Change, Price, change_after, price_at
from stations.models import Connector, ConnectorStatus
from stations.selectors import connectors_of

PLUGGED = frozenset(
    {
        ConnectorStatus.PREPARING,
        ConnectorStatus.CHARGING,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
    }
)
Step = Literal["done", "current", "later"]


@dataclass(frozen=True, slots=True)
class Live:
    """``at``: as of which message. ``share`` (0 to 100) is drawn as the ring, ``used`` as the bar of the hold."""

    order: ChargingOrder
    zone: ZoneInfo
    at: datetime | None
    online: bool
    wh: int
    minutes: int
    cost: Money
    held: Money
    left: Money
    power_w: int
    soc: int | None
    share: int
    used: int
    price: Price | None
    change: Change | None
    idle_so_far: Money | None = None

    @property
    def stopping(self) -> bool:
        return self.order.charge_state == ChargeState.STOPPING

    @property
    def disobeys(self) -> bool:
        """Every attempt to stop it failed; staff has been told (A05)."""
        return self.stopping and self.order.stop_due_at is None and self.order.stop_attempts > 0

    @property
    def limit_money(self) -> Money:
        return Money(self.order.limit_value or 0, self.order.currency)


def live_of(order: ChargingOrder) -> Live:
    """The figures of a charge that runs."""
    now = clock.now()
    account = billing.account(order, order.transaction) if order.transaction is not None else None
    bill = account.bill if account is not None else None
    wh = account.envelope.wh if account is not None else 0
    cost = bill.payable if bill is not None else Money.zero(order.currency)
    held = Money(order.hold, order.currency)
    tariff = billing.tariff_of(order)
    until = now if order.pile.online else (order.last_heard_at or now)
    minutes = max((until - order.started_at) // timedelta(minutes=1), 0) if order.started_at else 0
    used = min(100 * cost.amount // held.amount, 100) if held else 0
    return Live(
        order=order,
        zone=ZoneInfo(order.zone),
        at=order.last_heard_at,
        online=order.pile.online,
        wh=wh,
        minutes=minutes,
        cost=cost,
        held=held,
        left=max(held - cost, Money.zero(order.currency)),
        power_w=order.power_w or 0,
        soc=order.soc,
        share=_share(order, wh, minutes, cost, used),
        used=used,
        price=price_at(tariff, now) if tariff else None,
        change=change_after(tariff, now) if tariff else None,
    )


def _share(order: ChargingOrder, wh: int, minutes: int, cost: Money, used: int) -> int:
    """How far the charge is: the battery where the car tells, else the limit, else the hold."""
    if order.soc is not None:
        return min(order.soc, 100)
    reached = {LimitKind.ENERGY: wh, LimitKind.MINUTES: minutes, LimitKind.MONEY: cost.amount}
    limit = order.limit_value or 0
    part = reached.get(LimitKind(order.limit_kind))
    return min(100 * part // limit, 100) if part is not None and limit else used


@dataclass(frozen=True, slots=True)
class Waiting:
    """Before energy flows: what has happened, what is to be done, and until when."""

    order: ChargingOrder
    zone: ZoneInfo
    until: datetime | None
    seconds_left: int
    share: int
    held: Money
    accepted: Step
    plugged: Step
    started: Step
    pile_says: str
    said_at: datetime | None
    elsewhere: Connector | None
    """Another connector of the pile, plugged in since: the driver may have taken the wrong one."""


def waiting_of(order: ChargingOrder) -> Waiting:
    """The steps of a start."""
    now = clock.now()
    connector = order.connector
    kinds = set(orders.events_of(order).values_list("kind", flat=True))
    accepted, plugged = "start_accepted" in kinds, connector.status in PLUGGED
    until = order.start_deadline
    left = max(int((until - now).total_seconds()), 0) if until else 0
    whole = int((until - order.created_at).total_seconds()) if until else 0
    return Waiting(
        order=order,
        zone=ZoneInfo(order.zone),
        until=until,
        seconds_left=left,
        share=100 * left // whole if whole > 0 else 0,
        held=Money(order.hold, order.currency),
        accepted="done" if accepted else "current",
        plugged="done" if plugged else "current" if accepted else "later",
        started="current" if accepted and plugged else "later",
        pile_says=connector.status,
        said_at=connector.status_at,
        elsewhere=None if plugged else _plugged_elsewhere(order),
    )


def _plugged_elsewhere(order: ChargingOrder) -> Connector | None:
    others = connectors_of(order.pile).filter(
        status=ConnectorStatus.PREPARING, status_at__gte=order.created_at
    )
    return others.exclude(pk=order.connector_id).first()


def moments_of(order: ChargingOrder, *kinds: str) -> Sequence[datetime]:
    """When these things happened to an order, the oldest first."""
    return list(orders.events_of(order).filter(kind__in=kinds).values_list("at", flat=True))
