"""An invitation: good for some days, once, and no longer than whoever sent it wants."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Invitation, InvitationState, Membership, User
from tenants.selectors import last_invitation, owners_of, scope_of
from tenants.services import invitations, staff
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member, make_user
from tests.support.staff import client_for, client_of

pytestmark = pytest.mark.django_db

PASSWORD = "a-new-and-long-secret"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def posting(django_capture_on_commit_callbacks: Any) -> Any:
    """Letters are sent at the end of its block, as after a commit."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def invite(forest: Forest, posting: Any, email: str = "li@example.org") -> tuple[Membership, str]:
    """A new member, and the path in the letter."""
    with unscoped(reason="test data"), posting():
        row = staff.add_member(forest.operator, actor=ACTOR, email=email, name="Li Na", role=Role.SUPPORT)
    return row, link()


def link() -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/account/invitation/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def state(row: Membership) -> InvitationState | None:
    with unscoped(reason="a test compares"):
        return last_invitation(row)


def accept(path: str, password: str = PASSWORD, **over: str) -> Any:
    return Client().post(path, {"password1": password, "password2": password} | over)


def test_a_link_sets_a_password_once(forest: Forest, posting: Any) -> None:
    row, path = invite(forest, posting)
    assert state(row) is InvitationState.OPEN
    page = Client().get(path)
    assert forest.operator.name in page.content.decode() and "li@example.org" in page.content.decode()
    assert page["Referrer-Policy"] == "strict-origin" and "no-store" in page["Cache-Control"]
    assert state(row) is InvitationState.OPEN  # looking at it uses nothing up

    assert accept(path)["Location"] == "/account/login/"
    assert User.objects.get(email="li@example.org").check_password(PASSWORD)
    assert state(row) is InvitationState.ACCEPTED
    again = accept(path, "another-long-secret")
    assert again.status_code == 404 and "does not work any more" in again.content.decode()
    assert User.objects.get(email="li@example.org").check_password(PASSWORD)
    with unscoped(reason="a test compares"):
        entry = AuditEntry.objects.get(action="member.accepted")
        assert entry.actor_label == "Li Na" and entry.path.owner_id == forest.operator.pk
        assert path.split("/")[3] not in str(list(Invitation.objects.values()))


@pytest.mark.parametrize("path", ["x", "a" * 43, "%00", "é" * 20, "a" * 3_000])
def test_a_link_that_nobody_sent_is_not_there(path: str) -> None:
    assert accept(f"/account/invitation/{path}/").status_code == 404


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password2": "another-long-secret"}, "password2"),
        ({"password1": "", "password2": ""}, "password1"),
    ],
)
def test_a_password_that_makes_no_sense_leaves_the_link_alive(
    forest: Forest, posting: Any, over: dict[str, str], field: str
) -> None:
    row, path = invite(forest, posting)
    assert field in accept(path, **over).context["form"].errors
    assert state(row) is InvitationState.OPEN
    assert not User.objects.get(email="li@example.org").has_usable_password()


def test_a_link_dies_after_its_days_and_a_new_one_ends_the_old(forest: Forest, posting: Any) -> None:
    row, old = invite(forest, posting)
    with clock.frozen(clock.now() + invitations.GOOD_FOR + timedelta(seconds=1)):
        assert accept(old).status_code == 404
        assert state(row) is InvitationState.EXPIRED
        with unscoped(reason="test"), posting():
            staff.send_link(row, actor=ACTOR)
        new = link()
        assert new != old and accept(old).status_code == 404
        assert accept(new).status_code == 302
    assert state(row) is InvitationState.ACCEPTED


def test_a_revoked_invitation_opens_nothing_and_ends_the_membership(forest: Forest, posting: Any) -> None:
    row, path = invite(forest, posting)
    client = client_for(forest.operator)
    client.post(f"{reverse('staff')}do/revoke/?pk={row.pk}", {"reason": "wrong person", "confirmed": "1"})
    assert state(row) is InvitationState.REVOKED
    assert accept(path).status_code == 404
    with unscoped(reason="a test compares"):
        assert not Membership.objects.get(pk=row.pk).is_active
        staff.revoke_invitation(row, actor=ACTOR, reason="again")
        assert AuditEntry.objects.filter(action="member.revoked").count() == 1


def test_the_level_above_takes_back_a_first_owner_who_has_not_come(forest: Forest, posting: Any) -> None:
    dealer = make_member(forest.dealer)
    actor = Actor(f"staff:{dealer.user_id}", "D")
    with scope_of(forest.dealer.pk), posting():
        row = staff.add_member(forest.operator, actor=actor, email="o@b.org", name="O", role=Role.OWNER)
        staff.revoke_invitation(row, actor=actor, reason="wrong address")
        assert not owners_of(forest.operator.pk).exists()
        staff.add_member(forest.operator, actor=actor, email="right@b.org", name="O", role=Role.OWNER)


def test_who_has_accepted_or_was_never_invited_cannot_be_revoked(forest: Forest, posting: Any) -> None:
    row, path = invite(forest, posting)
    accept(path)
    with unscoped(reason="test"):
        for member in (row, make_member(forest.operator)):
            with pytest.raises(Refused) as refused:
                staff.revoke_invitation(member, actor=ACTOR, reason="r")
            assert refused.value.code == "not_invited"
            assert Membership.objects.get(pk=member.pk).is_active


def test_an_end_of_work_kills_the_link(forest: Forest, posting: Any) -> None:
    row, path = invite(forest, posting)
    with unscoped(reason="test"):
        staff.deactivate_member(row, actor=ACTOR, reason="left")
    assert accept(path).status_code == 404
    assert not User.objects.get(email="li@example.org").has_usable_password()


def test_two_invitations_of_one_person_are_both_settled_by_the_first_password(
    forest: Forest, posting: Any
) -> None:
    first, path = invite(forest, posting)
    with unscoped(reason="test data"), posting():
        second = staff.add_member(
            forest.sibling_operator, actor=ACTOR, email="li@example.org", name="Li", role=Role.OWNER
        )
    other = link()
    assert accept(path).status_code == 302
    assert accept(other, "another-long-secret").status_code == 404
    assert User.objects.get(email="li@example.org").check_password(PASSWORD)
    assert (state(first), state(second)) == (InvitationState.ACCEPTED, InvitationState.ACCEPTED)


def test_the_staff_page_shows_where_an_invitation_is(forest: Forest, posting: Any) -> None:
    row, _path = invite(forest, posting)
    client = client_of(make_member(forest.operator, user=make_user()).user)
    assert "Invited" in client.get(reverse("staff")).content.decode()
    page = client.get(reverse("tenants:member", args=[row.pk])).content.decode()
    assert "Invited" in page and "Revoke the invitation" in page
    assert "Invited" in client.get(f"/tenants/{forest.operator.pk}/staff/").content.decode()


def test_no_role_is_given_because_nobody_chose_one(forest: Forest) -> None:
    client = client_for(forest.operator)
    page = client.get(reverse("tenants:invite"))
    assert page.context["form"].fields["role"].choices[0] == ("", "Choose…")

    answer = client.post(reverse("tenants:invite"), {"email": "li@example.org", "name": "Li", "role": ""})
    assert list(answer.context["form"].errors) == ["role"]
    assert not User.objects.filter(email="li@example.org").exists()
