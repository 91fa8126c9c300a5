"""Filters by words and by a few choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words
from backoffice.kit.staff import Reader

LONGEST = 120
"""Characters that a filter reads."""


class Filter(django_filters.Filter):
    """Base. ``paths`` are ORM paths, by default the attribute's name; ``label`` by default the field's name."""

    parent: Any
    model: Any
    label: Any = None  # django-filter's own would guess one that nobody translates

    def __init__(self, *paths: str, label: Words = "", **extra: Any) -> None:
        super().__init__(paths[0] if paths else None, label=label or None, **extra)
        self.paths = paths

    @property
    def reader(self) -> Reader:
        reader: Reader = self.parent.reader
        return reader

    def names(self, name: str) -> list[str]:
        """The query names that it reads."""
        return [name]

    def words(self, value: Any) -> Words:
        """A value that is in force, for people."""
        return str(value)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value in (None, "") else qs.filter(self.condition(value))

    def condition(self, value: Any) -> Q:
        """The rows that this value keeps."""
        return Q(**{str(self.field_name): value})


class Search(Filter):
    """Words looked for in several fields, without regard to case."""

    field_class: type[forms.Field] = forms.CharField

    def __init__(
        self, *paths: str, label: Words = _("Search"), placeholder: Words = "", **extra: Any
    ) -> None:
        widget = forms.TextInput(attrs={"type": "search", "placeholder": placeholder, "autocomplete": "off"})
        super().__init__(*paths, label=label, max_length=LONGEST, strip=True, widget=widget, **extra)

    def condition(self, value: Any) -> Q:
        found = Q()
        for path in self.paths or (self.field_name,):
            found |= Q(**{f"{path}__icontains": value})
        return found


class Text(Search):
    """Part of one field."""

    def __init__(self, *paths: str, label: Words = "", **extra: Any) -> None:
        super().__init__(*paths, label=label, **extra)


class Choice(Filter):
    """One of a few values: an enum of choices, or a mapping of values to words."""

    field_class: type[forms.Field] = forms.ChoiceField

    def __init__(
        self, *paths: str, choices: Any, label: Words = "", any_word: Words = _("Any"), **extra: Any
    ) -> None:
        pairs = choices.items() if isinstance(choices, Mapping) else choices.choices
        self.pairs = [(str(value), words) for value, words in pairs]
        super().__init__(*paths, label=label, choices=[("", any_word), *self.pairs], **extra)

    def words(self, value: Any) -> Words:
        words: Words = dict(self.pairs)[value]
        return words


class YesNo(Choice):
    """A truth: yes, no or any."""

    def __init__(self, *paths: str, yes: Words = _("Yes"), no: Words = _("No"), **extra: Any) -> None:
        super().__init__(*paths, choices={"yes": yes, "no": no}, **extra)

    def condition(self, value: Any) -> Q:
        return super().condition(value == "yes")


class Cases(Choice):
    """Named conditions: ``{"long": (_("Over 3 h"), lambda: Q(…))}``; a condition is made when it is used."""

    def __init__(
        self, cases: Mapping[str, tuple[Words, Callable[[], Q]]], *, label: Words, **extra: Any
    ) -> None:
        self.cases = cases
        super().__init__("pk", choices={name: case[0] for name, case in cases.items()}, label=label, **extra)

    def condition(self, value: Any) -> Q:
        return self.cases[value][1]()
