"""Workbooks: typed, neutral, added up by currency, never cut, the same from both writers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from backoffice.kit import export
from backoffice.kit.export import Cell, Form, Head, Sheet, safe_text, write_workbook
from tests.support.workbooks import cells_of, rows_of, sheets_of

AT = datetime.fromisoformat("2026-11-22 14:03:04")
HEADS = [
    Head("Order"),
    Head("Started", Form.MOMENT),
    Head("Day", Form.DAY),
    Head("Energy, kWh", Form.NUMBER, digits=3, total=True),
    Head("Total", Form.MONEY, total=True, currency="currency"),
    Head("Currency", once="currency"),
    Head("Share", Form.PERCENT, digits=1),
    Head("Lasted", Form.DURATION),
]
ROW: list[Cell] = [
    "QL-1",
    AT,
    AT.date(),
    Decimal("22.418"),
    Decimal("45.28"),
    "CNY",
    Decimal("0.272"),
    Decimal("0.5"),
]


@pytest.fixture(params=["few", "many"])
def writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two writers."""
    monkeypatch.setattr(export, "FEW", 10**6 if request.param == "few" else -1)
    return str(request.param)


def written(*sheets: Sheet) -> bytes:
    target = BytesIO()
    write_workbook(target, sheets)
    return target.getvalue()


def sheet(rows: Sequence[Sequence[Cell]], heads: Sequence[Head] = HEADS, **over: Any) -> Sheet:
    return Sheet(**{"title": "Orders", "heads": heads, "rows": iter(rows)} | over)


def test_numbers_moments_and_days_are_typed_and_formatted(writer: str) -> None:
    head, row, *_totals = cells_of(written(sheet([ROW])))

    assert [cell.value for cell in head] == [one.label for one in HEADS]
    assert [cell.value for cell in row] == [
        "QL-1",
        AT,
        datetime.fromisoformat("2026-11-22"),
        22.418,
        45.28,
        "CNY",
        0.272,
        row[7].value,
    ]
    assert [cell.number_format for cell in row] == [
        "General",
        "yyyy-mm-dd hh:mm:ss",
        "yyyy-mm-dd",
        "#,##0.000",
        "#,##0.00#",
        "General",
        "0.0%",
        "[h]:mm:ss",
    ]
    assert head[0].font.b


def test_totals_keep_currencies_apart_and_are_exact(writer: str) -> None:
    rows = [[*ROW[:4], Decimal("0.10"), currency, *ROW[6:]] for currency in ("CNY", "EUR", "CNY", "CNY")]

    lines = rows_of(written(sheet(rows)))

    assert [(line[0], line[3], line[4], line[5]) for line in lines[5:]] == [
        ("Total", 89.672, "", ""),
        ("Total", "", 0.3, "CNY"),
        ("Total", "", 0.1, "EUR"),
    ]


def test_an_empty_list_has_its_heads_and_no_totals() -> None:
    assert rows_of(written(sheet([]))) == [[one.label for one in HEADS]]


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://x")', "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "=", "--1"],
)
def test_text_is_never_a_formula_here_or_where_it_is_pasted(text: str, writer: str) -> None:
    [_head, [cell]] = cells_of(written(sheet([[text]], [Head("Name")])))

    assert cell.data_type == "s"
    assert cell.value.startswith("'")


@pytest.mark.parametrize(
    "text", ["+8613800004471", "-12.5", "-3", "00123", "1e5", "2026-01-01", "true", "http://x.org", "a=b"]
)
def test_text_that_only_looks_like_something_stays_as_it_is(text: str, writer: str) -> None:
    [_head, [cell]] = cells_of(written(sheet([[text]], [Head("Name")])))

    assert (cell.data_type, cell.value) == ("s", text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\r\nb\rc\n", "a\nb\nc\n"), ("\r\n=1", "'\n=1"), (" a ", " a "), (" ", ""), ("\r", ""), (" \n\r", "")],
)
def test_lines_of_a_cell_end_with_a_line_feed_and_blanks_alone_are_nothing(
    text: str, kept: str, writer: str
) -> None:
    [_heads, [cell, _number]] = rows_of(written(sheet([[text, 1]], [Head("Note"), Head("Number")])))

    assert cell == kept


