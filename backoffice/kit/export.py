"""Workbooks: one function writes them all, however many rows there are.

Every cell is typed: numbers stay numbers, moments are moments of the place they happened at, keys and
phone numbers are text. Text is never a formula. Amounts of two currencies are never added up. Nothing
is cut: past ``ROWS_PER_SHEET`` the rows go on in a next sheet.

Few rows go through openpyxl, many through rustpy-xlsxwriter, which streams and needs a tenth of the
time (``benchmarks/export.py``); what is in the file is the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import chain, islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import BinaryIO

import rustpy_xlsxwriter as fast
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | Decimal | datetime | date | None
"""What a cell may hold; moments are without zone, local to where they happened."""

ROWS_PER_SHEET = 1_000_000
FEW = 1_000
"""Up to this many rows openpyxl writes, which can set totals in bold."""

LONGEST_TEXT = 32_767
LARGEST_EXACT = 10**15
EARLIEST = date(1900, 3, 1)
"""Excel's calendar is right from here on; it counts a 29 February 1900 that never was."""

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"[=@\t\r]|[+-](?!\d+([.,]\d+)?$)")
_LINE_END = re.compile(r"\r\n?")
_RISKY = frozenset("=@\t\r+- ")
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")


class Form(Enum):
    """How a column of a workbook is typed and shown."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DURATION = "duration"
    MOMENT = "moment"
    DAY = "day"


WIDTHS = {Form.TEXT: 20, Form.MOMENT: 19, Form.DAY: 12, Form.MONEY: 14}


@dataclass(frozen=True, slots=True)
class Head:
    """A column. ``total`` adds it up below the rows, for each value of the column ``currency`` apart.

    ``once`` names a column that several bring along and that stands there once (a currency).
    """

    label: str
    form: Form = Form.TEXT
    digits: int = 0
    total: bool = False
    once: str = ""
    currency: str = ""

    @property
    def number_format(self) -> str:
        """In Excel's own language."""
        decimals = f".{'0' * self.digits}" if self.digits else ""
        return {
            Form.TEXT: "General",
            Form.NUMBER: f"#,##0{decimals}",
            Form.MONEY: "#,##0.00#",
            Form.PERCENT: f"0{decimals}%",
            Form.DURATION: "[h]:mm:ss",
            Form.MOMENT: "yyyy-mm-dd hh:mm:ss",
            Form.DAY: "yyyy-mm-dd",
        }[self.form]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: heads and rows, and what the filter sheet says about them, line by line.

    ``expected`` is how many rows there are, about; more than ``ROWS_PER_SHEET`` need it. ``secret``: it tells what is
    told nowhere else, such as passwords; whoever keeps the workbook keeps it for a short time.
    """

    title: str
    heads: Sequence[Head]
    rows: Iterable[Sequence[Cell]]
    about: Sequence[tuple[str, Cell]] = ()
    expected: int = 0
    secret: bool = False


def write_workbook(target: BinaryIO, sheets: Sequence[Sheet]) -> int:
    """Write the sheets, and behind each what it is about; how many rows there were, without totals.

    Rows are pulled while they are written, and an error of theirs comes out of here.
    """
    tallies = [_Tally(sheet) for sheet in sheets]
    if all(tally.few for tally in tallies):
        _write_small(target, tallies)
    else:
        _write_large(target, tallies)
    return sum(tally.count for tally in tallies)


def safe_text(text: str) -> str:
    """Text as a cell can hold it: no control characters, not too long, and no formula wherever it is pasted.

    Every end of a line is a line feed: XML knows no other, and a cell breaks at it. Blanks alone are nothing.
    """
    if text.isprintable() and text[:1] not in _RISKY and len(text) <= LONGEST_TEXT:
        return text  # nearly every cell of a long list
    is_formula = _FORMULA.match(text)
    text = _LINE_END.sub("\n", _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text))
    if not text.strip(" \n"):
        return ""
    if is_formula:
        text = f"'{text}"
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def plain_text(text: str) -> str:
    """The inverse of ``safe_text`` for text that is read back from a workbook that was written here."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:]) else text


Plain = str | int | float | datetime | date | None


def _plain(cell: Cell) -> Plain:
    """The cell as both writers take it. A number that Excel would round is text."""
    if isinstance(cell, str):
        return safe_text(cell)
    if isinstance(cell, Decimal | int):
        number = float(cell)
        return number if abs(number) < LARGEST_EXACT else str(cell)
    if isinstance(cell, datetime):
        return cell if cell.date() >= EARLIEST else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell if cell >= EARLIEST else cell.isoformat()
    return cell


