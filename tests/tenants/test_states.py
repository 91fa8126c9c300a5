from __future__ import annotations

from datetime import date, timedelta

import pytest

from tenants.models import TenantStatus
from tenants.states import MOVES, TenantState, by_contract, days_left, is_over, may_become

TODAY = date(2026, 11, 26)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def test_the_table_has_every_state_and_the_words_for_it() -> None:
    assert set(MOVES) == set(TenantState)
    assert {state.value for state in TenantState} == set(TenantStatus.values)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("draft", "active"),
        ("draft", "submitted"),
        ("submitted", "draft"),
        ("submitted", "active"),
        ("active", "suspended"),
        ("suspended", "active"),
        ("active", "expired"),
        ("expired", "active"),
        ("suspended", "closed"),
        ("expired", "closed"),
    ],
)
def test_a_tenant_goes_from_state_to_state(old: str, new: str) -> None:
    assert may_become(TenantState(old), TenantState(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("closed", "active"),
        ("active", "submitted"),
        ("draft", "suspended"),
        ("suspended", "expired"),
        ("expired", "suspended"),
    ],
)
def test_other_ways_do_not_exist(old: str, new: str) -> None:
    assert not may_become(TenantState(old), TenantState(new))


@pytest.mark.parametrize(
    ("state", "contract_to", "becomes"),
    [
        ("active", YESTERDAY, "expired"),
        ("active", TODAY, "active"),
        ("active", None, "active"),
        ("expired", TODAY, "active"),
        ("expired", None, "active"),
        ("expired", YESTERDAY, "expired"),
        ("suspended", YESTERDAY, "suspended"),
        ("draft", YESTERDAY, "draft"),
        ("submitted", YESTERDAY, "submitted"),
        ("closed", TOMORROW, "closed"),
    ],
)
def test_the_calendar_moves_active_and_expired_and_nothing_else(
    state: str, contract_to: date | None, becomes: str
) -> None:
    assert by_contract(TenantState(state), contract_to, TODAY) == becomes


def test_the_last_day_is_part_of_a_contract() -> None:
    assert not is_over(TODAY, TODAY) and is_over(YESTERDAY, TODAY) and not is_over(None, TODAY)
    assert (days_left(TODAY, TODAY), days_left(TOMORROW, TODAY), days_left(YESTERDAY, TODAY)) == (0, 1, -1)
    assert days_left(None, TODAY) is None
