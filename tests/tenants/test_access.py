"""Who has arrived, who asks a second factor, and how all sessions of somebody end at once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import User
from tests.factories.tenants import PASSWORD, Forest, make_forest, make_member, make_user
from tests.support.staff import client_for, client_of

pytestmark = pytest.mark.django_db
HOME = "/personal/"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def test_every_session_of_somebody_ends_at_once_and_he_may_sign_in_again(forest: Forest) -> None:
    member, other = make_member(forest.operator, Role.SUPPORT), make_member(forest.operator, Role.SUPPORT)
    browsers, beside = [client_of(member.user), client_of(member.user)], client_of(other.user)
    assert [one.get(HOME).status_code for one in [*browsers, beside]] == [200, 200, 200]
    owner = client_for(forest.operator)
    act = f"{reverse('staff')}do/sign-out/?pk={member.pk}"
    owner.post(act, {"reason": "lost her phone", "confirmed": "1"})
    assert [one.get(HOME).status_code for one in [*browsers, beside]] == [302, 302, 200]
    again = Client()
    again.post(reverse("account_login"), {"login": member.user.email, "password": PASSWORD})
    assert again.get(HOME).status_code == 200
    with unscoped(reason="a test compares"):
        entry = AuditEntry.objects.get(action="member.signed_out")
    assert (entry.reason, entry.after) == ("lost her phone", {})


def test_nobody_without_the_right_ends_sessions(forest: Forest) -> None:
    member = make_member(forest.operator, Role.SUPPORT)
    browser = client_of(member.user)
    act = f"{reverse('staff')}do/sign-out/?pk={member.pk}"
    values = {"reason": "because", "confirmed": "1"}
    assert client_for(forest.operator, Role.MANAGER).post(act, values).status_code == 403
    assert client_for(forest.sibling_operator).post(act, values).status_code == 404
    client_for(forest.dealer).post(act, values)
    assert browser.get(HOME).status_code == 200
    assert User.objects.get(pk=member.user_id).session_seed == ""


def test_a_seed_is_part_of_what_a_session_carries() -> None:
    user = make_user()
    before = user.get_session_auth_hash()
    user.session_seed = "a"
    one = user.get_session_auth_hash()
    user.session_seed = "b"
    assert len({before, one, user.get_session_auth_hash()}) == 3


def test_the_page_of_somebody_tells_of_his_sign_ins_to_who_reads_the_trail(forest: Forest) -> None:
    member = make_member(forest.operator, Role.SUPPORT)
    Client().post(reverse("account_login"), {"login": member.user.email, "password": PASSWORD})
    page = reverse("tenants:member", args=[member.pk])
    assert "Sign-in succeeded" in client_for(forest.operator).get(page).content.decode()
    assert "Sign-in succeeded" not in client_for(forest.operator, Role.MANAGER).get(page).content.decode()
