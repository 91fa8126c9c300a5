"""Pages of staff and of oneself: let in, changed, ended, and what a person sets."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant
from tests.factories.tenants import Forest, make_forest, make_member, make_user
from tests.support.staff import client_for, client_of
from tests.tenants.seen import NEW, errors, everything, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def test_a_person_is_let_in_changed_and_ended(forest: Forest, mailoutbox: Any) -> None:
    client = client_for(forest.operator)
    answer = client.post(
        reverse("tenants:invite"), {"email": "li@example.org", "name": "Li Na", "role": "support"}
    )
    with unscoped(reason="a test compares"):
        row = Membership.objects.get(user__email="li@example.org")
    assert answer["Location"] == reverse("tenants:member", args=[row.pk])
    client.post(reverse("tenants:member_edit", args=[row.pk]), {"role": "finance", "valid_to": "2030-01-31"})
    assert (stored(row).role, str(stored(row).valid_to)) == ("finance", "2030-01-31")
    do = f"{reverse('staff')}do"
    asked = client.get(f"{do}/link/?pk={row.pk}").content.decode()
    assert f"Li Na · Finance (li@example.org) · {forest.operator.name}" in asked
    client.post(f"{do}/deactivate/?pk={row.pk}", {"reason": "left us", "confirmed": "1"})
    assert not stored(row).is_active
    client.post(f"{do}/reactivate/?pk={row.pk}", {"reason": "came back", "confirmed": "1"})
    assert stored(row).is_active
    client.post(f"{do}/link/?pk={row.pk}", {"confirmed": "1"})
    page = client.get(reverse("tenants:member", args=[row.pk])).content.decode()
    for action in (
        "Staff member added",
        "Staff member edited",
        "Work of a staff member ended",
        "Staff member let in again",
        "Password link sent",
    ):
        assert action in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"role": "king"}, "role"),
        ({"name": ""}, "name"),
        ({"valid_from": "2026-02-02", "valid_to": "2026-02-01"}, "valid_to"),
    ],
)
def test_a_person_who_makes_no_sense_gets_a_message_at_the_field(
    forest: Forest, values: Any, field: str
) -> None:
    client, before = client_for(forest.operator), everything()
    usual = {"email": "li@example.org", "name": "Li Na", "role": "support"}
    assert errors(client.post(reverse("tenants:invite"), usual | values)) == {field}
    assert everything()[1:] == before[1:]


def test_the_last_owner_is_told_that_he_stays(forest: Forest) -> None:
    owner = make_member(forest.operator)
    client = client_of(owner.user)
    assert errors(client.post(reverse("tenants:member_edit", args=[owner.pk]), {"role": "support"})) == {
        "role"
    }
    assert stored(owner).role == Role.OWNER


REFUSED = [
    (Role.SUPPORT, "tenants:create", [], NEW),
    (Role.FINANCE, "tenants:edit", ["agency"], {"name": "X"}),
    (Role.AUDITOR, "tenants:move", ["agency"], {"reason": "r"}),
    (Role.MANAGER, "tenants:close", ["agency"], {"reason": "over"}),
    (Role.FINANCE, "tenants:contact_new", ["operator"], {"name": "N"}),
    (Role.FINANCE, "tenants:paper_new", ["operator"], {"kind": "other"}),
    (Role.FINANCE, "tenants:logo_new", ["operator"], {}),
    (Role.AUDITOR, "tenants:bulk", [], {"pk": "1"}),
    (Role.MANAGER, "tenants:invite", [], {"email": "a@b.org", "name": "N", "role": "owner"}),
    (Role.MANAGER, "tenants:first_owner", ["agency"], {"email": "a@b.org", "name": "N"}),
    (Role.ENGINEER, "tenants:edit", ["operator"], {"contact": "X"}),
]


@pytest.mark.parametrize(("role", "name", "of", "values"), REFUSED)
def test_a_role_without_the_permission_changes_nothing(
    forest: Forest, role: Role, name: str, of: list[str], values: Any
) -> None:
    client = client_for(forest.operator, role)
    before = everything()
    url = reverse(name, args=[getattr(forest, one).pk for one in of])
    assert client.get(url).status_code == 403
    assert client.post(url, values).status_code == 403
    assert everything() == before


def test_an_agency_creates_no_tenant(forest: Forest) -> None:
    client = client_for(forest.agency)
    before = everything()
    assert client.post(reverse("tenants:create"), NEW).status_code == 403
    assert everything() == before


def test_who_is_not_signed_in_is_asked_to(forest: Forest) -> None:
    before = everything()
    for name, args in [
        ("tenants", []),
        ("tenants:create", []),
        ("tenants:edit", [forest.agency.pk]),
        ("staff", []),
    ]:
        response = Client().post(reverse(name, args=args), NEW)
        assert response.status_code == 302
        assert response["Location"].startswith("/account/login/")
    assert everything() == before


def test_staff_see_staff_only_with_the_permission(forest: Forest) -> None:
    make_member(forest.agency, user=make_user(name="Somebody Else"))
    page = reverse("tenants:staff_of", args=[forest.agency.pk])
    assert "Somebody Else" in client_for(forest.operator, Role.AUDITOR).get(page).content.decode()
    assert client_for(forest.operator, Role.FINANCE).get(page).status_code == 403


def test_a_person_switches_between_his_own_memberships_only(forest: Forest) -> None:
    user = make_user()
    make_member(forest.dealer, user=user)
    own = make_member(forest.cousin_agency, Role.SUPPORT, user=user)
    ended = make_member(forest.cousin_operator, user=user, is_active=False)
    foreign = make_member(forest.agency)
    client = client_of(user)
    switch = reverse("tenants:switch")
    for value in (str(foreign.pk), str(ended.pk), "", "x", "9" * 40, "-1"):
        assert client.post(switch, {"membership": value}).status_code == 404
        assert client.get("/personal/").wsgi_request.membership.tenant_id == forest.dealer.pk  # type: ignore[attr-defined]
    assert client.get(switch).status_code == 405
    assert client.post(switch, {"membership": str(own.pk)})["Location"] == "/"
    response = client.get("/personal/")
    assert response.wsgi_request.membership == own  # type: ignore[attr-defined]
    assert forest.cousin_agency.name in response.content.decode()


def test_nobody_switches_to_a_tenant_that_is_suspended(forest: Forest) -> None:
    user = make_user()
    first = make_member(forest.dealer, user=user)
    other = make_member(forest.cousin_agency, user=user)
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=forest.cousin_operator.pk).update(status="suspended")
    client = client_of(user)
    client.post(reverse("tenants:switch"), {"membership": str(other.pk)})
    response = client.get("/personal/")
    assert response.wsgi_request.membership == first  # type: ignore[attr-defined]
    assert "is not active" in response.content.decode()


def test_a_person_sets_name_language_zone_and_how_he_reads(forest: Forest) -> None:
    member = make_member(forest.operator)
    client = client_of(member.user)
    values = {
        "name": "李娜",
        "phone": "+86 138 0000",
        "language": "zh-hans",
        "timezone": "Asia/Shanghai",
        "theme": "dark",
        "density": "compact",
    }
    assert client.post("/personal/", values).status_code == 302
    user = stored(member.user)
    assert {name: getattr(user, name) for name in values} == values
    shown = client.get("/personal/")
    assert 'lang="zh-hans"' in shown.content.decode()
    assert shown["Content-Language"] == "zh-hans"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"name": ""}, "name"),
        ({"language": "tlh"}, "language"),
        ({"timezone": "CST6CDT"}, "timezone"),
        ({"theme": "pink"}, "theme"),
        ({"density": "airy"}, "density"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_at_its_field(forest: Forest, over: Any, field: str) -> None:
    client, usual = client_for(forest.operator), {"name": "N", "theme": "light", "density": "usual"}
    before = everything()
    assert errors(client.post("/personal/", usual | over)) == {field}
    assert everything() == before


def test_theme_and_language_are_switched_from_any_page_and_lead_back_to_it(forest: Forest) -> None:
    member = make_member(forest.operator)
    client = client_of(member.user)
    answer = client.post(reverse("tenants:theme"), {"theme": "dark", "next": "/tenants/"})
    assert answer["Location"] == "/tenants/"
    answer = client.post(reverse("set_language"), {"language": "zh-hans", "next": "/tenants/"})
    assert answer["Location"] == "/tenants/"
    assert (stored(member.user).theme, stored(member.user).language) == ("dark", "zh-hans")
    assert client.post(reverse("tenants:theme"), {"theme": "pink"}).status_code == 404
    away = client.post(reverse("tenants:theme"), {"theme": "light", "next": "//evil.example"})
    assert away["Location"] == "/"


def test_a_visitor_chooses_a_language_before_signing_in() -> None:
    client = Client()
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/account/login/"})
    assert 'lang="zh-hans"' in client.get("/account/login/").content.decode()
