"""Reads of the overview, under the scope of the request. Figures over time come from the totals of days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import (
    BigIntegerField,
    Case as Choose,
    CharField,
    Count,
    DateTimeField,
    F,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils import timezone

from backoffice.kit import clock
from backoffice.kit.levels import Level
from finance.models import Refund, RefundState
from orders.models import Case, ChargingOrder
from orders.states import UNDECIDED, ChargeState
from reports.models import DayLoad, DayTotal, LinkState, ShareLink, StationTotal
from reports.periods import Days
from reports.sql.days import FIGURES, running_energy
from stations.models import Station, UnclaimedPile
from stations.selectors import waiting_offers
from stations.sessions import StationDay
from tenants.models import Tenant
from tenants.selectors import Ancestor, waiting_for_review

HALF_HOURS = 48
OVERDUE = timedelta(hours=24)
NONE = Value(0, BigIntegerField())
NOTHING = Value("")


@dataclass(slots=True)
class Totals:
    """What happened in a span of days. ``amounts`` by currency, minor units, never added to each other."""

    sessions: int = 0
    failed: int = 0
    energy_wh: int = 0
    seconds: int = 0
    amounts: dict[str, int] = field(default_factory=dict)


class Awaited(StrEnum):
    """What waits for somebody."""

    CASES = "cases"
    REFUNDS = "refunds"
    PILES = "piles"
    OFFERS = "offers"
    PAPERS = "papers"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Things that wait for somebody: how many, since when the oldest, how many too long, what is at stake."""

    count: int = 0
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


def todays_of_tenants() -> Mapping[str, Any]:
    """What the totals of today have of a tenant and everything below it, as annotations of a list of tenants.

    Today is the reader's; ``revenue_today`` is a list of ``{"currency", "total"}``, the currencies side by side.
    """
    today = DayTotal.objects.filter(tenant=OuterRef("pk"), day=timezone.localdate(clock.now()))
    alike = today.order_by().values(one=Value(1))
    each = JSONObject(currency=F("currency"), total=F("total"))
    number = BigIntegerField()
    return {
        "orders_today": Coalesce(Subquery(alike.annotate(n=Sum("sessions")).values("n"), number), 0),
        "energy_today": Coalesce(Subquery(alike.annotate(n=Sum("energy_wh")).values("n"), number), 0),
        "revenue_today": Subquery(
            alike.annotate(all=JSONBAgg(each, order_by="currency")).values("all"), JSONField()
        ),
    }


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


def station_day(station: Station, day: date) -> StationDay:
    """What was settled at a station on a day, as far as it happened below the scope."""
    return StationDay.of(station_totals([day]).filter(station=station.pk).values())


def station_totals(days: Collection[date]) -> QuerySet[StationTotal]:
    """The totals of stations on these days, as far as it happened below the scope."""
    return StationTotal.objects.filter(day__in=days)


def load(tenant: Tenant | Ancestor, days: tuple[date, ...]) -> dict[date, list[int]]:
    """Wh in each half hour of these days below a tenant, with what runs now."""
    found = {day: [0] * HALF_HOURS for day in days}
    for row in DayLoad.objects.filter(tenant_id=tenant.id, day__in=days):
        found[row.day] = list(row.wh)
    for (day, number), wh in running_energy(Level(tenant.level).column, tenant.id, days).items():
        found[day][number] += wh
    return found


def power_now() -> int:
    """W that flow in the scope, as last reported."""
    return running_now()[1]


def running_now() -> tuple[int, int]:
    """Sessions that run in the scope, and the W that flow into them, as last reported."""
    head = _running().aggregate(sessions=Count("pk"), power=Sum("power_w", default=0))
    return int(head["sessions"]), int(head["power"])


def newest_sessions(most: int) -> list[dict[str, Any]]:
    """Sessions that run, the newest first: where and how much, and nothing of who charges."""
    rows: Iterable[Any] = (
        _running()
        .order_by(F("started_at").desc(nulls_last=True), "-pk")
        .values("station__name", "pile__name", "connector__number", "power_w", "energy_wh", "started_at")
    )[:most]
    return list(rows)


def best_stations(day: date, most: int) -> list[tuple[str, int]]:
    """``(name, Wh)`` of the stations of the scope with the most energy on a day; one that is gone from it is not named."""
    rows: Iterable[Any] = (
        station_totals([day])
        .filter(station__in=Station.objects.all(), energy_wh__gt=0)
        .order_by()
        .values_list("station", "station__name")
        .annotate(wh=Sum("energy_wh"))
        .order_by("-wh", "station__name", "station")
    )[:most]
    return [(name, int(wh)) for _key, name, wh in rows]


