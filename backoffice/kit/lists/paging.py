"""Pages by key: the next page starts behind the last row of this one, so page 1,000 costs what page 1 does.

The order ends in the primary key, so it is total. A cursor is the keys of a row and how many rows lie
before it, signed; one that was made for another order, or tampered with, is none at all. Counting
stops at ``COUNT_CAP``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

from backoffice.kit.counting import COUNT_CAP
from backoffice.kit.lists import paths
from backoffice.kit.scope import PathOwned

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order. ``nulls_first`` matters only where the value may be NULL."""

    path: str
    descending: bool
    nullable: bool
    nulls_first: bool

    def ordering(self) -> OrderBy:
        first = True if self.nullable and self.nulls_first else None
        last = True if self.nullable and not self.nulls_first else None
        return OrderBy(F(self.path), descending=self.descending, nulls_first=first, nulls_last=last)

    def turned(self) -> Key:
        return Key(self.path, not self.descending, self.nullable, not self.nulls_first)

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def behind(self, value: Any) -> Q | None:
        """Rows strictly behind this value; None where there can be none."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if self.nulls_first else None
        beyond = Q(**{f"{self.path}__{'lt' if self.descending else 'gt'}": value})
        if self.nullable and not self.nulls_first:
            beyond |= Q(**{f"{self.path}__isnull": True})
        return beyond

    def not_before(self, value: Any) -> Q | None:
        """Implied by being behind; as a condition of its own it lets the index find the place."""
        if self.nullable or value is None:
            return None
        return Q(**{f"{self.path}__{'lte' if self.descending else 'gte'}": value})


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of a model's rows."""

    keys: tuple[Key, ...]

    @classmethod
    def by(cls, model: type[Model], names: Sequence[str]) -> Order:
        """From names as in ``order_by``; the primary key is added.

        Facts keep PostgreSQL's place of NULL (last, first where descending), because their indexes per
        level have it; in master data the rows without a value always come last.
        """
        keys = []
        for name in names:
            descending = name.startswith("-")
            path = name.removeprefix("-")
            if path in {"pk", "id"}:
                break
            nulls_first = descending and issubclass(model, PathOwned)
            keys.append(Key(path, descending, paths.nullable(model, path), nulls_first))
        last = (
            names[len(keys)] if len(keys) < len(names) else ("-pk" if keys and keys[-1].descending else "pk")
        )
        keys.append(Key("pk", last.startswith("-"), nullable=False, nulls_first=False))
        return cls(tuple(keys))

    def __str__(self) -> str:
        return ",".join(f"{'-' if key.descending else ''}{key.path}" for key in self.keys)

    def turned(self) -> Order:
        """The same rows from the other end."""
        return Order(tuple(key.turned() for key in self.keys))

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.order_by(*(key.ordering() for key in self.keys))

    def behind(self, values: Sequence[Any]) -> Q:
        """The condition that a row comes after the one with these keys."""
        reached = Q(pk__in=[])
        equal = Q()
        for key, value in zip(self.keys, values, strict=True):
            beyond = key.behind(value)
            if beyond is not None:
                reached |= equal & beyond
            equal &= key.equal(value)
        bound = self.keys[0].not_before(values[0])
        return reached if bound is None else bound & reached

    def keys_of(self, row: Model) -> list[Any]:
        return [paths.value_at(row, key.path) for key in self.keys]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the keys of a row, and how many rows come before the page at this place."""

    position: int
    values: tuple[Any, ...]

    def signed(self, salt: str) -> str:
        return signing.dumps([self.position, *map(_packed, self.values)], salt=salt)

    @classmethod
    def read(cls, text: str, salt: str, size: int) -> Cursor | None:
        """None for what was not signed here, or for another order."""
        try:
            position, *values = signing.loads(text, salt=salt)
        except (signing.BadSignature, ValueError):
            return None
        return cls(int(position), tuple(map(_unpacked, values))) if len(values) == size else None


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of rows: ``before`` rows lie ahead of it, and links lead on from its ends."""

    rows: list[Any]
    before: int
    earlier: Cursor | None
    later: Cursor | None


Whole = Callable[[QuerySet[Any]], QuerySet[Any]]
"""From the rows of a page, picked, to the same rows with all that is shown of them."""


def slice_after(
    rows: QuerySet[Any],
    order: Order,
    cursor: Cursor | None,
    size: int = PAGE_SIZE,
    *,
    whole: Whole | None = None,
) -> Slice:
    """The first page, or the one behind a cursor."""
    ordered = order.apply(rows)
    if cursor is not None:
        ordered = ordered.filter(order.behind(cursor.values))
    found = _read(ordered[: size + 1], order, whole)
    before = cursor.position if cursor else 0
    return _slice(found[:size], before, order, more_before=cursor is not None, more_behind=len(found) > size)


def slice_before(
    rows: QuerySet[Any], order: Order, cursor: Cursor, size: int = PAGE_SIZE, *, whole: Whole | None = None
) -> Slice:
    """The page that ends ahead of a cursor; the first page where fewer rows than a page are left."""
    turned = order.turned()
    found = _read(turned.apply(rows).filter(turned.behind(cursor.values))[: size + 1], turned, whole)
    if len(found) < size:
        return slice_after(rows, order, None, size, whole=whole)
    before = max(cursor.position - size, 0)
    return _slice(found[:size][::-1], before, order, more_before=len(found) > size, more_behind=True)


def capped_count(rows: QuerySet[Any], order: Order) -> tuple[int, bool]:
    """How many rows there are, and whether counting stopped at ``COUNT_CAP``.

    In the order of the list the first rows lie together in its index; in none the planner reads the table
    from its beginning until it has found enough.
    """
    count = order.apply(rows).values("pk")[: COUNT_CAP + 1].count()
    return min(count, COUNT_CAP), count > COUNT_CAP


def _read(picked: QuerySet[Any], order: Order, whole: Whole | None) -> list[Any]:
    return list(picked if whole is None else order.apply(whole(picked)))


def _slice(rows: list[Any], before: int, order: Order, *, more_before: bool, more_behind: bool) -> Slice:
    if not rows:
        return Slice([], before, None, None)
    return Slice(
        rows,
        before,
        Cursor(before, tuple(order.keys_of(rows[0]))) if more_before else None,
        Cursor(before + len(rows), tuple(order.keys_of(rows[-1]))) if more_behind else None,
    )


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, text)] = value.items()
    return _READ[kind](text)


_READ: dict[str, Callable[[str], Any]] = {
    "instant": datetime.fromisoformat,
    "day": date.fromisoformat,
    "number": Decimal,
}
