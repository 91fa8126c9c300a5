"""API tokens: a program fetches the Excel of the lists that are named, with the rights of now, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from backoffice.kit import clock, jobs
from backoffice.kit.levels import Level
from backoffice.kit.lists import exporting, views
from backoffice.kit.models import AuditEntry, Job
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import unscoped
from tenants.models import ApiToken, Membership, Tenant
from tenants.selectors import scope_of
from tenants.services import tokens
from tenants.services.tokens import Issued
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member
from tests.support.staff import client_of
from tests.support.workbooks import rows_of

pytestmark = pytest.mark.django_db
EXPORT = "/tenants/export/"


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator)


def token_for(member: Membership, *lists: str, days: int = 30) -> Issued:
    grants = granted(Level(member.tenant.level), Role(member.role))
    with scope_of(member.tenant_id):
        return tokens.issue_token(
            member, name="Nightly", lists=lists or ("tenants",), days=days, grants=grants, actor=ACTOR
        )


def fetch(secret: str, path: str = EXPORT, method: str = "get", **extra: Any) -> Any:
    answer = getattr(Client(), method)(path, headers={"authorization": f"Bearer {secret}"}, **extra)
    answer.file = answer.getvalue()  # the test client closes it at its end
    return answer


def names_in(answer: Any) -> set[str]:
    return {str(row[0]) for row in rows_of(answer.file)}


def test_a_program_gets_the_excel_of_the_persons_own_subtree(forest: Forest, member: Membership) -> None:
    issued = token_for(member)
    answer = fetch(issued.secret, REMOTE_ADDR="203.0.113.7")
    assert answer.status_code == 200
    names = names_in(answer)
    assert {forest.operator.name, forest.agency.name} <= names
    assert not names & {forest.sibling_operator.name, forest.dealer.name, forest.cousin_agency.name}
    row = stored(issued)
    assert row.last_used_at is not None
    assert row.last_address == "203.0.113.7"
    with unscoped(reason="a test compares"):
        entry = AuditEntry.objects.get(action="list.exported")
    assert (entry.actor_ref, entry.actor_label) == (f"staff:{member.user_id}", f"{member.user} · Nightly")
    assert "sessionid" not in answer.cookies


def stored(issued: Issued) -> ApiToken:
    with unscoped(reason="a test compares"):
        return ApiToken.objects.get(pk=issued.row.pk)


def test_only_the_hash_of_a_token_is_kept(member: Membership) -> None:
    issued = token_for(member)
    with unscoped(reason="a test compares"):
        values = str(list(ApiToken.objects.values())) + str(list(AuditEntry.objects.values()))
    assert issued.secret not in values
    assert stored(issued).token_hash not in str(stored(issued).prefix)


@pytest.mark.parametrize(
    "path",
    [
        "/tenants/",
        "/",
        "/personal/",
        "/system/staff/export/",
        "/personal/tokens/",
        "/nowhere/",
        "/live/stream",
    ],
)
def test_a_token_opens_no_other_address(member: Membership, path: str) -> None:
    assert fetch(token_for(member).secret, path).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_token_changes_nothing(member: Membership, method: str) -> None:
    secret = token_for(member).secret
    with unscoped(reason="a test compares"):
        before = list(Tenant.objects.values())
    assert fetch(secret, EXPORT, method).status_code == 403
    assert fetch(secret, "/tenants/new/", "post", data={"code": "X", "name": "X"}).status_code == 403
    with unscoped(reason="a test compares"):
        assert list(Tenant.objects.values()) == before


@pytest.mark.parametrize("secret", ["", "x", "ph_" + "x" * 43, "ph_\x00", "é" * 50, "ph_" * 4000])
def test_what_is_no_token_is_refused(member: Membership, secret: str) -> None:
    token_for(member)
    answer = fetch(secret.encode("utf-8", "ignore").decode("latin-1"))
    assert answer.status_code in {400, 401}
    with unscoped(reason="a test compares"):
        assert not AuditEntry.objects.filter(action="list.exported").exists()


def test_a_token_with_the_right_beginning_and_another_end_is_refused(member: Membership) -> None:
    secret = token_for(member).secret
    assert fetch(secret[:-1] + ("a" if secret[-1] != "a" else "b")).status_code == 401


def test_a_token_that_is_over_or_revoked_opens_nothing(forest: Forest, member: Membership) -> None:
    over, revoked = token_for(member, days=30), token_for(member)
    with clock.frozen(clock.now() + timedelta(days=30, seconds=1)):
        assert fetch(over.secret).status_code == 401
    with scope_of(forest.operator.pk):
        tokens.revoke_token(revoked.row, actor=ACTOR)
        tokens.revoke_token(revoked.row, actor=ACTOR)
    assert fetch(revoked.secret).status_code == 401
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.filter(action="api_token.revoked").count() == 1


def change(member: Membership, **values: Any) -> None:
    with unscoped(reason="test data"):
        Membership.objects.filter(pk=member.pk).update(**values)


def test_the_rights_are_those_of_now(forest: Forest, member: Membership) -> None:
    secret = token_for(member).secret
    change(member, role=Role.SUPPORT)
    assert fetch(secret).status_code == 403
    change(member, role=Role.OWNER, is_active=False)
    assert fetch(secret).status_code == 401
    change(member, is_active=True)
    assert fetch(secret).status_code == 200
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=forest.dealer.pk).update(status="suspended")
    assert fetch(secret).status_code == 401


def test_a_token_is_for_the_membership_that_it_was_made_at(forest: Forest, member: Membership) -> None:
    secret = token_for(member).secret
    make_member(forest.other_manufacturer, user=member.user)
    change(member, is_active=False)
    assert fetch(secret).status_code == 401


def test_columns_that_need_another_right_are_not_in_it() -> None:
    reached = tokens.reach(["drivers"])
    assert {str(perm) for perm in reached} == {"drivers.view", "drivers.export"}


def test_too_many_requests_are_told_to_wait(member: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "PER_MINUTE", 2)
    monkeypatch.setattr(tokens, "WRONG_PER_MINUTE", 1)
    secret = token_for(member).secret
    now = clock.now().replace(second=1)
    with clock.frozen(now):
        answers = [fetch(secret) for _ in range(3)]
        wrong = [fetch("ph_wrong") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "60"
    assert [one.status_code for one in wrong] == [401, 429]
    with clock.frozen(now + timedelta(minutes=1)):
        assert fetch(secret).status_code == 200


def test_a_long_list_is_prepared_and_fetched_later(
    forest: Forest, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "EXPORT_NOW", 1)
    secret, other = token_for(member).secret, token_for(member).secret
    answer = fetch(secret)
    assert answer.status_code == 202
    place = answer["Location"]
    assert fetch(secret, place).status_code == 202
    assert fetch(secret)["Location"] == place
    with unscoped(reason="a test compares"):
        [job] = Job.objects.all()
    jobs.run(job.pk)
    assert forest.agency.name in names_in(fetch(secret, place))
    assert fetch(other, place).status_code == 404
    assert fetch(secret, place.removesuffix("file")).status_code == 403


def test_a_job_of_a_token_that_was_revoked_meanwhile_fails(
    forest: Forest, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "EXPORT_NOW", 1)
    issued = token_for(member)
    fetch(issued.secret)
    with scope_of(forest.operator.pk):
        tokens.revoke_token(issued.row, actor=ACTOR)
    with unscoped(reason="a test compares"):
        [job] = Job.objects.all()
    jobs.run(job.pk)
    with unscoped(reason="a test compares"):
        row = Job.objects.get(pk=job.pk)
    assert (row.state, row.error) == ("failed", "The token does not hold any more.")


def test_a_job_of_a_person_is_not_fetched_with_his_token(
    forest: Forest, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "EXPORT_NOW", 1)
    place = client_of(member.user).post(EXPORT)["Location"]
    assert exporting.EXPORT
    assert fetch(token_for(member).secret, f"{place}file").status_code == 404


FORM = {"name": "Nightly", "days": "90", "lists": ["tenants"]}


def test_the_secret_is_shown_once(member: Membership) -> None:
    client = client_of(member.user)
    page = client.post("/personal/tokens/new/", FORM).content.decode()
    secret = re.findall(r"<code>(ph_[\w-]{43})</code>", page)[0]
    assert fetch(secret).status_code == 200
    shown = client.get("/personal/tokens/").content.decode()
    assert secret[: tokens.PREFIX_LENGTH] in shown
    assert secret not in shown


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"days": "9999"}, "days"),
        ({"lists": []}, "lists"),
        ({"lists": ["finance.postings"]}, "lists"),
        ({"lists": ["nothing"]}, "lists"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_at_its_field(forest: Forest, over: Any, field: str) -> None:
    member = make_member(forest.operator, Role.MANAGER)
    answer = client_of(member.user).post("/personal/tokens/new/", FORM | over)
    assert set(answer.context["form"].errors) == {field}
    with unscoped(reason="a test compares"):
        assert not ApiToken.objects.exists()


def test_nobody_has_more_tokens_than_he_can_look_after(member: Membership) -> None:
    for _number in range(tokens.MOST):
        token_for(member)
    answer = client_of(member.user).post("/personal/tokens/new/", FORM)
    assert "revoke one first" in answer.content.decode()


def test_only_ones_own_tokens_are_seen_and_revoked(forest: Forest, member: Membership) -> None:
    other = token_for(make_member(forest.operator))
    client = client_of(member.user)
    assert other.row.prefix not in client.get("/personal/tokens/").content.decode()
    assert client.post(f"/personal/tokens/{other.row.pk}/revoke/", {"confirmed": "1"}).status_code == 404
    assert stored(other).revoked_at is None
