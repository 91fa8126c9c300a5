"""Signing in: with email and password, from nowhere else, remembered, and not for who is barred."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.invitations import password_link
from tenants.models import Membership, Tenant, User
from tenants.rules import Mail
from tenants.selectors import scope_of
from tenants.services import tree
from tenants.services.settings import change_settings
from tests.factories.tenants import ACTOR, PASSWORD, Forest, make_forest, make_member, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator)


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def remembered() -> list[tuple[str, str, str, str]]:
    with unscoped(reason="a test compares"):
        rows = AuditEntry.objects.filter(action__startswith="sign_in").order_by("pk")
        return list(rows.values_list("action", "actor_ref", "ip", "reason"))


def test_who_works_somewhere_signs_in_and_it_is_remembered_where(forest: Forest, member: Membership) -> None:
    client = Client()
    response = sign_in(client, member.user.email.upper(), REMOTE_ADDR="203.0.113.7")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in(client)
    assert remembered() == [("sign_in.succeeded", f"staff:{member.user_id}", "203.0.113.7", "")]
    with unscoped(reason="a test compares"):
        entry = AuditEntry.objects.get(action="sign_in.succeeded")
    assert entry.path.owner_id == forest.operator.pk
    assert User.objects.get(pk=member.user_id).last_login is not None


def test_a_wrong_password_is_refused_and_remembered(member: Membership) -> None:
    client = Client()
    response = sign_in(client, member.user.email, "wrong", REMOTE_ADDR="203.0.113.7")
    assert response.status_code == 200
    assert member.user.email in response.content.decode()
    assert "wrong" not in response.content.decode().split("<main")[-1]
    assert not signed_in(client)
    assert remembered() == [("sign_in.failed", "visitor:203.0.113.7", "203.0.113.7", "password")]


def test_an_unknown_address_gets_the_same_answer_as_a_wrong_password(member: Membership) -> None:
    unknown, wrong = Client(), Client()
    answers = [
        sign_in(unknown, "nobody@example.org", "wrong").context["form"].errors,
        sign_in(wrong, member.user.email, "wrong").context["form"].errors,
    ]
    assert answers[0] == answers[1]
    assert len(remembered()) == 1


def test_somebody_who_works_nowhere_is_told_so() -> None:
    user, client = make_user(), Client()
    response = sign_in(client, user.email)
    assert "do not work for anybody" in response.content.decode()
    assert not signed_in(client)
    assert "do not work" not in sign_in(client, user.email, "wrong").content.decode()


@pytest.mark.parametrize("stopped", ["operator", "dealer", "manufacturer"])
def test_nobody_signs_in_below_a_suspended_tenant(forest: Forest, member: Membership, stopped: str) -> None:
    tenant: Tenant = getattr(forest, stopped)
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=tenant.pk).update(status="suspended")
    client = Client()
    assert f"{tenant.name} is suspended" in sign_in(client, member.user.email).content.decode()
    assert not signed_in(client)
    assert remembered()[-1][0::3] == ("sign_in.failed", "barred")


def test_somebody_with_two_works_at_the_one_that_is_not_suspended(forest: Forest) -> None:
    user, client = make_user(), Client()
    make_member(forest.dealer, user=user)
    other = make_member(forest.cousin_agency, user=user)
    with unscoped(reason="test data"):
        tree.suspend_tenant(forest.dealer, actor=ACTOR, reason="unpaid")
    sign_in(client, user.email)
    response = client.get("/personal/")
    assert response.wsgi_request.membership == other  # type: ignore[attr-defined]


def test_a_person_who_was_switched_off_stays_outside(member: Membership) -> None:
    User.objects.update(is_active=False)
    client = Client()
    sign_in(client, member.user.email)
    assert not signed_in(client)


def test_guessing_is_slowed_down_by_address_and_does_not_lock_out_others(member: Membership) -> None:
    other = make_member(member.tenant)
    client = Client()
    for _ in range(5):
        sign_in(client, member.user.email, "wrong", REMOTE_ADDR="203.0.113.7")
    response = sign_in(client, member.user.email, PASSWORD, REMOTE_ADDR="203.0.113.7")
    assert "Too many" in response.content.decode()
    assert not signed_in(client)
    sign_in(client, other.user.email, PASSWORD, REMOTE_ADDR="203.0.113.7")
    assert signed_in(client)


def test_one_address_cannot_guess_for_many_people() -> None:
    client = Client()
    answers = [sign_in(client, f"user{n}@example.org", "wrong", REMOTE_ADDR="203.0.113.9") for n in range(12)]
    assert "Too many" in answers[-1].content.decode()
    assert (
        "Too many"
        not in sign_in(client, "x@example.org", "wrong", REMOTE_ADDR="203.0.113.10").content.decode()
    )


def test_the_session_is_a_new_one_after_signing_in_and_ends_with_the_browser(member: Membership) -> None:
    client = Client()
    session = client.session
    session["language"] = "en"
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client, member.user.email)
    assert client.session.session_key != session.session_key
    assert client.session.get_expire_at_browser_close()
    assert not type(client.session)(session.session_key).exists(session.session_key)


def test_nobody_signs_up() -> None:
    response = Client().post(
        "/account/signup/", {"email": "a@b.org", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert response.status_code in {200, 403}
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["account_email", "account_set_password", "mfa_index", "mfa_activate_totp"])
def test_other_pages_of_the_library_are_not_there(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_a_link_sets_a_password_once(forest: Forest) -> None:
    user = make_user(password="")
    make_member(forest.operator, user=user)
    client, path = Client(), password_link(user).removeprefix("http://127.0.0.1:8000")
    form = client.get(path)["Location"]
    assert "set-password" in form
    new = "another-long-secret"
    response = client.post(form, {"password1": new, "password2": new})
    assert response["Location"] == "/account/password/reset/key/done/"
    assert sign_in(client, user.email, new)["Location"] == "/"
    assert "set-password" not in str(Client().get(path).headers.get("Location"))
    assert [action for action, *_ in remembered()] == ["sign_in.password_set", "sign_in.succeeded"]


@pytest.mark.parametrize("new", ["short", "password123", "12345"])
def test_a_weak_password_is_refused_at_its_field(forest: Forest, new: str) -> None:
    user = make_user()
    client, path = Client(), password_link(user).removeprefix("http://127.0.0.1:8000")
    response = client.post(client.get(path)["Location"], {"password1": new, "password2": new})
    assert response.context["form"].errors["password1"]
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_a_forgotten_password_is_asked_for_by_letter_and_nobody_learns_who_has_an_account(
    member: Membership,
) -> None:
    for email in (member.user.email, "nobody@example.org"):
        response = Client().post("/account/password/reset/", {"email": email}, HTTP_HOST="localhost")
        assert response["Location"] == "/account/password/reset/done/"
    [letter] = mail.outbox
    assert letter.to == [member.user.email]
    assert re.search(r"http://127\.0\.0\.1:8000/account/password/reset/key/\S+", letter.body)


def test_the_letter_for_a_forgotten_password_looks_as_the_tenant_says(member: Membership) -> None:
    with scope_of(member.tenant_id):
        change_settings(
            member.tenant,
            Mail,
            {"sender": "Sun Charging", "reply_to": "help@example.org", "footer": "1 Example Road"},
            actor=ACTOR,
        )
    User.objects.filter(pk=member.user_id).update(language="zh-hans")
    Client().post("/account/password/reset/", {"email": member.user.email}, HTTP_HOST="localhost")
    [letter] = mail.outbox
    assert letter.from_email.startswith("Sun Charging <") and letter.reply_to == ["help@example.org"]
    assert "1 Example Road" in letter.body and "账号" in letter.body
    assert re.search(r"http://127\.0\.0\.1:8000/account/password/reset/key/\S+", letter.body)


def test_a_new_password_ends_the_other_sessions(member: Membership) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        sign_in(client, member.user.email)
    new = "another-long-secret"
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get("/personal/").status_code == 200
    assert there.get("/personal/").status_code == 302


def test_a_role_without_any_page_still_signs_in(forest: Forest) -> None:
    member = make_member(forest.agency, Role.ENGINEER)
    client = Client()
    sign_in(client, member.user.email)
    assert client.get("/personal/").status_code == 200
    assert client.get("/tenants/").status_code == 403
