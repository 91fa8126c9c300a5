"""Pages of tenants, of staff and of oneself: what they do, and what they refuse without changing anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.levels import Level
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant
from tests.factories.tenants import Forest, make_forest, make_member
from tests.support.staff import client_for
from tests.tenants.seen import NEW, errors, everything, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


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
