"""Who lets whom in, and as what."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant, User
from tenants.selectors import memberships_of, scope_of
from tenants.services import staff
from tests.factories.tenants import ACTOR, PASSWORD, Forest, make_forest, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def actor_of(member: Membership) -> Actor:
    return Actor(f"staff:{member.user_id}", member.user.name)


def snapshot() -> list[Any]:
    with unscoped(reason="a test compares"):
        return [
            list(Membership.objects.order_by("pk").values()),
            User.objects.count(),
            AuditEntry.objects.count(),
        ]


def refusal(act: Any) -> str:
    before = snapshot()
    with pytest.raises(Refused) as refused:
        act()
    assert snapshot() == before
    return refused.value.code


def test_an_owner_lets_somebody_in_who_sets_a_password_by_link(
    forest: Forest, django_capture_on_commit_callbacks: Any
) -> None:
    owner = make_member(forest.operator)
    with scope_of(forest.operator.pk), django_capture_on_commit_callbacks(execute=True):
        row = staff.add_member(
            forest.operator, actor=actor_of(owner), email=" New@Example.org ", name="Li Na", role=Role.SUPPORT
        )
    assert row.user.email == "new@example.org"
    assert not row.user.has_usable_password()
    [letter] = mail.outbox
    assert letter.to == ["new@example.org"]
    assert re.search(r"http://127\.0\.0\.1:8000/account/invitation/[\w-]{40,}/", letter.body)


def test_who_works_elsewhere_keeps_name_and_password(
    forest: Forest, django_capture_on_commit_callbacks: Any
) -> None:
    somebody = make_member(forest.cousin_agency).user
    owner = make_member(forest.operator)
    with scope_of(forest.operator.pk), django_capture_on_commit_callbacks(execute=True):
        row = staff.add_member(
            forest.operator,
            actor=actor_of(owner),
            email=somebody.email.upper(),
            name="Other",
            role=Role.FINANCE,
        )
    assert row.user == somebody
    assert User.objects.get(pk=somebody.pk).name == somebody.name
    assert User.objects.get(pk=somebody.pk).check_password(PASSWORD)
    assert "/account/login/" in mail.outbox[0].body
    assert "reset/key" not in mail.outbox[0].body
    assert "/invitation/" not in mail.outbox[0].body


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 250 + "@example.org", "a b@example.org"])
def test_an_address_that_is_none_is_refused(forest: Forest, email: str) -> None:
    with unscoped(reason="test"):
        act = lambda: staff.add_member(forest.agency, actor=ACTOR, email=email, name="N", role=Role.OWNER)  # noqa: E731
        assert refusal(act) == "email"


def test_nobody_is_listed_twice(forest: Forest) -> None:
    member = make_member(forest.agency)
    with unscoped(reason="test"):
        act = lambda: staff.add_member(  # noqa: E731
            forest.agency, actor=ACTOR, email=member.user.email, name="N", role=Role.OWNER
        )
        assert refusal(act) == "member_exists"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.FINANCE, Role.AUDITOR])
def test_a_role_gives_no_more_than_it_has(forest: Forest, role: Role) -> None:
    giver, other = make_member(forest.operator, role), make_member(forest.operator, Role.OWNER)
    actor = actor_of(giver)
    with scope_of(forest.operator.pk):
        acts: list[Any] = [
            lambda: staff.add_member(
                forest.operator, actor=actor, email="a@b.org", name="N", role=Role.OWNER
            ),
            lambda: staff.edit_member(giver, actor=actor, role=Role.OWNER),
            lambda: staff.edit_member(other, actor=actor, role=role),
            lambda: staff.deactivate_member(other, actor=actor, reason="r"),
            lambda: staff.send_link(other, actor=actor),
        ]
        assert {refusal(act) for act in acts} == {"role"}


@pytest.mark.parametrize("viewer", ["manufacturer", "dealer"])
def test_staff_are_managed_at_their_own_level(forest: Forest, viewer: str) -> None:
    tenant: Tenant = getattr(forest, viewer)
    actor = actor_of(make_member(tenant))
    support = make_member(forest.operator, Role.SUPPORT)
    with scope_of(tenant.pk):
        acts: list[Any] = [
            lambda: staff.add_member(
                forest.operator, actor=actor, email="a@b.org", name="N", role=Role.SUPPORT
            ),
            lambda: staff.edit_member(support, actor=actor, role=Role.FINANCE),
            lambda: staff.deactivate_member(support, actor=actor, reason="r"),
            lambda: staff.reactivate_member(support, actor=actor),
            lambda: staff.send_link(support, actor=actor),
        ]
        assert {refusal(act) for act in acts} == {"not_own_level"}


def test_the_level_above_gives_the_first_owner_and_no_second(forest: Forest) -> None:
    actor = actor_of(make_member(forest.dealer))
    with scope_of(forest.dealer.pk):
        row = staff.add_member(forest.operator, actor=actor, email="a@b.org", name="N", role=Role.OWNER)
        second = lambda: staff.add_member(  # noqa: E731
            forest.operator, actor=actor, email="c@d.org", name="N", role=Role.OWNER
        )
        assert refusal(second) == "has_owner"
        staff.send_link(row, actor=actor)
        assert refusal(lambda: staff.edit_member(row, actor=actor, role=Role.AUDITOR)) == "has_owner"
        further_down = lambda: staff.add_member(  # noqa: E731
            forest.agency, actor=actor, email="e@f.org", name="N", role=Role.OWNER
        )
        assert refusal(further_down) == "not_own_level"


def test_the_last_owner_stays(forest: Forest) -> None:
    owner = make_member(forest.operator)
    make_member(forest.operator, Role.MANAGER)
    make_member(forest.operator, Role.OWNER, is_active=False)
    make_member(forest.operator, Role.OWNER, valid_to=clock.now().date() - timedelta(days=1))
    actor, yesterday = actor_of(owner), clock.now().date() - timedelta(days=1)
    with scope_of(forest.operator.pk):
        acts: list[Any] = [
            lambda: staff.deactivate_member(owner, actor=actor, reason="r"),
            lambda: staff.edit_member(owner, actor=actor, role=Role.MANAGER),
            lambda: staff.edit_member(owner, actor=actor, role=Role.OWNER, valid_to=yesterday),
        ]
        assert {refusal(act) for act in acts} == {"last_owner"}
        other = make_member(forest.operator)
        staff.deactivate_member(owner, actor=actor_of(other), reason="left")
        staff.deactivate_member(owner, actor=actor_of(other), reason="left")
        assert AuditEntry.objects.filter(action="member.deactivated").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_end_each_other_leave_one() -> None:
    forest = make_forest()
    one, two = make_member(forest.operator), make_member(forest.operator)
    start = threading.Barrier(2)

    def end(other: Membership, by: Membership) -> str:
        try:
            start.wait(timeout=10)
            with scope_of(forest.operator.pk):
                staff.deactivate_member(other, actor=actor_of(by), reason="r")
        except Refused as refused:
            return refused.code
        finally:
            connection.close()
        return "ended"

    with ThreadPoolExecutor(2) as pool:
        results = [
            done.result(timeout=30) for done in [pool.submit(end, one, two), pool.submit(end, two, one)]
        ]
    assert results.count("ended") == 1
    with unscoped(reason="a test compares"):
        assert Membership.objects.filter(is_active=True).count() == 1


def test_who_does_not_work_here_changes_nothing(forest: Forest) -> None:
    gone = make_member(forest.operator, is_active=False)
    stranger = make_user()
    support = make_member(forest.operator, Role.SUPPORT)
    with scope_of(forest.operator.pk):
        for actor in (actor_of(gone), Actor(f"staff:{stranger.pk}", "x"), Actor("timer:x", "x")):
            assert refusal(lambda: staff.deactivate_member(support, actor=actor, reason="r")) == "no_member"  # noqa: B023


def test_a_member_outside_the_scope_is_not_there(forest: Forest) -> None:
    owner, foreign = make_member(forest.operator), make_member(forest.sibling_operator)
    before = snapshot()
    with scope_of(forest.operator.pk), pytest.raises(Membership.DoesNotExist):
        staff.deactivate_member(foreign, actor=actor_of(owner), reason="r")
    assert snapshot() == before


def test_days_the_wrong_way_round_are_refused(forest: Forest) -> None:
    owner, today = make_member(forest.operator), clock.now().date()
    with scope_of(forest.operator.pk):
        act = lambda: staff.edit_member(  # noqa: E731
            owner,
            actor=actor_of(owner),
            role=Role.OWNER,
            valid_from=today,
            valid_to=today - timedelta(days=1),
        )
        assert refusal(act) == "backwards"


def test_a_membership_holds_from_its_first_to_its_last_day(forest: Forest) -> None:
    user, today = make_user(), clock.now().date()
    day = timedelta(days=1)
    make_member(forest.operator, user=user, valid_from=today + day)
    make_member(forest.dealer, user=user, valid_to=today - day)
    make_member(forest.agency, user=user, is_active=False)
    assert memberships_of(user) == []
    inside = make_member(forest.cousin_agency, user=user, valid_from=today, valid_to=today)
    assert memberships_of(user) == [inside]


def test_a_link_goes_to_who_works_and_leaves_the_password_alone(
    forest: Forest, django_capture_on_commit_callbacks: Any
) -> None:
    owner, support = make_member(forest.operator), make_member(forest.operator, Role.SUPPORT)
    with scope_of(forest.operator.pk), django_capture_on_commit_callbacks(execute=True):
        staff.send_link(support, actor=actor_of(owner))
    assert "reset/key" in mail.outbox[0].body
    assert User.objects.get(pk=support.user_id).check_password(PASSWORD)
    with scope_of(forest.operator.pk):
        staff.deactivate_member(support, actor=actor_of(owner), reason="left")
        assert refusal(lambda: staff.send_link(support, actor=actor_of(owner))) == "inactive"


def test_the_letter_speaks_the_language_of_who_gets_it(
    forest: Forest, django_capture_on_commit_callbacks: Any
) -> None:
    forest.operator.name = "南京 <运营>"
    with unscoped(reason="test data"):
        forest.operator.save(update_fields=["name"])
        with django_capture_on_commit_callbacks(execute=True):
            staff.add_member(forest.operator, actor=ACTOR, email="a@b.org", name="李娜", role=Role.OWNER)
    assert "南京 <运营>" in mail.outbox[0].subject
    assert "李娜" in mail.outbox[0].body
