"""ORM paths (``pile__station__name``): their fields, their values on a row, and the joins that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.utils.text import capfirst

from backoffice.kit.frame import Words

SEPARATOR = "__"


def fields_on(model: type[models.Model], path: str) -> list[Any]:
    """The fields along a path. Raises FieldDoesNotExist where it leaves the model, or is an annotation."""
    chain: list[Any] = []
    here: Any = model
    for name in path.split(SEPARATOR):
        if here is None:
            raise FieldDoesNotExist(f"{path} goes on behind a plain field")
        field = here._meta.pk if name == "pk" else here._meta.get_field(name)
        chain.append(field)
        here = field.related_model
    return chain


def field_at(model: type[models.Model], path: str) -> Any | None:
    """The field that a path ends in; None for an annotation."""
    try:
        return fields_on(model, path)[-1]
    except FieldDoesNotExist:
        return None


def verbose_name(model: type[models.Model], path: str) -> Words:
    """The head of a column over this path; empty for an annotation."""
    field = field_at(model, path)
    name: Any = getattr(field, "verbose_name", "")
    words: Words = capfirst(name)  # stays lazy where the name is
    return words


def choices(model: type[models.Model], path: str) -> dict[Any, Words]:
    """The labels of the values of a field with choices."""
    field = field_at(model, path)
    return dict(field.flatchoices) if field is not None and getattr(field, "choices", None) else {}


def labels(given: type[models.Choices] | Mapping[Any, Words] | None) -> dict[Any, Words]:
    """The words of an enum of choices or of a mapping; nothing for None."""
    if given is None:
        return {}
    return dict(given) if isinstance(given, Mapping) else dict(given.choices)


def nullable(model: type[models.Model], path: str) -> bool:
    """May the value be NULL? An annotation may."""
    try:
        return any(field.null for field in fields_on(model, path))
    except FieldDoesNotExist:
        return True


def value_at(row: models.Model, path: str) -> Any:
    """The value of a path on a row whose relations are joined; None behind a missing relation."""
    value: Any = row
    for name in path.split(SEPARATOR):
        try:
            value = getattr(value, name)
        except ObjectDoesNotExist:  # the other side of a one-to-one
            return None
        if value is None:
            return None
    return value


def _spelled(model: type[models.Model], path: str) -> str:
    """The path with the name of the key where it says ``pk``, which ``only`` does not follow; empty for an annotation."""
    try:
        return SEPARATOR.join(field.name for field in fields_on(model, path))
    except FieldDoesNotExist:
        return ""


def read(rows: QuerySet[Any], wanted: Iterable[str]) -> QuerySet[Any]:
    """The rows with the values at these paths alone, joined in one query; reading others asks once more for each row.

    An order has sixty fields and a list shows ten: the others would be written, sent and put together for nothing.
    """
    fields = [name for name in map(partial(_spelled, rows.model), dict.fromkeys(wanted)) if name]
    joined = sorted({path.rpartition(SEPARATOR)[0] for path in fields} - {""})
    rows = rows.select_related(None)
    return (rows.select_related(*joined) if joined else rows).only("pk", *fields)
