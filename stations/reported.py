"""What piles say of charging profiles, read leniently: what they can take, and their composite schedules. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from stations.profiles import HIGHEST, Means, Period, Unit


def read_means(settings: Mapping[str, str]) -> Means:
    """From what a pile said of its settings; what makes no sense is as if it were not there."""
    words = settings.get("ChargingScheduleAllowedChargingRateUnit", "").casefold()
    units = {
        unit for unit, word in ((Unit.AMPERES, "current"), (Unit.WATTS, "power")) if word in words
    }  # "Power,Current" and the spellings that piles have for it
    return Means(
        _count(settings.get("ChargeProfileMaxStackLevel")),
        _count(settings.get("ChargingScheduleMaxPeriods")) or None,
        frozenset(units) or None,
    )


@dataclass(frozen=True, slots=True)
class Reported:
    """A composite schedule as a pile tells it; ``start`` None where it did not say."""

    unit: Unit
    start: datetime | None
    duration_s: int | None
    periods: tuple[Period, ...]


def read_composite(answer: Mapping[str, Any]) -> Reported | None:
    """The schedule in a GetCompositeSchedule.conf, read leniently; None for one that holds none.

    The status comes first: a refusal may carry any junk beside it. Limits may be text, periods in
    any order; the times may be missing, they count from the answer then (OCPP 1.6 errata 3.57).
    """
    schedule = answer.get("chargingSchedule")
    if str(answer.get("status", "")).strip().casefold() != "accepted" or not isinstance(schedule, Mapping):
        return None
    rows = schedule.get("chargingSchedulePeriod")
    periods = sorted(
        filter(None, map(_lenient_period, rows if isinstance(rows, Sequence) else ())),
        key=lambda period: period.start_s,
    )
    unit = str(schedule.get("chargingRateUnit", "")).strip().upper()
    if not periods or unit not in set(Unit):
        return None
    start = _lenient_instant(answer.get("scheduleStart")) or _lenient_instant(schedule.get("startSchedule"))
    return Reported(Unit(unit), start, _count(schedule.get("duration")), tuple(periods))


def _lenient_period(row: Any) -> Period | None:
    if not isinstance(row, Mapping):
        return None
    start, limit = _count(row.get("startPeriod")), _lenient_number(row.get("limit"))
    phases = _count(row.get("numberPhases"))
    if start is None or limit is None:
        return None
    return Period(start, limit, phases if phases in {1, 2, 3} else None)


def _lenient_number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= HIGHEST else None


def _lenient_instant(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _count(value: Any) -> int | None:
    number = _lenient_number(value)
    return None if number is None or number != int(number) else int(number)
