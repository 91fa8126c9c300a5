"""A bill: where the energy went, what each line costs and why, and what is to be paid.

It adds up by construction: slots sum to the energy, lines to ``gross``, shares to each reduction,
and ``payable`` is gross less reductions, never below zero. It is stored as JSON and read back to the
same value, so a receipt years later explains the bill by the line and not by a new calculation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from backoffice.kit.money import Money
from stations.slots import Band

_FORMAT = 1


class Fee(StrEnum):
    """What a line is for."""

    ELECTRICITY = "electricity"
    SERVICE = "service"
    IDLE = "idle"


class Reason(StrEnum):
    """Why a line costs what it costs."""

    ENERGY_IN_BAND = "energy_in_band"  # quantity Wh at the price of its band
    IDLE_MINUTES = "idle_minutes"  # full minutes after the grace
    IDLE_CAPPED = "idle_capped"  # as above, cut to the cap


class Outcome(StrEnum):
    """Whether the session is billed at all."""

    BILLED = "billed"
    DUST = "dust"  # too little energy to be a charge
    FAILED = "failed"  # the charge failed; what flowed is not billed


class BillFlag(StrEnum):
    """Where the split over slots is an estimate; the total energy never is."""

    ESTIMATED_SPLIT = "estimated_split"  # no reading between start and stop
    GAP_OVER_BOUNDARY = "gap_over_boundary"  # the band changed within a gap of over 30 minutes


class Slot(NamedTuple):
    """Energy of one half hour (the first and the last may be shorter). ``day`` and ``number`` are local."""

    start: datetime
    end: datetime
    day: date
    number: int
    band: Band
    wh: int


@dataclass(frozen=True, slots=True)
class Line:
    """``quantity`` is Wh of ``band``, or minutes; ``unit_price`` is in major units per kWh or minute."""

    fee: Fee
    band: Band | None
    quantity: int
    unit_price: Decimal
    amount: Money
    reason: Reason


@dataclass(frozen=True, slots=True)
class Reduction:
    """A discount as it came out: what it takes off each line, in the order of the lines; ``funder`` bears it."""

    reason: str
    funder: str
    shares: tuple[Money, ...]

    @property
    def amount(self) -> Money:
        return Money.total(self.shares, self.shares[0].currency)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a session costs, running or finished."""

    currency: str
    outcome: Outcome
    started_at: datetime
    ended_at: datetime
    wh: int
    slots: tuple[Slot, ...]
    lines: tuple[Line, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    flags: frozenset[BillFlag] = frozenset()

    @property
    def gross(self) -> Money:
        return Money.total((line.amount for line in self.lines), self.currency)

    @property
    def discount(self) -> Money:
        return Money.total((reduction.amount for reduction in self.reductions), self.currency)

    @property
    def payable(self) -> Money:
        return self.gross - self.discount

    def gross_of(self, fee: Fee) -> Money:
        return Money.total((line.amount for line in self.lines if line.fee == fee), self.currency)

    def waived(self, funder: str) -> Bill:
        """The same lines, with a reduction that takes off all that the others leave of them."""
        left = [line.amount for line in self.lines]
        for reduction in self.reductions:
            left = [amount - share for amount, share in zip(left, reduction.shares, strict=True)]
        if not any(left):
            return self
        return replace(self, reductions=(*self.reductions, Reduction("waived", funder, tuple(left))))

    def payable_of(self, fee: Fee) -> Money:
        """The fee less its share of the reductions: what revenue of this kind is worth."""
        shares = (
            share
            for reduction in self.reductions
            for line, share in zip(self.lines, reduction.shares, strict=True)
            if line.fee == fee
        )
        return self.gross_of(fee) - Money.total(shares, self.currency)

    def wh_in(self, band: Band) -> int:
        return sum(slot.wh for slot in self.slots if slot.band == band)

    def wh_on(self, day: date) -> int:
        """Energy of a local day."""
        return sum(slot.wh for slot in self.slots if slot.day == day)

    def to_json(self) -> dict[str, Any]:
        """Money in minor units, instants in ISO 8601, prices as text."""
        return {
            "format": _FORMAT,
            "currency": self.currency,
            "outcome": self.outcome.value,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "wh": self.wh,
            "slots": [_slot_to_json(slot) for slot in self.slots],
            "lines": [_line_to_json(line) for line in self.lines],
            "reductions": [
                {
                    "reason": reduction.reason,
                    "funder": reduction.funder,
                    "shares": [share.amount for share in reduction.shares],
                }
                for reduction in self.reductions
            ],
            "gross": self.gross.amount,
            "discount": self.discount.amount,
            "payable": self.payable.amount,
            "flags": sorted(flag.value for flag in self.flags),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bill:
        """Read what ``to_json`` wrote; ValueError when the format is another one."""
        if data["format"] != _FORMAT:
            raise ValueError("unknown_format")
        currency = data["currency"]
        return cls(
            currency=currency,
            outcome=Outcome(data["outcome"]),
            started_at=datetime.fromisoformat(data["started_at"]),
            ended_at=datetime.fromisoformat(data["ended_at"]),
            wh=data["wh"],
            slots=tuple(_slot_from_json(slot) for slot in data["slots"]),
            lines=tuple(_line_from_json(line, currency) for line in data["lines"]),
            reductions=tuple(
                Reduction(
                    reduction["reason"],
                    reduction["funder"],
                    tuple(Money(share, currency) for share in reduction["shares"]),
                )
                for reduction in data["reductions"]
            ),
            flags=frozenset(BillFlag(flag) for flag in data["flags"]),
        )


def _slot_to_json(slot: Slot) -> dict[str, Any]:
    return {
        "start": slot.start.isoformat(),
        "end": slot.end.isoformat(),
        "day": slot.day.isoformat(),
        "number": slot.number,
        "band": slot.band.value,
        "wh": slot.wh,
    }


def _slot_from_json(data: Mapping[str, Any]) -> Slot:
    return Slot(
        start=datetime.fromisoformat(data["start"]),
        end=datetime.fromisoformat(data["end"]),
        day=date.fromisoformat(data["day"]),
        number=data["number"],
        band=Band(data["band"]),
        wh=data["wh"],
    )


def _line_to_json(line: Line) -> dict[str, Any]:
    return {
        "fee": line.fee.value,
        "band": line.band and line.band.value,
        "quantity": line.quantity,
        "unit_price": str(line.unit_price),
        "amount": line.amount.amount,
        "reason": line.reason.value,
    }


def _line_from_json(data: Mapping[str, Any], currency: str) -> Line:
    return Line(
        fee=Fee(data["fee"]),
        band=data["band"] and Band(data["band"]),
        quantity=data["quantity"],
        unit_price=Decimal(data["unit_price"]),
        amount=Money(data["amount"], currency),
        reason=Reason(data["reason"]),
    )
