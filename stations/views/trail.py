"""The audit trail of a row, with the fields that changed in the words of their forms."""

from __future__ import annotations

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst

from stations import selectors

SHOWN = 100


def trail_of(row):
    """The last changes: each entry with the names of what it changed. Fields that have no words are left out."""
    return [
        (entry, _names(type(row), entry.after) if entry.before else [])
        for entry in selectors.history_of(row)[:SHOWN]
    ]


def _names(model, changed):
    found = []
    for name in changed:
        try:
            field = model._meta.get_field(name.removesuffix("_id"))
        except FieldDoesNotExist:
            continue
        if field.verbose_name != field.name.replace("_", " "):
            found.append(capfirst(field.verbose_name))
    return list(dict.fromkeys(found))
