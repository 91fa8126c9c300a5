"""Charging profiles at random, and what a pile would do with them second by second.

The reference is slow and of another make than ``stations.composite``: it reads the JSON that a pile
gets, in plain integers of watts, and looks at every second anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from stations.composite import Installed
from stations.profiles import Kind, Period, Profile, Purpose, Recurrency, Schedule, Unit

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY, WEEK = 86_400, 604_800


@st.composite
def instants(draw: st.DrawFn, *, around: int = 240) -> datetime:
    """Near ``AT``, or a day or a week before it."""
    back = draw(st.sampled_from([0, 0, DAY, WEEK]))
    return AT + timedelta(seconds=draw(st.integers(-around, around)) - back)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Any profile without a fault but those of its place; it says something near ``AT``."""
    purpose = draw(st.sampled_from(Purpose))
    kinds = [Kind.ABSOLUTE, Kind.RECURRING] if purpose is Purpose.STATION else list(Kind)
    kind = draw(st.sampled_from(kinds))
    starts = sorted(draw(st.sets(st.integers(1, 200), max_size=3)))
    unit = draw(st.sampled_from(Unit))
    most = 320 if unit is Unit.AMPERES else 220_000
    limits = st.integers(0, most).map(lambda tenths: Decimal(tenths) / 10)
    phases = st.sampled_from([None, 1, 2, 3])
    edges = sorted(draw(st.lists(instants(), min_size=2, max_size=2, unique=True)))
    return Profile(
        id=draw(st.integers(1, 1000)),
        stack_level=draw(st.integers(0, 3)),
        purpose=purpose,
        kind=kind,
        recurrency=draw(st.sampled_from(Recurrency)) if kind is Kind.RECURRING else None,
        valid_from=edges[0] if draw(st.booleans()) else None,
        valid_to=edges[1] if draw(st.booleans()) else None,
        transaction_id=draw(st.sampled_from([1, 2])) if purpose is Purpose.TRANSACTION else None,
        schedule=Schedule(
            unit,
            tuple(Period(start, draw(limits), draw(phases)) for start in [0, *starts]),
            start=None if kind is Kind.RELATIVE else draw(instants()),
            duration_s=draw(st.none() | st.integers(1, 250)),
        ),
    )


@st.composite
def installations(draw: st.DrawFn) -> list[Installed]:
    """What a pile with two connectors may have: one profile for each purpose, level and connector."""
    found: dict[tuple[Any, ...], Installed] = {}
    for profile in draw(st.lists(profiles(), max_size=6)):
        connector = {Purpose.STATION: 0, Purpose.TRANSACTION: 1}.get(profile.purpose)
        if connector is None:
            connector = draw(st.sampled_from([0, 1, 2]))
        key = (profile.purpose, profile.stack_level, connector, profile.transaction_id)
        found[key] = Installed(profile, connector)
    return list(found.values())


def watts_at(
    installed: Sequence[Installed], connector: int, second: int, *, began: datetime, transaction: int | None
) -> Decimal | None:
    """The limit of a connector in watts ``second`` seconds after ``AT``, by the letter of OCPP 1.6 §3.13."""
    sent = [(one.connector, one.profile.to_json()) for one in installed]
    now = AT + timedelta(seconds=second)
    station = _top(sent, "ChargePointMaxProfile", {0}, now, began)
    own = None
    if connector:
        mine = [(at, p) for at, p in sent if p.get("transactionId", transaction) == transaction]
        if transaction is not None:
            own = _top(mine, "TxProfile", {connector}, now, began)
        if own is None:
            own = _top(sent, "TxDefaultProfile", {connector}, now, began)
        if own is None:
            own = _top(sent, "TxDefaultProfile", {0}, now, began)
    limits = [limit for limit in (station, own) if limit is not None]
    return min(limits) if limits else None


def _top(
    sent: Sequence[tuple[int, dict[str, Any]]], purpose: str, at: set[int], now: datetime, began: datetime
) -> Decimal | None:
    for _level, profile in sorted(
        ((p["stackLevel"], p) for where, p in sent if where in at and p["chargingProfilePurpose"] == purpose),
        key=lambda pair: -pair[0],
    ):
        limit = _one(profile, now, began)
        if limit is not None:
            return limit
    return None


def _one(profile: dict[str, Any], now: datetime, began: datetime) -> Decimal | None:
    if "validFrom" in profile and now < datetime.fromisoformat(profile["validFrom"]):
        return None
    if "validTo" in profile and now >= datetime.fromisoformat(profile["validTo"]):
        return None
    schedule = profile["chargingSchedule"]
    start = datetime.fromisoformat(schedule["startSchedule"]) if "startSchedule" in schedule else began
    passed = int((now - start).total_seconds())
    if passed < 0:
        return None
    passed %= {"Daily": DAY, "Weekly": WEEK}.get(profile.get("recurrencyKind", ""), 10**12)
    if passed >= schedule.get("duration", 10**12):
        return None
    found = None
    for period in schedule["chargingSchedulePeriod"]:
        if period["startPeriod"] <= passed:
            found = period
    if found is None:
        return None
    limit = Decimal(str(found["limit"]))
    return limit if schedule["chargingRateUnit"] == "W" else limit * 230 * found.get("numberPhases", 3)
