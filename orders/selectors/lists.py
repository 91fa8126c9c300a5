"""What the lists and pages of orders read: rows with what is worked out from them in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import (
    Case as Choose,
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Greatest, NullIf

from backoffice.kit import clock
from finance import selectors as finance
from orders.models import Case, ChargingOrder, LooseFact, Transaction
from orders.selectors.orders import cases, historical_orders, orders, realtime_orders
from orders.selectors.running import RUNNING
from orders.states import LIVE, UNDECIDED, ChargeState, PayState, Stage
from stations.models import Pile

STANDING = Q(unplugged_at__isnull=True, idle_final_at__isnull=True)
"""Nobody has seen the vehicle leave, and its time may still cost something."""

STAGES: Mapping[Stage, Q] = {
    Stage.START_FAILED: Q(charge_state=ChargeState.START_FAILED),
    Stage.CANCELLED: Q(charge_state=ChargeState.CANCELLED),
    Stage.CREATED: Q(charge_state=ChargeState.CREATED),
    Stage.STARTING: Q(charge_state=ChargeState.STARTING),
    Stage.LOST: Q(charge_state__in=LIVE) & (Q(pile__online=False) | Q(stop_missing_since__isnull=False)),
    Stage.STOPPING: Q(charge_state=ChargeState.STOPPING),
    Stage.FAULTED: Q(charge_state__in=LIVE) & (Q(connector__status="Faulted") | Q(pile__status="Faulted")),
    Stage.SUSPENDED_EV: Q(charge_state=ChargeState.CHARGING, suspended_by="ev"),
    Stage.SUSPENDED_EVSE: Q(charge_state=ChargeState.CHARGING, suspended_by="evse"),
    Stage.CHARGING: Q(charge_state=ChargeState.CHARGING),
    Stage.TO_SETTLE: Q(settled_at__isnull=True),
    Stage.REFUNDED: Q(pay_state=PayState.REFUNDED),
    Stage.PARTLY_REFUNDED: Q(pay_state=PayState.PARTLY_REFUNDED),
    Stage.ARREARS: Q(pay_state=PayState.ARREARS),
    Stage.OCCUPIED: STANDING,
}
"""The first that holds is the order's stage; an order that none fits is settled."""


OVER = {
    stage: STAGES[stage]
    for stage in (
        Stage.START_FAILED,
        Stage.CANCELLED,
        Stage.REFUNDED,
        Stage.PARTLY_REFUNDED,
        Stage.ARREARS,
        Stage.OCCUPIED,
    )
}
"""Those that an order can be in when it is over: none of them asks for its pile, so no list of millions joins one."""


def staged_orders(rows: QuerySet[ChargingOrder] | None = None) -> QuerySet[ChargingOrder]:
    """Orders with their ``stage``, what is ``paid``, ``rated_kw``, and how long they ``lasted`` and ``stood`` idle."""
    staged = _with_stage(orders() if rows is None else rows, STAGES)
    return staged.annotate(rated_kw=Coalesce("connector__rated_kw", "pile__model__rated_kw"))


def _with_stage(rows: QuerySet[ChargingOrder], stages: Mapping[Stage, Q]) -> QuerySet[ChargingOrder]:
    whens = [When(condition, then=Value(stage.value)) for stage, condition in stages.items()]
    now = clock.now()
    return rows.annotate(
        stage=Choose(*whens, default=Value(Stage.SETTLED.value), output_field=CharField()),
        paid=F("paid_cash") + F("paid_bonus"),
        lasted=_between(F("started_at"), Coalesce("stopped_at", _moment(now))),
        stood=_between(F("stopped_at"), Greatest("stopped_at", Coalesce("unplugged_at", "idle_final_at"))),
    )


def running_orders_of_pile(pile: Pile) -> QuerySet[ChargingOrder]:
    """Orders of a pile in which energy flows, or could, in the order of the connectors, with what their curve needs."""
    rows = staged_orders(orders().filter(pile=pile, charge_state__in=LIVE))
    return rows.select_related("connector__pile__model", "transaction").order_by("connector__number", "-id")


def realtime_list() -> QuerySet[ChargingOrder]:
    """Orders under way, with what is left of their hold; ``power_now`` in W is known only while the pile is heard."""
    return staged_orders(realtime_orders()).annotate(
        hold_left=Choose(When(hold__gt=0, then=F("hold") - F("total"))),
        power_now=Choose(When(charge_state__in=LIVE, pile__online=True, then=F("power_w"))),
    )


def history_list() -> QuerySet[ChargingOrder]:
    """Orders that are over; what was neither given back nor charged for standing is nothing, and no zero."""
    return _with_stage(historical_orders(), OVER).annotate(
        given_back=NullIf("refunded", Value(0)), idle_charged=NullIf("idle_fee", Value(0))
    )


def orders_in_full() -> QuerySet[ChargingOrder]:
    """Orders joined with what their pages show; ``wallet_key`` is that of the wallet that pays."""
    return (
        staged_orders()
        .annotate(wallet_key=finance.wallet_at("driver", "currency"))
        .select_related(
            "station",
            "pile__model",
            "connector__pile__model",
            "driver",
            "card",
            "transaction",
            "manufacturer",
            "dealer",
            "operator",
            "agency",
            "tariff_version__tariff",
        )
    )


def case_list() -> QuerySet[Case]:
    """Findings, each with the age that it had when it was decided, or has now: one that is open again waits still."""
    now = _moment(clock.now())
    until = Choose(When(state__in=UNDECIDED, then=now), default=Coalesce("decided_at", now))
    return cases().annotate(
        waited=_between(F("opened_at"), until),
        at_stake=Coalesce("amount_before", "order__total"),
    )


def undecided_cases() -> QuerySet[Case]:
    """Findings that wait for a decision."""
    return cases().filter(state__in=UNDECIDED)


def transaction_list() -> QuerySet[Transaction]:
    """What piles reported, with the order it became, the energy between the two registers, and whether it goes on."""
    return Transaction.objects.annotate(
        order_no=F("order__order_no"),
        metered_wh=F("meter_stop") - F("meter_start"),
        upload_delay=_between(F("stopped_at"), F("stop_received_at")),
        running=Choose(When(RUNNING, then=True), default=False),
    )


def loose_fact_list() -> QuerySet[LooseFact]:
    """Stops that fit nowhere, with the finding that was opened for them."""
    found = Case.objects.filter(loose_fact=OuterRef("pk")).order_by("pk")
    return LooseFact.objects.annotate(
        meter_stop=KT("data__meter_stop"),
        reason=KT("data__reason"),
        case_number=Subquery(found.values("number")[:1]),
    )


def _between(start: Any, end: Any) -> Combinable:
    return ExpressionWrapper(end - start, output_field=DurationField())


def _moment(at: datetime) -> Value:
    return Value(at, output_field=DateTimeField())
