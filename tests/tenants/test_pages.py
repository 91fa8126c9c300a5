"""Pages of tenants, of staff and of oneself: what they do, and what they refuse without changing anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant, User
from tests.factories.tenants import Forest, make_forest, make_member, make_user
from tests.support.staff import client_for, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def everything() -> list[Any]:
    with unscoped(reason="a test compares"):
        return [
            list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
            for model in (Tenant, Membership, User, AuditEntry)
        ]


def stored(row: Any) -> Any:
    with unscoped(reason="a test compares"):
        return type(row).objects.get(pk=row.pk)


def errors(response: Any) -> set[str]:
    assert response.status_code == 200
    return set(response.context["form"].errors)


NEW = {
    "code": "berlin-1",
    "name": "Berlin One",
    "timezone": "Europe/Berlin",
    "currency": "EUR",
    "locale": "en",
}


def test_a_dealer_creates_an_operator_and_gives_it_an_owner(forest: Forest, mailoutbox: Any) -> None:
    client = client_for(forest.dealer)
    answer = client.post(reverse("tenants:create"), NEW)
    with unscoped(reason="a test compares"):
        row = Tenant.objects.get(code="BERLIN-1")
    assert (row.level, row.parent_id) == (Level.OPERATOR, forest.dealer.pk)
    page = reverse("tenants:tenant", args=[row.pk])
    assert answer["Location"] == page
    shown = client.get(page).content.decode()
    assert "Add its owner" in shown
    answer = client.post(
        reverse("tenants:first_owner", args=[row.pk]), {"email": "o@example.org", "name": "Ms Olsen"}
    )
    assert answer["Location"] == reverse("tenants:staff_of", args=[row.pk])
    assert "Ms Olsen" in client.get(answer["Location"]).content.decode()
    assert "Add its owner" not in client.get(page).content.decode()


def test_a_tenant_and_its_first_owner_are_made_with_one_form(forest: Forest, mailoutbox: Any) -> None:
    client = client_for(forest.dealer)
    owner = {"owner_email": "o@example.org", "owner_name": "Ms Olsen"}
    answer = client.post(reverse("tenants:create"), NEW | owner | {"draft": "on", "quota_terminals": "40"})
    with unscoped(reason="a test compares"):
        row = Tenant.objects.get(code="BERLIN-1")
        member = Membership.objects.get(tenant=row)
    assert answer["Location"] == reverse("tenants:tenant", args=[row.pk])
    assert (row.status, row.quota_terminals) == ("draft", 40)
    assert (member.user.email, member.role) == ("o@example.org", Role.OWNER)
    assert "Ms Olsen" in client.get(reverse("tenants:staff_of", args=[row.pk])).content.decode()


@pytest.mark.parametrize(
    ("owner", "field"),
    [
        ({"owner_email": "nobody", "owner_name": "N"}, "owner_email"),
        ({"owner_email": "a@b.org"}, "owner_name"),
        ({"owner_name": "N"}, "owner_email"),
    ],
)
def test_with_an_owner_who_makes_no_sense_no_tenant_is_made(forest: Forest, owner: Any, field: str) -> None:
    client, before = client_for(forest.dealer), everything()
    assert errors(client.post(reverse("tenants:create"), NEW | owner)) == {field}
    assert everything() == before


def test_who_may_not_manage_staff_creates_a_tenant_without_an_owner(forest: Forest) -> None:
    client = client_for(forest.dealer, Role.MANAGER)
    assert "owner_email" not in client.get(reverse("tenants:create")).content.decode()
    client.post(reverse("tenants:create"), NEW | {"owner_email": "o@example.org", "owner_name": "O"})
    with unscoped(reason="a test compares"):
        row = Tenant.objects.get(code="BERLIN-1")
        assert not Membership.objects.filter(tenant=row).exists()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "münchen"}, "code"),
        ({"code": "a b"}, "code"),
        ({"code": "x" * 25}, "code"),
        ({"code": "a\x00b"}, "code"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "\x00"}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"currency": "XXX"}, "currency"),
        ({"locale": "tlh"}, "locale"),
        ({"contract_from": "yesterday"}, "contract_from"),
        ({"contract_from": "2026-02-01", "contract_to": "2026-01-01"}, "contract_to"),
        ({"quota_users": "-1"}, "quota_users"),
        ({"quota_terminals": "many"}, "quota_terminals"),
        ({"quota_stations": "9" * 30}, "quota_stations"),
        ({"region": "x" * 61}, "region"),
    ],
)
def test_a_value_that_makes_no_sense_gets_a_message_at_its_field(
    forest: Forest, over: Any, field: str
) -> None:
    client, before = client_for(forest.dealer), everything()
    response = client.post(reverse("tenants:create"), NEW | {"contact": "Mr Typed"} | over)
    assert errors(response) == {field}
    assert "Mr Typed" in response.content.decode()
    assert everything()[0] == before[0]


def test_a_code_that_is_taken_is_said_at_the_field_also_when_the_form_is_sent_twice(forest: Forest) -> None:
    client = client_for(forest.dealer)
    assert client.post(reverse("tenants:create"), NEW).status_code == 302
    assert errors(client.post(reverse("tenants:create"), NEW)) == {"code"}
    assert errors(client.post(reverse("tenants:create"), NEW | {"code": forest.other_manufacturer.code})) == {
        "code"
    }


def test_the_level_above_edits_more_than_the_tenant_itself(forest: Forest) -> None:
    above, own = client_for(forest.dealer), client_for(forest.operator)
    url = reverse("tenants:edit", args=[forest.operator.pk])
    values = {"name": "Renamed", "contact": "Ms Li", "contract_to": "2030-12-31"}
    own.post(url, values)
    assert (stored(forest.operator).name, stored(forest.operator).contact) == (forest.operator.name, "Ms Li")
    above.post(url, values | {"contact": ""})
    row = stored(forest.operator)
    assert (row.name, row.contact, str(row.contract_to)) == ("Renamed", "", "2030-12-31")


def test_an_edit_two_levels_down_is_refused(forest: Forest) -> None:
    client = client_for(forest.dealer)
    before = everything()
    url = reverse("tenants:edit", args=[forest.agency.pk])
    assert "directly above" in client.post(url, {"name": "X"}).content.decode()
    assert everything() == before


def test_a_tenant_is_suspended_and_resumed_with_a_reason(forest: Forest) -> None:
    client = client_for(forest.dealer)
    act = f"{reverse('tenants')}do/suspend/?pk={forest.operator.pk}"
    assert "Reason" in client.get(act).content.decode()
    assert stored(forest.operator).status == "active"
    client.post(act, {"reason": "unpaid since May", "confirmed": "1"})
    assert (stored(forest.operator).status, stored(forest.operator).status_reason) == (
        "suspended",
        "unpaid since May",
    )
    page = client.get(reverse("tenants:tenant", args=[forest.operator.pk])).content.decode()
    assert "unpaid since May" in page
    client.post(
        f"{reverse('tenants')}do/resume/?pk={forest.operator.pk}", {"reason": "paid", "confirmed": "1"}
    )
    assert stored(forest.operator).status == "active"


def test_a_tenant_with_tenants_below_is_not_closed_and_the_page_says_why(forest: Forest) -> None:
    client, url = client_for(forest.dealer), reverse("tenants:close", args=[forest.operator.pk])
    shown = client.post(url, {"reason": "over"}).content.decode()
    assert "2 tenants below it are not closed" in shown
    assert f"/tenants/?below={forest.operator.code}" in shown
    assert stored(forest.operator).status == "active"


def test_a_tenant_that_nothing_needs_is_closed_with_a_reason(forest: Forest) -> None:
    client, url = client_for(forest.operator), reverse("tenants:close", args=[forest.agency.pk])
    assert errors(client.post(url, {"reason": ""})) == {"reason"}
    assert stored(forest.agency).status == "active"
    client.post(url, {"reason": "gave up"})
    assert (stored(forest.agency).status, stored(forest.agency).status_reason) == ("closed", "gave up")


def test_only_the_level_directly_above_closes(forest: Forest) -> None:
    before = everything()
    for tenant, pk in ((forest.dealer, forest.agency.pk), (forest.operator, forest.operator.pk)):
        client = client_for(tenant)
        assert client.post(reverse("tenants:close", args=[pk]), {"reason": "over"}).status_code == 403
    assert everything()[0] == before[0]


def test_a_tenant_moves_where_it_may_and_nowhere_else(forest: Forest) -> None:
    client = client_for(forest.dealer)
    url = reverse("tenants:move", args=[forest.agency.pk])
    shown = client.get(url).content.decode()
    assert forest.sibling_operator.name in shown
    assert forest.cousin_operator.name not in shown
    before, code = everything(), forest.sibling_operator.code
    for target in (forest.cousin_operator, forest.dealer, forest.operator, forest.agency):
        sent = {"new_parent": target.code, "reason": "sold", "step": "move"}
        assert errors(client.post(url, sent)) == {"new_parent"}
    assert errors(client.post(url, {"new_parent": code, "reason": "", "step": "move"})) == {"reason"}
    preview = client.post(url, {"new_parent": code, "reason": "sold"})
    assert preview.status_code == 200 and everything() == before
    for words in ("What goes along", "Sessions running now", "balances", "Held for sessions"):
        assert words in preview.content.decode()
    client.post(url, {"new_parent": code, "reason": "sold", "step": "move"})
    assert stored(forest.agency).parent_id == forest.sibling_operator.pk


def test_a_preview_says_what_would_keep_a_tenant_from_moving(forest: Forest) -> None:
    make_member(forest.agency)
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=forest.sibling_operator.pk).update(quota_users=0)
    client, before = client_for(forest.dealer), everything()
    sent = {"new_parent": forest.sibling_operator.code, "reason": "sold"}
    answer = client.post(reverse("tenants:move", args=[forest.agency.pk]), sent)
    assert "0 members of staff" in answer.content.decode()
    assert "What goes along" not in answer.content.decode()
    assert everything() == before


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


def test_a_person_sets_name_language_zone_and_theme(forest: Forest) -> None:
    member = make_member(forest.operator)
    client = client_of(member.user)
    values = {
        "name": "李娜",
        "phone": "+86 138 0000",
        "language": "zh-hans",
        "timezone": "Asia/Shanghai",
        "theme": "dark",
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
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_at_its_field(forest: Forest, over: Any, field: str) -> None:
    client, usual = client_for(forest.operator), {"name": "N", "theme": "light"}
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


def test_the_four_levels_see_the_same_agency_side_by_side_and_its_kin_do_not(forest: Forest) -> None:
    page = reverse("tenants:tenant", args=[forest.agency.pk])
    assert [client_for(tenant).get(page).status_code for tenant in forest.chain] == [200] * 4
    kin = [forest.sibling_agency, forest.sibling_operator, forest.sibling_dealer, forest.other_manufacturer]
    assert [client_for(tenant).get(page).status_code for tenant in kin] == [404] * 4


@pytest.mark.parametrize(
    "query",
    [
        "level=king",
        "status=%00",
        "parent=nobody",
        "words=" + "x" * 500,
        "sort=evil",
        "after=x",
        "contract=never",
    ],
)
def test_a_filter_that_makes_no_sense_leaves_a_page(forest: Forest, query: str) -> None:
    assert client_for(forest.manufacturer).get(f"{reverse('tenants')}?{query}").status_code == 200