def test_what_a_cell_cannot_hold_is_made_safe(writer: str) -> None:
    odd: list[Cell] = [
        "a\x00b\x0bc\ud800d",
        "x" * 40_000,
        10**18,
        datetime.fromisoformat("1812-01-01 00:00"),
        date(1900, 1, 1),
    ]
    heads = [Head(str(index)) for index in range(5)]

    [_head, line] = rows_of(written(sheet([odd], heads)))

    assert line[0] == "a\ufffdb\ufffdc\ufffdd"
    assert len(line[1]) == 32_767 and line[1].endswith("…")
    assert line[2:] == ["1000000000000000000", "1812-01-01 00:00:00", "1900-01-01"]


def test_rows_go_on_in_a_next_sheet_and_totals_stand_below_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "FEW", 3)
    monkeypatch.setattr(export, "ROWS_PER_SHEET", 10)
    rows = [[f"QL-{number}", *ROW[1:]] for number in range(25)]

    book = sheets_of(written(sheet(rows, expected=25, about=[("List", "Orders")])))

    assert list(book) == ["Orders", "Orders (2)", "Orders (3)", "Filters"]
    assert [len(lines) for lines in book.values()] == [11, 11, 8, 3]
    assert [line[0] for lines in list(book.values())[:3] for line in lines[1:] if line[0] != "Total"] == [
        row[0] for row in rows
    ]
    assert book["Filters"][-1] == ["Rows", 25]


def test_titles_are_made_to_fit_and_no_two_are_the_same(writer: str) -> None:
    titles = ["Orders: [2026/11] *?", "orders  2026 11", "x" * 40, "x" * 40, "'", ""]

    book = sheets_of(written(*(sheet([["a"]], [Head("A")], title=title) for title in titles)))

    assert len(book) == len(titles)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in book)


def test_two_columns_may_have_the_same_head(writer: str) -> None:
    head, row = rows_of(written(sheet([["a", "b"]], [Head("Name"), Head("Name")])))

    assert [label.strip("\u200b") for label in head] == ["Name", "Name"]
    assert row == ["a", "b"]


def test_an_error_among_the_rows_comes_out(writer: str) -> None:
    def rows() -> Iterator[list[Cell]]:
        yield ["a"]
        raise KeyError("in the middle")

    with pytest.raises(KeyError, match="in the middle"):
        written(Sheet("Orders", [Head("A")], rows()))


def test_rows_are_counted_without_heads_and_totals(writer: str) -> None:
    assert write_workbook(BytesIO(), [sheet([ROW] * 3), sheet([["a"]] * 4, [Head("A")])]) == 7


WORDS = st.one_of(st.none(), st.text(max_size=30))
NUMBERS = st.one_of(st.none(), st.integers(-(10**9), 10**9), st.decimals(-(10**9), 10**9, places=3))
MOMENTS = st.datetimes(datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2100-01-01"))


@given(
    st.lists(
        st.tuples(WORDS, NUMBERS, MOMENTS.map(lambda at: at.replace(microsecond=0))), min_size=1, max_size=6
    )
)
@settings(max_examples=40, deadline=None)
def test_both_writers_write_the_same(rows: list[Sequence[Cell]]) -> None:
    heads = [Head("A"), Head("B", Form.NUMBER, total=True), Head("C", Form.MOMENT)]
    books = []
    for few in (10**6, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(export, "FEW", few)
            books.append(sheets_of(written(sheet(rows, heads, about=[("List", "Orders")]))))

    assert books[0] == books[1]


@given(st.text())
def test_no_text_starts_a_formula(text: str) -> None:
    safe = safe_text(text)

    assert not safe.startswith(("=", "@", "\t", "\r"))
    assert safe.removeprefix("'") in text.replace("\r\n", "\n").replace("\r", "\n") or "\ufffd" in safe
