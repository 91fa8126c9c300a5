"""The one price engine: the poster, the running fee, the order, the receipt and the invoice use it.

Only the accepted readings, the tariff snapshot and the discounts count: no clock, no zone of the
server, no order of arrival. A running session is priced by the same function as a finished one, so
its fee is what a stop at that moment would bill. Energy is split in integer Wh by differences of the
register at half-hour limits, which add up to the whole session whatever the rounding.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from backoffice.kit.money import Money, divide_half_up, minor_digits, round_together
from orders.bill import Bill, BillFlag, Fee, Line, Outcome, Reason, Slot
from orders.discounts import Discount, reduce
from orders.idle import Occupancy, charge_idle
from orders.meter import Reading
from stations.slots import Band, segments
from stations.tariff import Rounding, TariffSnapshot

DUST_WH = 10
"""Up to this much energy is no charge at all (A10)."""

EXACT_WITHIN = timedelta(seconds=2)
"""A reading this near to a half-hour limit is the reading at it."""

LONGEST_GAP = timedelta(minutes=30)
"""Readings further apart make the split doubtful where the band changes between them."""

_MICROSECOND = timedelta(microseconds=1)
_PRICE_DIGITS = 5
_WH_DIGITS = 3


def price(
    readings: Sequence[Reading],
    tariff: TariffSnapshot,
    *,
    idle: Occupancy | None = None,
    discounts: Sequence[Discount] = (),
    failed: bool = False,
) -> Bill:
    """The bill of ``readings``, an envelope of ``orders.meter``: at least one, rising in time and value.

    ``idle``: how long the car has stood after charging. ``failed``: the charge failed, whatever
    flowed is not billed. Energy up to ``DUST_WH`` costs nothing, and nothing else is then charged.
    """
    slots, flags = split(readings, tariff)
    first, last = readings[0], readings[-1]
    wh = last.wh - first.wh
    outcome = Outcome.FAILED if failed else Outcome.DUST if wh <= DUST_WH else Outcome.BILLED
    lines: tuple[Line, ...] = ()
    if outcome is Outcome.BILLED:
        lines = _energy_lines(slots, tariff) + _idle_lines(idle, tariff)
    return Bill(
        currency=tariff.currency,
        outcome=outcome,
        started_at=first.at,
        ended_at=last.at,
        wh=wh,
        slots=slots,
        lines=lines,
        reductions=reduce(lines, discounts) if discounts else (),
        flags=flags,
    )


def add_idle(bill: Bill, idle: Occupancy, tariff: TariffSnapshot) -> Bill:
    """The same bill with what standing afterwards costs, in place of an idle line that it had.

    Its energy lines stay as they are, whatever readings have come since.
    """
    if bill.outcome is not Outcome.BILLED:
        return bill
    kept = [number for number, line in enumerate(bill.lines) if line.fee is not Fee.IDLE]
    added = _idle_lines(idle, tariff)
    nothing = tuple(Money.zero(bill.currency) for _ in added)
    return replace(
        bill,
        lines=tuple(bill.lines[number] for number in kept) + added,
        reductions=tuple(
            replace(reduction, shares=tuple(reduction.shares[number] for number in kept) + nothing)
            for reduction in bill.reductions
        ),
    )


def carry_idle(bill: Bill, earlier: Bill) -> Bill:
    """The bill with what an earlier one charged for standing: its energy was corrected, not its time."""
    lines = tuple(line for line in earlier.lines if line.fee is Fee.IDLE)
    if bill.outcome is not Outcome.BILLED or not lines:
        return bill
    nothing = tuple(Money.zero(bill.currency) for _ in lines)
    reductions = tuple(replace(reduction, shares=reduction.shares + nothing) for reduction in bill.reductions)
    return replace(bill, lines=bill.lines + lines, reductions=reductions)


def split(
    readings: Sequence[Reading], tariff: TariffSnapshot
) -> tuple[tuple[Slot, ...], frozenset[BillFlag]]:
    """The energy by half hours of the station's wall clock; the slots sum to all of it."""
    first, last = readings[0], readings[-1]
    cuts = segments(first.at, last.at, tariff.zone)
    bands = [tariff.calendar.band(cut) for cut in cuts]
    slots = []
    doubtful = False
    passed = first.wh
    for cut, (band, next_band) in zip(cuts, pairwise(bands), strict=False):
        register, gap = _register_at(cut.end, readings)
        doubtful = doubtful or (band != next_band and gap > LONGEST_GAP)
        slots.append(Slot(*cut, band, register - passed))
        passed = register
    slots.append(Slot(*cuts[-1], bands[-1], last.wh - passed))
    flags = set()
    if doubtful:
        flags.add(BillFlag.GAP_OVER_BOUNDARY)
    if len(readings) == 2 and len(cuts) > 1 and last.wh > first.wh:
        flags.add(BillFlag.ESTIMATED_SPLIT)
    return tuple(slots), frozenset(flags)


