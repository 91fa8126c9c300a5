"""Charging profiles of OCPP 1.6 (§3.13, §7.8-7.14): values, their JSON, and what may be sent. Pure.

A limit is a ``Decimal`` with at most one decimal; watts are the total of all phases, amperes are per
phase. Nothing here knows a clock: instants come in, aware and in UTC. What a profile means at an
instant is in ``composite``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, NamedTuple

TENTH: Final = Decimal("0.1")
HIGHEST: Final = Decimal(100_000_000)
HIGHEST_STACK_LEVEL: Final = 10_000
LONGEST_S: Final = 366 * 86_400
USUAL_PHASES: Final = 3
"""Where a period does not say how many phases it is about (OCPP 1.6 §7.14)."""


class Purpose(StrEnum):
    STATION = "ChargePointMaxProfile"
    DEFAULT = "TxDefaultProfile"
    TRANSACTION = "TxProfile"


class Kind(StrEnum):
    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class Recurrency(StrEnum):
    DAILY = "Daily"
    WEEKLY = "Weekly"


class Unit(StrEnum):
    WATTS = "W"
    AMPERES = "A"


SPAN: Final[Mapping[Recurrency, timedelta]] = {
    Recurrency.DAILY: timedelta(days=1),
    Recurrency.WEEKLY: timedelta(days=7),
}


class Unreadable(ValueError):
    """Not a charging profile. ``where`` names what is missing or of the wrong kind."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start_s`` seconds after the start of the schedule on, until the next one."""

    start_s: int
    limit: Decimal
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """``start`` None: counted from the start of the transaction. ``duration_s`` None: without end."""

    unit: Unit
    periods: tuple[Period, ...]
    start: datetime | None = None
    duration_s: int | None = None
    least_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a SetChargingProfile carries (OCPP 1.6 §7.8). ``valid_to`` is excluded."""

    id: int
    stack_level: int
    purpose: Purpose
    kind: Kind
    schedule: Schedule
    recurrency: Recurrency | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The object as it is sent; what is not set is left out."""
        schedule = self.schedule
        found = {
            "chargingProfileId": self.id,
            "transactionId": self.transaction_id,
            "stackLevel": self.stack_level,
            "chargingProfilePurpose": self.purpose.value,
            "chargingProfileKind": self.kind.value,
            "recurrencyKind": self.recurrency and self.recurrency.value,
            "validFrom": _stamp(self.valid_from),
            "validTo": _stamp(self.valid_to),
            "chargingSchedule": _filled(
                {
                    "duration": schedule.duration_s,
                    "startSchedule": _stamp(schedule.start),
                    "chargingRateUnit": schedule.unit.value,
                    "chargingSchedulePeriod": [
                        _filled(
                            {
                                "startPeriod": period.start_s,
                                "limit": _number(period.limit),
                                "numberPhases": period.phases,
                            }
                        )
                        for period in schedule.periods
                    ],
                    "minChargingRate": None if schedule.least_rate is None else _number(schedule.least_rate),
                }
            ),
        }
        return _filled(found)

    @classmethod
    def from_json(cls, data: Any) -> Profile:
        """Strictly what ``to_json`` writes. Raises Unreadable, naming the field."""
        if not isinstance(data, Mapping):
            raise Unreadable("csChargingProfiles")
        try:
            return cls(
                id=_whole(data, "chargingProfileId"),
                transaction_id=_whole_or_none(data, "transactionId"),
                stack_level=_whole(data, "stackLevel"),
                purpose=_word(Purpose, data, "chargingProfilePurpose"),
                kind=_word(Kind, data, "chargingProfileKind"),
                recurrency=_word(Recurrency, data, "recurrencyKind") if "recurrencyKind" in data else None,
                valid_from=_instant(data, "validFrom"),
                valid_to=_instant(data, "validTo"),
                schedule=_schedule(data.get("chargingSchedule")),
            )
        except KeyError as missing:
            raise Unreadable(str(missing.args[0])) from None


class Means(NamedTuple):
    """What a pile can take, by its own settings (OCPP 1.6 §9.4, errata 3.88); None where it never said."""

    highest_stack_level: int | None = None
    most_periods: int | None = None
    units: frozenset[Unit] | None = None


class Fault(NamedTuple):
    """Why a profile may not be sent: the field, a stable code, and the figure that it breaks."""

    field: str
    code: str
    figure: int | str = ""


NO_MEANS: Final = Means()


def faults(
    profile: Profile, connector: int, *, means: Means = NO_MEANS, in_remote_start: bool = False
) -> list[Fault]:
    """Everything that forbids to send the profile to this connector; nothing where it may leave.

    OCPP 1.6 §5.16, §7.8-7.14, errata 3.41 (a RemoteStart carries a TxProfile without transaction),
    3.56 (recurrencyKind with Recurring only), 3.88 (units).
    """
    return [
        *_place_faults(profile, connector, in_remote_start=in_remote_start),
        *_time_faults(profile),
        *_schedule_faults(profile.schedule, means),
        *_level_faults(profile.stack_level, means),
    ]


def start_profile(limit: Decimal, unit: Unit) -> Profile:
    """One limit for the charge that a RemoteStart begins (errata 3.41). Relative: a wrong clock does not shift it."""
    return Profile(
        id=0,
        stack_level=0,
        purpose=Purpose.TRANSACTION,
        kind=Kind.RELATIVE,
        schedule=Schedule(unit, (Period(0, limit),)),
    )


