"""Where a tenant stands, as a table. Only an active one works: its staff sign in, and new sessions begin below it.

While it is being set up its own staff may come in to see to its papers and ask the level above to look at them.
``expired`` is what the end of a contract makes of an active tenant, and only its extension undoes; ``closed`` is
for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum


class TenantState(StrEnum):
    """``draft``: it is being set up, and nothing works there yet. ``submitted``: its papers lie with the level above."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    CLOSED = "closed"


MOVES: Mapping[TenantState, frozenset[TenantState]] = {
    TenantState.DRAFT: frozenset({TenantState.SUBMITTED, TenantState.ACTIVE, TenantState.CLOSED}),
    TenantState.SUBMITTED: frozenset({TenantState.DRAFT, TenantState.ACTIVE, TenantState.CLOSED}),
    TenantState.ACTIVE: frozenset({TenantState.SUSPENDED, TenantState.EXPIRED, TenantState.CLOSED}),
    TenantState.SUSPENDED: frozenset({TenantState.ACTIVE, TenantState.CLOSED}),
    TenantState.EXPIRED: frozenset({TenantState.ACTIVE, TenantState.CLOSED}),
    TenantState.CLOSED: frozenset(),
}


SETTING_UP = frozenset({TenantState.DRAFT, TenantState.SUBMITTED})
"""Nothing works there yet."""


def may_become(old: TenantState, new: TenantState) -> bool:
    """Is this arrow in the table?"""
    return new in MOVES[old]


def is_over(contract_to: date | None, today: date) -> bool:
    """Has a contract ended? Its last day is part of it; without a last day it has no end."""
    return contract_to is not None and contract_to < today


def by_contract(state: TenantState, contract_to: date | None, today: date) -> TenantState:
    """What the calendar makes of a state: active and over is expired, expired and not over is active again."""
    over = is_over(contract_to, today)
    if state is TenantState.ACTIVE and over:
        return TenantState.EXPIRED
    if state is TenantState.EXPIRED and not over:
        return TenantState.ACTIVE
    return state


def days_left(contract_to: date | None, today: date) -> int | None:
    """Days after today in which the contract holds; negative when it is over, None without an end."""
    return None if contract_to is None else (contract_to - today).days
