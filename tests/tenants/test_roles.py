"""The table of roles says what the house says about the levels (who may do what, from the manufacturer down)."""

from __future__ import annotations

import pytest

from alarms.permissions import AlarmPerm
from backoffice.kit.levels import Level
from backoffice.kit.perms import Perm, Role, areas, declared, granted
from backoffice.roles import LETTERS, MATRIX
from drivers.permissions import DriverPerm
from finance.permissions import FinancePerm
from orders.permissions import OrderPerm
from reports.permissions import ReportPerm
from stations.permissions import StationPerm
from tenants.permissions import TenantPerm

M, D, O, A = Level  # noqa: E741
ALL = {M, D, O, A}

LEVELS: dict[Perm, set[Level]] = {
    # each level creates the next, and an agency none
    TenantPerm.MANAGE: {M, D, O},
    TenantPerm.CLOSE: {M, D, O},
    TenantPerm.PROFILE: ALL,
    TenantPerm.STAFF_MANAGE: ALL,
    TenantPerm.AUDIT_VIEW: ALL,
    # downwards only, and there is nobody below an agency
    TenantPerm.IMPERSONATE: {M, D, O},
    # device models are the manufacturer's
    StationPerm.MODELS_MANAGE: {M},
    StationPerm.CLAIM: {M},
    # stations and tariffs are the operator's
    StationPerm.VIEW: ALL,
    StationPerm.MANAGE: {O},
    StationPerm.TARIFF_VIEW: ALL,
    StationPerm.TARIFF_MANAGE: {O},
    # commands: diagnostics above, all at the operator, the simple ones at the agency, none at the dealer
    StationPerm.COMMAND_BASIC: {O, A},
    StationPerm.COMMAND_ENGINEER: {M, O},
    # orders are seen by all; only the operator sees whose they are, decides and refunds
    OrderPerm.VIEW: ALL,
    OrderPerm.CASE_DECIDE: {O},
    OrderPerm.FORCE_CLOSE: {O},
    OrderPerm.STOP: {O, A},
    DriverPerm.SEE_PHONE: {O},
    DriverPerm.UNMASK: {O},
    DriverPerm.MANAGE: {O},
    FinancePerm.REFUND: {O},
    FinancePerm.WALLET_ADJUST: {O},
    FinancePerm.CHANNEL_MANAGE: {O},
    AlarmPerm.VIEW: ALL,
    ReportPerm.OVERVIEW: ALL,
}


def levels_of(perm: Perm) -> set[Level]:
    return {level for level in Level for role in Role if perm in granted(level, role)}


@pytest.mark.parametrize("perm", LEVELS, ids=str)
def test_a_right_belongs_to_its_levels(perm: Perm) -> None:
    assert levels_of(perm) == LEVELS[perm]


def test_the_table_has_a_row_for_every_permission_and_no_other() -> None:
    assert set(MATRIX) == set(declared())
    assert set(LETTERS.values()) == set(Role)


def test_every_permission_has_words_to_choose_it_by_and_stands_once() -> None:
    worded = [perm for area in areas() for perm, _words in area.perms]
    assert sorted(worded) == sorted(declared())


@pytest.mark.parametrize("level", Level)
def test_an_owner_may_do_whatever_anybody_at_his_level_may(level: Level) -> None:
    others = frozenset[Perm]().union(*(granted(level, role) for role in Role))
    assert granted(level, Role.OWNER) == others


@pytest.mark.parametrize("level", Level)
def test_an_auditor_looks_and_changes_nothing(level: Level) -> None:
    looking = ("view", "export", "overview", "_view", "big_screen")
    assert [perm for perm in granted(level, Role.AUDITOR) if not perm.value.endswith(looking)] == []


@pytest.mark.parametrize("level", Level)
def test_money_is_touched_by_owner_and_finance_alone(level: Level) -> None:
    money = {FinancePerm.REFUND, FinancePerm.WALLET_ADJUST}
    hands = {role for role in Role if money & granted(level, role)}
    assert hands <= {Role.OWNER, Role.FINANCE}


@pytest.mark.parametrize("level", Level)
def test_who_may_change_something_may_see_it(level: Level) -> None:
    pairs = [
        (TenantPerm.MANAGE, TenantPerm.VIEW),
        (TenantPerm.STAFF_MANAGE, TenantPerm.STAFF_VIEW),
        (StationPerm.MANAGE, StationPerm.VIEW),
        (StationPerm.TARIFF_MANAGE, StationPerm.TARIFF_VIEW),
        (DriverPerm.MANAGE, DriverPerm.VIEW),
        (DriverPerm.SEE_PHONE, DriverPerm.VIEW),
        (DriverPerm.UNMASK, DriverPerm.VIEW),
        (TenantPerm.IMPERSONATE, TenantPerm.STAFF_VIEW),
        (OrderPerm.CASE_DECIDE, OrderPerm.CASE_VIEW),
        (OrderPerm.STOP, OrderPerm.VIEW),
        (AlarmPerm.HANDLE, AlarmPerm.VIEW),
    ]
    for role in Role:
        grants = granted(level, role)
        assert [change for change, see in pairs if change in grants and see not in grants] == []
