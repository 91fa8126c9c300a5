"""When a running charge must be told to stop, so that it ends within what was agreed.

A stop takes time: the next sample, the way to the pile, the pile itself. So every limit is met
early by what can still flow until then, and a pile that has gone quiet counts as charging at full
power. Nothing here stops anything: the answer is a reason with the figures it was found by.
Energy is Wh, power W, money is what the price engine says a stop would bill now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from backoffice.kit.money import Money

FULL_AFTER = timedelta(minutes=10)
"""So long must a car ask for next to nothing before it counts as full."""

_WATT_SECONDS_A_WH = 3600
_MINUTE = timedelta(minutes=1)


class StopCause(StrEnum):
    """Which limit was reached."""

    HOLD = "hold"  # the money that is set aside is nearly used
    MONEY = "money"  # the driver's own amount
    ENERGY = "energy"
    MINUTES = "minutes"
    SOC = "soc"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Reaction:
    """How long it takes until a stop takes effect, in seconds."""

    sample_s: int = 60
    round_trip_s: int = 20
    pile_stop_s: int = 10

    @property
    def whole_s(self) -> int:
        """From the reading before the one that would have shown it."""
        return self.sample_s + self.stop_s

    @property
    def stop_s(self) -> int:
        """From the decision."""
        return self.round_trip_s + self.pile_stop_s


@dataclass(frozen=True, slots=True)
class Agreed:
    """What limits the charge; None limits nothing. The others are the driver's own wishes.

    ``hold`` is kept even if the pile charges at its greatest power, a wish is met at the power that flows.
    """

    hold: Money | None = None
    money: Money | None = None
    energy_wh: int | None = None
    minutes: int | None = None
    soc_percent: int | None = None
    stop_when_full: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the charge stands.

    ``cost`` is what a stop would bill by the last reading, ``idle_begun`` what of an idle fee is
    already certain beyond that. ``price`` is the highest per kWh of the minutes to come, in major
    units. ``quiet_since``: since when the car has been suspending and took under 1 % of rated power.
    """

    now: datetime
    started_at: datetime
    last_reading_at: datetime
    wh: int
    cost: Money
    price: Decimal
    power_w: int
    greatest_power_w: int
    soc_percent: Decimal | int | None = None
    quiet_since: datetime | None = None
    idle_begun: Money | None = None


@dataclass(frozen=True, slots=True)
class StopNow:
    """Stop because of ``cause``: ``reached`` plus ``margin`` is ``limit`` or more.

    All three are minor units, Wh, minutes or percent, as the cause has it.
    """

    cause: StopCause
    reached: int
    limit: int
    margin: int = 0


def decide(progress: Progress, agreed: Agreed, reaction: Reaction | None = None) -> StopNow | None:
    """The limit that only a stop sent now would keep; None while all have room."""
    reaction = reaction or Reaction()
    return (
        _stop_for_hold(progress, agreed.hold, reaction)
        or _stop_for_money(progress, agreed.money, reaction)
        or _stop_for_energy(progress, agreed.energy_wh, reaction)
        or _stop_for_time(progress, agreed.minutes)
        or _stop_for_charge(progress, agreed)
    )


def hold_margin(
    power_w: int, price: Decimal, reaction: Reaction, currency: str, idle_begun: Money | None = None
) -> Money:
    """What may still be spent until a stop takes effect: 120 kW at 1.67 in 90 s are 5.01."""
    energy = Fraction(power_w * reaction.whole_s, _WATT_SECONDS_A_WH)
    return _cost(energy, price, currency) + (idle_begun or Money.zero(currency))


def minimum_hold(
    power_w: int, price: Decimal, reaction: Reaction, currency: str, *, at_least: int = 0
) -> Money:
    """The least money to start with: twice the margin, and what the tariff asks (minor units)."""
    return max(hold_margin(power_w, price, reaction, currency) * 2, Money(at_least, currency))


def affordable_wh(left: Money, price: Decimal) -> int | None:
    """How much energy ``left`` pays for at ``price`` per kWh: 20.00 at 2.00 are 10,000 Wh. None where it is free."""
    if not price:
        return None
    return int(Fraction(max(left.decimal, Decimal(0))) * 1000 // Fraction(price))


def stopping_wh(power_w: int, seconds: int) -> int:
    """What flows until a stop takes effect, in whole Wh, rounded up: 60 kW in 10 s are 167."""
    return -(-power_w * seconds // _WATT_SECONDS_A_WH)


def _stop_for_hold(progress: Progress, hold: Money | None, reaction: Reaction) -> StopNow | None:
    """By the greatest power: in the margin, and for all of a gap in which two samples were missed."""
    if hold is None:
        return None
    silent = _silent_s(progress)
    power, price, currency = progress.greatest_power_w, progress.price, hold.currency
    unseen = Fraction(power * silent, _WATT_SECONDS_A_WH) if silent > 2 * reaction.sample_s else Fraction(0)
    cost = progress.cost + _cost(unseen, price, currency)
    margin = hold_margin(power, price, reaction, currency, progress.idle_begun)
    return _if_reached(StopCause.HOLD, cost.amount, hold.amount, margin.amount)


def _stop_for_money(progress: Progress, money: Money | None, reaction: Reaction) -> StopNow | None:
    if money is None:
        return None
    seconds = _silent_s(progress) + reaction.stop_s
    energy = Fraction(progress.power_w * seconds, _WATT_SECONDS_A_WH)
    margin = _cost(energy, progress.price, money.currency)
    cost = progress.cost + Money.zero(money.currency)
    return _if_reached(StopCause.MONEY, cost.amount, money.amount, margin.amount)


def _stop_for_energy(progress: Progress, energy_wh: int | None, reaction: Reaction) -> StopNow | None:
    if energy_wh is None:
        return None
    margin = stopping_wh(progress.power_w, _silent_s(progress) + reaction.stop_s)
    return _if_reached(StopCause.ENERGY, progress.wh, energy_wh, margin)


def _stop_for_time(progress: Progress, minutes: int | None) -> StopNow | None:
    if minutes is None:
        return None
    return _if_reached(StopCause.MINUTES, (progress.now - progress.started_at) // _MINUTE, minutes)


def _stop_for_charge(progress: Progress, agreed: Agreed) -> StopNow | None:
    soc = progress.soc_percent
    if soc is not None and agreed.soc_percent is not None and soc >= agreed.soc_percent:
        return StopNow(StopCause.SOC, int(soc), agreed.soc_percent)
    if agreed.stop_when_full and is_full(progress):
        return StopNow(StopCause.FULL, 100 if soc is None else int(soc), 100)
    return None


def is_full(progress: Progress) -> bool:
    """At 100 %, or the car has suspended the charge and taken next to nothing for ten minutes."""
    if progress.soc_percent is not None and progress.soc_percent >= 100:
        return True
    return progress.quiet_since is not None and progress.now - progress.quiet_since >= FULL_AFTER


def _if_reached(cause: StopCause, reached: int, limit: int, margin: int = 0) -> StopNow | None:
    return StopNow(cause, reached, limit, margin) if reached + margin >= limit else None


def _silent_s(progress: Progress) -> int:
    """Seconds since the last reading; none where the pile's clock runs ahead of ours."""
    silent = progress.now - progress.last_reading_at
    return max(silent.days * 86_400 + silent.seconds, 0)


def _cost(wh: Fraction, price: Decimal, currency: str) -> Money:
    return Money.from_major(wh * Fraction(price) / 1000, currency)
