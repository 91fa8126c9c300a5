"""Columns: one declaration, the same on the page and in the workbook."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.kit.actor import Actor
from backoffice.kit.export import Form
from backoffice.kit.lists import columns, paths
from backoffice.kit.lists.listing import unreadable
from backoffice.kit.lists.sheet import sheet_of
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader
from drivers.models import Driver
from drivers.permissions import DriverPerm
from orders.models import Transaction
from orders.permissions import OrderPerm
from tests.factories.rows import make_row
from tests.factories.tenants import Forest
from tests.lists.stage import ALL_PERMS, ORDERS, READER, listing, looking_from, make_order, make_orders

ALL_COLUMNS = "columns=" + ",".join(ORDERS.table.base_columns)


def reader_without(*perms: Perm) -> Reader:
    return Reader(Actor("staff:2", "Wang"), ALL_PERMS - set(perms), "CNY")


def cells(query: str = ALL_COLUMNS, reader: Reader = READER) -> dict[str, str]:
    """The first row's cells on the page."""
    table = listing(query, reader).table()
    row = next(iter(table.rows))
    return {column.name: str(row.get_cell(column.name)) for column in table.columns}


def line(query: str = ALL_COLUMNS, reader: Reader = READER) -> dict[str, Any]:
    """The first row's cells in the workbook."""
    sheet = sheet_of(listing(query, reader))
    return dict(zip([head.label for head in sheet.heads], next(iter(sheet.rows)), strict=True))


@pytest.fixture
def order(forest: Forest) -> Any:
    return make_order(
        forest.agency,
        4,
        order_no="QL-1122-04817",
        driver=make_row(Driver, forest.operator, phone="+8613800004471"),
        started_at=datetime(2026, 11, 22, 6, 3, 4, 5, tzinfo=UTC),
        last_heard_at=datetime(2026, 11, 22, 6, 4, tzinfo=UTC),
        energy_wh=22_418,
        power_w=118_200,
        hold=120,
        total=4528,
        idle_fee=0,
        charge_state="charging",
        soc=50,
        version=3,
        end_day=date(2026, 11, 22),
        plate="<沪A>",
    )


def test_the_workbook_has_typed_cells_of_what_the_page_shows(order: Any, forest: Forest) -> None:
    with looking_from(forest.operator):
        assert line() == {
            "Order number": "QL-1122-04817",
            "Agency": forest.agency.name,
            "Station": order.station.name,
            "Terminal": order.pile.name,
            "Driver": "+8613800004471",
            "Connector": chr(64 + order.connector.number),
            "Started": datetime.fromisoformat("2026-11-22 14:03:04"),
            "Last message": datetime.fromisoformat("2026-11-22 06:04:00"),
            "Energy, kWh": Decimal("22.418"),
            "Power, kW": Decimal("118.2"),
            "Total": Decimal("45.28"),
            "Currency": "CNY",
            "Idle fee": Decimal("0.00"),
            "State": "Charging",
            "Stopped": None,
            "SoC": Decimal("0.5"),
            "Lasted": Decimal(180) / 86400,
            "Day": date(2026, 11, 22),
            "Plate": "<沪A>",
        }


def test_the_page_escapes_links_and_formats(order: Any, forest: Forest) -> None:
    with looking_from(forest.operator):
        shown = cells()

    assert '<a class="name" href="/stage/order/QL-1122-04817">QL-1122-04817</a>' in shown["order_no"]
    assert forest.agency.name in shown["order_no"]
    assert "45.28" in shown["total"] and "¥" in shown["total"]
    assert shown["energy_wh"].count("22.418") == 2
    assert 's-charging">Charging' in shown["charge_state"]
    assert "&lt;沪A&gt;" in shown["plate"] and "<沪A>" not in shown["plate"]
    assert 'datetime="2026-11-22T06:03:04+00:00"' in shown["started_at"] and "14:03" in shown["started_at"]
    assert 'class="none"' in shown["stopped_at"]


def test_a_phone_is_masked_on_the_page_and_in_the_workbook_without_the_permission(
    order: Any, forest: Forest
) -> None:
    stranger = reader_without(DriverPerm.SEE_PHONE)
    with looking_from(forest.operator):
        assert line(reader=stranger)["Driver"] == "138****4471"
        assert "138****4471" in cells(reader=stranger)["driver"]
        assert "13800004471" not in "".join(cells(reader=stranger).values())


