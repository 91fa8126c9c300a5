"""A job works in its owner's scope with the rights of now, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.jobs import enter_as
from backoffice.kit.levels import Level
from backoffice.kit.models import Job
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import path_of_tenant, scope_is_active, unscoped
from tenants.models import Membership, Tenant, User
from tests.factories.tenants import Forest, make_forest, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def job_of(member: Membership) -> Job:
    with unscoped(reason="test data"):
        return Job.objects.create(
            **path_of_tenant(member.tenant_id).as_columns(),
            public_id="job",
            kind="test",
            title="a job",
            owner_ref=f"staff:{member.user_id}",
            membership_id=member.pk,
            created_at=clock.now(),
        )


def test_a_job_sees_what_its_owner_sees(forest: Forest) -> None:
    member = make_member(forest.operator, Role.FINANCE)
    with enter_as(job_of(member)) as reader:
        assert Tenant.objects.count() == 3
        assert reader.grants == granted(Level.OPERATOR, Role.FINANCE)
        assert reader.actor.ref == f"staff:{member.user_id}"
    assert not scope_is_active()


def test_rights_are_those_of_now(forest: Forest) -> None:
    member = make_member(forest.operator, Role.OWNER)
    job = job_of(member)
    with unscoped(reason="test data"):
        Membership.objects.update(role=Role.SUPPORT)
    with enter_as(job) as reader:
        assert reader.grants == granted(Level.OPERATOR, Role.SUPPORT)


ENDS: dict[str, Any] = {
    "ended": lambda member: Membership.objects.filter(pk=member.pk).update(is_active=False),
    "switched off": lambda member: User.objects.filter(pk=member.user_id).update(is_active=False),
    "suspended": lambda member: Tenant.objects.filter(pk=member.tenant_id).update(status="suspended"),
    "suspended above": lambda member: Tenant.objects.filter(level=Level.MANUFACTURER).update(
        status="suspended"
    ),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_who_works_there_no_more_has_no_jobs_there(forest: Forest, end: Any) -> None:
    member = make_member(forest.operator)
    make_member(forest.other_manufacturer, user=member.user)
    job = job_of(member)
    with unscoped(reason="test data"):
        end(member)
        Tenant.objects.filter(pk=forest.other_manufacturer.pk).update(status="active")
    with pytest.raises(Refused), enter_as(job):
        pass
    assert not scope_is_active()


def test_a_job_of_nobody_is_refused(forest: Forest) -> None:
    job = job_of(make_member(forest.operator))
    job.membership_id = None
    with pytest.raises(Refused), enter_as(job):
        pass