def _register_at(limit: datetime, readings: Sequence[Reading]) -> tuple[int, timedelta]:
    """The register at ``limit`` in Wh, and how far apart the readings are that it was taken from.

    A reading within two seconds of the limit is exact, one that was taken on the clock before all
    others; else it lies on the line between the neighbours.
    """
    low = bisect_left(readings, limit - EXACT_WITHIN, key=_instant)
    high = bisect_right(readings, limit + EXACT_WITHIN, lo=low, key=_instant)
    if low < high:
        near = min(readings[low:high], key=lambda reading: (not reading.aligned, abs(reading.at - limit)))
        return near.wh, timedelta()
    before, after = readings[low - 1], readings[low]
    gap = after.at - before.at
    whole, part = gap // _MICROSECOND, (limit - before.at) // _MICROSECOND
    register = before.wh + divide_half_up((after.wh - before.wh) * part, whole)
    return register, gap


def _energy_lines(slots: Sequence[Slot], tariff: TariffSnapshot) -> tuple[Line, ...]:
    """Electricity by band, then service by band; bands without energy have no line."""
    energy = dict.fromkeys(Band, 0)
    for slot in slots:
        energy[slot.band] += slot.wh
    used = [(band, wh) for band, wh in energy.items() if wh]
    parts = [(Fee.ELECTRICITY, band, wh, tariff.prices[band].electricity) for band, wh in used] + [
        (Fee.SERVICE, band, wh, tariff.prices[band].service) for band, wh in used
    ]
    numerators = [wh * _in_steps(unit) for _, _, wh, unit in parts]
    denominator = 10 ** (_PRICE_DIGITS + _WH_DIGITS - minor_digits(tariff.currency))
    if tariff.rounding is Rounding.TOTAL:
        amounts = round_together(numerators, denominator)
    else:
        amounts = tuple(divide_half_up(numerator, denominator) for numerator in numerators)
    return tuple(
        Line(fee, band, wh, unit, Money(amount, tariff.currency), Reason.ENERGY_IN_BAND)
        for (fee, band, wh, unit), amount in zip(parts, amounts, strict=True)
    )


def _idle_lines(idle: Occupancy | None, tariff: TariffSnapshot) -> tuple[Line, ...]:
    if idle is None or tariff.idle is None:
        return ()
    fee = charge_idle(idle, tariff.idle, tariff.zone)
    if not fee.amount:
        return ()
    unit = Money(tariff.idle.per_minute, tariff.currency).decimal
    reason = Reason.IDLE_CAPPED if fee.capped else Reason.IDLE_MINUTES
    return (Line(Fee.IDLE, None, fee.minutes, unit, Money(fee.amount, tariff.currency), reason),)


def _in_steps(price: Decimal) -> int:
    """A unit price in steps of 0.00001."""
    return int(price.scaleb(_PRICE_DIGITS))


def _instant(reading: Reading) -> datetime:
    return reading.at