def _place_faults(profile: Profile, connector: int, *, in_remote_start: bool) -> list[Fault]:
    purpose, found = profile.purpose, []
    if in_remote_start and purpose is not Purpose.TRANSACTION:
        found.append(Fault("purpose", "remote_start_purpose"))
    if purpose is Purpose.STATION and connector != 0:
        found.append(Fault("connector", "station_connector"))
    if purpose is Purpose.TRANSACTION and connector <= 0:
        found.append(Fault("connector", "transaction_connector"))
    if connector < 0:
        found.append(Fault("connector", "connector"))
    wants_transaction = purpose is Purpose.TRANSACTION and not in_remote_start
    if wants_transaction and profile.transaction_id is None:
        found.append(Fault("transaction", "transaction_missing"))
    if not wants_transaction and profile.transaction_id is not None:
        found.append(Fault("transaction", "transaction_unwanted"))
    if purpose is Purpose.STATION and (profile.kind is Kind.RELATIVE or _floats(profile)):
        found.append(Fault("kind", "station_relative"))
    return found


def _floats(profile: Profile) -> bool:
    """An absolute schedule without a start counts from the start of a transaction (§7.13)."""
    return profile.kind is not Kind.RELATIVE and profile.schedule.start is None


def _time_faults(profile: Profile) -> list[Fault]:
    schedule, found = profile.schedule, []
    if (profile.recurrency is not None) != (profile.kind is Kind.RECURRING):
        found.append(Fault("recurrency", "recurrency"))
    if profile.kind is Kind.RECURRING and schedule.start is None:
        found.append(Fault("start", "start_missing"))
    if profile.kind is Kind.RELATIVE and schedule.start is not None:
        found.append(Fault("start", "start_unwanted"))
    if profile.valid_from and profile.valid_to and profile.valid_from >= profile.valid_to:
        found.append(Fault("valid_to", "validity"))
    if schedule.duration_s is not None and not 0 < schedule.duration_s <= LONGEST_S:
        found.append(Fault("duration", "duration"))
    return found


def _schedule_faults(schedule: Schedule, means: Means) -> list[Fault]:
    starts, found = [period.start_s for period in schedule.periods], []
    if not starts:
        found.append(Fault("periods", "periods_missing"))
    elif starts[0] != 0:
        found.append(Fault("periods", "first_period"))
    elif any(later <= earlier for earlier, later in pairwise(starts)):
        found.append(Fault("periods", "periods_order"))
    elif starts[-1] > LONGEST_S:
        found.append(Fault("periods", "periods_late"))
    if means.most_periods is not None and len(starts) > means.most_periods:
        found.append(Fault("periods", "periods_many", means.most_periods))
    if means.units is not None and schedule.unit not in means.units:
        found.append(Fault("unit", "unit"))
    rates = [period.limit for period in schedule.periods]
    if schedule.least_rate is not None:
        rates.append(schedule.least_rate)
    if any(not 0 <= rate <= HIGHEST for rate in rates):
        found.append(Fault("periods", "limit"))
    elif any(rate % TENTH for rate in rates):
        found.append(Fault("periods", "limit_decimals"))
    if any(period.phases is not None and not 1 <= period.phases <= 3 for period in schedule.periods):
        found.append(Fault("periods", "phases"))
    return found


def _level_faults(level: int, means: Means) -> list[Fault]:
    if not 0 <= level <= HIGHEST_STACK_LEVEL:
        return [Fault("stack_level", "stack_level", HIGHEST_STACK_LEVEL)]
    if means.highest_stack_level is not None and level > means.highest_stack_level:
        return [Fault("stack_level", "stack_level", means.highest_stack_level)]
    return []


def rounded_down(value: Decimal) -> Decimal:
    """To the tenth that a profile may carry, never above the value."""
    return value.quantize(TENTH, ROUND_DOWN)


def _schedule(data: Any) -> Schedule:
    if not isinstance(data, Mapping):
        raise Unreadable("chargingSchedule")
    rows = data["chargingSchedulePeriod"]
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise Unreadable("chargingSchedulePeriod")
    return Schedule(
        unit=_word(Unit, data, "chargingRateUnit"),
        periods=tuple(
            Period(_whole(row, "startPeriod"), _limit(row, "limit"), _whole_or_none(row, "numberPhases"))
            for row in rows
        ),
        start=_instant(data, "startSchedule"),
        duration_s=_whole_or_none(data, "duration"),
        least_rate=_limit(data, "minChargingRate") if "minChargingRate" in data else None,
    )


def _word(words: Any, data: Mapping[str, Any], name: str) -> Any:
    word = data[name]
    if not isinstance(word, str) or word not in set(words):
        raise Unreadable(name)
    return words(word)


def _whole(data: Mapping[str, Any], name: str) -> int:
    value = data[name]
    if type(value) is not int or abs(value) >= 2**31:
        raise Unreadable(name)
    return value


def _whole_or_none(data: Mapping[str, Any], name: str) -> int | None:
    return _whole(data, name) if name in data else None


def _limit(data: Mapping[str, Any], name: str) -> Decimal:
    value = data[name]
    if type(value) not in {int, float}:
        raise Unreadable(name)
    number = Decimal(str(value))
    if not number.is_finite():
        raise Unreadable(name)
    return number


def _instant(data: Mapping[str, Any], name: str) -> datetime | None:
    if name not in data:
        return None
    try:
        at = datetime.fromisoformat(data[name])
    except (TypeError, ValueError):
        raise Unreadable(name) from None
    if at.tzinfo is None:
        raise Unreadable(name)
    return at.astimezone(UTC)


def _stamp(at: datetime | None) -> str | None:
    """Whole seconds and Z: piles refuse offsets and microseconds."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}
