"""The second factor: set up after proving who one is, asked for at sign-in, with codes for when the phone is gone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant, User
from tenants.selectors import scope_of
from tenants.services import staff, two_factor
from tests.factories.tenants import Forest, make_forest, make_member
from tests.tenants.signing_in import browser, code_now, confirm, give_code, sign_in

pytestmark = pytest.mark.django_db
HERE, ON, OFF, CODES = (f"/personal/two-factor/{part}" for part in ("", "on/", "off/", "codes/"))


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator)


def deeds() -> list[str]:
    with unscoped(reason="a test compares"):
        rows = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
        return [action for action in rows if action.startswith(("two_factor", "sign_in"))]


def require(tenant: Tenant, *roles: str) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=tenant.pk).update(settings={"security": {"code_for": list(roles)}})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def set_up(client: Client) -> tuple[str, list[str]]:
    """Go through the pages; the secret and the recovery codes that were shown."""
    confirm(client)
    secret = re.findall(r"<code>([A-Z2-7]{32})</code>", client.get(ON).content.decode())[0]
    shown = client.post(ON, {"code": code_now(secret)}).content.decode()
    return secret, re.findall(r"<code>(\d{8})</code>", shown)


def test_it_is_set_up_with_a_code_and_shows_its_recovery_codes_once(
    member: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    client = browser(member.user)
    with django_capture_on_commit_callbacks(execute=True):
        secret, codes = set_up(client)
    assert len(set(codes)) == 10
    assert two_factor.is_on(member.user)
    assert deeds()[-1] == "two_factor.switched_on"
    assert mail.outbox[-1].to == [member.user.email]
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    page = client.get(HERE).content.decode()
    assert not any(code in page for code in codes)
    assert client.get(ON)["Location"] == HERE


def test_a_page_that_changes_the_ways_in_asks_first_who_one_is(member: Membership) -> None:
    client = browser(member.user)
    for address in (ON, OFF, CODES):
        assert client.get(address)["Location"].startswith("/account/confirm/?next=")
        assert client.post(address, {"code": "000000"})["Location"].startswith("/account/confirm/?next=")
    assert client.post("/account/confirm/", {"password": "wrong"}).status_code == 200
    assert client.get(ON).status_code == 302
    assert not two_factor.is_on(member.user)


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "1" * 400, "a\x00b", "１２３４５６"])
def test_a_code_that_the_app_does_not_show_sets_nothing_up(member: Membership, code: str) -> None:
    client = browser(member.user)
    confirm(client)
    client.get(ON)
    answer = client.post(ON, {"code": code})
    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]
    assert not two_factor.is_on(member.user)


def test_the_key_on_the_page_stays_the_same_after_a_wrong_code(member: Membership) -> None:
    client = browser(member.user)
    confirm(client)
    secret = client.get(ON).context["secret"]
    assert client.post(ON, {"code": "000000"}).context["secret"] == secret


def test_sign_in_asks_for_the_code(member: Membership) -> None:
    secret, client = give_code(member.user), Client()
    assert sign_in(client, member.user.email)["Location"] == "/account/code/"
    assert not signed_in(client)
    assert client.get("/personal/").status_code == 302
    assert client.post("/account/code/", {"code": code_now(secret)})["Location"] == "/"
    assert signed_in(client)
    assert deeds() == ["sign_in.succeeded"]


def test_a_code_works_once(member: Membership) -> None:
    secret, code = give_code(member.user), code_now(give_secret := "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert secret == give_secret
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, member.user.email)
        client.post("/account/code/", {"code": code})
    assert (signed_in(first), signed_in(second)) == (True, False)


def test_a_recovery_code_works_once(member: Membership) -> None:
    client = browser(member.user)
    _secret, codes = set_up(client)
    for expected in (True, False):
        other = Client()
        sign_in(other, member.user.email)
        other.post("/account/code/", {"code": codes[0]})
        assert signed_in(other) is expected
    assert two_factor.codes_left(member.user) == 9


def test_guessing_codes_is_slowed_down_and_remembered(member: Membership) -> None:
    secret, client = give_code(member.user), Client()
    sign_in(client, member.user.email)
    for _ in range(5):
        client.post("/account/code/", {"code": "000000"})
    answer = client.post("/account/code/", {"code": code_now(secret)})
    assert answer.status_code == 200
    assert not signed_in(client)
    assert deeds().count("sign_in.failed") == 6


def test_nobody_gets_to_the_code_without_the_password(member: Membership) -> None:
    secret, client = give_code(member.user), Client()
    assert client.post("/account/code/", {"code": code_now(secret)})["Location"] == "/account/login/"
    assert not signed_in(client)


def test_setting_it_up_ends_the_other_sessions(member: Membership) -> None:
    here, there = browser(member.user), browser(member.user)
    set_up(here)
    assert here.get("/personal/").status_code == 200
    assert there.get("/personal/").status_code == 302


def test_it_is_switched_off_and_the_codes_are_gone(member: Membership) -> None:
    client = browser(member.user)
    set_up(client)
    assert client.get(OFF).status_code == 200
    client.post(OFF)
    assert not Authenticator.objects.exists()
    assert deeds()[-1] == "two_factor.switched_off"
    assert sign_in(Client(), member.user.email)["Location"] == "/"


def test_new_codes_end_the_old_ones(member: Membership) -> None:
    client = browser(member.user)
    _secret, old = set_up(client)
    new = re.findall(r"<code>(\d{8})</code>", client.post(CODES).content.decode())
    assert len(new) == 10
    assert not set(new) & set(old)
    other = Client()
    sign_in(other, member.user.email)
    other.post("/account/code/", {"code": old[0]})
    assert not signed_in(other)


def test_codes_cannot_be_made_while_it_is_off(member: Membership) -> None:
    client = browser(member.user)
    confirm(client)
    assert client.post(CODES)["Location"] == HERE
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("level", ["manufacturer", "dealer", "operator"])
def test_who_must_have_it_sets_it_up_before_anything_else(
    forest: Forest, member: Membership, level: str
) -> None:
    require(getattr(forest, level), "owner")
    client = browser(member.user)
    assert client.get("/")["Location"] == HERE
    assert client.get("/personal/tokens/")["Location"] == HERE
    assert client.post("/personal/tokens/new/", {"name": "x"})["Location"] == HERE
    assert client.get("/live/stream").status_code == 302
    assert "is required" in client.get(HERE).content.decode()
    set_up(client)
    assert client.get("/tenants/").status_code == 200


def test_it_is_asked_of_the_roles_that_are_named(forest: Forest) -> None:
    require(forest.operator, "finance")
    assert browser(make_member(forest.operator, Role.FINANCE).user).get("/personal/")["Location"] == HERE
    assert browser(make_member(forest.operator, Role.SUPPORT).user).get("/personal/").status_code == 200
    require(forest.operator, "everybody")
    assert browser(make_member(forest.agency, Role.SUPPORT).user).get("/personal/")["Location"] == HERE


def test_sessions_that_run_are_led_there_too(forest: Forest, member: Membership) -> None:
    client = browser(member.user)
    require(forest.operator, "owner")
    assert client.get("/personal/")["Location"] == HERE


def test_it_is_not_switched_off_where_it_is_required(forest: Forest, member: Membership) -> None:
    client = browser(member.user)
    set_up(client)
    require(forest.dealer, "owner")
    assert "it is required" in client.get(HERE).content.decode()
    assert client.post(OFF).status_code == 200
    assert two_factor.is_on(member.user)


def act(member: Membership) -> Actor:
    return Actor(f"staff:{member.user_id}", str(member.user))


def test_an_owner_helps_somebody_who_lost_phone_and_codes(forest: Forest, member: Membership) -> None:
    lost = make_member(forest.operator, Role.SUPPORT)
    give_code(lost.user)
    client = browser(lost.user)
    with scope_of(forest.operator.pk):
        staff.reset_two_factor(lost, actor=act(member), reason="lost the phone")
    assert not two_factor.is_on(lost.user)
    assert client.get("/personal/").status_code == 302
    assert sign_in(Client(), lost.user.email)["Location"] == "/"
    assert "two_factor.reset" in deeds()


def test_nobody_resets_his_own_nor_that_of_a_sibling(forest: Forest, member: Membership) -> None:
    stranger = make_member(forest.sibling_operator)
    for user in (member.user, stranger.user):
        give_code(user)
    with scope_of(forest.operator.pk):
        with pytest.raises(Refused):
            staff.reset_two_factor(member, actor=act(member), reason="mine")
        with pytest.raises(Membership.DoesNotExist):
            staff.reset_two_factor(stranger, actor=act(member), reason="theirs")
    assert two_factor.who_has([member.user_id, stranger.user_id]) == {member.user_id, stranger.user_id}


def test_it_cannot_be_set_up_twice(forest: Forest, member: Membership) -> None:
    give_code(member.user)
    with scope_of(forest.operator.pk), pytest.raises(Refused):
        two_factor.switch_on(User.objects.get(pk=member.user_id), "A" * 32, actor=act(member))
    assert Authenticator.objects.filter(type="totp").count() == 1
