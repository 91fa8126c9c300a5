"""Filters by words and by a few choices."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, Self

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words
from backoffice.kit.lists import paths
from backoffice.kit.lists.filters.words import Lookup, holding
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader

LONGEST = 120
"""Characters that a filter reads."""


class Menu(forms.Select):
    """A menu that also shows a value that is none of its own, so that what was asked stays visible."""

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        groups: list[Any] = super().optgroups(name, value, attrs)
        known = {str(one) for one, _words in self.choices}
        for index, strange in enumerate(
            [one for one in value if one and one not in known], start=len(groups)
        ):
            option = self.create_option(name, strange, strange, selected=True, index=index, attrs=attrs)
            groups.append((None, [option], index))
        return groups


class Filter(django_filters.Filter):
    """Base. ``sources`` are ORM paths, by default the attribute's name; ``label`` by default the field's name.

    Who lacks ``perm`` does not have the filter: what nobody may read, nobody finds out by asking for its parts.
    """

    parent: Any
    model: Any
    label: Any = None  # django-filter's own would guess one that nobody translates

    def __init__(self, *sources: str, label: Words = "", perm: Perm | None = None, **extra: Any) -> None:
        super().__init__(sources[0] if sources else None, label=label or None, **extra)
        self.sources = sources
        self.perm = perm

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """For the filters of one page: bound anew, with options of its own; what the options hold is shared."""
        mine = copy(self)
        mine.extra = dict(self.extra)
        return mine

    def bind(self, name: str, model: type[models.Model]) -> None:
        """Take path and label from the attribute and the field where none were given."""
        if self.field_name is None:
            self.field_name = name
        if self.label is None:
            self.label = paths.verbose_name(model, self.field_name)

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
        self, *sources: str, label: Words = _("Search"), placeholder: Words = "", **extra: Any
    ) -> None:
        widget = forms.TextInput(attrs={"type": "search", "placeholder": placeholder, "autocomplete": "off"})
        super().__init__(*sources, label=label, max_length=LONGEST, strip=True, widget=widget, **extra)

    def condition(self, value: Any) -> Q:
        return holding(self.model, self.lookups(value))

    def lookups(self, value: str) -> dict[str, Lookup]:
        """What is looked for, by path."""
        return dict.fromkeys(self.sources or (str(self.field_name),), ("icontains", value))


class Text(Search):
    """Part of one field."""

    def __init__(self, *sources: str, label: Words = "", **extra: Any) -> None:
        super().__init__(*sources, label=label, **extra)


class Phone(Search):
    """A phone number (E.164) at the first path, and part of the other fields, without regard to case.

    Readers with ``see`` find part of a number. The others find the whole one, or by the last four digits,
    which they see anyway: with other parts, hidden digits could be tried out one after the other.
    """

    SHOWN, WHOLE = 4, 10

    def __init__(self, *sources: str, see: Perm, label: Words = _("Phone"), **extra: Any) -> None:
        super().__init__(*sources, label=label, **extra)
        self.see = see

    def lookups(self, value: str) -> dict[str, Lookup]:
        phone, *others = self.sources or (str(self.field_name),)
        found: dict[str, Lookup] = dict.fromkeys(others, ("icontains", value))
        typed = unicodedata.normalize("NFKC", value)
        digits = "".join(letter for letter in typed if letter in string.digits)
        if not digits or set(typed) - set(string.digits) - set(" +-()/"):
            return found
        if self.reader.may(self.see):
            return found | {phone: ("contains", digits)}
        if len(digits) == self.SHOWN or len(digits) >= self.WHOLE:
            return found | {phone: ("endswith", digits)}
        return found


class Choice(Filter):
    """One of a few values: those of the field, or ``choices`` (values and their words)."""

    field_class: type[forms.Field] = forms.ChoiceField

    def __init__(
        self,
        *sources: str,
        choices: type[models.Choices] | Mapping[Any, Words] | None = None,
        label: Words = "",
        any_word: Words = _("Any"),
        **extra: Any,
    ) -> None:
        super().__init__(*sources, label=label, **extra)
        self.pairs = paths.labels(choices)
        self.any_word = any_word

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        self.pairs = self.pairs or paths.choices(model, str(self.field_name))
        self.extra |= {"choices": [("", self.any_word), *self.pairs.items()], "widget": Menu()}

    def words(self, value: Any) -> Words:
        return next((words for one, words in self.pairs.items() if str(one) == value), value)


class YesNo(Choice):
    """A truth: yes, no or any."""

    def __init__(self, *sources: str, yes: Words = _("Yes"), no: Words = _("No"), **extra: Any) -> None:
        super().__init__(*sources, choices={"yes": yes, "no": no}, **extra)

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
