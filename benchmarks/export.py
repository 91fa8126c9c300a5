"""How long a workbook takes: the product's writer, and the libraries that could stand behind it.

``./run bench export [ROWS]``: each writer in a process of its own, CPU seconds, peak memory and file size
for a list of 15 columns (2 moments, 4 numbers, 9 texts).
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import xlsxwriter
from django.conf import settings

from backoffice.kit import export
from backoffice.kit.export import Cell, Form, Head, Sheet

HEADS = [
    *(Head(name) for name in ("Order", "Agency", "Station", "Terminal", "Driver", "Plate")),
    Head("Started", Form.MOMENT),
    Head("Stopped", Form.MOMENT),
    Head("Energy, kWh", Form.NUMBER, digits=3, total=True),
    Head("Power, kW", Form.NUMBER, digits=1),
    Head("Total", Form.MONEY, total=True, currency="currency"),
    Head("Currency", once="currency"),
    Head("Service fee", Form.MONEY, total=True, currency="currency"),
    Head("State"),
    Head("Note"),
]


def rows(count: int) -> Iterator[list[Cell]]:
    """Orders as a list would yield them."""
    start = datetime.fromisoformat("2026-01-01 00:00:00")
    chance = random.Random(1)
    for number in range(count):
        at = start + timedelta(seconds=37 * number)
        yield [
            f"QL-1122-{number:06d}",
            f"Agency {number % 7}",
            "上海虹桥枢纽",
            f"HQ-{number % 99:02d}",
            "138****4471",
            "沪A·D38216",
            at,
            at + timedelta(minutes=41),
            Decimal(chance.randrange(90_000)).scaleb(-3),
            Decimal(chance.randrange(1200)).scaleb(-1),
            Decimal(chance.randrange(30_000)).scaleb(-2),
            "CNY",
            Decimal(chance.randrange(9000)).scaleb(-2),
            "Ended",
            "settled by the timer",
        ]


def product(path: Path, count: int) -> None:
    """What the backoffice does."""
    with path.open("wb") as target:
        export.write_workbook(target, [Sheet("Orders", HEADS, rows(count), expected=count)])


def product_few(path: Path, count: int) -> None:
    """What the backoffice does with few rows (openpyxl)."""
    export.FEW = count
    product(path, count)


def openpyxl_alone(path: Path, count: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    for row in rows(count):
        sheet.append(row)
    book.save(path)


def xlsxwriter_alone(path: Path, count: int) -> None:
    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet, moment = book.add_worksheet("Orders"), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for line, row in enumerate(rows(count)):
        for at, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(line, at, cell, moment)
            else:
                sheet.write(line, at, cell)
    book.close()


def rows_alone(_path: Path, count: int) -> None:
    """What the rows themselves cost."""
    for _row in rows(count):
        pass


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "rows alone": rows_alone,
    "product": product,
    "product, few": product_few,
    "xlsxwriter": xlsxwriter_alone,
    "openpyxl": openpyxl_alone,
}


def measure(name: str, count: int) -> None:
    """Run one writer in this process and print its line."""
    settings.configure(USE_I18N=False)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        before = time.process_time()
        WRITERS[name](path, count)
        spent = time.process_time() - before
        size = path.stat().st_size / 1e6 if path.exists() else 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:14} {count:>9,} rows {spent:7.2f} s CPU {peak:6.0f} MB peak {size:6.1f} MB file", flush=True
    )


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] in WRITERS:
        measure(arguments[0], int(arguments[1]))
        return
    count = arguments[0] if arguments else "100000"
    for name in WRITERS:
        subprocess.run([sys.executable, "-m", "benchmarks.export", name, count], check=True, env=os.environ)


if __name__ == "__main__":
    main(sys.argv[1:])
