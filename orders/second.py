"""When a decision needs a second person, and what the first one's has to be kept as until then.

A change of money above the operator's limit, and whatever the driver pays more for, is not one person's to
decide (domain 2.5). The proposal carries what the order was, so that the second person approves what the
first one saw or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from backoffice.kit.money import minor_digits


@dataclass(frozen=True, slots=True)
class Change:
    """What the driver bears before and after, minor units of ``currency``."""

    before: int
    after: int
    currency: str

    @property
    def size(self) -> int:
        return abs(self.after - self.before)


def needs_second(change: Change, above: Decimal) -> bool:
    """``above`` in major units."""
    if change.after > change.before:
        return True
    return bool(change.currency) and Decimal(change.size).scaleb(-minor_digits(change.currency)) > above


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision of one person: ``params`` is what it takes besides, ``stamp`` what the order was."""

    decision: str
    params: Mapping[str, int]
    reason: str
    by_ref: str
    by_label: str
    at: str
    before: int
    after: int
    currency: str
    stamp: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Proposal:
        return cls(**data)

    @property
    def change(self) -> Change:
        return Change(self.before, self.after, self.currency)
