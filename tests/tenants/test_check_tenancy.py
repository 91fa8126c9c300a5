"""``manage.py check_tenancy`` finds rows that lie where the scope does not look for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from backoffice.kit import clock
from backoffice.kit.models import Job
from backoffice.kit.scope import path_of_tenant, unscoped
from stations.models import Pile, Station, Tariff
from tenants.models import Tenant
from tenants.verification import broken_paths, left_behind, strays, tenancy_faults
from tests.factories.tenants import Forest, make_forest

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def station(tenant: Tenant, tariff: Tariff | None = None) -> Station:
    return Station.objects.create(
        tenant=tenant, code=f"S{tenant.pk}", name="S", tariff=tariff, created_at=clock.now()
    )


def pile(tenant: Tenant, at: Station) -> Pile:
    return Pile.objects.create(
        tenant=tenant, identity=f"P{tenant.pk}-{at.pk}", name="P", station=at, created_at=clock.now()
    )


def tariff(tenant: Tenant) -> Tariff:
    return Tariff.objects.create(tenant=tenant, name="T", currency="CNY", created_at=clock.now())


def job(**columns: int | None) -> Job:
    number = Job.objects.count()
    row = Job(
        **columns, public_id=f"j{number}", kind="k", title="t", owner_ref="staff:1", created_at=clock.now()
    )
    Job.objects.bulk_create([row])
    return row


def found(faults: Callable[[], object]) -> list[Any]:
    with unscoped(reason="a test looks at everything"):
        return list(faults())  # type: ignore[call-overload]


def test_clean_data_has_no_faults(forest: Forest, capsys: pytest.CaptureFixture[str]) -> None:
    with unscoped(reason="test data"):
        at = station(forest.agency, tariff(forest.dealer))
        pile(forest.agency, at)
        job(**path_of_tenant(forest.agency.pk).as_columns())
        job(**path_of_tenant(forest.manufacturer.pk).as_columns())
    assert found(tenancy_faults) == []
    call_command("check_tenancy")
    assert "Every row lies" in capsys.readouterr().out


def test_a_child_beside_its_parent_is_a_fault(forest: Forest, capsys: pytest.CaptureFixture[str]) -> None:
    with unscoped(reason="test data"):
        row = pile(forest.sibling_agency, station(forest.agency))
    with pytest.raises(SystemExit) as ended:
        call_command("check_tenancy")
    assert ended.value.code == 1
    assert f"stations.Pile {row.pk}: of {forest.sibling_agency}" in capsys.readouterr().out


def test_a_child_above_its_parent_is_a_fault(forest: Forest) -> None:
    with unscoped(reason="test data"):
        pile(forest.operator, station(forest.agency))
    assert len(found(lambda: strays(Pile))) == 1


def test_a_price_list_from_beside_is_a_fault_and_one_from_above_is_none(forest: Forest) -> None:
    with unscoped(reason="test data"):
        station(forest.agency, tariff(forest.operator))
        station(forest.sibling_agency, tariff(forest.cousin_operator))
    assert len(found(lambda: strays(Station))) == 1
    assert found(lambda: left_behind(forest.agency)) == []
    [wrong] = found(lambda: left_behind(forest.sibling_agency))
    assert (wrong.count, wrong.owner, wrong.key.name) == (1, forest.cousin_operator.name, "tariff")


def test_wrong_paths_are_faults(forest: Forest) -> None:
    right = path_of_tenant(forest.agency.pk).as_columns()
    with unscoped(reason="test data"):
        job(**right)
        job(**right | {"dealer_id": forest.operator.pk})
        job(**right | {"agency_id": 10**9})
    assert sorted(fault.what.split(") ")[1] for fault in found(lambda: broken_paths(Job))) == [
        f"names {10**9} as agency, which is no tenant",
        f"names {forest.operator.pk} as dealer, which is operator",
    ]


def test_a_misplaced_tenant_is_a_fault(forest: Forest) -> None:
    with unscoped(reason="a test breaks the tree"):
        Tenant.objects.filter(pk=forest.agency.pk).update(parent=forest.sibling_operator)
    assert [fault.row for fault in found(tenancy_faults)]
