"""What may be done to a tenant, by whom, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Link
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from stations.models import Station
from tenants import hooks
from tenants.models import Tenant, TenantStatus
from tenants.selectors import locality_of, possible_parents, scope_of, stopped_by
from tenants.services import tree
from tests.factories.tenants import ACTOR, Forest, make_forest, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def everything() -> list[dict[str, Any]]:
    with unscoped(reason="a test compares"):
        return list(Tenant.objects.order_by("pk").values())


def entries(row: Tenant) -> list[str]:
    with unscoped(reason="a test compares"):
        found = AuditEntry.objects.filter(object_ref=f"tenant:{row.pk}").order_by("pk")
        return list(found.values_list("action", flat=True))


def refusal(viewer: Tenant, act: Callable[[], object]) -> str:
    """The code of the refusal; and nothing changed."""
    before = everything()
    with scope_of(viewer.pk), pytest.raises(Refused) as refused:
        act()
    assert everything() == before
    return refused.value.code


@pytest.mark.parametrize("level", list(Level)[:3])
def test_each_level_creates_the_next(forest: Forest, level: Level) -> None:
    parent = forest.chain[level.depth]
    with scope_of(parent.pk):
        row = tree.create_tenant(parent, actor=ACTOR, code=" new-1 ", name="New")
        assert row.level == level.below
        assert row.code == "NEW-1"
    with scope_of(parent.pk):
        assert Tenant.objects.get(pk=row.pk).parent_id == parent.pk
    assert entries(row) == ["tenant.created"]


def test_an_agency_creates_nobody(forest: Forest) -> None:
    act = lambda: tree.create_tenant(forest.agency, actor=ACTOR, code="X", name="X")  # noqa: E731
    assert refusal(forest.agency, act) == "no_level_below"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda f: tree.create_tenant(f.operator, actor=ACTOR, code="X", name="X"), "not_parent"),
        (lambda f: tree.create_manufacturer(actor=ACTOR, code="X", name="X"), "not_parent"),
        (lambda f: tree.edit_tenant(f.agency, actor=ACTOR, name="X"), "not_parent"),
        (lambda f: tree.suspend_tenant(f.agency, actor=ACTOR, reason="r"), "not_parent"),
        (lambda f: tree.resume_tenant(f.agency, actor=ACTOR), "not_parent"),
        (lambda f: tree.close_tenant(f.agency, actor=ACTOR, reason="r"), "not_parent"),
        (lambda f: tree.suspend_tenant(f.dealer, actor=ACTOR, reason="r"), "own_tenant"),
        (lambda f: tree.resume_tenant(f.dealer, actor=ACTOR), "own_tenant"),
        (lambda f: tree.close_tenant(f.dealer, actor=ACTOR, reason="r"), "not_parent"),
        (lambda f: tree.create_tenant(f.dealer, actor=ACTOR, code=f.agency.code, name="X"), "code_taken"),
        (
            lambda f: tree.create_tenant(f.dealer, actor=ACTOR, code=f.other_manufacturer.code, name="X"),
            "code_taken",
        ),
        (lambda f: tree.edit_tenant(f.operator, actor=ACTOR, timezone="Mars/Olympus"), "unknown"),
        (lambda f: tree.edit_tenant(f.operator, actor=ACTOR, currency="XXX"), "unknown"),
        (lambda f: tree.edit_tenant(f.operator, actor=ACTOR, locale="tlh"), "unknown"),
        (
            lambda f: tree.edit_tenant(
                f.operator, actor=ACTOR, contract_from=date(2026, 2, 1), contract_to=date(2026, 1, 1)
            ),
            "contract_backwards",
        ),
        (lambda f: tree.close_tenant(f.operator, actor=ACTOR, reason="r"), "blocked"),
        (lambda f: tree.move_tenant(f.agency, new_parent=f.dealer, actor=ACTOR, reason="r"), "wrong_level"),
        (lambda f: tree.move_tenant(f.operator, new_parent=f.agency, actor=ACTOR, reason="r"), "cycle"),
        (lambda f: tree.move_tenant(f.operator, new_parent=f.operator, actor=ACTOR, reason="r"), "cycle"),
        (lambda f: tree.edit_tenant(f.dealer, actor=ACTOR, name="X"), "not_parent"),
        (lambda f: tree.edit_tenant(f.dealer, actor=ACTOR, contract_to=None), "not_parent"),
        (lambda f: tree.edit_tenant(f.dealer, actor=ACTOR, quota_users=None), "not_parent"),
        (lambda f: tree.activate_tenant(f.agency, actor=ACTOR), "not_parent"),
    ],
)
def test_a_dealer_is_refused(forest: Forest, act: Any, code: str) -> None:
    assert refusal(forest.dealer, lambda: act(forest)) == code


@pytest.mark.parametrize(
    "relation", ["sibling_dealer", "manufacturer", "cousin_operator", "other_manufacturer"]
)
def test_a_tenant_outside_the_scope_is_not_there(forest: Forest, relation: str) -> None:
    foreign, before = getattr(forest, relation), everything()
    acts: list[Callable[[], object]] = [
        lambda: tree.create_tenant(foreign, actor=ACTOR, code="X", name="X"),
        lambda: tree.edit_tenant(foreign, actor=ACTOR, name="X"),
        lambda: tree.suspend_tenant(foreign, actor=ACTOR, reason="r"),
        lambda: tree.close_tenant(foreign, actor=ACTOR, reason="r"),
        lambda: tree.move_tenant(foreign, new_parent=forest.operator, actor=ACTOR, reason="r"),
        lambda: tree.move_tenant(forest.agency, new_parent=foreign, actor=ACTOR, reason="r"),
    ]
    with scope_of(forest.dealer.pk):
        for act in acts:
            with pytest.raises(Tenant.DoesNotExist):
                act()
    assert everything() == before


def test_nothing_is_created_below_a_tenant_that_is_suspended(forest: Forest) -> None:
    with unscoped(reason="test data"):
        tree.suspend_tenant(forest.operator, actor=ACTOR, reason="unpaid")
    act = lambda: tree.create_tenant(forest.operator, actor=ACTOR, code="X", name="X")  # noqa: E731
    assert refusal(forest.operator, act) == "not_active"


def test_a_suspension_stops_everything_below_and_is_undone(forest: Forest) -> None:
    with scope_of(forest.manufacturer.pk):
        tree.suspend_tenant(forest.dealer, actor=ACTOR, reason="unpaid")
        tree.suspend_tenant(forest.dealer, actor=ACTOR, reason="unpaid")
    stopped = stopped_by(forest.agency.pk)
    assert stopped is not None
    assert stopped.id == forest.dealer.pk
    assert stopped_by(forest.cousin_agency.pk) is None
    with scope_of(forest.manufacturer.pk):
        tree.resume_tenant(forest.dealer, actor=ACTOR)
        tree.resume_tenant(forest.dealer, actor=ACTOR)
    assert stopped_by(forest.agency.pk) is None
    assert entries(forest.dealer) == ["tenant.created", "tenant.suspended", "tenant.resumed"]


def test_what_stands_in_the_way_of_closing_is_named(forest: Forest) -> None:
    with unscoped(reason="test data"):
        Station.objects.create(tenant=forest.agency, code="S", name="S", created_at=clock.now())
    with scope_of(forest.operator.pk):
        with pytest.raises(Refused, match="1 station"):
            tree.close_tenant(forest.agency, actor=ACTOR, reason="over")
        tree.close_tenant(forest.sibling_agency, actor=ACTOR, reason="over")
        tree.close_tenant(forest.sibling_agency, actor=ACTOR, reason="over")
    with scope_of(forest.dealer.pk), pytest.raises(Refused, match="1 tenant below"):
        tree.close_tenant(forest.operator, actor=ACTOR, reason="over")
    assert entries(forest.sibling_agency) == ["tenant.created", "tenant.closed"]


def test_a_closed_tenant_is_not_resumed(forest: Forest) -> None:
    with unscoped(reason="test data"):
        tree.close_tenant(forest.sibling_agency, actor=ACTOR, reason="over")
    act = lambda: tree.resume_tenant(forest.sibling_agency, actor=ACTOR)  # noqa: E731
    assert refusal(forest.operator, act) == "wrong_status"


def test_a_tenant_moves_between_tenants_of_the_same_level(forest: Forest) -> None:
    with scope_of(forest.dealer.pk):
        assert list(possible_parents(forest.agency)) == [forest.sibling_operator]
        row = tree.move_tenant(
            forest.agency, new_parent=forest.sibling_operator, actor=ACTOR, reason="as agreed"
        )
        assert row.parent_id == forest.sibling_operator.pk
        tree.move_tenant(forest.agency, new_parent=forest.sibling_operator, actor=ACTOR, reason="again")
    assert entries(forest.agency) == ["tenant.created", "tenant.moved"]


def test_zone_currency_and_language_are_inherited_downward() -> None:
    top = make_tenant(timezone="Asia/Shanghai", currency="CNY", locale="zh-hans")
    dealer = make_tenant(top)
    operator = make_tenant(dealer, timezone="Europe/Berlin", currency="EUR")
    agency = make_tenant(operator, locale="en")
    places = [locality_of(row.pk) for row in (top, dealer, operator, agency)]
    assert [(p.timezone, p.currency, p.locale) for p in places] == [
        ("Asia/Shanghai", "CNY", "zh-hans"),
        ("Asia/Shanghai", "CNY", "zh-hans"),
        ("Europe/Berlin", "EUR", "zh-hans"),
        ("Europe/Berlin", "EUR", "en"),
    ]
    plain = locality_of(make_tenant().pk)
    assert (plain.timezone, plain.currency, plain.locale) == ("UTC", "CNY", "en")


def test_the_audit_trail_keeps_what_differs(forest: Forest) -> None:
    with scope_of(forest.dealer.pk):
        tree.edit_tenant(forest.operator, actor=ACTOR, contact="Ms Li", name=forest.operator.name)
        entry = AuditEntry.objects.get(action="tenant.edited")
    assert (entry.before, entry.after) == ({"contact": ""}, {"contact": "Ms Li"})
    assert entry.path.owner_id == forest.operator.pk


def test_every_room_that_needs_a_tenant_is_asked_before_it_closes(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        hooks.closing_blockers, "_answerers", [lambda row: [Link("3 open orders")], lambda row: None]
    )
    with scope_of(forest.operator.pk), pytest.raises(Refused, match="3 open orders"):
        tree.close_tenant(forest.agency, actor=ACTOR, reason="over")
    with unscoped(reason="a test compares"):
        assert Tenant.objects.get(pk=forest.agency.pk).status == TenantStatus.ACTIVE
