"""System settings: set by the owner of a level, bound by the level above, recorded, and used."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant
from tenants.rules import Mail, Retention, Security
from tenants.selectors import kept_days, longest_kept, scope_of, set_for
from tenants.services import staff
from tenants.services.settings import change_settings
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member
from tests.support.staff import client_for, client_of

pytestmark = pytest.mark.django_db
BASE = "/system/settings/"
SECURITY, RETENTION, NUMBERS, MAIL = (
    f"{BASE}{name}/" for name in ("security", "retention", "numbers", "mail")
)
PAGES = [BASE, SECURITY, RETENTION, MAIL, f"{BASE}holidays/"]


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def stored(tenant: Tenant) -> dict[str, Any]:
    with unscoped(reason="a test compares"):
        return dict(Tenant.objects.get(pk=tenant.pk).settings)


def set_there(tenant: Tenant, group: Any, **values: Any) -> None:
    with scope_of(tenant.pk):
        change_settings(tenant, group, values, actor=ACTOR)


def errors(answer: Any) -> set[str]:
    assert answer.status_code == 200
    return set(answer.context["form"].errors)


def test_an_owner_sets_a_policy_and_it_is_recorded_with_before_and_after(forest: Forest) -> None:
    client = client_for(forest.operator)
    client.post(SECURITY, {"min_length": "14", "session_hours": "8", "code_for": ["finance"]})
    client.post(SECURITY, {"min_length": "16", "session_hours": "8", "code_for": ["finance"]})
    assert stored(forest.operator) == {
        "security": {"min_length": 16, "session_hours": 8, "code_for": ["finance"]}
    }
    with unscoped(reason="a test compares"):
        entry = AuditEntry.objects.filter(action="settings.security").latest("pk")
    assert (entry.before, entry.after) == ({"min_length": 14}, {"min_length": 16})
    assert set_for(Security, forest.agency.pk).values.min_length == 16
    assert set_for(Security, forest.sibling_operator.pk).values.min_length == 10


def test_saving_what_is_there_already_records_nothing(forest: Forest) -> None:
    client = client_for(forest.operator)
    for _ in range(2):
        client.post(SECURITY, {"min_length": "14"})
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.filter(action="settings.security").count() == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"min_length": "11"}, "min_length"),
        ({"min_length": "9"}, "min_length"),
        ({"min_length": "65"}, "min_length"),
        ({"min_length": "many"}, "min_length"),
        ({"min_length": "1e3"}, "min_length"),
        ({"session_hours": "13"}, "session_hours"),
        ({"session_hours": "0"}, "session_hours"),
        ({"code_for": ["king"]}, "code_for"),
    ],
)
def test_what_is_looser_than_above_or_out_of_bounds_is_refused_at_its_field(
    forest: Forest, sent: Any, field: str
) -> None:
    set_there(forest.dealer, Security, min_length=12)
    answer = client_for(forest.operator).post(SECURITY, {"min_length": "20"} | sent)
    assert errors(answer) == {field}
    assert stored(forest.operator) == {}


def test_what_the_level_above_demands_stays_demanded(forest: Forest) -> None:
    set_there(forest.dealer, Security, code_for={"owner"})
    client = client_for(forest.operator, Role.MANAGER)
    assert "Required by the level above: Owner" in client.get(SECURITY).content.decode()
    with scope_of(forest.operator.pk), pytest.raises(Refused):
        change_settings(forest.operator, Security, {"code_for": {"finance"}}, actor=ACTOR)
    assert set_for(Security, forest.operator.pk).values.code_for == {"owner"}


def test_the_page_says_whose_value_an_empty_field_takes(forest: Forest) -> None:
    set_there(forest.dealer, Security, min_length=13)
    page = client_for(forest.agency).get(SECURITY).content.decode()
    assert f"13, as {forest.dealer.name} says" in page


@pytest.mark.parametrize("path", PAGES)
def test_a_manager_reads_and_others_do_not(forest: Forest, path: str) -> None:
    assert client_for(forest.operator, Role.MANAGER).get(path).status_code == 200
    assert client_for(forest.operator, Role.SUPPORT).get(path).status_code == 403
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize("path", [SECURITY, RETENTION, NUMBERS, MAIL])
def test_a_manager_changes_nothing(forest: Forest, path: str) -> None:
    client = client_for(forest.operator, Role.MANAGER)
    assert (
        client.post(path, {"min_length": "20", "jobs_days": "3", "now": "X", "sender": "X"}).status_code
        == 403
    )
    assert client.post(f"{MAIL}test/").status_code == 403
    assert stored(forest.operator) == {}
    assert not mail.outbox


@pytest.mark.parametrize("level", ["manufacturer", "dealer", "operator", "agency"])
def test_each_level_has_its_pages(forest: Forest, level: str) -> None:
    client = client_for(getattr(forest, level))
    assert [client.get(path).status_code for path in PAGES] == [200] * len(PAGES)
    assert client.get(NUMBERS).status_code == (200 if level == "operator" else 404)


def test_nobody_sets_what_another_level_sets(forest: Forest) -> None:
    with scope_of(forest.operator.pk):
        with pytest.raises(Refused):
            change_settings(forest.agency, Security, {"min_length": 20}, actor=ACTOR)
        with pytest.raises(Tenant.DoesNotExist):
            change_settings(forest.sibling_operator, Security, {"min_length": 20}, actor=ACTOR)
    assert stored(forest.agency) == stored(forest.sibling_operator) == {}


def test_what_all_share_is_set_by_a_manufacturer_alone(forest: Forest) -> None:
    client_for(forest.operator).post(RETENTION, {"frames_days": "7", "jobs_days": "3"})
    assert stored(forest.operator) == {"retention": {"jobs_days": 3}}
    with scope_of(forest.operator.pk), pytest.raises(Refused):
        change_settings(forest.operator, Retention, {"frames_days": 7}, actor=ACTOR)
    client_for(forest.manufacturer).post(RETENTION, {"frames_days": "60"})
    assert stored(forest.manufacturer) == {"retention": {"frames_days": 60}}


def test_shared_things_are_kept_for_the_manufacturer_who_wants_them_longest(forest: Forest) -> None:
    assert longest_kept("frames_days") == 30
    set_there(forest.manufacturer, Retention, frames_days=10)
    assert longest_kept("frames_days") == 30
    set_there(forest.other_manufacturer, Retention, frames_days=14)
    assert longest_kept("frames_days") == 14


def test_it_is_known_who_keeps_files_for_how_long(forest: Forest) -> None:
    set_there(forest.manufacturer, Retention, files_days=90)
    set_there(forest.operator, Retention, files_days=5)
    found = kept_days("files_days")
    assert set(found[5]) == {forest.operator.pk, forest.agency.pk, forest.sibling_agency.pk}
    assert forest.cousin_agency.pk in found[90]
    assert found[30] == [forest.other_manufacturer.pk]


def test_a_prefix_of_order_numbers_is_kept_by_year(forest: Forest) -> None:
    client = client_for(forest.operator)
    year = client.get(NUMBERS).context["form"].year
    client.post(NUMBERS, {"now": "sun", "later": "SOL9"})
    assert stored(forest.operator) == {"numbers": {"years": {str(year): "SUN", str(year + 1): "SOL9"}}}
    client.post(NUMBERS, {"now": "SUN", "later": ""})
    assert stored(forest.operator) == {"numbers": {"years": {str(year): "SUN"}}}


@pytest.mark.parametrize("prefix", ["S-N", "ä", "TENLETTERS", "a b", "\x00"])
def test_a_prefix_that_cannot_stand_in_a_number_is_refused(forest: Forest, prefix: str) -> None:
    answer = client_for(forest.operator).post(NUMBERS, {"now": prefix})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert stored(forest.operator) == {}


def test_letters_look_as_the_tenant_says(forest: Forest, django_capture_on_commit_callbacks: Any) -> None:
    set_there(forest.dealer, Mail, sender="Dealer Ltd", footer="Dealer Ltd, 1 Example Road")
    client_for(forest.operator).post(MAIL, {"sender": "Sun Charging", "reply_to": "help@example.org"})
    owner = make_member(forest.operator)
    with scope_of(forest.operator.pk), django_capture_on_commit_callbacks(execute=True):
        staff.add_member(
            forest.operator,
            actor=Actor(f"staff:{owner.user_id}", "x"),
            email="new@example.org",
            name="New",
            role=Role.SUPPORT,
        )
    letter = mail.outbox[-1]
    assert letter.from_email == "Sun Charging <no-reply@pilehouse.invalid>"
    assert letter.reply_to == ["help@example.org"]
    assert "Dealer Ltd, 1 Example Road" in letter.body


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"reply_to": "nobody"}, "reply_to"),
        ({"sender": "x" * 121}, "sender"),
        ({"sender": "a\nBcc: b@example.org"}, "sender"),
        ({"footer": "x" * 501}, "footer"),
    ],
)
def test_a_look_that_makes_no_sense_is_refused_at_its_field(forest: Forest, sent: Any, field: str) -> None:
    answer = client_for(forest.operator).post(MAIL, {"footer": "Kept"} | sent)
    assert errors(answer) == {field}
    assert stored(forest.operator) == {}


def test_a_test_letter_goes_to_oneself(forest: Forest) -> None:
    member: Membership = make_member(forest.operator)
    client_of(member.user).post(f"{MAIL}test/")
    [letter] = mail.outbox
    assert letter.to == [member.user.email]
    assert forest.operator.name in letter.subject


def test_the_first_page_says_what_is_in_force(forest: Forest) -> None:
    set_there(forest.dealer, Security, min_length=13)
    page = client_for(forest.agency).get(BASE).content.decode()
    assert f"13 · {forest.dealer.name}" in page
    assert forest.sibling_operator.name not in page
