"""Sessions: a person sees his own, by browser and not by key, and ends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from backoffice.kit import clock
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from tenants.browsers import browser_words
from tenants.models import Membership, StaffSession, Tenant
from tenants.services import sessions
from tests.factories.tenants import ACTOR, PASSWORD, Forest, make_forest, make_member
from tests.tenants.signing_in import CHROME, browser, sign_in

pytestmark = pytest.mark.django_db
PAGE, OTHERS = "/personal/sessions/", "/personal/sessions/others/"


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator)


def works(client: Client) -> bool:
    return client.get("/personal/").status_code == 200


def name_of(client: Client) -> str:
    return sessions.public_name(StaffSession.objects.get(pk=client.session.session_key))


def policy(tenant: Tenant, **values: Any) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=tenant.pk).update(settings={"security": values})


def test_a_session_remembers_the_browser_and_where_it_was(member: Membership) -> None:
    client = browser(member.user, REMOTE_ADDR="203.0.113.7")
    row = StaffSession.objects.get(user=member.user)
    assert (row.session_key, row.address) == (client.session.session_key, "203.0.113.7")
    assert row.began_at == row.seen_at is not None
    page = client.get(PAGE).content.decode()
    assert "Chrome · Windows" in page
    assert "203.0.113.7" in page
    assert "this one" in page


def test_no_key_of_a_session_is_on_the_page(member: Membership) -> None:
    here, there = browser(member.user), browser(member.user)
    page = here.get(PAGE).content.decode()
    assert name_of(there) in page
    for client in (here, there):
        assert client.session.session_key not in page


def test_one_session_is_ended_and_the_others_go_on(member: Membership) -> None:
    here, there, third = browser(member.user), browser(member.user), browser(member.user)
    answer = here.post(f"/personal/sessions/{name_of(there)}/end/")
    assert answer["Location"] == PAGE
    assert [works(client) for client in (here, there, third)] == [True, False, True]
    with unscoped(reason="a test compares"):
        entry = AuditEntry.objects.get(action="sign_in.sessions_ended")
    assert entry.after == {"sessions": 1}


def test_all_others_are_ended_twice_without_harm(member: Membership) -> None:
    here, there = browser(member.user), browser(member.user)
    here.post(OTHERS)
    here.post(OTHERS)
    assert (works(here), works(there)) == (True, False)
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.filter(action="sign_in.sessions_ended").count() == 1


@pytest.mark.parametrize("name", ["x", "0" * 24, "é", "a" * 300])
def test_a_name_that_is_no_session_of_ones_own_is_not_there(member: Membership, name: str) -> None:
    client = browser(member.user)
    assert client.post(f"/personal/sessions/{name}/end/").status_code == 404
    assert works(client)


def test_somebody_elses_session_is_neither_seen_nor_ended(forest: Forest, member: Membership) -> None:
    other = browser(make_member(forest.operator).user, REMOTE_ADDR="198.51.100.9")
    client = browser(member.user)
    assert "198.51.100.9" not in client.get(PAGE).content.decode()
    assert client.post(f"/personal/sessions/{name_of(other)}/end/").status_code == 404
    assert works(other)


def test_a_get_ends_nothing(member: Membership) -> None:
    here, there = browser(member.user), browser(member.user)
    assert here.get(OTHERS).status_code == 405
    assert here.get(f"/personal/sessions/{name_of(there)}/end/").status_code == 405
    assert works(there)


def test_use_is_noted_now_and_then_and_not_at_each_request(member: Membership) -> None:
    client = browser(member.user)
    first = StaffSession.objects.get().seen_at
    client.get("/personal/")
    assert StaffSession.objects.get().seen_at == first
    later = clock.now() + timedelta(seconds=sessions.SEEN_EVERY_S + 1)
    with clock.frozen(later):
        client.get("/personal/", REMOTE_ADDR="203.0.113.99")
    row = StaffSession.objects.get()
    assert row.seen_at == later
    assert row.address == "203.0.113.99"


def test_a_session_ends_some_hours_after_the_sign_in(forest: Forest, member: Membership) -> None:
    policy(forest.dealer, session_hours=2)
    client = browser(member.user)
    with clock.frozen(clock.now() + timedelta(minutes=119)):
        assert works(client)
    with clock.frozen(clock.now() + timedelta(minutes=121)):
        answer = client.get("/personal/", follow=True)
        assert "more than 2 hours ago" in answer.content.decode()
        assert not works(client)


def test_a_new_password_ends_the_rows_of_other_sessions_too(member: Membership) -> None:
    here, there = browser(member.user), browser(member.user)
    new = "another-long-secret"
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert works(here)
    assert not works(there)
    assert list(StaffSession.objects.values_list("session_key", flat=True)) == [here.session.session_key]


def test_a_password_must_be_as_long_as_the_strictest_tenant_demands(
    forest: Forest, member: Membership
) -> None:
    policy(forest.manufacturer, min_length=24)
    client, new = browser(member.user), "eighteen-letters-x"
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.get("/personal/")["Location"] == "/account/password/change/"
    answer = client.post("/account/password/change/", sent)
    assert "24" in str(answer.context["form"].errors["password1"])
    new = "twenty-four-letters-and-more"
    client.post("/account/password/change/", sent | {"password1": new, "password2": new})
    assert works(client)


def test_a_password_that_is_too_short_by_now_is_changed_before_anything_else(
    forest: Forest, member: Membership
) -> None:
    running = browser(member.user)
    policy(forest.operator, min_length=len(PASSWORD) + 1)
    assert works(running)
    client = browser(member.user)
    assert client.get("/tenants/")["Location"] == "/account/password/change/"
    assert "which are demanded now" in client.get("/account/password/change/").content.decode()
    policy(forest.operator)
    assert works(browser(member.user))


def test_rows_of_sessions_that_are_over_are_forgotten(member: Membership) -> None:
    client = browser(member.user)
    over = browser(member.user)
    StaffSession.objects.filter(pk=over.session.session_key).update(
        expire_date=clock.now() - timedelta(hours=1)
    )
    assert sessions.forget_expired() == 1
    assert works(client)


def test_the_level_that_ends_all_sessions_of_somebody_ends_them_all(member: Membership) -> None:
    clients = [browser(member.user), browser(member.user)]
    assert sessions.end_sessions(member.user, actor=ACTOR) == 2
    assert not any(works(client) for client in clients)


def test_somebody_is_away_when_no_browser_was_heard_of(member: Membership) -> None:
    assert sessions.is_away(member.user)
    browser(member.user)
    assert not sessions.is_away(member.user)
    with clock.frozen(clock.now() + sessions.AWAY_AFTER + timedelta(seconds=1)):
        assert sessions.is_away(member.user)


def test_the_last_sign_ins_are_shown_to_oneself_alone(forest: Forest, member: Membership) -> None:
    sign_in(Client(), member.user.email, "wrong", REMOTE_ADDR="198.51.100.7")
    other = make_member(forest.operator)
    sign_in(Client(), other.user.email, "wrong", REMOTE_ADDR="198.51.100.8")
    page = browser(member.user, REMOTE_ADDR="203.0.113.7").get("/personal/sign-ins/").content.decode()
    assert "198.51.100.7" in page
    assert "198.51.100.8" not in page
    assert "Sign-in failed" in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("curl/8.5.0", "curl"),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_two_words(agent: str, words: str) -> None:
    assert browser_words(agent) == words
