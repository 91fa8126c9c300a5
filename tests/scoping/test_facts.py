"""A fact is seen through the path of its time, by each level through its own column, and keeps that path."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from backoffice.kit import clock
from backoffice.kit.levels import Path
from backoffice.kit.models import Job
from backoffice.kit.scope import ScopeError, path_of_tenant, unscoped
from tenants.models import Tenant
from tenants.selectors import scope_of
from tenants.services import tree
from tests.factories.tenants import ACTOR, Forest, make_forest

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def job_of(tenant: Tenant) -> Job:
    with unscoped(reason="test data"):
        return Job.objects.create(
            **path_of_tenant(tenant.pk).as_columns(),
            public_id=f"job-{Job.objects.count()}",
            kind="test",
            title="a job",
            owner_ref="staff:1",
            created_at=clock.now() - timedelta(hours=1),
        )


def seen_by(tenant: Tenant, row: Job) -> bool:
    with scope_of(tenant.pk):
        return Job.objects.filter(pk=row.pk).exists()


def test_every_level_above_sees_a_fact_and_nobody_beside_does(forest: Forest) -> None:
    row = job_of(forest.agency)
    assert all(seen_by(tenant, row) for tenant in forest.chain)
    others = [
        forest.sibling_agency,
        forest.sibling_operator,
        forest.sibling_dealer,
        forest.cousin_operator,
        forest.cousin_agency,
        forest.other_manufacturer,
    ]
    assert not any(seen_by(tenant, row) for tenant in others)


def test_a_fact_of_a_higher_level_is_not_seen_below(forest: Forest) -> None:
    row = job_of(forest.operator)
    assert seen_by(forest.operator, row)
    assert not seen_by(forest.agency, row)


def test_facts_stay_with_their_old_chain_when_a_tenant_moves(forest: Forest) -> None:
    before = job_of(forest.agency)
    with unscoped(reason="the manufacturer moves it"):
        tree.move_tenant(forest.agency, new_parent=forest.cousin_operator, actor=ACTOR, reason="sold")
    after = job_of(forest.agency)
    assert seen_by(forest.operator, before)
    assert not seen_by(forest.operator, after)
    assert seen_by(forest.cousin_operator, after)
    assert not seen_by(forest.cousin_operator, before)
    assert seen_by(forest.agency, before)
    assert seen_by(forest.agency, after)


def test_a_fact_from_before_a_move_can_still_be_worked_on(forest: Forest) -> None:
    row = job_of(forest.agency)
    with unscoped(reason="the manufacturer moves it"):
        tree.move_tenant(forest.agency, new_parent=forest.cousin_operator, actor=ACTOR, reason="sold")
    with scope_of(forest.agency.pk):
        row.title = "done"
        row.save()
        assert Job.objects.get().title == "done"


@pytest.mark.parametrize("columns", [["title"], None])
def test_a_fact_does_not_change_its_path(forest: Forest, columns: list[str] | None) -> None:
    row = job_of(forest.agency)
    with scope_of(forest.agency.pk):
        row.operator = forest.cousin_operator
        row.title = "moved"
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(update_fields=columns)
        with pytest.raises(ScopeError):
            Job.objects.update(operator=forest.cousin_operator)
    with unscoped(reason="a test compares"):
        stored = Job.objects.get()
    assert (stored.operator_id, stored.title) == (forest.operator.pk, "a job")


def test_a_partly_loaded_fact_is_saved_with_what_is_loaded(forest: Forest) -> None:
    row = job_of(forest.agency)
    with scope_of(forest.dealer.pk):
        partly = Job.objects.only("title").get(pk=row.pk)
        partly.title = "renamed"
        partly.save()
        assert Job.objects.get().title == "renamed"


def test_a_path_has_no_gaps(forest: Forest) -> None:
    with unscoped(reason="not even where the scope is lifted"), pytest.raises(ScopeError, match="gap"):
        Job.objects.create(
            manufacturer=forest.manufacturer,
            operator=forest.operator,
            public_id="gap",
            kind="test",
            title="a job",
            owner_ref="staff:1",
            created_at=clock.now(),
        )
    with unscoped(reason="a test compares"):
        assert not Job.objects.exists()


def test_a_path_is_as_long_as_its_owner_is_deep(forest: Forest) -> None:
    assert path_of_tenant(forest.agency.pk) == Path(*(tenant.pk for tenant in forest.chain))
    assert path_of_tenant(forest.dealer.pk).ids == [forest.manufacturer.pk, forest.dealer.pk]


def test_ours_under_the_key_of_an_older_fact_is_refused(forest: Forest) -> None:
    row, other = job_of(forest.agency), job_of(forest.cousin_agency)
    with scope_of(forest.agency.pk):
        row.pk = other.pk
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
