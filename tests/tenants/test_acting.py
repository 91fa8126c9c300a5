"""Working in another's name: who may, in whose, for how long, and that both are named in everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit import clock, jobs
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry, Job, JobState
from backoffice.kit.perms import Role, granted, never_lent
from backoffice.kit.scope import unscoped
from tenants.middleware import ACTING_KEY
from tenants.models import ActingSession, Membership, Tenant, User
from tenants.selectors import scope_of
from tenants.services import acting, staff, telling
from tests.factories.tenants import PASSWORD, Forest, make_forest, make_member
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db
HOME = "/tenants/"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def boss(forest: Forest) -> Membership:
    """An owner of the dealer."""
    return make_member(forest.dealer)


@pytest.fixture
def other(forest: Forest) -> Membership:
    """An owner of the operator below."""
    return make_member(forest.operator)


@pytest.fixture
def client(boss: Membership, other: Membership) -> Client:
    """The dealer's owner, in the name of the operator's."""
    browser = client_of(boss.user)
    answer = browser.post(
        reverse("tenants:act_as", args=[other.pk]), {"reason": "ticket 812", "minutes": "30"}
    )
    assert answer["Location"] == "/"
    return browser


def place(client: Client) -> Any:
    request: Any = client.get(HOME).wsgi_request
    return request


def everything() -> list[Any]:
    with unscoped(reason="a test compares"):
        return [
            list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
            for model in (ActingSession, Membership, User, AuditEntry)
        ]


def entries(action: str) -> list[AuditEntry]:
    with unscoped(reason="a test compares"):
        return list(AuditEntry.objects.filter(action=action))


def test_the_other_s_place_is_entered_without_what_is_never_lent(
    forest: Forest, client: Client, boss: Membership, other: Membership
) -> None:
    request = place(client)
    assert request.user == boss.user
    assert request.membership == other
    assert request.grants == granted(Level.OPERATOR, Role.OWNER) - never_lent()
    shown = client.get(HOME).content.decode()
    assert forest.agency.name in shown
    assert forest.sibling_operator.name not in shown
    assert f"You work in the name of {other.user.name}" in shown
    assert "Until" in shown
    assert reverse("tenants:theme") not in shown


def test_both_are_named_in_the_trail_from_the_first_row_to_the_last(
    forest: Forest, client: Client, boss: Membership, other: Membership
) -> None:
    client.post(reverse("tenants:edit", args=[forest.operator.pk]), {"contact": "Ms Support"})
    client.post(reverse("tenants:leave"))
    for action in ("acting.begun", "tenant.edited", "acting.ended"):
        [entry] = entries(action)
        assert (entry.actor_ref, entry.on_behalf_ref) == (f"staff:{boss.user_id}", f"staff:{other.user_id}")
        assert entry.on_behalf == other.user.name
        assert boss.user.name in entry.actor_label
        assert entry.path.owner_id == forest.operator.pk
    assert entries("acting.begun")[0].reason == "ticket 812"
    assert place(client).membership == boss


def test_the_key_of_the_session_changes_on_the_way_in_and_out(boss: Membership, other: Membership) -> None:
    browser = client_of(boss.user)
    keys = [browser.session.session_key]
    browser.post(reverse("tenants:act_as", args=[other.pk]), {"reason": "ticket", "minutes": "15"})
    keys.append(browser.session.session_key)
    browser.post(reverse("tenants:leave"))
    keys.append(browser.session.session_key)
    assert len(set(keys)) == 3


def test_it_ends_by_the_clock(client: Client, boss: Membership) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=29)):
        assert place(client).acting is not None
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        shown = client.get(HOME)
        assert shown.wsgi_request.membership == boss  # type: ignore[attr-defined]
        assert "is over" in shown.content.decode()
        assert ACTING_KEY not in client.session
    assert place(client).acting is None


ENDS: dict[str, Any] = {
    "the other is ended": lambda boss, other, forest: Membership.objects.filter(pk=other.pk).update(
        is_active=False
    ),
    "the other is switched off": lambda boss, other, forest: User.objects.filter(pk=other.user_id).update(
        is_active=False
    ),
    "the actor is ended": lambda boss, other, forest: Membership.objects.filter(pk=boss.pk).update(
        is_active=False
    ),
    "the actor is demoted": lambda boss, other, forest: Membership.objects.filter(pk=boss.pk).update(
        role=Role.MANAGER
    ),
    "the tenant is suspended": lambda boss, other, forest: Tenant.objects.filter(
        pk=forest.operator.pk
    ).update(status="suspended"),
    "it was left elsewhere": lambda boss, other, forest: ActingSession.objects.update(ended_at=clock.now()),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_it_ends_when_something_it_hangs_on_is_gone(
    forest: Forest, client: Client, boss: Membership, other: Membership, end: Any
) -> None:
    make_member(forest.manufacturer, Role.AUDITOR, boss.user)
    with unscoped(reason="test data"):
        end(boss, other, forest)
    request = place(client)
    assert request.acting is None
    assert request.membership.user == boss.user
    assert ACTING_KEY not in client.session


def test_it_ends_when_the_tenant_is_moved_away(forest: Forest, client: Client, boss: Membership) -> None:
    with unscoped(reason="test data"):
        forest.operator.refresh_from_db()
        forest.operator.move_to(Tenant.objects.get(pk=forest.sibling_dealer.pk), "last-child")
    assert place(client).membership == boss


def test_signing_out_leaves_the_other_s_name_too(client: Client, boss: Membership) -> None:
    client.post(reverse("account_logout"))
    [entry] = entries("acting.ended")
    assert entry.actor_ref == f"staff:{boss.user_id}"
    client.post(reverse("account_login"), {"login": boss.user.email, "password": PASSWORD})
    assert place(client).acting is None


@pytest.mark.parametrize(
    ("of", "code"),
    [
        ("dealer", "not_below"),
        ("manufacturer", "DoesNotExist"),
        ("sibling_dealer", "DoesNotExist"),
        ("cousin_agency", "DoesNotExist"),
        ("other_manufacturer", "DoesNotExist"),
    ],
)
def test_it_never_goes_upward_or_sideways(forest: Forest, boss: Membership, of: str, code: str) -> None:
    target = make_member(getattr(forest, of))
    browser, before = client_of(boss.user), everything()
    answer = browser.post(reverse("tenants:act_as", args=[target.pk]), {"reason": "ticket", "minutes": "15"})
    assert answer.status_code == (200 if code == "not_below" else 404)
    assert everything() == before
    with scope_of(forest.dealer.pk), pytest.raises((Refused, Membership.DoesNotExist)) as raised:
        acting.begin_acting(target, actor=Actor(f"staff:{boss.user_id}", "x"), reason="ticket", minutes=15)
    assert getattr(raised.value, "code", "DoesNotExist") == code


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_only_owners_may(forest: Forest, other: Membership, role: Role) -> None:
    browser = client_of(make_member(forest.dealer, role).user)
    before = everything()
    address = reverse("tenants:act_as", args=[other.pk])
    assert browser.get(address).status_code == 403
    assert browser.post(address, {"reason": "ticket", "minutes": "15"}).status_code == 403
    assert everything() == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "a"}, "reason"),
        ({"minutes": "61"}, "minutes"),
        ({"minutes": "-1"}, "minutes"),
        ({"minutes": "x"}, "minutes"),
    ],
)
def test_a_reason_and_at_most_an_hour_are_asked(
    boss: Membership, other: Membership, values: Any, field: str
) -> None:
    browser, before = client_of(boss.user), everything()
    usual = {"reason": "ticket", "minutes": "60"}
    answer = browser.post(reverse("tenants:act_as", args=[other.pk]), usual | values)
    assert set(answer.context["form"].errors) == {field}
    assert everything() == before
    assert place(browser).acting is None


def test_the_service_refuses_more_than_an_hour_one_self_and_who_works_no_more(
    forest: Forest, boss: Membership, other: Membership
) -> None:
    actor = Actor(f"staff:{boss.user_id}", boss.user.name)
    gone = make_member(forest.operator, Role.SUPPORT, is_active=False)
    himself = make_member(forest.operator, Role.SUPPORT, boss.user)
    codes = []
    with scope_of(forest.dealer.pk):
        for target, minutes in ((other, 61), (other, 0), (gone, 15), (himself, 15)):
            with pytest.raises(Refused) as refused:
                acting.begin_acting(target, actor=actor, reason="ticket", minutes=minutes)
            codes.append(refused.value.code)
    assert codes == ["long", "long", "inactive", "self"]


def test_another_name_is_not_taken_from_within_one(forest: Forest, client: Client) -> None:
    below = make_member(forest.agency)
    before = everything()
    address = reverse("tenants:act_as", args=[below.pk])
    assert client.post(address, {"reason": "ticket", "minutes": "15"}).status_code == 403
    assert everything() == before


PERSONAL = [
    ("account_change_password", {"oldpassword": PASSWORD, "password1": "x" * 12, "password2": "x" * 12}),
    ("tenants:profile", {"name": "Changed", "theme": "dark"}),
    ("tenants:theme", {"theme": "dark"}),
    ("set_language", {"language": "zh-hans"}),
    ("tenants:switch", {"membership": "1"}),
]


@pytest.mark.parametrize(("name", "values"), PERSONAL, ids=[name for name, _values in PERSONAL])
def test_what_is_personal_stays_shut(client: Client, name: str, values: Any) -> None:
    before = everything()
    answer = client.post(reverse(name), values)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get(reverse(name))["Location"] == "/"
    assert everything() == before
    assert "Leave the other" in client.get(HOME).content.decode()


def test_staff_are_not_managed_in_another_s_name(forest: Forest, client: Client, other: Membership) -> None:
    before = everything()
    invite = client.post(reverse("tenants:invite"), {"email": "me@b.org", "name": "Me", "role": "owner"})
    assert invite.status_code == 403
    assert everything() == before
    actor = place(client).actor
    with scope_of(forest.operator.pk), pytest.raises(Refused) as refused:
        staff.add_member(forest.operator, actor=actor, email="me@b.org", name="Me", role=Role.OWNER)
    assert refused.value.code == "acting"


def start(client: Client) -> Job:
    request = place(client)
    with scope_of(request.membership.tenant_id):
        return jobs.start_job(
            "export",
            title="staff",
            params={"resource": "staff", "query": ""},
            actor=request.actor,
            tenant_id=request.membership.tenant_id,
            membership_id=request.membership.pk,
        )


def test_a_job_begun_in_another_s_name_runs_with_what_was_lent_and_not_after(
    client: Client, boss: Membership, other: Membership
) -> None:
    job = start(client)
    with jobs.enter_as(job) as reader:
        assert reader.grants == granted(Level.OPERATOR, Role.OWNER) - never_lent()
        assert reader.actor.ref == f"staff:{boss.user_id}"
        assert reader.actor.on_behalf_ref == f"staff:{other.user_id}"
    client.post(reverse("tenants:leave"))
    jobs.run(job.pk)
    with unscoped(reason="a test compares"):
        job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_a_job_begun_in_another_s_name_is_found_there_alone(
    client: Client, boss: Membership, other: Membership
) -> None:
    page = reverse("jobs.job", args=[start(client).public_id])
    assert client.get(page).status_code == 200
    assert client_of(other.user).get(page).status_code == 404
    client.post(reverse("tenants:leave"))
    assert client.get(page).status_code == 404


def test_a_job_that_ended_in_another_s_name_writes_to_nobody(client: Client, mailoutbox: Any) -> None:
    job = start(client)
    jobs.run(job.pk)
    with unscoped(reason="a test compares"):
        job.refresh_from_db()
    telling.tell_of_job(job)
    assert job.state == JobState.DONE
    assert mailoutbox == []


def test_what_the_other_s_tenant_demands_of_its_staff_does_not_shut_the_place(
    forest: Forest, client: Client
) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=forest.operator.pk).update(settings={"security": {"code_for": ["owner"]}})
    assert client.get(HOME).status_code == 200


def test_leaving_is_asked_by_post_and_does_nothing_for_others(boss: Membership) -> None:
    browser = client_of(boss.user)
    before = everything()
    assert browser.get(reverse("tenants:leave")).status_code == 405
    assert browser.post(reverse("tenants:leave"))["Location"] == "/"
    assert everything() == before


def test_a_foreign_key_in_the_session_opens_nothing(client: Client, forest: Forest) -> None:
    [row] = everything()[0]
    thief = client_of(make_member(forest.dealer).user)
    session = thief.session
    session[ACTING_KEY] = row["id"]
    session.save()
    assert place(thief).acting is None


def test_what_is_lent_costs_a_few_queries_more(client: Client, django_assert_max_num_queries: Any) -> None:
    client.get("/nowhere/")
    with django_assert_max_num_queries(20):
        client.get("/nowhere/")
