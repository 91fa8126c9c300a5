"""Pages by key: every row once, in order, from both ends, whatever the order and whatever changes meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.kit.lists import paging
from backoffice.kit.lists.listing import Listing
from backoffice.kit.lists.paging import Cursor, Order
from backoffice.kit.scope import current_scope
from orders.models import ChargingOrder
from stations.models import Pile
from tests.factories.rows import make_row
from tests.factories.tenants import Forest
from tests.lists.stage import START, listing, looking_from, make_order, make_orders

ORDERS = [
    "",
    "sort=order_no",
    "sort=-order_no",
    "sort=started_at",
    "sort=-started_at",
    "sort=energy_wh",
    "sort=-energy_wh",
    "sort=total",
    "sort=-stopped_at",
    "order_no=ORD&sort=-total",  # picked first, then joined
    "charge_state=ended&sort=started_at",
]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for function in (paging.slice_after, paging.slice_before):
        monkeypatch.setattr(function, "__defaults__", (7,))


def walk(query: str, step: str, limit: int = 40) -> list[Listing]:
    """All pages from the one at ``query``, along ``next_url`` or ``previous_url``."""
    pages = [listing(query)]
    while url := getattr(pages[-1].page, step):
        assert len(pages) < limit
        pages.append(listing(url.partition("?")[2]))
    return pages


def keys(pages: list[Listing]) -> list[int]:
    return [row.pk for page in pages for row in page.slice.rows]


@pytest.mark.parametrize("query", ORDERS)
def test_walking_on_shows_every_row_once_in_the_order_of_the_database(query: str, forest: Forest) -> None:
    make_orders(forest.agency, 31)
    with looking_from(forest.operator):
        pages = walk(query, "next_url")
        whole = [row.pk for row in pages[0].order.apply(pages[0].rows)]

    assert keys(pages) == whole
    assert [(page.page.first, page.page.last) for page in pages] == [
        (1, 7),
        (8, 14),
        (15, 21),
        (22, 28),
        (29, 31),
    ]


@pytest.mark.parametrize("query", ORDERS)
def test_walking_back_shows_the_same_pages(query: str, forest: Forest) -> None:
    make_orders(forest.agency, 28)
    with looking_from(forest.operator):
        there = walk(query, "next_url")
        back = walk(there[-1].query.urlencode(), "previous_url")

    assert [[row.pk for row in page.slice.rows] for page in reversed(back)] == [
        [row.pk for row in page.slice.rows] for page in there
    ]


def test_a_row_that_arrives_meanwhile_moves_no_other_to_a_page_twice(forest: Forest) -> None:
    make_orders(forest.agency, 10)
    with looking_from(forest.operator):
        first = listing()
        seen = [row.pk for row in first.slice.rows]
        make_order(forest.agency, 900, created_at=START + timedelta(days=9))
        second = [row.pk for row in listing(first.page.next_url.partition("?")[2]).slice.rows]

    assert not set(seen) & set(second)
    assert len(second) == 3


def test_a_page_whose_rows_are_gone_becomes_the_first(forest: Forest) -> None:
    rows = make_orders(forest.agency, 10)
    with looking_from(forest.operator):
        url = listing().page.next_url
        ChargingOrder.objects.filter(pk__in=[row.pk for row in rows[:3]]).delete()
        page = listing(url.partition("?")[2])

        assert (page.page.first, page.page.last, page.page.total) == (1, 7, 7)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "",
        "a:b:c",
        "é" * 40,
        pytest.param(signing.dumps([1, 2, 3], salt="other"), id="of another list"),
        pytest.param(signing.dumps({}, salt="stage.orders"), id="of another form"),
    ],
)
def test_a_cursor_that_was_not_made_here_leads_to_the_start_and_says_so(cursor: str, forest: Forest) -> None:
    make_orders(forest.agency, 9)
    with looking_from(forest.operator):
        for name in ("after", "before"):
            query = listing().query.copy()
            query[name] = cursor
            page = listing(query.urlencode())

            assert page.page.first == 1
            assert page.lost is bool(cursor)


def test_a_cursor_of_another_order_is_none(forest: Forest) -> None:
    make_orders(forest.agency, 9)
    with looking_from(forest.operator):
        after = listing("sort=total").page.next_url.partition("after=")[2]

        assert listing(f"sort=-total&after={after}").lost
        assert not listing(f"sort=total&after={after}").lost


def test_counting_stops_at_the_cap(forest: Forest, monkeypatch: pytest.MonkeyPatch) -> None:
    make_orders(forest.agency, 12)
    monkeypatch.setattr(paging, "COUNT_CAP", 10)
    with looking_from(forest.operator):
        page = listing().page

        assert (page.total, page.capped) == (10, True)
        assert listing("total_to=3").page.capped is False


def test_a_list_that_fits_one_page_is_not_counted(forest: Forest) -> None:
    make_orders(forest.agency, 5)
    with (
        looking_from(forest.operator),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        page = listing().page

    assert (page.first, page.last, page.total, page.next_url, page.previous_url) == (1, 5, 5, "", "")
    assert not [query for query in queries if "COUNT(" in query["sql"]]


def test_a_deep_page_starts_in_the_index_and_sorts_nothing(forest: Forest) -> None:
    make_orders(forest.agency, 40)
    make_orders(forest.cousin_agency, 160, start=1000)
    with looking_from(forest.operator):
        order = Order.by(ChargingOrder, ("-created_at", "-id"))
        cursor = Cursor(20, (START + timedelta(minutes=20), 10))
        rows = order.apply(ChargingOrder.objects.all()).filter(order.behind(cursor.values))[:26]
        with connection.cursor() as sql:
            sql.execute("SET LOCAL enable_seqscan = off")
            sql.execute("SET LOCAL enable_bitmapscan = off")
            sql.execute("ANALYZE orders_chargingorder")
        plan = rows.explain()
        column = current_scope().level.column

    [condition] = [line for line in plan.splitlines() if "Index Cond" in line]
    assert column in condition
    assert "created_at <=" in condition
    assert "Sort" not in plan


def test_master_data_without_a_value_comes_last_either_way(forest: Forest) -> None:
    for number in range(4):
        make_row(
            Pile,
            forest.agency,
            name=f"P{number}",
            last_seen_at=START + timedelta(days=number) if number % 2 else None,
        )
    with looking_from(forest.operator):
        up, down = (
            Order.by(Pile, (name,)).apply(Pile.objects.all()) for name in ("last_seen_at", "-last_seen_at")
        )

        assert [row.last_seen_at is None for row in up] == [False, False, True, True]
        assert [row.last_seen_at is None for row in down] == [False, False, True, True]


@pytest.mark.parametrize(
    "value", [None, 7, "上海", True, START, START.date(), START.replace(microsecond=123456)]
)
def test_what_a_cursor_holds_survives_its_journey(value: Any) -> None:
    cursor = Cursor(3, (value, 1))

    assert Cursor.read(cursor.signed("salt"), "salt", 2) == cursor
    assert Cursor.read(cursor.signed("salt"), "pepper", 2) is None
    assert Cursor.read(cursor.signed("salt"), "salt", 3) is None
