"""Reading back what was exported."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.http import FileResponse
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook


def content_of(response: FileResponse) -> bytes:
    """The whole file of a download; the test client closes it at its end."""
    return b"".join(response.streaming_content)


def sheets_of(content: bytes) -> dict[str, list[list[Any]]]:
    """Sheet by sheet, line by line, as values. Nothing is an empty string."""
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def rows_of(content: bytes) -> list[list[Any]]:
    """The first sheet."""
    return next(iter(sheets_of(content).values()))


def cells_of(content: bytes, sheet: int = 0) -> list[list[Any]]:
    """One sheet as openpyxl's cells, with their types and formats."""
    book = load_workbook(BytesIO(content))
    return [list(row) for row in book.worksheets[sheet].iter_rows()]