class _Tally:
    """A sheet while it is written: hands out its rows as plain cells, counts them and adds them up."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.count = 0
        self._sums: dict[str, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        rows = iter(sheet.rows)
        start = list(islice(rows, FEW + 1))
        self.few = len(start) <= FEW
        self._rows = chain(start, rows)
        places = {head.once: index for index, head in enumerate(sheet.heads) if head.once}
        self._totals = [
            (index, places.get(head.currency)) for index, head in enumerate(sheet.heads) if head.total
        ]

    @property
    def heads(self) -> Sequence[Head]:
        return self.sheet.heads

    def rows(self, limit: int | None = None) -> Iterator[list[Plain]]:
        """The next rows."""
        for row in islice(self._rows, limit):
            self.count += 1
            for index, currency_at in self._totals:
                cell = row[index]
                if isinstance(cell, Decimal | int):
                    currency = "" if currency_at is None else str(row[currency_at])
                    self._sums[currency][index] += cell
            yield [_plain(cell) for cell in row]

    def totals(self) -> Iterator[list[Plain]]:
        """The lines below the rows: what has no currency, then each currency."""
        if not self._totals or not self.count:
            return
        place = {currency_at for _index, currency_at in self._totals if currency_at is not None}
        summed = {index for index, _currency_at in self._totals}
        label_at = next((at for at in range(len(self.heads)) if at not in summed | place), None)
        for currency in sorted(self._sums):
            line: list[Plain] = [None] * len(self.heads)
            if label_at is not None:
                line[label_at] = _("Total")
            for index, amount in self._sums[currency].items():
                line[index] = _plain(amount)
            for at in place:
                line[at] = currency or None
            yield line

    def about(self) -> list[tuple[str, Plain]]:
        """What the filter sheet says."""
        said = [(safe_text(label), _plain(value)) for label, value in self.sheet.about]
        return [*said, (_("Rows"), self.count)]


def _write_small(target: BinaryIO, tallies: Sequence[_Tally]) -> None:
    book = Workbook(write_only=True)
    bold, shade = Font(bold=True), PatternFill("solid", fgColor="EEF1F3")
    titles = _Titles()

    def line(
        page: WriteOnlyWorksheet, cells: Iterable[Plain], formats: Iterable[str], font: Font | None
    ) -> None:
        made = []
        for value, number_format in zip(cells, formats, strict=True):
            cell = WriteOnlyCell(page, value)  # type: ignore[arg-type] # takes a date, says the library
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl would take "=…" for a formula
            cell.number_format = number_format
            if font is not None:
                cell.font, cell.fill = font, shade
            made.append(cell)
        page.append(made)

    for tally in tallies:
        page = book.create_sheet(titles.unique(tally.sheet.title))
        page.freeze_panes = "A2"
        for index, head in enumerate(tally.heads, start=1):
            page.column_dimensions[get_column_letter(index)].width = WIDTHS.get(head.form, 12)
        labels = [safe_text(head.label) for head in tally.heads]
        formats = [head.number_format for head in tally.heads]
        line(page, labels, ["General"] * len(labels), bold)
        for row in tally.rows():
            line(page, row, formats, None)
        page.auto_filter.ref = f"A1:{get_column_letter(len(labels))}{tally.count + 1}"
        for row in tally.totals():
            line(page, row, formats, bold)
        if tally.sheet.about:
            notes = book.create_sheet(titles.unique(_("Filters")))
            notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 24, 48
            line(notes, [_("Filter"), _("Value")], ["General"] * 2, bold)
            for said in tally.about():
                line(notes, said, ["General"] * 2, None)
    book.save(target)


def _write_large(target: BinaryIO, tallies: Sequence[_Tally]) -> None:
    bold = fast.Format().set_bold().set_background_color("#EEF1F3")
    titles = _Titles()
    pages: list[tuple[str, Iterable[dict[str, Plain]]]] = []
    formats: dict[str, dict[str, fast.Format] | list[fast.Format]] = {}
    widths: dict[str, dict[str, float] | list[float]] = {}
    for tally in tallies:
        parts = tally.sheet.expected // ROWS_PER_SHEET + 1
        for part in range(1, parts + 1):
            title = titles.unique(tally.sheet.title)
            pages.append((title, _records(tally, last=part == parts)))
            formats[title] = [fast.Format().set_num_format(head.number_format) for head in tally.heads]
            widths[title] = [WIDTHS.get(head.form, 12) for head in tally.heads]
        if tally.sheet.about:
            title = titles.unique(_("Filters"))
            pages.append((title, _said(tally)))
            widths[title] = [24, 48]
    with NamedTemporaryFile(suffix=".xlsx") as file:  # into a buffer it would lie in memory twice
        fast.write_worksheets(
            pages,
            file.name,
            column_formats=formats,
            column_widths=widths,
            header_format={"general": bold},
            freeze_panes={"general": {"row": 1, "col": 0}},
            autofilter={"general": True},
        )
        with Path(file.name).open("rb") as written:
            copyfileobj(written, target)


def _records(tally: _Tally, *, last: bool) -> Iterator[dict[str, Plain]]:
    """One sheet's rows by head; the writer takes the heads from the first, so no two may be the same."""
    keys: list[str] = []
    for head in tally.heads:
        key = safe_text(head.label)
        while key in keys:
            key += "\N{ZERO WIDTH SPACE}"
        keys.append(key)
    lines = chain(tally.rows(), tally.totals()) if last else tally.rows(ROWS_PER_SHEET)
    for line in lines:
        yield dict(zip(keys, line, strict=True))


def _said(tally: _Tally) -> Iterator[dict[str, Plain]]:
    for label, value in tally.about():
        yield {_("Filter"): label, _("Value"): value}


class _Titles:
    """Names of sheets: at most 31 characters, none twice, without those that Excel refuses."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, wanted: str) -> str:
        base = _NO_TITLE.sub(" ", wanted).strip(" '")[:31] or "Sheet"
        title, number = base, 1
        while title.casefold() in self._taken:
            number += 1
            tail = f" ({number})"
            title = base[: 31 - len(tail)] + tail
        self._taken.add(title.casefold())
        return title
