"""Files that somebody sends as a workbook: what is one is read, what is none or too much is refused by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from backoffice.kit.errors import Refused
from backoffice.kit.imports import reading
from backoffice.kit.imports.reading import Broken, Formula, cell_name, read_book
from tests.support.sending import cell, raw_workbook, workbook


def refused(content: bytes) -> str:
    """The code of the refusal."""
    with pytest.raises(Refused) as refusal:
        read_book(BytesIO(content))
    assert refusal.value.field == "file"
    return refusal.value.code


def archive(parts: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


def rows_xml(rows: Iterable[str]) -> str:
    return f"<sheetData>{''.join(rows)}</sheetData>"


HEADS = f'<row r="1">{cell("A1", "Identity")}</row>'


def test_cells_come_as_what_they_are_and_empty_rows_are_passed_over() -> None:
    at = datetime.fromisoformat("2026-11-26 12:30:00")
    book = read_book(
        BytesIO(
            workbook(
                [["Identity", "Count", "Since"], ["  CP-1 ", 2, at], [None, "  ", None], ["CP-2", 1.5, True]]
            )
        )
    )

    assert book.heads == ("Identity", "Count", "Since")
    assert [(line.number, line.cells) for line in book.lines] == [
        (2, ("CP-1", 2, at)),
        (4, ("CP-2", 1.5, True)),
    ]


def test_rows_keep_the_number_that_excel_gives_them() -> None:
    book = read_book(
        BytesIO(raw_workbook(rows_xml([HEADS, f'<row r="70000">{cell("A70000", "CP-1")}</row>'])))
    )

    assert [(line.number, line.cells) for line in book.lines] == [(70_000, ("CP-1",))]


def test_formulas_and_errors_are_told_from_values() -> None:
    book = read_book(BytesIO(workbook([["Identity", "Count"], ["=A9", "=SUM(1,2)"], ["'=safe", "#N/A"]])))

    first, second = (line.cells for line in book.lines)
    assert first == (Formula("=A9"), Formula("=SUM(1,2)"))
    assert second == ("'=safe", Broken("#N/A"))


def test_the_size_that_a_sheet_says_it_has_is_not_believed() -> None:
    lie = '<dimension ref="A1:XFD1048576"/>'
    book = read_book(BytesIO(raw_workbook(lie + rows_xml([HEADS, f'<row r="2">{cell("A2", "CP-1")}</row>']))))

    assert [line.cells for line in book.lines] == [("CP-1",)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old"),
        ("Identity;Name\nCP-1;Tür\n".encode(), "text"),
        ("桩编号,名称\nCP-1,甲\n".encode("gb18030"), "text"),
        (b"%PDF-1.7\n\x00\x01\x02\xff\xfe\x80\x81", "other"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "other"),
        (archive({"word/document.xml": b"<x/>"}), "other"),
        (archive({"[Content_Types].xml": b"<x/>", "xl/workbook.bin": b"x"}), "other"),
        (archive({"[Content_Types].xml": b"<Types/>"}), "broken"),
        (workbook([["Identity"], ["CP-1"]])[:-40], "broken"),
        (b"PK\x03\x04" + bytes(100), "broken"),
        (workbook([]), "empty"),
        (workbook([["Identity"]]), "empty"),
        (workbook([["Identity"], ["CP-1"]], sheets=21), "sheets"),
        (workbook([[f"Column {number}" for number in range(101)], ["x"]]), "columns"),
        (raw_workbook("<sheetData><row><c"), "broken"),
        (raw_workbook(rows_xml([HEADS, '<row r="2"><c r="A2" t="s"><v>7</v></c></row>'])), "broken"),
    ],
)
def test_what_is_no_workbook_is_refused_by_what_is_in_it(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_a_file_that_grows_beyond_measure_is_refused_before_it_is_unpacked() -> None:
    bomb = archive({"[Content_Types].xml": b"x", "xl/worksheets/sheet1.xml": bytes(50 * 1024 * 1024)})
    many = archive({f"xl/part{number}.xml": b"x" for number in range(501)})

    assert len(bomb) < 100_000
    assert {refused(bomb), refused(many)} == {"bomb"}


def test_too_many_texts_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_TEXTS", 3)
    texts = {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>x</t></si>" * 4 + b"</sst>"}

    assert refused(raw_workbook(rows_xml([HEADS]), more=texts)) == "bomb"


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_are_refused(declared: str) -> None:
    assert refused(raw_workbook(rows_xml([HEADS]), before=declared)) == "broken"


def test_a_hundred_thousand_rows_are_refused_and_the_limit_is_named() -> None:
    rows = [f'<row r="{n}"><c r="A{n}"><v>{n * 7919}</v></c></row>' for n in range(2, 100_002)]
    with pytest.raises(Refused, match="10,000 rows"):
        read_book(BytesIO(raw_workbook(rows_xml([HEADS, *rows]))))


def test_a_file_that_is_too_large_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1024)

    assert refused(workbook([["Identity"], ["CP-1"]])) == "size"


@pytest.mark.parametrize(
    ("column", "row", "name"), [(0, 1, "A1"), (25, 2, "Z2"), (26, 3, "AA3"), (701, 4, "ZZ4")]
)
def test_cells_are_named_as_excel_names_them(column: int, row: int, name: str) -> None:
    assert cell_name(column, row) == name


def test_a_date_is_a_date() -> None:
    book = read_book(BytesIO(workbook([["Since"], [date(2026, 11, 26)]])))

    assert book.lines[0].cells == (datetime.fromisoformat("2026-11-26"),)
