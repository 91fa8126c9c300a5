"""Words looked for in fields of related rows, so that a list of millions is not walked for them.

``order.pile.name`` that holds some letters is no condition that an index of orders helps with: without one the
planner walks the orders until it has found a page of them, and all of them where nobody has such a pile. So the piles
are looked up first, by an index of their own words, and the orders are those of these few piles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q

from backoffice.kit.scope import unscoped

Lookup = tuple[str, str]
"""The name of a lookup, and what is looked for."""

FEW = 1_000
"""Related rows that are looked up first. Where more match, so do many rows of the list, and a page is full soon."""


def holding(model: type[Model], wanted: Mapping[str, Lookup]) -> Q:
    """The rows of which one of these paths meets its lookup."""
    found, related = Q(pk__in=[]), defaultdict[str, dict[str, Lookup]](dict)
    for path, lookup in wanted.items():
        relation, _, rest = path.partition("__")
        if rest and _related(model, relation):
            related[relation][rest] = lookup
        else:
            found |= _met(path, lookup)
    return reduce(or_, (_through(model, relation, rest) for relation, rest in related.items()), found)


def _through(model: type[Model], relation: str, wanted: Mapping[str, Lookup]) -> Q:
    """The rows whose related row meets one of them.

    Whoever has moved out of the scope since is still found by: only what is his own stays in the list.
    """
    other = _related(model, relation)
    with unscoped(reason="names that rows of the scope are found by"):
        rows = other._default_manager.filter(holding(other, wanted)).order_by()
        keys = list(rows.values_list("pk", flat=True)[: FEW + 1])
    if len(keys) <= FEW:
        return Q(**{f"{relation}__in": keys})
    return reduce(or_, (_met(f"{relation}__{path}", lookup) for path, lookup in wanted.items()))


def _met(path: str, lookup: Lookup) -> Q:
    name, value = lookup
    return Q(**{f"{path}__{name}": value})


def _related(model: type[Model], name: str) -> Any:
    """The model behind a relation; None for what is none, and for what an annotation has put there."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field.related_model if field.is_relation else None
