"""What the rooms above add to this room's pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backoffice.kit.frame import Fact
from backoffice.kit.hooks import Listeners, Questions
from backoffice.kit.staff import Reader
from drivers.models import Driver


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the driver's page: a template that is given ``part`` (the context), and figures for the strip."""

    template: str
    context: dict[str, Any]
    order: int = 50
    facts: tuple[Fact, ...] = ()


driver_parts: Questions[[Driver, Reader], Part] = Questions("driver_parts")
"""Answered by rooms that know more about a driver, for a reader who may see it: wallets, orders."""

cards_changed: Listeners[[int]] = Listeners("cards_changed")
"""What the cards of this operator may do is not what it was. Runs in the transaction that changed it."""
