"""Workbooks that somebody sends, right ones and wrong ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/></Relationships>'
)
BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Rows" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


def workbook(rows: Iterable[Sequence[Any]], *, sheets: int = 1) -> bytes:
    """A workbook with these rows in its first sheet."""
    book = Workbook(write_only=True)
    for number in range(sheets):
        page = book.create_sheet(f"Sheet {number + 1}")
        if not number:
            for row in rows:
                page.append(list(row))
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def raw_workbook(sheet: str, *, before: str = "", more: dict[str, bytes] | None = None) -> bytes:
    """A workbook whose only sheet holds this XML, written as nobody's library would."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"))
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr(
            "xl/_rels/workbook.xml.rels", RELATIONS.format(kind="worksheet", target="worksheets/sheet1.xml")
        )
        archive.writestr("xl/worksheets/sheet1.xml", before + SHEET.format(sheet))
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return target.getvalue()


def cell(reference: str, words: str) -> str:
    """A cell with text in itself."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{words}</t></is></c>'


def upload(content: bytes, name: str = "rows.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
