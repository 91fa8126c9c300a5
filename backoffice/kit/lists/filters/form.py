"""The filters of one list together, bound to what was asked and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django_filters.filterset import FilterSet

from backoffice.kit.frame import Words
from backoffice.kit.lists.filters.relations import Related
from backoffice.kit.staff import Reader


class ListFilters(FilterSet):
    """Base of every list's filters: nothing but filters of this package."""

    def __init__(
        self, data: Mapping[str, Any], *, queryset: QuerySet[Any], reader: Reader, suggest: str = ""
    ) -> None:
        """``suggest`` is the URL name that suggestions for relations come from."""
        self.reader = reader
        super().__init__(data, queryset=queryset)
        for name in [name for name, one in self.filters.items() if not reader.may(one.perm)]:
            del self.filters[name]
        for name, one in self.filters.items():
            one.bind(name, queryset.model)
            if isinstance(one, Related) and suggest:
                one.address = reverse(suggest, args=[name])

    def in_force(self) -> list[tuple[str, Words, Words]]:
        """(name, label, words) of each filter that was understood and is not empty."""
        self.form.is_valid()
        return [
            (name, self.filters[name].label, self.filters[name].words(value))
            for name, value in self.form.cleaned_data.items()
            if value not in (None, "")
        ]

    def names_of(self, name: str) -> list[str]:
        """The query names that one filter reads."""
        names: list[str] = self.filters[name].names(name)
        return names


class NoFilters(ListFilters):
    """A list without filters."""
