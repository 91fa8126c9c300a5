"""An import is declared: its columns, what of a row is checked against what is there, and how it is written.

``check`` gets every row that could be read, under the scope and with the rights of whoever sent the file, and says
what would become of it; it writes nothing. ``write`` gets what ``check`` said, a moment later, in one transaction.
Both run again when the job runs, so a preview promises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backoffice.kit.actor import Actor
from backoffice.kit.export import Sheet
from backoffice.kit.frame import Words
from backoffice.kit.imports.columns import Column
from backoffice.kit.perms import Perm


@dataclass(frozen=True, slots=True)
class Row:
    """One row whose cells could all be read. ``values`` holds the columns that the file has."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused. ``column`` is the name of one, or empty where no single cell is to blame."""

    number: int
    reason: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of a file: how many rows are new, changed and as they are; ``work`` is for ``write`` alone."""

    faults: Sequence[Fault] = ()
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    notes: Sequence[str] = ()
    work: Any = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose file it is: the tenant that he works for, by id."""

    actor: Actor
    tenant_id: int


Check = Callable[[Sequence[Row], Sender], Plan]
Write = Callable[[Plan, Sender], Sheet | None]
"""Writes all of a plan without faults, or raises Refused. The sheet, if any, is what whoever sent the file is handed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Import:
    """One kind of import. ``key`` names the column by which a row is known; no two rows may have the same.

    ``passed_over`` are heads that a file may have and that say nothing, such as the other columns of the list.
    ``back`` is the URL name of the list it belongs to. ``handed`` says what is in the file that whoever sent it gets.
    """

    name: str
    title: Words
    perm: Perm
    columns: tuple[Column, ...]
    key: str
    check: Check
    write: Write
    back: str
    note: Words = ""
    handed: Words = ""
    passed_over: Callable[[], Sequence[Words]] = field(default=lambda: ())

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


_registered: dict[str, Import] = {}


def register(one: Import) -> Import:
    """Add an import; called from an app's ``wiring``. Raises ValueError where its name is taken."""
    if one.name in _registered:
        raise ValueError(f"{one.name} is taken")
    _registered[one.name] = one
    return one


def named(name: str) -> Import:
    """Raises KeyError."""
    return _registered[name]


def registered() -> list[Import]:
    """Every import, in the order of registration."""
    return list(_registered.values())
