"""A workbook that somebody sent: what is in it is read, and nothing in it is believed.

What the file is, is told by its first bytes and not by its name. Before a byte of XML is parsed the archive is
measured: its size, what it grows to, how much it is packed. XML is parsed by defusedxml, which openpyxl uses as soon
as it is there, so entities and what lies outside are refused. Formulas are not worked out: a cell with one is named
and refused, because the last value that Excel kept with it is not what whoever sent it sees.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from backoffice.kit.errors import Refused

MIB = 1024 * 1024
MOST_BYTES = 10 * MIB
MOST_UNPACKED = 60 * MIB
"""All parts of the archive together."""

MOST_PACKED = 100
"""How many times a part may grow. Rows that are all alike, written by Excel, grow about 40 times."""

SMALL_PART = MIB
"""A part that small may be packed as it likes."""

MOST_PARTS = 500
MOST_SHEETS = 20
MOST_TEXTS = 400_000
"""Different texts, which are read before the first row."""

MOST_ROWS = 10_000
MOST_COLUMNS = 100
LONGEST_CELL = 2_000
LAST_ROW = 1_048_576
"""Excel has no more."""

_TEXTS = "xl/sharedStrings.xml"
_TEXT = re.compile(rb"<(?:\w+:)?si[ />]")
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"

if not DEFUSEDXML:  # pragma: no cover - an installation without it does not start
    raise RuntimeError("openpyxl parses without defusedxml (OPENPYXL_DEFUSEDXML)")


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that is worked out and not typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that holds an error of Excel (``#N/A``)."""

    text: str


Value = str | int | float | bool | datetime | date | time | timedelta | Formula | Broken | None
"""What may stand in a cell. Text comes without the blanks around it, and is None where nothing is left."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row that is not empty. ``number`` is what Excel calls it."""

    number: int
    cells: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The first sheet of a workbook."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]


def read_book(file: IO[Any]) -> Book:
    """The heads and the rows of a workbook. Raises Refused, each time with what to do about it."""
    require_workbook(file)
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except DefusedXmlException as attack:
        raise _unreadable() from attack
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, zlib.error) as broken:
        raise _unreadable() from broken
    except Exception as broken:  # a file can be wrong in more ways than the library has exceptions
        raise _unreadable() from broken
    try:
        if len(book.sheetnames) > MOST_SHEETS:
            raise _refused(_("The workbook has more than %(most)d sheets.") % {"most": MOST_SHEETS}, "sheets")
        if not book.worksheets:
            raise _refused(_("The workbook has no sheet with rows."), "empty")
        return _first_sheet(book.worksheets[0])
    finally:
        book.close()


