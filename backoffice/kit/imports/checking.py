"""A book against an import: every fault is found at once, none only after another one is put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from django.utils.translation import gettext as _

from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.imports.columns import BadCell, Column, by_head, fold_head, in_every_language, typed
from backoffice.kit.imports.declaration import Fault, Import, Plan, Row, Sender
from backoffice.kit.imports.reading import Book, Line

Place = tuple[int, Column]
"""Where a column of the import stands in the book."""


def places_of(one: Import, book: Book) -> list[Place]:
    """The columns of the file. Raises Refused for one that nobody knows, that is twice there or that is missing."""
    known = by_head(one.columns)
    passed_over = in_every_language(one.passed_over)
    places: list[Place] = []
    strange: list[str] = []
    for index, head in enumerate(book.heads):
        column = known.get(fold_head(head))
        if column is not None:
            places.append((index, column))
        elif head and fold_head(head) not in passed_over:
            strange.append(_strange(head, one))
    if strange:
        raise Refused(" ".join(strange), code="unknown_head", field="file")
    found = [column.name for _index, column in places]
    twice = enumerated(str(one.column(name).head) for name in dict.fromkeys(found) if found.count(name) > 1)
    if twice:
        message = _("More than one column is called so: %(names)s.")
        raise Refused(message % {"names": twice}, code="twice", field="file")
    missing = enumerated(
        f"“{column.head}”" for column in one.columns if column.needed and column.name not in found
    )
    if missing:
        message = _("These columns are missing: %(names)s. The heads stand in the first row.")
        raise Refused(message % {"names": missing}, code="missing_head", field="file")
    return places


def check(one: Import, book: Book, sender: Sender) -> tuple[Plan, list[Place]]:
    """What would become of the file. Raises Refused where its columns are not right."""
    places = places_of(one, book)
    faults: list[Fault] = []
    rows = [row for line in book.lines if (row := _row(line, places, faults)) is not None]
    faults += _doubles(one, rows)
    plan = one.check(rows, sender)
    worst = {(fault.number, fault.column): fault for fault in reversed([*faults, *plan.faults])}
    return replace(plan, faults=sorted(worst.values(), key=_order(places))), places


def _row(line: Line, places: Sequence[Place], faults: list[Fault]) -> Row | None:
    """The row as values; None, and its faults told, where a cell cannot be read."""
    values, fine = {}, True
    for index, column in places:
        try:
            values[column.name] = typed(line.cells[index], column)
        except BadCell as bad:
            faults.append(Fault(line.number, str(bad), column.name))
            fine = False
    return Row(line.number, values) if fine else None


def _doubles(one: Import, rows: Sequence[Row]) -> Iterator[Fault]:
    first: dict[object, int] = {}
    for row in rows:
        key = row.values[one.key]
        if key in first:
            yield Fault(row.number, _("This stands in row %(row)d already.") % {"row": first[key]}, one.key)
        first.setdefault(key, row.number)


def _order(places: Sequence[Place]) -> Callable[[Fault], tuple[int, int]]:
    """By row, then as the columns stand in the file."""
    at = {column.name: index for index, column in places}
    return lambda fault: (fault.number, at.get(fault.column, -1))


def _strange(head: str, one: Import) -> str:
    """What nobody knows, and what may have been meant."""
    heads = {fold_head(str(column.head)): str(column.head) for column in one.columns}
    near = get_close_matches(fold_head(head), heads, n=1, cutoff=0.6)
    if near:
        message = _("There is no column “%(head)s”. Did you mean “%(near)s”?")
        return message % {"head": head[:60], "near": heads[near[0]]}
    message = _("There is no column “%(head)s”: take it out of the file.")
    return message % {"head": head[:60]}
