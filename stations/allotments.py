"""Figures of a load group as a pile reads them: what a connector can give, and the profiles that say less."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from stations.composite import Limit, Supply
from stations.models import Connector, LoadGroup, LoadShare, LoadUnit, Pile
from stations.profiles import Kind, Means, Period, Profile, Purpose, Schedule, Unit, rounded_down

SHARE_IDS: Final = 1_000_000_000
"""chargingProfileIds of shares begin here, above those of profiles that staff sent."""

KILO: Final = Decimal(1000)
VALID_FOR: Final = timedelta(hours=1)
"""A share ends by itself, so that a pile that cannot hear us falls back to its safety limit."""

RENEWED_AFTER: Final = timedelta(minutes=30)


def supply_of(group: LoadGroup) -> Supply:
    """The mains behind a group."""
    return Supply(phases=group.phases)


def in_unit(group: LoadGroup, watts: Decimal) -> Decimal:
    """Watts as a figure of the group, rounded down."""
    if group.unit == LoadUnit.KILOWATTS:
        return rounded_down(watts / KILO)
    return Limit(watts, Unit.WATTS).within(Unit.AMPERES, supply_of(group))


def amount_of(group: LoadGroup, profile: Profile) -> Decimal:
    """What a profile of one period allows, in the unit of the group."""
    [period] = profile.schedule.periods
    return in_unit(group, Limit(period.limit, profile.schedule.unit, period.phases).watts(supply_of(group)))


def most_of(group: LoadGroup, pile: Pile, connector: Connector | None) -> Decimal:
    """What a connector can give at best, in the unit of the group; the limit where nobody said."""
    rated = connector.rated_kw if connector is not None else None
    if rated is None and pile.model is not None:
        rated = pile.model.rated_kw
    return min(group.limit, in_unit(group, rated * KILO)) if rated is not None else group.limit


def share_profile(
    share: LoadShare, amount: Decimal, *, until: datetime | None, means: Means | None = None
) -> Profile:
    """A TxProfile that holds a session to an amount. Relative, so that a wrong clock does not shift it."""
    return Profile(
        id=SHARE_IDS + share.pk,
        stack_level=0,
        purpose=Purpose.TRANSACTION,
        kind=Kind.RELATIVE,
        transaction_id=share.transaction_id,
        valid_to=until,
        schedule=_flat(share.group, amount, None, means),
    )


def safety_profile(group: LoadGroup, start: datetime, means: Means | None = None) -> Profile:
    """The TxDefaultProfile of each pile of a group; it holds where nothing else does."""
    return Profile(
        id=0,
        stack_level=0,
        purpose=Purpose.DEFAULT,
        kind=Kind.ABSOLUTE,
        schedule=_flat(group, group.safety, start, means),
    )


def _flat(group: LoadGroup, amount: Decimal, start: datetime | None, means: Means | None) -> Schedule:
    """One limit for ever, in the unit of the group, or in the one that the pile takes (errata 3.88)."""
    in_kilowatts = group.unit == LoadUnit.KILOWATTS
    unit = Unit.WATTS if in_kilowatts else Unit.AMPERES
    limit = Limit(amount * KILO if in_kilowatts else amount, unit, group.phases)
    units = (means.units if means is not None else None) or frozenset({unit})
    if unit not in units:
        unit = next(iter(units))
    phases = group.phases if unit is Unit.AMPERES else None
    return Schedule(unit, (Period(0, limit.within(unit, supply_of(group)), phases),), start)