def require_workbook(file: IO[Any]) -> None:
    """Raises Refused unless the file is a workbook (.xlsx) of a size that can be read."""
    file.seek(0, 2)
    size = file.tell()
    if size > MOST_BYTES:
        message = _("The file has more than %(most)d MiB.") % {"most": MOST_BYTES // MIB}
        raise _refused(message, "size")
    file.seek(0)
    start = file.read(4096)
    if not start:
        raise _refused(_("The file is empty."), "empty")
    if start.startswith(_OLD):
        message = _("This is an old workbook (.xls), or one with a password. Save it as .xlsx without one.")
        raise _refused(message, "old")
    if not start.startswith(_ZIP):
        if _is_text(start):
            message = _("This is a text file (.csv). Open it in Excel and save it as .xlsx.")
            raise _refused(message, "text")
        raise _refused(_("This is no Excel workbook (.xlsx)."), "other")
    _require_small(file)


def _require_small(file: IO[Any]) -> None:
    """Measure the archive by its own table: the reader gives out no more of a part than the table says."""
    file.seek(0)
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
            _require_parts(parts)
            names = {part.filename for part in parts}
            if "xl/workbook.bin" in names:
                raise _refused(_("This is a binary workbook (.xlsb). Save it as .xlsx."), "other")
            if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
                raise _refused(_("This is no Excel workbook (.xlsx)."), "other")
            if _TEXTS in names and _count(archive, _TEXTS, _TEXT) > MOST_TEXTS:
                raise _too_large()
    except (
        BadZipFile,
        LargeZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        zlib.error,
    ) as broken:
        raise _unreadable() from broken


def _require_parts(parts: list[ZipInfo]) -> None:
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise _too_large()
    for part in parts:
        if part.file_size > SMALL_PART and part.file_size > MOST_PACKED * max(1, part.compress_size):
            raise _too_large()


def _count(archive: ZipFile, name: str, wanted: re.Pattern[bytes]) -> int:
    """How often something stands in a part, which is read piece by piece."""
    found, rest = 0, b""
    with archive.open(name) as part:
        while piece := part.read(MIB):
            text = rest + piece
            found += len(wanted.findall(text))
            rest = text[text.rfind(b"<") :] if b"<" in text[-64:] else b""
            found -= len(wanted.findall(rest))
    return found


def _first_sheet(sheet: Any) -> Book:
    sheet.reset_dimensions()  # what the file says of its size is as good as a name
    try:
        found = _find_heads(sheet)
        if found is None:
            raise _refused(_("The first sheet of the workbook is empty."), "empty")
        lines = tuple(_lines(sheet, found[0] + 1, len(found[1])))
    except (Refused, MemoryError):
        raise
    except Exception as broken:  # XML that ends in the middle, a reference to a text that is not there, …
        raise _unreadable() from broken
    if not lines:
        raise _refused(_("There are heads in the first sheet, and no rows below them."), "empty")
    return Book(found[1], lines)


def _find_heads(sheet: Any) -> tuple[int, tuple[str, ...]] | None:
    """The first row in which something stands, and its number."""
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
        heads = _heads(map(_value, row))
        if heads:
            return number, heads
    return None


def _lines(sheet: Any, first: int, width: int) -> Iterator[Line]:
    """The rows from this one on, without those that are empty."""
    count = 0
    for number, row in enumerate(sheet.iter_rows(min_row=first, max_col=width), start=first):
        cells = tuple(map(_value, row))
        if all(cell is None for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS or number > LAST_ROW:
            message = _("The file has more than %(most)s rows. Part it into several files.")
            raise _refused(message % {"most": f"{MOST_ROWS:,}"}, "rows")
        yield Line(number, cells)


def _heads(cells: Iterable[Value]) -> tuple[str, ...]:
    heads = [
        str(cell) if cell is not None and not isinstance(cell, Formula | Broken) else "" for cell in cells
    ]
    while heads and not heads[-1]:
        heads.pop()
    if len(heads) > MOST_COLUMNS:
        message = _("The sheet has more than %(most)d columns.") % {"most": MOST_COLUMNS}
        raise _refused(message, "columns")
    return tuple(heads)


def _value(cell: Any) -> Value:
    kind, value = cell.data_type, cell.value
    if value is None:
        return None
    if kind == "f":
        return Formula(str(value if isinstance(value, str) else getattr(value, "text", "") or "=")[:200])
    if kind == "e":
        return Broken(str(value)[:20])
    if isinstance(value, str):
        return value.strip()[: LONGEST_CELL + 1] or None
    if isinstance(value, bool | int | float | datetime | date | time | timedelta):
        return value
    return str(value)[: LONGEST_CELL + 1]


def cell_name(column: int, row: int) -> str:
    """``B17``; columns count from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def pieces(values: list[Any], size: int) -> Iterator[list[Any]]:
    """The values, so many at a time."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _is_text(start: bytes) -> bool:
    marked = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in start and not marked:
        return False
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        text = start.decode(encoding, errors="ignore")
        shown = sum(char.isprintable() or char in "\r\n\t" for char in text)
        if len(text.encode(encoding)) >= len(start) - 4 and shown > 0.95 * len(text):
            return True
    return False


def _too_large() -> Refused:
    message = _("Unpacked, the file is larger than a workbook of %(most)s rows can be.")
    return _refused(message % {"most": f"{MOST_ROWS:,}"}, "bomb")


def _unreadable() -> Refused:
    return _refused(_("The workbook cannot be read. Open it in Excel and save it as .xlsx anew."), "broken")


def _refused(message: str, code: str) -> Refused:
    return Refused(message, code=code, field="file")
