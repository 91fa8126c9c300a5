"""What an entry of the audit trail changed, in the words of the row's own fields.

A field that was never given words keeps the name of its column; so does a key that is no column any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy, pgettext

from backoffice.kit import audit, perms, references
from backoffice.kit.deeds import doer_words
from backoffice.kit.enumeration import enumerated
from backoffice.kit.figures import DASH, exact_text, masked_phone
from backoffice.kit.staff import Reader

MASKED = frozenset({"drivers.driver.phone"})
"""Fields of which only the change is told: the trail is read by more people than may see them."""


ABOUT = "about"
"""The column of a reference to a row of another room."""

DOER, DOER_REF = "actor_label", "actor_ref"
"""Who did it stands in two columns, and is said once."""

PATH: Mapping[str, Promise] = {
    "manufacturer_id": gettext_lazy("Manufacturer"),
    "dealer_id": gettext_lazy("Dealer"),
    "operator_id": gettext_lazy("Operator"),
    "agency_id": gettext_lazy("Agency"),
}
"""Whose a row is."""

OF_COURSE = frozenset({*PATH, DOER_REF, "id"})
"""What an entry says of a new row anyway."""

NOTHING: tuple[Any, ...] = (None, "", {}, [])
"""What a new row need not say: nobody filled it in."""

WORDS: Mapping[str, Promise] = {
    **PATH,
    "deadline": gettext_lazy("Deadline"),
    "effect_deadline": gettext_lazy("Effect expected until"),
    "effect_within_s": gettext_lazy("Effect expected within, s"),
    "language": gettext_lazy("Language"),
    "late_answer": gettext_lazy("Answer that came too late"),
    "tenant_id": gettext_lazy("Tenant"),
    "timeout_s": gettext_lazy("Waits for an answer, s"),
}
"""Of columns that no form ever asks for."""

TONGUES = frozenset({"language", "locale"})


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed, in words. ``is_new``: there was nothing before."""

    label: str
    before: str
    after: str
    is_new: bool = False


def change_words(reference: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """``Name: A → B``, one change after the other; of a new row only what it has."""
    said = [_sentence(one) for one in changes_of(reference, before, after)]
    return pgettext("between the changes of a row", "; ").join(said)


def changes_of(
    reference: str, before: Mapping[str, Any], after: Mapping[str, Any], *, reader: Reader | None = None
) -> Iterator[Change]:
    """The fields that an entry says something of, in the order of their columns' names.

    With a reader, rows that they point at are called by name, one question to the database for each.
    Older entries may hold what the trail leaves out by now; it is not said either.
    """
    name = reference.partition(":")[0]
    fields = _fields_of(name)
    for key in sorted((before.keys() | after.keys()) - _left_out_of(name)):
        if key not in before and (key in OF_COURSE or after.get(key) in NOTHING):
            continue
        field = fields.get(key)
        old, new = (_value(field, key, values.get(key), reader) for values in (before, after))
        if key == DOER and key not in before:
            new = str(doer_words(new, str(after.get(DOER_REF) or "")))
        yield Change(_label(field, key), old, new, is_new=key not in before)


def _sentence(one: Change) -> str:
    if one.is_new:
        return _("%(label)s: %(value)s") % {"label": one.label, "value": one.after}
    return _("%(label)s: %(before)s → %(after)s") % {
        "label": one.label,
        "before": one.before,
        "after": one.after,
    }


def _label(field: models.Field[Any, Any] | None, key: str) -> str:
    if key == ABOUT:
        return _("About")
    worded = field is not None and field._verbose_name is not None  # type: ignore[attr-defined]
    return str(capfirst(field.verbose_name)) if worded and field is not None else str(WORDS.get(key, key))


def _value(field: models.Field[Any, Any] | None, key: str, value: Any, reader: Reader | None) -> str:
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if reader is not None and isinstance(field, models.ForeignKey):
        model = str(field.related_model._meta.model_name)
        return references.name_of(model, value, reader) or str(value)
    if isinstance(value, list) and (rights := _rights(value)):
        return rights
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if field is None:
        return value
    return _said(field, key, value)


def _said(field: models.Field[Any, Any], key: str, value: str) -> str:
    """What stands in a column of text, as people say it."""
    if key == ABOUT:
        return references.in_words(value)
    if key in TONGUES:
        return str(dict(settings.LANGUAGES).get(value, value))
    if f"{field.model._meta.label_lower}.{field.name}" in MASKED:
        return masked_phone(value)
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(value)) and moment.tzinfo:
        return exact_text(moment)
    return str(dict(field.flatchoices).get(value, value))


def _rights(values: list[Any]) -> str:
    """A list of permissions in the words of the page where they are chosen; nothing for other lists."""
    words = {str(perm): said for area in perms.areas() for perm, said in area.perms}
    return enumerated(words[one] for one in values) if all(one in words for one in map(str, values)) else ""


@cache
def _fields_of(model_name: str) -> dict[str, models.Field[Any, Any]]:
    """The columns of a model that rows are referred to by."""
    model = _model_of(model_name)
    return {field.attname: field for field in model._meta.concrete_fields} if model is not None else {}


@cache
def _left_out_of(model_name: str) -> frozenset[str]:
    model = _model_of(model_name)
    return audit.left_out_of(model) if model is not None else audit.SECRET_FIELDS


def _model_of(model_name: str) -> type[models.Model] | None:
    return next((one for one in apps.get_models() if one._meta.model_name == model_name), None)
