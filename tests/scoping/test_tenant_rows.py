"""A tenant is a row too: its own subtree is seen, and the tree is written by its services alone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from backoffice.kit.levels import Level
from backoffice.kit.scope import ScopeError, unscoped
from stations.models import Station
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.tenants import Forest, make_forest

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def whole_tree() -> list[dict[str, Any]]:
    with unscoped(reason="a test compares"):
        return list(Tenant.objects.order_by("pk").values())


def pks(rows: Any) -> set[int]:
    return {row.pk for row in rows}


def test_a_tenant_sees_itself_and_what_stands_below(forest: Forest) -> None:
    subtree = {forest.dealer, forest.operator, forest.agency, forest.sibling_agency, forest.sibling_operator}
    with scope_of(forest.dealer.pk):
        assert pks(Tenant.objects.all()) == pks(subtree)
        assert Tenant.objects.count() == len(subtree)
        assert not Tenant.objects.filter(pk=forest.manufacturer.pk).exists()


READS: dict[str, Any] = {
    "ancestors": lambda forest: list(forest.operator.get_ancestors()),
    "siblings": lambda forest: list(forest.operator.get_siblings()),
    "root": lambda forest: forest.operator.get_root(),
    "parent": lambda forest: Tenant.objects.get(pk=forest.operator.pk).parent,
    "next sibling": lambda forest: forest.operator.get_next_sibling(),
    "children of the parent": lambda forest: list(forest.dealer.children.exclude(pk=forest.operator.pk)),
    "descendants of the root": lambda forest: [
        row
        for row in forest.manufacturer.get_descendants(include_self=True)
        if row.pk not in pks([forest.operator, forest.agency, forest.sibling_agency])
    ],
    "ancestors of a set": lambda forest: [
        row
        for row in Tenant.objects.get_queryset_ancestors(Tenant.objects.all())  # type: ignore[attr-defined]
        if row.pk not in pks([forest.operator])
    ],
    "root nodes": lambda forest: list(Tenant.objects.root_nodes()),  # type: ignore[attr-defined]
    "sibling by key": lambda forest: Tenant.objects.get(pk=forest.sibling_operator.pk),
    "parent by code": lambda forest: Tenant.objects.get(code=forest.dealer.code),
    "refresh": lambda forest: forest.dealer.refresh_from_db(),
    "in_bulk": lambda forest: Tenant.objects.in_bulk([forest.dealer.pk, forest.sibling_operator.pk]),
    "raw": lambda forest: list(Tenant.objects.raw("SELECT * FROM tenants_tenant")),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_tree_shows_nothing_above_or_beside(forest: Forest, read: Any) -> None:
    with scope_of(forest.operator.pk), suppress(Tenant.DoesNotExist, ScopeError):
        assert not read(forest)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_tree_is_not_read_without_a_scope(forest: Forest, read: Any) -> None:
    with pytest.raises(ScopeError):
        read(forest)


def copied(row: Tenant, **over: Any) -> Tenant:
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return Tenant(**(columns | over))


def changed(row: Tenant, **over: Any) -> Tenant:
    for name, value in over.items():
        setattr(row, name, value)
    return row


WRITES: dict[str, Any] = {
    "create below": lambda f: Tenant.objects.create(
        parent=f.operator, level=Level.AGENCY, code="X", created_at=NOW
    ),
    "create a root": lambda f: Tenant.objects.create(level=Level.MANUFACTURER, code="X", created_at=NOW),
    "create under our own key": lambda f: Tenant(
        pk=f.operator.pk, parent=f.sibling_dealer, level=Level.OPERATOR, code="X", created_at=NOW
    ).save(force_insert=True),
    "insert_at": lambda f: Tenant(level=Level.AGENCY, code="X", created_at=NOW).insert_at(
        f.operator, save=True
    ),
    "move_to": lambda f: f.agency.move_to(f.sibling_operator),
    "move_node": lambda f: Tenant.objects.move_node(f.agency, f.sibling_operator),  # type: ignore[attr-defined]
    "move a root below us": lambda f: f.other_manufacturer.move_to(f.operator),
    "save with another parent": lambda f: changed(f.agency, parent=f.sibling_operator).save(),
    "save with another parent's key": lambda f: changed(f.agency, parent_id=f.sibling_operator.pk).save(),
    "forge another parent": lambda f: copied(f.agency, parent_id=f.sibling_operator.pk).save(),
    "forge another level": lambda f: copied(f.agency, level=Level.DEALER).save(),
    "forge a name": lambda f: copied(f.agency, pk=f.sibling_operator.pk, name="stolen").save(),
    "save a sibling": lambda f: changed(f.sibling_operator, name="stolen").save(),
    "save the parent": lambda f: changed(f.dealer, name="stolen").save(),
    "update the parent column": lambda f: Tenant.objects.update(parent=f.sibling_operator),
    "update the level": lambda f: Tenant.objects.update(level=Level.DEALER),
    "update tree columns": lambda f: Tenant.objects.update(lft=1),
    "update the key": lambda f: Tenant.objects.filter(pk=f.agency.pk).update(id=f.sibling_operator.pk),
    "update a sibling": lambda f: Tenant.objects.filter(pk=f.sibling_operator.pk).update(name="stolen"),
    "add a child": lambda f: f.operator.children.add(f.cousin_agency),
    "bulk_create": lambda f: Tenant.objects.bulk_create([copied(f.agency, id=10**9, code="X")]),
    "bulk_update": lambda f: Tenant.objects.bulk_update([changed(f.agency, lft=1)], ["lft"]),
    "delete": lambda f: f.agency.delete(),
    "delete a sibling": lambda f: f.sibling_operator.delete(),
    "queryset delete": lambda f: Tenant.objects.filter(pk=f.agency.pk).delete(),
    "rebuild": lambda f: Tenant.objects.rebuild(),  # type: ignore[attr-defined]
    "partial rebuild": lambda f: Tenant.objects.partial_rebuild(f.agency.tree_id),  # type: ignore[attr-defined]
}
REFUSALS = (ScopeError, DatabaseError, IntegrityError, Tenant.DoesNotExist, IndexError)
NOW = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_write_from_inside_a_scope_changes_the_tree(forest: Forest, write: Any) -> None:
    before = whole_tree()
    with scope_of(forest.operator.pk), suppress(*REFUSALS), transaction.atomic():
        write(forest)
    assert whole_tree() == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_write_without_a_scope_changes_the_tree(forest: Forest, write: Any) -> None:
    before = whole_tree()
    with pytest.raises(ScopeError), transaction.atomic():
        write(forest)
    assert whole_tree() == before


def test_a_sibling_is_not_reached_through_a_row_of_ours(forest: Forest) -> None:
    with unscoped(reason="test data"):
        station = Station.objects.create(tenant=forest.agency, code="S", name="S", created_at=NOW)
    with scope_of(forest.agency.pk):
        station.tenant_id = forest.sibling_agency.pk
        with pytest.raises(Tenant.DoesNotExist):
            assert station.tenant
