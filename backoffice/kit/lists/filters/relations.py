"""Filters by what a row belongs to. Only what lies inside the scope can be chosen, suggested or named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit.enumeration import enumerated
from backoffice.kit.frame import Words
from backoffice.kit.hooks import Hook
from backoffice.kit.levels import Level
from backoffice.kit.lists.filters.base import LONGEST, Filter, Menu
from backoffice.kit.scope import PathOwned, current_scope

CHOICES_SHOWN = 50
"""A filter is a menu up to this many options, and a field with suggestions above."""

subtree_of_tenant: Hook[[int], list[int]] = Hook("subtree_of_tenant")
"""Answers the ids of a tenant and everything below it; provided by ``tenants``."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """The options that a typed name stands for."""

    rows: list[Any]

    def __str__(self) -> str:
        return enumerated(self.rows[:3]) + (" …" if len(self.rows) > 3 else "")


class SuggestingInput(forms.TextInput):
    """A text field whose suggestions are fetched while somebody types; without scripts it is a text field."""

    template_name = "kit/_suggesting.html"

    def __init__(self, address: str) -> None:
        super().__init__({"autocomplete": "off"})
        self.address = address

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-options"
        return context | {"address": self.address}


class RelatedField(forms.CharField):
    """The value of an option, or part of its name."""

    def __init__(self, find: Callable[[str], Found], **options: Any) -> None:
        super().__init__(max_length=LONGEST, strip=True, required=False, **options)
        self.find = find

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return self.find(typed) if typed else None


class Related(Filter):
    """Rows that belong to one of ``options`` (a selector): by the unique field ``by``, or by part of a ``search`` field.

    Few options are a menu, many are a field with suggestions.
    """

    def __init__(
        self,
        *sources: str,
        options: Callable[[], QuerySet[Any]],
        by: str,
        search: Sequence[str] = (),
        **extra: Any,
    ) -> None:
        super().__init__(*sources, **extra)
        self.options, self.by, self.search = options, by, tuple(search) or (by,)
        self.address = ""

    def candidates(self) -> QuerySet[Any]:
        """What may be chosen, in the order of the menu."""
        return self.options()

    @cached_property
    def field(self) -> forms.Field:
        menu = self.suggestions("", CHOICES_SHOWN + 1)
        if len(menu) <= CHOICES_SHOWN:
            widget: forms.Widget = Menu(choices=[("", _("Any")), *menu])
        else:
            widget = SuggestingInput(self.address)
        return RelatedField(self.find, label=self.label, widget=widget)

    def suggestions(self, typed: str, limit: int = CHOICES_SHOWN) -> list[Pair]:
        """(value, words) of the options that match what was typed."""
        return [(str(getattr(row, self.by)), str(row)) for row in self._matching(typed)[:limit]]

    def find(self, typed: str) -> Found:
        """Exactly the one with this value, else those with it in their name. Raises ValidationError."""
        rows = list(self.candidates().filter(**{self.by: typed})[:1])
        rows = rows or list(self._matching(typed)[: CHOICES_SHOWN + 1])
        if not rows:
            raise ValidationError(
                gettext("Nothing here is called “%(name)s”.") % {"name": typed}, code="unknown"
            )
        if len(rows) > CHOICES_SHOWN:
            raise ValidationError(
                gettext("Too many match “%(name)s”; type more.") % {"name": typed}, code="many"
            )
        return Found(rows)

    def condition(self, value: Found) -> Q:
        return Q(**{f"{self.field_name}__in": [row.pk for row in value.rows]})

    def _matching(self, typed: str) -> QuerySet[Any]:
        if not typed:
            return self.candidates()
        found = Q()
        for path in self.search:
            found |= Q(**{f"{path}__icontains": typed})
        return self.candidates().filter(found)


class Subtree(Related):
    """Rows of a tenant and everything below it, out of those below the own one.

    ``level`` offers the tenants of one level only, the own one among them. Where there is nothing to choose, for all
    rows are of one tenant, it is not shown, unless the address asks by it.
    """

    def __init__(self, *, label: Words = _("Tenant"), level: Level | None = None, **extra: Any) -> None:
        super().__init__(
            "pk", options=self.candidates, by="code", search=("code", "name"), label=label, **extra
        )
        self.level = level
        self.is_asked = False

    def bind(self, name: str, model: type[Model]) -> None:
        super().bind(name, model)
        self.is_asked = bool(self.parent.data.get(name))

    @cached_property
    def field(self) -> forms.Field:
        field = super().field
        any_alone = 2 if self.level else 1  # "Any", and at one level the only tenant there is
        if (
            isinstance(field.widget, Menu)
            and len(list(field.widget.choices)) <= any_alone
            and not self.is_asked
        ):
            field.widget = forms.HiddenInput()
        return field

    def candidates(self) -> QuerySet[Any]:
        owner = "manufacturer" if issubclass(self.model, PathOwned) else "tenant"
        tenants = self.model._meta.get_field(owner).related_model.objects.order_by("name")
        offered: QuerySet[Any] = (
            tenants.filter(level=self.level)
            if self.level
            else tenants.exclude(pk=current_scope().reads.tenant_id)
        )
        return offered

    def condition(self, value: Found) -> Q:
        found = Q(pk__in=[])
        for tenant in value.rows:
            if issubclass(self.model, PathOwned):
                found |= Q(**{Level(tenant.level).column: tenant.pk})
            else:
                found |= Q(tenant_id__in=subtree_of_tenant(tenant.pk))
        return found