def test_a_column_that_needs_a_permission_is_not_there_without_it_even_when_asked_for(
    order: Any, forest: Forest
) -> None:
    stranger = reader_without(OrderPerm.CASE_VIEW)
    with looking_from(forest.operator):
        for query in ("", ALL_COLUMNS, "columns=plate"):
            assert "plate" not in cells(query, stranger)
            assert "Plate" not in line(query, stranger)
        assert "plate" in cells()


def test_a_moment_without_a_place_is_in_the_readers_zone(order: Any, forest: Forest) -> None:
    with looking_from(forest.operator), timezone.override(ZoneInfo("Europe/Berlin")):
        assert line()["Last message"] == datetime.fromisoformat("2026-11-22 07:04:00")
        assert line()["Started"] == datetime.fromisoformat("2026-11-22 14:03:04")


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../../etc/passwd"])
def test_an_unknown_zone_falls_back_to_the_readers(zone: str, forest: Forest) -> None:
    make_order(forest.agency, 1, zone=zone, started_at=datetime(2026, 11, 22, 6, 3, tzinfo=UTC))
    with looking_from(forest.operator):
        assert line()["Started"] == datetime.fromisoformat("2026-11-22 06:03:00")


def test_heads_on_the_page_are_those_of_the_workbook(forest: Forest) -> None:
    with looking_from(forest.operator):
        for query in ("", ALL_COLUMNS, "columns=total,idle_fee"):
            page = listing(query)
            shown = [str(column.header) for column in page.table().columns if column.header]
            heads = [head.label for head in sheet_of(page).heads if head.label != "Currency"]

            assert ", ".join(shown) == ", ".join(heads)


def test_a_currency_stands_once_however_many_amounts_there_are(forest: Forest) -> None:
    with looking_from(forest.operator):
        heads = sheet_of(listing("columns=total,idle_fee")).heads

    assert [head.label for head in heads] == ["Order number", "Agency", "Total", "Currency", "Idle fee"]
    assert [head.form for head in heads[2:]] == [Form.MONEY, Form.TEXT, Form.MONEY]


def test_a_currency_stands_beside_an_amount_that_is_missing() -> None:
    column = columns.Money("credit")

    assert column.typed((None, "CNY"), READER) == [None, "CNY"]
    assert column.typed((1_250, "CNY"), READER) == [Decimal("12.50"), "CNY"]
    assert column.typed((None, None), READER) == [None, None]


def test_the_first_column_is_always_shown_and_unknown_ones_are_ignored(forest: Forest) -> None:
    with looking_from(forest.operator):
        assert list(listing("columns=total&columns=nope").columns) == ["order_no", "total"]
        assert list(listing("columns=nope").columns) == list(listing().columns)
        assert "idle_fee" not in listing().columns


@pytest.mark.parametrize("query", ["", ALL_COLUMNS, "columns=total"])
def test_rows_cost_no_query_each(query: str, forest: Forest) -> None:
    make_orders(forest.agency, 25, driver=make_row(Driver, forest.operator))
    with looking_from(forest.operator):
        table = listing(query).table()
        with CaptureQueriesContext(connection) as queries:
            for row in table.rows:
                for column in table.columns:
                    row.get_cell(column.name)

    assert len(queries) == 0


def test_only_what_is_shown_is_joined(forest: Forest) -> None:
    make_orders(forest.agency, 2)
    with looking_from(forest.operator):
        for query, joined in (("columns=total", 1), (ALL_COLUMNS, 5)):
            with CaptureQueriesContext(connection) as queries:
                assert listing(query).slice.rows
            assert queries[-1]["sql"].count(" JOIN ") == joined


def test_a_path_that_no_row_has_is_noticed() -> None:
    assert unreadable(ORDERS, ["order_no", "agency__name", "soc_share", "pk"]) == []
    assert unreadable(ORDERS, ["agency", "events", "nope", "agency__nope", "total__x"]) == [
        "agency",
        "events",
        "nope",
        "agency__nope",
        "total__x",
    ]


def test_the_missing_other_side_of_a_relation_is_nothing() -> None:
    assert paths.value_at(Transaction(), "order__driver__phone") is None
