"""The list of tenants counts what stands on the ground, over each subtree and inside the scope."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.kit import clock
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from stations.models import Life, Pile, Station, StationStatus
from tenants.models import Tenant
from tenants.selectors import scope_of, tenants_listed
from tests.factories.tenants import Forest, make_forest, make_member, make_tenant
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def build(tenant: Tenant, name: str, status: StationStatus = StationStatus.LIVE) -> Station:
    return Station.objects.create(tenant=tenant, code=name, name=name, status=status, created_at=clock.now())


def put(at: Station, name: str, *, online: bool = False, life: Life = Life.IN_SERVICE) -> None:
    Pile.objects.create(
        tenant=at.tenant,
        station=at,
        identity=name,
        name=name,
        online=online,
        life=life,
        created_at=clock.now(),
    )


def test_a_tenant_counts_with_everything_below_it(forest: Forest) -> None:
    with unscoped(reason="test data"):
        one, two = build(forest.agency, "S1"), build(forest.sibling_agency, "S2")
        build(forest.agency, "closed", StationStatus.CLOSED)
        build(forest.cousin_agency, "S3")
        put(one, "P1", online=True)
        put(one, "P2")
        put(two, "P3", online=True)
        put(two, "P4", online=True, life=Life.RETIRED)
    with scope_of(forest.dealer.pk):
        rows = {row.pk: (row.stations, row.piles, row.online, row.above) for row in tenants_listed()}  # type: ignore[attr-defined]
    assert rows == {
        forest.dealer.pk: (2, 3, 2, None),
        forest.operator.pk: (2, 3, 2, forest.dealer.name),
        forest.agency.pk: (1, 2, 1, forest.operator.name),
        forest.sibling_agency.pk: (1, 1, 1, forest.operator.name),
        forest.sibling_operator.pk: (0, 0, 0, forest.dealer.name),
    }


@pytest.mark.parametrize("address", ["/tenants/", "/system/staff/", "detail"])
def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(forest: Forest, address: str) -> None:
    client = client_for(forest.operator)
    url = f"/tenants/{forest.operator.pk}/" if address == "detail" else address
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(10):
        make_member(make_tenant(forest.operator))
        make_member(forest.operator, Role.SUPPORT)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)
