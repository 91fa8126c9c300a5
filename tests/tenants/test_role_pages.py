"""The pages of roles: what is ticked is kept, what may not be ticked is refused, and who may not is kept out."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import unscoped
from orders.permissions import OrderPerm
from stations.permissions import StationPerm
from tenants.models import CustomRole, Membership
from tests.factories.tenants import Forest, make_forest, make_member
from tests.support.staff import client_for, client_of
from tests.tenants.test_own_roles import HR, holder_of, make_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def everything() -> list[Any]:
    with unscoped(reason="a test compares"):
        return [
            list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
            for model in (CustomRole, Membership, AuditEntry)
        ]


def ticked(response: Any) -> set[str]:
    return {line.value for block in response.context["blocks"] for line in block.lines if line.ticked}


def stored() -> CustomRole:
    with unscoped(reason="a test compares"):
        return CustomRole.objects.get()


def test_a_role_is_made_as_a_copy_given_in_a_form_and_changed(forest: Forest) -> None:
    client, member = client_for(forest.operator), make_member(forest.operator, Role.SUPPORT)
    new = f"{reverse('tenants:role_new')}?from=support"
    start = ticked(client.get(new))
    assert start == {perm.value for perm in granted(Level.OPERATOR, Role.SUPPORT)}
    answer = client.post(
        new, {"name": "夜班", "description": "At night", "permissions": ["orders.view", "alarms.view"]}
    )
    role = stored()
    page = reverse("tenants:role", args=[role.pk])
    assert answer["Location"] == page
    assert (role.name, role.permissions) == ("夜班", ["alarms.view", "orders.view"])

    client.post(reverse("tenants:member_edit", args=[member.pk]), {"role": f"own:{role.code}"})
    shown = client.get(page).content.decode()
    assert member.user.name in shown
    assert "夜班" in client.get(reverse("staff")).content.decode()

    edit = reverse("tenants:role_edit", args=[role.pk])
    assert ticked(client.get(edit)) == {"orders.view", "alarms.view"}
    client.post(edit, {"name": "夜班", "permissions": ["orders.view"]})
    assert stored().permissions == ["orders.view"]
    assert "Role edited" in client.get(page).content.decode()


def test_the_built_in_roles_stand_side_by_side_with_a_link_to_copy_each(forest: Forest) -> None:
    page = reverse("tenants:built_in_roles")
    shown = client_for(forest.operator).get(page).content.decode()
    assert all(f"?from={role.value}" in shown for role in Role)
    assert "?from=" not in client_for(forest.operator, Role.AUDITOR).get(page).content.decode()
    assert client_for(forest.operator).get(f"{reverse('tenants:role_new')}?from=king").status_code == 200


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "Owner"}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["orders.view", "stations.models_manage"]}, "permissions"),
        ({"permissions": ["orders.view", "nothing"]}, "permissions"),
        ({"description": "x" * 301}, "description"),
    ],
)
def test_what_makes_no_sense_gets_a_message_and_the_ticks_stay(
    forest: Forest, values: Any, field: str
) -> None:
    client, before = client_for(forest.operator), everything()
    usual = {"name": "Desk", "description": "Typed", "permissions": ["orders.view", "cards.none"][:1]}
    response = client.post(reverse("tenants:role_new"), usual | values)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {field}
    if "permissions" not in values:
        assert ticked(response) == {"orders.view"}
    assert everything()[0] == before[0]
    assert everything()[2] == before[2]


def test_a_tick_that_the_page_does_not_offer_is_refused_whoever_posts_it(forest: Forest) -> None:
    client = client_of(holder_of(make_role(forest.operator, HR, "HR")).user)
    before = everything()
    new = reverse("tenants:role_new")
    lines = [line for block in client.get(new).context["blocks"] for line in block.lines]
    assert {line.value for line in lines if line.may} == {perm.value for perm in HR}
    response = client.post(new, {"name": "More", "permissions": [StationPerm.MANAGE, OrderPerm.VIEW]})
    assert set(response.context["form"].errors) == {"permissions"}
    assert everything() == before
    offered = dict(client.get(reverse("tenants:invite")).context["form"].fields["role"].choices)
    assert Role.OWNER.value not in offered


def test_a_role_made_twice_by_one_form_is_there_once(forest: Forest) -> None:
    client = client_for(forest.operator)
    values = {"name": "Desk", "permissions": ["orders.view"], "once": "a" * 16}
    first, second = (client.post(reverse("tenants:role_new"), values) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert stored().name == "Desk"


def test_a_role_is_deleted_with_a_reason_and_one_in_use_says_why_not(forest: Forest) -> None:
    client, role = client_for(forest.operator), make_role(forest.operator)
    holder = holder_of(role)
    delete = f"{reverse('roles')}do/delete/?pk={role.pk}"
    client.post(delete, {"reason": "not needed", "confirmed": "1"})
    assert stored().pk == role.pk
    assert "give another first" in client.get("/personal/").content.decode()
    with unscoped(reason="test data"):
        Membership.objects.filter(pk=holder.pk).delete()
    client.post(delete, {"reason": "not needed", "confirmed": "1"})
    assert everything()[0] == []


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.SUPPORT])
def test_who_may_not_manage_staff_changes_no_role(forest: Forest, role: Role) -> None:
    row, client = make_role(forest.operator), client_for(forest.operator, role)
    before = everything()
    for address in (reverse("tenants:role_new"), reverse("tenants:role_edit", args=[row.pk])):
        assert client.post(address, {"name": "X", "permissions": ["orders.view"]}).status_code == 403
    delete = f"{reverse('roles')}do/delete/?pk={row.pk}"
    assert client.post(delete, {"reason": "because", "confirmed": "1"}).status_code == 403
    assert everything() == before


def test_a_role_decides_what_a_page_shows_with_the_next_click(forest: Forest) -> None:
    role = make_role(forest.operator)
    client = client_of(holder_of(role).user)
    assert client.get(reverse("orders.history")).status_code == 200
    assert client.get(reverse("drivers")).status_code == 403
    with unscoped(reason="test data"):
        CustomRole.objects.filter(pk=role.pk).update(permissions=["drivers.view"])
    assert client.get(reverse("orders.history")).status_code == 403
    assert client.get(reverse("drivers")).status_code == 200


def test_the_list_of_staff_is_filtered_by_role(forest: Forest) -> None:
    role = make_role(forest.operator)
    holder, other = holder_of(role), make_member(forest.operator, Role.FINANCE)
    client = client_for(forest.operator)
    own = client.get(f"{reverse('staff')}?own_role={role.code}").content.decode()
    assert holder.user.email in own
    assert other.user.email not in own
    built_in = client.get(f"{reverse('staff')}?role=finance").content.decode()
    assert other.user.email in built_in
    assert holder.user.email not in built_in