def energy_by_band(tenant_id: int, days: Days) -> dict[str, int]:
    """Wh in each kind of tariff period below a tenant."""
    sums = {name: Sum(f"{name}_wh", default=0) for name in ("sharp", "peak", "flat", "valley")}
    found: dict[str, int] = DayTotal.objects.filter(_within(days), tenant_id=tenant_id).aggregate(**sums)
    return found


def share_links() -> QuerySet[ShareLink]:
    """Links to the big screen that were made in the scope, with their ``state`` and the name of what they show.

    What was moved out of the scope since is not named any more.
    """
    state = Choose(
        When(revoked_at__isnull=False, then=Value(LinkState.REVOKED.value)),
        When(expires_at__lte=clock.now(), then=Value(LinkState.EXPIRED.value)),
        default=Value(LinkState.OPEN.value),
        output_field=CharField(),
    )
    shown = Tenant.objects.filter(pk=OuterRef("shows_id")).order_by().values("name")[:1]
    return ShareLink.objects.annotate(state=state, shown_name=Subquery(shown))


def _running() -> QuerySet[ChargingOrder]:
    return ChargingOrder.objects.filter(charge_state__in=[ChargeState.CHARGING, ChargeState.STOPPING])


def waiting(kinds: Iterable[Awaited]) -> dict[Awaited, Waiting]:
    """What waits of each kind, in one question."""
    found = {kind: Waiting() for kind in kinds}
    parts = [_AWAITED[kind](kind) for kind in found]
    rows: Iterable[Any] = parts[0].union(*parts[1:], all=True) if parts else ()
    for row in rows:
        before = found[Awaited(row["awaited"])]
        since = [moment for moment in (before.oldest, row["oldest"]) if moment is not None]
        stake = ((row["stake_in"], row["stake"]),) if row["stake_in"] and row["stake"] else ()
        found[Awaited(row["awaited"])] = Waiting(
            before.count + row["many"],
            min(since, default=None),
            before.overdue + row["overdue"],
            tuple(sorted(before.stakes + stake)),
        )
    return found


def _open_cases(kind: Awaited) -> QuerySet[Any, Any]:
    """Abnormal cases that wait for a decision, and the amounts of their orders."""
    rows = Case.objects.filter(state__in=sorted(UNDECIDED))
    late = Count("pk", filter=Q(opened_at__lt=clock.now() - OVERDUE))
    return _heads(rows, kind, "opened_at", late, F("order__currency"), Sum("order__total"))


def _failed_refunds(kind: Awaited) -> QuerySet[Any, Any]:
    """Refunds that a payment channel refused."""
    rows = Refund.objects.filter(state=RefundState.FAILED)
    return _heads(rows, kind, "created_at", NONE, F("currency"), Sum(F("cash") + F("bonus")))


def _unclaimed_piles(kind: Awaited) -> QuerySet[Any, Any]:
    """Identities that knocked and that nobody registered."""
    return _heads(UnclaimedPile.objects.all(), kind, "first_seen_at")


def _offers(kind: Awaited) -> QuerySet[Any, Any]:
    """Hand-overs that the level above offers to the tenant of the scope."""
    return _heads(waiting_offers(), kind, "offered_at")


def _papers(kind: Awaited) -> QuerySet[Any, Any]:
    """Tenants of the next level whose papers wait to be looked at. Nobody wrote down since when."""
    rows = waiting_for_review().annotate(since=Cast(Value(None), DateTimeField()))
    return _heads(rows, kind, "since")


def _heads(
    rows: QuerySet[Any],
    kind: Awaited,
    since: str,
    overdue: Any = NONE,
    of: Any = NOTHING,
    stake: Any = NONE,
) -> QuerySet[Any, Any]:
    """By the currency ``of`` what is at stake: how many, since when, how many too long, minor units at stake."""
    named = rows.order_by().annotate(awaited=Value(kind.value, CharField()), stake_in=Cast(of, CharField()))
    heads: QuerySet[Any, Any] = named.values("awaited", "stake_in").annotate(
        many=Count("pk"),
        oldest=Min(since),
        overdue=overdue,
        stake=Cast(stake, BigIntegerField()),
    )
    return heads


_AWAITED = {
    Awaited.CASES: _open_cases,
    Awaited.REFUNDS: _failed_refunds,
    Awaited.PILES: _unclaimed_piles,
    Awaited.OFFERS: _offers,
    Awaited.PAPERS: _papers,
}


def _within(days: Days) -> Q:
    found = Q(day__lte=days.last)
    return found & Q(day__gte=days.first) if days.first else found
