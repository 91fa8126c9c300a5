"""Roles that a tenant defines: never more than whoever makes, changes or gives them has, and in force at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from alarms.permissions import AlarmPerm
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.jobs import enter_as
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Grants, Perm, Role, granted
from backoffice.kit.scope import unscoped
from orders.permissions import OrderPerm
from stations.permissions import StationPerm
from tenants.models import CustomRole, Membership, Tenant
from tenants.permissions import TenantPerm
from tenants.rights import grants_at, holding
from tenants.selectors import scope_of
from tenants.services import roles, staff
from tenants.workplaces import workplace_of
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member
from tests.support.together import together
from tests.tenants.test_jobs import job_of

pytestmark = pytest.mark.django_db

DESK = frozenset[Perm]({OrderPerm.VIEW, AlarmPerm.VIEW, AlarmPerm.HANDLE})
HR = frozenset[Perm]({TenantPerm.STAFF_VIEW, TenantPerm.STAFF_MANAGE, OrderPerm.VIEW})


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def actor_of(member: Membership) -> Actor:
    return Actor(f"staff:{member.user_id}", member.user.name)


def make_role(tenant: Tenant, permissions: Grants = DESK, name: str = "Night desk") -> CustomRole:
    with unscoped(reason="test data"):
        return roles.create_role(tenant, actor=ACTOR, name=name, permissions=permissions)


def holder_of(role: CustomRole) -> Membership:
    return make_member(role.tenant, role="", custom_role=role)  # type: ignore[arg-type]


def snapshot() -> list[Any]:
    with unscoped(reason="a test compares"):
        return [
            list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
            for model in (CustomRole, Membership, AuditEntry)
        ]


def refusal(act: Any) -> tuple[str, str]:
    before = snapshot()
    with pytest.raises(Refused) as refused:
        act()
    assert snapshot() == before
    return refused.value.code, refused.value.field


def test_an_owner_makes_a_role_gives_it_and_it_holds_with_the_next_request(forest: Forest) -> None:
    owner, member = make_member(forest.operator), make_member(forest.operator, Role.SUPPORT)
    with scope_of(forest.operator.pk):
        role = roles.create_role(
            forest.operator, actor=actor_of(owner), name="  Night   desk ", permissions=DESK
        )
        staff.edit_member(member, actor=actor_of(owner), role=role)
    place = workplace_of(member.user)
    assert place is not None
    assert place.grants == DESK
    assert place.membership.role_name == "Night desk"
    with enter_as(job_of(member)) as reader:
        assert reader.grants == DESK


def test_a_right_that_is_taken_out_is_gone_with_the_next_request(forest: Forest) -> None:
    owner = make_member(forest.operator)
    role = make_role(forest.operator)
    member = holder_of(role)
    job = job_of(member)
    with scope_of(forest.operator.pk):
        roles.edit_role(role, actor=actor_of(owner), name="Desk", permissions=[OrderPerm.VIEW])
    place = workplace_of(member.user)
    assert place is not None
    assert place.grants == {OrderPerm.VIEW}
    with enter_as(job) as reader:
        assert reader.grants == {OrderPerm.VIEW}


def test_a_role_holds_no_more_than_the_level_and_nothing_that_is_gone(forest: Forest) -> None:
    role = make_role(forest.agency)
    role.permissions = [OrderPerm.VIEW, StationPerm.MANAGE, StationPerm.MODELS_MANAGE, "gone.for_good", ""]
    with unscoped(reason="test data"):
        role.save()
    assert grants_at(holder_of(role)) == {OrderPerm.VIEW}


def test_a_role_of_another_tenant_gives_nothing(forest: Forest) -> None:
    member = make_member(forest.operator, role="", custom_role=make_role(forest.sibling_operator))  # type: ignore[arg-type]
    assert grants_at(member) == frozenset()


@pytest.mark.parametrize(
    ("level", "wanted", "code"),
    [
        ("operator", {StationPerm.MODELS_MANAGE}, "level"),
        ("agency", {StationPerm.MANAGE}, "level"),
        ("operator", set(), "empty"),
    ],
)
def test_what_the_level_does_not_have_is_refused_at_the_table(
    forest: Forest, level: str, wanted: Any, code: str
) -> None:
    tenant: Tenant = getattr(forest, level)
    actor = actor_of(make_member(tenant))
    with scope_of(tenant.pk):
        act = lambda: roles.create_role(tenant, actor=actor, name="R", permissions=wanted)  # noqa: E731
        assert refusal(act) == (code, "permissions")


def test_nobody_makes_or_gives_more_than_he_has(forest: Forest) -> None:
    hr, big = make_role(forest.operator, HR, "HR"), make_role(forest.operator)
    giver, other = holder_of(hr), make_member(forest.operator, Role.SUPPORT)
    small = make_role(forest.operator, frozenset({OrderPerm.VIEW}), "Small")
    novice = holder_of(small)
    actor = actor_of(giver)
    with scope_of(forest.operator.pk):
        beyond: list[Any] = [
            lambda: roles.create_role(forest.operator, actor=actor, name="R", permissions=DESK),
            lambda: roles.edit_role(small, actor=actor, name="Small", permissions=DESK),
            lambda: roles.edit_role(big, actor=actor, name="Big", permissions=[OrderPerm.VIEW]),
            lambda: roles.delete_role(big, actor=actor),
        ]
        assert {refusal(act)[0] for act in beyond} == {"beyond"}
        too_big: list[Any] = [
            lambda: staff.edit_member(novice, actor=actor, role=big),
            lambda: staff.edit_member(novice, actor=actor, role=Role.OWNER),
            lambda: staff.edit_member(other, actor=actor, role=small),
            lambda: staff.end_sessions(other, actor=actor, reason="r"),
            lambda: staff.add_member(forest.operator, actor=actor, email="a@b.org", name="N", role=big),
        ]
        assert {refusal(act)[0] for act in too_big} == {"role"}
        assert staff.add_member(forest.operator, actor=actor, email="a@b.org", name="N", role=small)


def test_nobody_changes_or_deletes_the_role_that_he_has(forest: Forest) -> None:
    hr = make_role(forest.operator, HR, "HR")
    actor = actor_of(holder_of(hr))
    with scope_of(forest.operator.pk):
        edit = lambda: roles.edit_role(hr, actor=actor, name="HR", permissions=[OrderPerm.VIEW])  # noqa: E731
        assert refusal(edit)[0] == "own_role"
        assert refusal(lambda: roles.delete_role(hr, actor=actor))[0] == "own_role"


@pytest.mark.parametrize("viewer", ["manufacturer", "dealer"])
def test_each_tenant_defines_its_own_roles(forest: Forest, viewer: str) -> None:
    tenant: Tenant = getattr(forest, viewer)
    actor, role = actor_of(make_member(tenant)), make_role(forest.operator)
    with scope_of(tenant.pk):
        acts: list[Any] = [
            lambda: roles.create_role(forest.operator, actor=actor, name="R", permissions=[OrderPerm.VIEW]),
            lambda: roles.edit_role(role, actor=actor, name="R", permissions=[OrderPerm.VIEW]),
            lambda: roles.delete_role(role, actor=actor),
        ]
        assert {refusal(act)[0] for act in acts} == {"not_own_level"}


def test_a_role_of_another_tenant_is_not_given(forest: Forest) -> None:
    owner, member = make_member(forest.operator), make_member(forest.operator, Role.SUPPORT)
    below, beside = make_role(forest.agency), make_role(forest.sibling_operator)
    with scope_of(forest.operator.pk):
        for role in (below, beside):
            act = lambda role=role: staff.edit_member(member, actor=actor_of(owner), role=role)  # noqa: E731
            assert refusal(act) == ("no_role", "role")


@pytest.mark.parametrize("name", ["", "   ", "night DESK", "Owner", "aUdItOr"])
def test_a_name_is_given_once_and_is_none_of_the_built_in_ones(forest: Forest, name: str) -> None:
    make_role(forest.operator)
    make_role(forest.sibling_operator, name="Elsewhere")
    actor = actor_of(make_member(forest.operator))
    with scope_of(forest.operator.pk):
        act = lambda: roles.create_role(forest.operator, actor=actor, name=name, permissions=DESK)  # noqa: E731
        assert refusal(act)[1] == "name"
        assert roles.create_role(forest.operator, actor=actor, name="Elsewhere", permissions=DESK)


def test_a_role_in_use_stays_and_one_that_nobody_has_goes(forest: Forest) -> None:
    owner, role = make_member(forest.operator), make_role(forest.operator)
    member = holder_of(role)
    with scope_of(forest.operator.pk):
        staff.deactivate_member(member, actor=actor_of(owner), reason="left")
        assert refusal(lambda: roles.delete_role(role, actor=actor_of(owner)))[0] == "in_use"
        staff.edit_member(member, actor=actor_of(owner), role=Role.SUPPORT)
        roles.delete_role(role, actor=actor_of(owner), reason="not needed")
        assert not CustomRole.objects.exists()
        entry = AuditEntry.objects.get(action="role.deleted")
    assert (entry.reason, entry.before["name"]) == ("not needed", "Night desk")


def test_there_is_an_end_to_how_many_roles_a_tenant_has(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "MOST", 1)
    make_role(forest.operator)
    make_role(forest.sibling_operator)
    with unscoped(reason="test"):
        act = lambda: roles.create_role(forest.operator, actor=ACTOR, name="Two", permissions=DESK)  # noqa: E731
        assert refusal(act)[0] == "many"


@pytest.mark.parametrize("both", [True, False])
def test_a_membership_has_one_role_and_the_table_holds_it(forest: Forest, both: bool) -> None:
    role = make_role(forest.operator)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_member(forest.operator, Role.OWNER if both else "", custom_role=role if both else None)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_role_that_is_deleted_while_it_is_given_is_either_there_or_not_given() -> None:
    forest = make_forest()
    owner, member = make_member(forest.operator), make_member(forest.operator, Role.SUPPORT)
    role, actor = make_role(forest.operator), actor_of(owner)

    def give() -> str:
        with scope_of(forest.operator.pk):
            staff.edit_member(member, actor=actor, role=role)
        return "given"

    def delete() -> str:
        with scope_of(forest.operator.pk):
            roles.delete_role(role, actor=actor)
        return "deleted"

    given, deleted = together([give, delete])
    with unscoped(reason="a test compares"):
        is_there, holds = CustomRole.objects.exists(), Membership.objects.get(pk=member.pk).custom_role_id
    if deleted == "deleted":
        assert (is_there, holds, given.code) == (False, None, "no_role")
    else:
        assert (is_there, holds, given, deleted.code) == (True, role.pk, "given", "in_use")


@pytest.mark.django_db(transaction=True)
def test_two_roles_with_one_name_at_once_become_one() -> None:
    forest = make_forest()
    actor = actor_of(make_member(forest.operator))

    def make() -> str:
        try:
            with scope_of(forest.operator.pk):
                roles.create_role(forest.operator, actor=actor, name="Desk", permissions=DESK)
        except Refused as refused:
            return refused.code
        return "made"

    assert sorted(together([make, make])) == ["made", "name_taken"]


def test_who_holds_a_right_is_found_by_either_kind_of_role(forest: Forest) -> None:
    owner, holder = make_member(forest.operator), holder_of(make_role(forest.operator))
    make_member(forest.operator, Role.FINANCE)
    with scope_of(forest.operator.pk):
        found = Membership.objects.filter(holding(AlarmPerm.HANDLE, Level.OPERATOR))
        assert set(found) == {owner, holder}
        assert not Membership.objects.filter(holding(StationPerm.MODELS_MANAGE, Level.OPERATOR)).exists()


def test_an_owner_keeps_what_the_matrix_gives(forest: Forest) -> None:
    assert grants_at(make_member(forest.operator)) == granted(Level.OPERATOR, Role.OWNER)
