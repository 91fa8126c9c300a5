"""What an entry of the audit trail changed, in the words of the row's own fields.

A field that was never given words keeps the name of its column; so does a key that is no column any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _, pgettext

from backoffice.kit.figures import DASH


def change_words(reference: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """``Name: A → B``, one change after the other; of a new row only what it has."""
    fields = _fields_of(reference.partition(":")[0])
    said = [_change(fields.get(key), key, before, after) for key in sorted(before.keys() | after.keys())]
    return pgettext("between the changes of a row", "; ").join(said)


def _change(
    field: models.Field[Any, Any] | None, key: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> str:
    label, new = _label(field, key), _value(field, after.get(key))
    if key not in before:
        return _("%(label)s: %(value)s") % {"label": label, "value": new}
    old = _value(field, before[key])
    return _("%(label)s: %(before)s → %(after)s") % {"label": label, "before": old, "after": new}


def _label(field: models.Field[Any, Any] | None, key: str) -> str:
    worded = field is not None and field._verbose_name is not None  # type: ignore[attr-defined]
    return str(capfirst(field.verbose_name)) if worded and field is not None else key


def _value(field: models.Field[Any, Any] | None, value: Any) -> str:
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(dict(field.flatchoices).get(value, value)) if field is not None else value


@cache
def _fields_of(model_name: str) -> dict[str, models.Field[Any, Any]]:
    """The columns of a model that rows are referred to by."""
    model = next((one for one in apps.get_models() if one._meta.model_name == model_name), None)
    return {field.attname: field for field in model._meta.concrete_fields} if model is not None else {}
