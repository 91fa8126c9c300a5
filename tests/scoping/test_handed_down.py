"""What an ancestor hands down is read by its descendants, and written by nobody but itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.scope import ScopeError, unscoped
from stations.models import Tariff
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.tenants import Forest, make_forest

pytestmark = pytest.mark.django_db


def tariff_of(tenant: Tenant, name: str) -> Tariff:
    with unscoped(reason="test data"):
        return Tariff.objects.create(tenant=tenant, name=name, currency="CNY", created_at=clock.now())


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def tariffs(forest: Forest) -> dict[str, Tariff]:
    owners = {
        "own": forest.operator,
        "from above": forest.dealer,
        "from the top": forest.manufacturer,
        "below": forest.agency,
        "beside": forest.sibling_operator,
    }
    return {name: tariff_of(tenant, name) for name, tenant in owners.items()}


def test_descendants_read_what_is_handed_down(forest: Forest, tariffs: dict[str, Tariff]) -> None:
    with scope_of(forest.operator.pk):
        assert {t.name for t in Tariff.objects.all()} == set(tariffs) - {"beside"}
    with scope_of(forest.agency.pk):
        assert {t.name for t in Tariff.objects.all()} == set(tariffs) - {"beside"}
    with scope_of(forest.manufacturer.pk):
        assert {t.name for t in Tariff.objects.all()} == set(tariffs)


def test_only_the_subtrees_own_are_writable(forest: Forest, tariffs: dict[str, Tariff]) -> None:
    with scope_of(forest.operator.pk):
        assert {t.name for t in Tariff.objects.all().writable()} == {"own", "below"}  # type: ignore[attr-defined]
        assert {t.name for t in Tariff.objects.filter(name="own").writable()} == {"own"}  # type: ignore[attr-defined]


WRITES: dict[str, Any] = {
    "update": lambda row: Tariff.objects.filter(pk=row.pk).update(name="stolen"),
    "bulk_update": lambda row: Tariff.objects.bulk_update([renamed(row)], ["name"]),
    "queryset delete": lambda row: Tariff.objects.filter(pk=row.pk).delete()[0],
    "raw delete": lambda row: Tariff.objects.filter(pk=row.pk)._raw_delete("default"),  # type: ignore[attr-defined]
    "forged delete": lambda row: Tariff(pk=row.pk, tenant_id=row.tenant_id).delete()[0],
    "save": lambda row: renamed(row).save(),
    "update_or_create": lambda row: Tariff.objects.update_or_create(pk=row.pk, defaults={"name": "stolen"}),
    "locked": lambda row: renamed(Tariff.objects.select_for_update().get(pk=row.pk)).save(),
}


def renamed(row: Tariff) -> Tariff:
    row.name = "stolen"
    return row


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("whose", ["from above", "from the top"])
def test_descendants_change_nothing_of_it(
    forest: Forest, tariffs: dict[str, Tariff], whose: str, write: Any
) -> None:
    with scope_of(forest.operator.pk):
        try:
            with transaction.atomic():
                assert write(tariffs[whose]) == 0
        except ScopeError:
            pass
    with unscoped(reason="a test compares"):
        assert set(Tariff.objects.values_list("name", flat=True)) == set(tariffs)


def test_a_row_handed_down_cannot_be_created_for_an_ancestor(forest: Forest) -> None:
    with scope_of(forest.agency.pk), pytest.raises(ScopeError):
        Tariff.objects.create(tenant=forest.operator, name="new", currency="CNY", created_at=clock.now())
    with unscoped(reason="a test compares"):
        assert not Tariff.objects.exists()
