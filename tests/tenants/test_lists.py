"""The list of tenants counts what stands on the ground, over each subtree and inside the scope."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alarms.models import Alarm
from backoffice.kit import clock
from backoffice.kit.figures import money_text
from backoffice.kit.money import Money
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from reports.models import DayTotal
from stations.models import Life, Pile, Station, StationStatus
from tenants.models import Contact, Paper, Tenant
from tenants.resources.companies import amounts_words
from tenants.selectors import scope_of, tenants_listed
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member, make_tenant
from tests.support.staff import client_for
from tests.support.workbooks import content_of, rows_of

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


@pytest.mark.parametrize(
    ("days", "shown", "said"),
    [
        (31, '<span class="l2">31 days left</span>', "31 days left"),
        (11, '<span class="t-waiting">11 days left</span>', "11 days left"),
        (-1, '<span class="t-fault">over</span>', "over"),
    ],
)
def test_a_contract_that_ends_soon_or_is_over_stands_out_and_is_words_in_excel(
    forest: Forest, days: int, shown: str, said: str
) -> None:
    day = timezone.localdate(clock.now()) + timedelta(days=days)
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=forest.operator.pk).update(contract_to=day)
    client = client_for(forest.dealer)

    assert shown in client.get("/tenants/").content.decode()
    rows = rows_of(content_of(client.get("/tenants/export/")))  # type: ignore[arg-type]
    assert any(said in row for row in rows)


def test_a_tenant_none_of_whose_terminals_is_heard_stands_out(forest: Forest) -> None:
    with unscoped(reason="test data"):
        put(build(forest.agency, "S1"), "P1")

    assert (
        '<span class="value t-fault">0</span>' in client_for(forest.dealer).get("/tenants/").content.decode()
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


def test_what_happened_today_is_read_from_the_totals_of_the_day(forest: Forest) -> None:
    today = clock.now().date()
    figures: dict[str, Any] = {"day": today, "sessions": 3, "energy_wh": 4_500}
    with unscoped(reason="test data"):
        for currency, total in (("CNY", 1_234), ("EUR", 50)):
            DayTotal.objects.create(tenant=forest.agency, currency=currency, total=total, **figures)
        DayTotal.objects.create(
            tenant=forest.agency, currency="CNY", day=today - timedelta(days=1), sessions=9
        )
    with scope_of(forest.operator.pk):
        row: Any = tenants_listed().get(pk=forest.agency.pk)
        quiet: Any = tenants_listed().get(pk=forest.sibling_agency.pk)
    assert (row.orders_today, row.energy_today) == (6, 9_000)
    side_by_side = f"{money_text(Money(1_234, 'CNY'))} +\N{NO-BREAK SPACE}{money_text(Money(50, 'EUR'))}"
    worded: Any = amounts_words
    assert worded(row.revenue_today) == side_by_side
    assert (quiet.orders_today, quiet.energy_today, quiet.revenue_today) == (0, 0, None)


def names(client: Client, query: str) -> str:
    return client.get(f"/tenants/?{query}").content.decode()


def test_the_list_is_narrowed_to_a_part_of_the_tree(forest: Forest) -> None:
    client = client_for(forest.manufacturer)
    page = names(client, f"below={forest.sibling_dealer.code}")
    shown = set(re.findall(r'href="/tenants/(\d+)/"', page))
    assert shown == {str(t.pk) for t in (forest.sibling_dealer, forest.cousin_operator, forest.cousin_agency)}
    other = names(client_for(forest.operator), f"below={forest.cousin_operator.code}")
    assert forest.cousin_operator.name not in other and "Nothing here is called" in other


def test_tenants_with_open_alarms_are_found_at_every_level_above(forest: Forest) -> None:
    make_row(Alarm, forest.agency, state="open")
    make_row(Alarm, forest.cousin_agency, state="closed")
    page = names(client_for(forest.manufacturer), "alarms=open")
    shown = set(re.findall(r'href="/tenants/(\d+)/"', page))
    assert shown == {str(row.pk) for row in forest.chain}


def test_each_level_has_tabs_for_what_stands_below_it(forest: Forest) -> None:
    assert re.findall(r"tab=(\w+)", names(client_for(forest.operator), "")).count("dealer") == 0
    page = names(client_for(forest.manufacturer), "tab=dealer")
    shown = set(re.findall(r'href="/tenants/(\d+)/"', page))
    assert shown == {str(forest.dealer.pk), str(forest.sibling_dealer.pk)}


PAGES = ("", "contacts/", "files/", "quotas/", "brand/", "staff/", "changes/")


@pytest.mark.parametrize("address", ["/tenants/", "/system/staff/", *PAGES])
def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(forest: Forest, address: str) -> None:
    client = client_for(forest.operator)
    url = address if address.startswith("/") else f"/tenants/{forest.operator.pk}/{address}"
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(10):
        make_member(make_tenant(forest.operator))
        make_member(forest.operator, Role.SUPPORT)
        make_row(Contact, forest.operator)
        make_row(Paper, forest.operator)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)
