"""Reads about alarms, and about what their sweeps look for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.functions import Coalesce, Now

from alarms.catalogue import DANGER
from alarms.models import LIVE, Alarm, AlarmClass, AlarmState
from alarms.permissions import AlarmPerm
from backoffice.kit.levels import Level
from backoffice.kit.staff import Reader
from stations.models import Connector, Life, Pile, Station, StationStatus
from stations.selectors import worked_on

CHARGING = ("Charging", "SuspendedEV", "SuspendedEVSE")
WORST_FIRST = ("severity", "-last_seen_at", "-pk")


@dataclass(frozen=True, slots=True)
class StationCount:
    """Of a station's piles that were ever connected: how many, how many are gone, and when the last one went."""

    station: Station
    known: int
    lost: int
    last_lost_at: datetime


def alarms() -> QuerySet[Alarm]:
    """Alarms of the scope."""
    return Alarm.objects.all()


def live_alarms_below(level: Level, tenant_id: int) -> dict[AlarmClass, int]:
    """How many alarms of which class are not over, at a tenant and below it."""
    live = alarms().filter(LIVE, **{level.column: tenant_id})
    rows = live.order_by().values_list("alarm_class").annotate(count=Count("pk"))
    return {AlarmClass(name): count for name, count in rows}


def alarmed_tenants() -> Q:
    """The condition on tenants that an alarm at them or below them is not over."""
    found = Q()
    for level in Level:
        live = Alarm.objects.filter(LIVE).order_by()
        found |= Q(level=level, pk__in=live.values(level.column))
    return found


def alarms_listed(alarm_class: AlarmClass) -> QuerySet[Alarm]:
    """Alarms of a class, with how long each was, or is, there (``open_for``)."""
    until = Coalesce("cleared_at", "closed_at", Now())
    there = ExpressionWrapper(until - F("first_seen_at"), output_field=DurationField())
    return alarms().filter(alarm_class=alarm_class).annotate(open_for=there)


def safety_alarms() -> QuerySet[Alarm]:
    return alarms_listed(AlarmClass.SAFETY)


def failure_alarms() -> QuerySet[Alarm]:
    return alarms_listed(AlarmClass.FAILURE)


def station_alarms() -> QuerySet[Alarm]:
    return alarms_listed(AlarmClass.STATION)


def open_alarms() -> QuerySet[Alarm]:
    """What is wrong now in the scope and said by no other alarm, the worst first.

    Not what was to be expected: see ``silenced``.
    """
    return alarms().filter(LIVE, ~silenced(), suppressed=False).order_by(*WORST_FIRST)


def silenced() -> Q:
    """Alarms of what is being worked on, which nobody has to be told of. Those of safety always are told."""
    return ~Q(alarm_class=AlarmClass.SAFETY) & ~Q(severity=DANGER) & worked_on()


def alarms_of_station(station_id: int) -> QuerySet[Alarm]:
    """What is wrong at a station and its piles now, silenced or not, the worst first."""
    live = alarms().filter(LIVE, station=station_id, suppressed=False)
    return live.order_by(*WORST_FIRST)


def stations_with_alarms() -> Q:
    """Stations with an open alarm, as a condition on stations."""
    return Q(pk__in=open_alarms().order_by().values("station"))


def alarmed_stations(reader: Reader, severity: int) -> QuerySet[Any] | None:
    """The keys of stations with an open alarm of this severity or a worse one; None for who may not see alarms."""
    if not reader.may(AlarmPerm.VIEW):
        return None
    found = alarms().filter(LIVE, severity__lte=severity, station__isnull=False)
    return found.order_by().values("station")


def alarms_of_pile(pile_id: int) -> QuerySet[Alarm]:
    """The newest first."""
    return alarms().filter(pile=pile_id).order_by("-last_seen_at", "-pk")


def place_of(alarm_id: int) -> tuple[str | None, str | None, int | None]:
    """Station, pile and connector of an alarm of the scope, also where they have gone elsewhere since."""
    place = Alarm.objects.values_list("station__name", "pile__name", "connector_number")
    return place.get(pk=alarm_id)


def live_alarms(code: str) -> QuerySet[Alarm]:
    """Of one kind."""
    return alarms().filter(LIVE, code=code)


def _in_service() -> QuerySet[Pile]:
    return Pile.objects.filter(life=Life.IN_SERVICE, station__status=StationStatus.LIVE)


def lost_piles(since: datetime, *, without_alarm: str) -> QuerySet[Pile]:
    """Piles in service that went before ``since``, whose outage has had no alarm of this code yet."""
    told = Alarm.objects.filter(
        pile=OuterRef("pk"), code=without_alarm, last_seen_at__gte=OuterRef("disconnected_at")
    )
    lost = _in_service().filter(online=False, disconnected_at__lte=since)
    return lost.filter(~Exists(told)).order_by("pk")


def returned_alarms(code: str) -> QuerySet[Alarm]:
    """Live alarms of piles that are connected, or that nobody waits for."""
    waited_for = _in_service().filter(pk=OuterRef("pile"), online=False)
    return live_alarms(code).filter(~Exists(waited_for)).order_by("pk")


def lasting_alarms(code: str, since: datetime, *, milder_than: int) -> QuerySet[Alarm]:
    """Live alarms of piles that went before ``since``, or while they were charging."""
    charging = Connector.objects.filter(pile=OuterRef("pile"), status__in=CHARGING)
    return live_alarms(code).filter(
        Q(pile__disconnected_at__lte=since) | Exists(charging), pile__online=False, severity__gt=milder_than
    )


def lost_by_station(since: datetime) -> list[StationCount]:
    """Stations where piles are gone since before ``since``."""
    gone = Q(online=False, disconnected_at__lte=since)
    rows = list(
        _in_service()
        .filter(connected_at__isnull=False)
        .values("station")
        .annotate(known=Count("pk"), lost=Count("pk", filter=gone), at=Max("disconnected_at", filter=gone))
        .filter(lost__gt=0)
        .values_list("station", "known", "lost", "at")
    )
    stations = Station.objects.in_bulk([row[0] for row in rows])
    return [StationCount(stations[pk], known, lost, at) for pk, known, lost, at in rows]


def stations_told(code: str, lost_at: Mapping[int, datetime]) -> set[int]:
    """Those of the stations that had this alarm since their last pile went."""
    last = (
        Alarm.objects.filter(station__in=lost_at.keys(), pile__isnull=True, code=code)
        .values("station")
        .annotate(at=Max("last_seen_at"))
        .values_list("station", "at")
    )
    return {pk for pk, at in last if at >= lost_at[pk]}


def parts_of_station(code: str, station_code: str, *, suppressed: bool) -> QuerySet[Alarm]:
    """Live alarms that are marked the wrong way: parts of a station's alarm that are not, or no longer."""
    whole = Alarm.objects.filter(LIVE, code=station_code, station=OuterRef("station"), pile__isnull=True)
    parts = live_alarms(code).filter(suppressed=suppressed)
    return parts.filter(~Exists(whole) if suppressed else Exists(whole))


def cleared_for_good(before: datetime) -> QuerySet[Alarm]:
    """Cleared before then, and no danger to anybody."""
    return alarms().filter(state=AlarmState.CLEARED, cleared_at__lt=before, severity__gt=DANGER)


def open_safety() -> QuerySet[Alarm]:
    """Open alarms that nobody has taken on and that concern people and property; maintenance silences none of them."""
    return alarms().filter(state=AlarmState.OPEN, alarm_class=AlarmClass.SAFETY, suppressed=False)
