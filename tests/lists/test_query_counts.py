"""How many queries each list costs: recorded, and the same for one row and for a full page.

``--record-queries`` writes the figures anew; what changed is then seen in the difference of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.environment import ROOT
from backoffice.kit.levels import Level
from backoffice.kit.lists import Resource, registered
from backoffice.kit.lists.paging import PAGE_SIZE
from tenants.models import Membership, Tenant
from tests.factories.rows import make_row
from tests.factories.tenants import make_forest, make_member, make_tenant
from tests.scoping.matrix import role_for
from tests.scoping.shapes import shape_of

BASELINE = ROOT / "tests" / "baselines" / "query_counts.json"
LISTS = registered()


@pytest.fixture
def baseline(request: pytest.FixtureRequest) -> Iterator[dict[str, int]]:
    """The recorded figures; written back when they are to be recorded."""
    figures: dict[str, int] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    yield figures
    if request.config.getoption("record_queries"):
        BASELINE.write_text(json.dumps(dict(sorted(figures.items())), indent=1) + "\n")


def queries_of(client: Client, url: str) -> tuple[int, int]:
    """How many queries the page took, and how many rows the list has."""
    with CaptureQueriesContext(connection) as queries:
        page = client.get(url).context["page"]
    return len(queries), page.total


def fill(resource: Resource, tenant: Tenant, viewer: Membership, count: int) -> None:
    for _number in range(count):
        if resource.model is Tenant:
            make_tenant(tenant)
        else:
            make_row(resource.model, tenant, **shape_of(resource.name, viewer))


@pytest.mark.parametrize("resource", LISTS, ids=lambda resource: resource.name)
def test_a_list_costs_the_recorded_queries_for_one_row_and_for_a_page(
    resource: Resource, db: None, baseline: dict[str, int], request: pytest.FixtureRequest
) -> None:
    forest = make_forest()
    level = next(level for level in (Level.OPERATOR, *Level) if role_for(resource, level) is not None)
    tenant = forest.chain[level.depth]
    viewer = make_member(tenant, role_for(resource, level))
    client = Client()
    client.force_login(viewer.user)
    client.get(resource.url)  # what is asked once per process

    fill(resource, tenant, viewer, 1)
    few, there = queries_of(client, resource.url)
    assert there < PAGE_SIZE
    fill(resource, tenant, viewer, PAGE_SIZE - there)
    full, there = queries_of(client, resource.url)
    assert there == PAGE_SIZE
    fill(resource, tenant, viewer, 1)
    more, _there = queries_of(client, resource.url)

    assert few == full
    # Only a list of more than one page is counted; rows that are few are counted with their tabs.
    assert more == full + (not resource.few)
    if request.config.getoption("record_queries"):
        baseline[resource.name] = few
    assert few == baseline.get(resource.name), "run with --record-queries if this is meant"


def test_the_record_has_no_list_that_is_gone(baseline: dict[str, int]) -> None:
    assert set(baseline) == {resource.name for resource in LISTS}
