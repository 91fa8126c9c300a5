"""Reads of the overview, under the scope of the request. Figures over time come from the totals of days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Case as Choose, Count, F, Min, Q, QuerySet, Sum, Value, When

from backoffice.kit import clock
from finance.models import Refund, RefundState
from orders.models import Case, ChargingOrder
from orders.states import ChargeState
from reports.models import DayLoad, DayTotal
from reports.periods import Days
from reports.sql.days import FIGURES, running_energy
from stations.models import Connector, Intent, Life, UnclaimedPile
from stations.states import CHARGING
from tenants.selectors import Ancestor

HALF_HOURS = 48
OVERDUE = timedelta(hours=24)


@dataclass(slots=True)
class Totals:
    """What happened in a span of days. ``amounts`` by currency, minor units, never added to each other."""

    sessions: int = 0
    failed: int = 0
    energy_wh: int = 0
    seconds: int = 0
    amounts: dict[str, int] = field(default_factory=dict)


class Standing(StrEnum):
    """What can be done with a connector now."""

    CHARGING = "charging"
    IDLE = "idle"
    WAITING = "waiting"  # plugged in and not charging, or reserved
    CLOSED = "closed"  # out of operation, by us or by the pile
    OFFLINE = "offline"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Things that wait for somebody: how many, since when the oldest, how many too long, what is at stake."""

    count: int
    oldest: datetime | None = None
    overdue: int = 0
    stakes: tuple[tuple[str, int], ...] = ()


def day_totals() -> QuerySet[DayTotal]:
    """Totals of days of the tenants of the scope."""
    return DayTotal.objects.select_related("tenant")


def totals(tenant_id: int, spans: Mapping[str, Days]) -> dict[str, Totals]:
    """The totals of a tenant over several spans of days, in one query."""
    wanted = ("sessions", "failed", "energy_wh", "seconds", "total")
    sums = {
        f"{name}__{figure}": Sum(figure, filter=_within(days), default=0)
        for name, days in spans.items()
        for figure in wanted
    }
    rows: Iterable[Any] = (
        DayTotal.objects.filter(tenant_id=tenant_id).order_by().values("currency").annotate(**sums)
    )
    found = {name: Totals() for name in spans}
    for row in rows:
        for name, total in found.items():
            total.sessions += row[f"{name}__sessions"]
            total.failed += row[f"{name}__failed"]
            total.energy_wh += row[f"{name}__energy_wh"]
            total.seconds += row[f"{name}__seconds"]
            if amount := row[f"{name}__total"]:
                total.amounts[row["currency"]] = amount
    return found


def course(tenant_id: int, days: Days) -> dict[date, Totals]:
    """The totals of a tenant day by day; days without any are left out."""
    rows = (
        DayTotal.objects.filter(_within(days), tenant_id=tenant_id)
        .order_by("day")
        .values_list("day", "currency", "sessions", "failed", "energy_wh", "seconds", "total")
    )
    found: dict[date, Totals] = defaultdict(Totals)
    for day, currency, sessions, failed, energy_wh, seconds, amount in rows:
        total = found[day]
        total.sessions += sessions
        total.failed += failed
        total.energy_wh += energy_wh
        total.seconds += seconds
        total.amounts[currency] = amount
    return dict(found)


def days_of_tenant(tenant_id: int, days: Days) -> list[dict[str, Any]]:
    """The stored figures of one tenant, day by day, a row for each currency."""
    rows = DayTotal.objects.filter(_within(days), tenant_id=tenant_id).order_by("day", "currency")
    return list(rows.values("day", "currency", *FIGURES))


def totals_below(days: Days) -> list[dict[str, Any]]:
    """The totals of every tenant of the scope over a span, a row for each currency, in the order of the tree."""
    rows: Iterable[Any] = (
        DayTotal.objects.filter(_within(days))
        .order_by("tenant__tree_id", "tenant__lft", "currency")
        .values("tenant__code", "tenant__name", "tenant__level", "currency")
        .annotate(**{figure: Sum(figure) for figure in FIGURES})
    )
    return list(rows)


def load(tenant: Ancestor, days: tuple[date, ...]) -> dict[date, list[int]]:
    """Wh in each half hour of these days below a tenant, with what runs now."""
    found = {day: [0] * HALF_HOURS for day in days}
    for row in DayLoad.objects.filter(tenant_id=tenant.id, day__in=days):
        found[row.day] = list(row.wh)
    for (day, number), wh in running_energy(tenant.level.column, tenant.id, days).items():
        found[day][number] += wh
    return found


def power_now() -> int:
    """W that flow in the scope, as last reported."""
    live = ChargingOrder.objects.filter(charge_state__in=[ChargeState.CHARGING, ChargeState.STOPPING])
    return int(live.aggregate(power=Sum("power_w", default=0))["power"])


def connectors_by_standing() -> dict[Standing, int]:
    """How many connectors of the scope are in which standing."""
    standing = Choose(
        When(pile__online=False, then=Value(Standing.OFFLINE.value)),
        When(status="Faulted", then=Value(Standing.FAULT.value)),
        When(status__in=CHARGING, then=Value(Standing.CHARGING.value)),
        When(
            Q(status="Unavailable") | Q(intent=Intent.INOPERATIVE) | Q(pile__intent=Intent.INOPERATIVE),
            then=Value(Standing.CLOSED.value),
        ),
        When(status__in=["Available", ""], then=Value(Standing.IDLE.value)),
        default=Value(Standing.WAITING.value),
    )
    rows = (
        Connector.objects.filter(number__gt=0)
        .exclude(pile__life=Life.RETIRED)
        .annotate(standing=standing)
        .order_by()
        .values_list("standing")
        .annotate(count=Count("pk"))
    )
    return {Standing(name): count for name, count in rows}


def open_cases() -> Waiting:
    """Abnormal cases that wait for a decision, and the amounts of their orders."""
    rows = Case.objects.exclude(state__in=["decided", "closed"])
    late = Q(opened_at__lt=clock.now() - OVERDUE)
    head = rows.aggregate(count=Count("pk"), oldest=Min("opened_at"), overdue=Count("pk", filter=late))
    stakes = (
        rows.filter(order__isnull=False)
        .order_by("order__currency")
        .values_list("order__currency")
        .annotate(total=Sum("order__total"))
        .filter(total__gt=0)
    )
    return Waiting(head["count"], head["oldest"], head["overdue"], tuple(stakes))


def failed_refunds() -> Waiting:
    """Refunds that a payment channel refused."""
    rows = Refund.objects.filter(state=RefundState.FAILED)
    head = rows.aggregate(count=Count("pk"), oldest=Min("created_at"))
    stakes = rows.order_by("currency").values_list("currency").annotate(total=Sum(F("cash") + F("bonus")))
    return Waiting(head["count"], head["oldest"], stakes=tuple(stakes))


def unclaimed_piles() -> Waiting:
    """Identities that knocked and that nobody registered."""
    head = UnclaimedPile.objects.aggregate(count=Count("pk"), oldest=Min("first_seen_at"))
    return Waiting(head["count"], head["oldest"])


def _within(days: Days) -> Q:
    found = Q(day__lte=days.last)
    return found & Q(day__gte=days.first) if days.first else found
