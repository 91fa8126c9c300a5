"""Filters from – to: numbers, money, days. Both ends are included, either may be missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext, gettext_lazy as _, pgettext_lazy

from backoffice.kit import clock
from backoffice.kit.frame import Words
from backoffice.kit.lists import paths
from backoffice.kit.lists.filters.base import Filter, Menu
from backoffice.kit.money import minor_digits

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
Ends = tuple[Any, Any]


def _first(id_: str) -> str:
    """The first of several inputs has the label; Django's own answer is none of them."""
    return f"{id_}_0" if id_ else id_


class EndsWidget(forms.MultiWidget):
    """The two inputs of a range, in one line; ``_from`` and ``_to`` behind the name of the filter."""

    template_name = "kit/_ends.html"

    def id_for_label(self, id_: str) -> str:
        return _first(id_)

    def decompress(self, value: Ends | None) -> Sequence[Any]:
        return value or (None, None)


class EndsField(forms.MultiValueField):
    """Two values, the first not above the second."""

    def __init__(self, *, ends: Callable[[Words], forms.Field], **options: Any) -> None:
        low, high = ends(pgettext_lazy("range", "from")), ends(pgettext_lazy("range", "to"))
        widget = EndsWidget({"from": low.widget, "to": high.widget})
        super().__init__([low, high], widget=widget, require_all_fields=False, **options)

    def compress(self, data_list: Sequence[Any]) -> Ends | None:
        return ordered(*data_list) if data_list else None


class Between(Filter):
    """A number from – to. ``unit`` is how many stored units make one typed unit (kWh over Wh: 1000)."""

    field_class: type[forms.Field] = EndsField

    def __init__(self, *sources: str, unit: int = 1, label: Words = "", **extra: Any) -> None:
        super().__init__(*sources, label=label, ends=_number, **extra)
        self.stored_unit = unit

    @property
    def unit(self) -> int:
        return self.stored_unit

    def names(self, name: str) -> list[str]:
        return [f"{name}_from", f"{name}_to"]

    def words(self, value: Ends) -> Words:
        return said(value, formats.number_format)

    def condition(self, value: Ends) -> Q:
        found = Q()
        for end, lookup in zip(value, ("gte", "lte"), strict=True):
            if end is not None:
                found &= Q(**{f"{self.field_name}__{lookup}": Decimal(end) * self.unit})
        return found


class Amount(Between):
    """Money from – to, typed in the currency of the reader's tenant; rows in other currencies are left out."""

    def __init__(self, *sources: str, currency: str = "currency", **extra: Any) -> None:
        super().__init__(*sources, **extra)
        self.currency = currency

    @property
    def unit(self) -> int:
        return int(10 ** minor_digits(self.reader.currency))

    def words(self, value: Ends) -> Words:
        return f"{super().words(value)} {self.reader.currency}"

    def condition(self, value: Ends) -> Q:
        return super().condition(value) & Q(**{self.currency: self.reader.currency})


class PeriodWidget(forms.MultiWidget):
    """A menu of usual periods; its last line opens the two days. The menu has the filter's own name."""

    template_name = "kit/_period.html"

    def id_for_label(self, id_: str) -> str:
        return _first(id_)

    def decompress(self, value: Ends | None) -> Sequence[Any]:
        return ("", *value) if value else ("", None, None)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        if isinstance(value, list | tuple) and not value[0] and any(value[1:]):
            value = [BETWEEN, *value[1:]]
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["subwidgets"][0]["attrs"]["class"] = "form-select"
        return context


class PeriodField(forms.MultiValueField):
    """A usual period by its name, or two days."""

    def __init__(self, **options: Any) -> None:
        usual = forms.ChoiceField(
            choices=[
                ("", _("Any time")),
                *((name, words) for name, (words, _days) in USUAL.items()),
                (BETWEEN, _("From – to")),
            ],
            required=False,
            widget=Menu(),
        )
        low, high = _day(_("from")), _day(_("to"))
        widget = PeriodWidget({"": usual.widget, "from": low.widget, "to": high.widget})
        super().__init__([usual, low, high], widget=widget, require_all_fields=False, **options)

    def compress(self, data_list: Sequence[Any]) -> Ends | None:
        if not data_list:
            return None
        usual, low, high = data_list
        return USUAL[usual][1](today()) if usual in USUAL else ordered(low, high)


class Period(Filter):
    """Days from – to, whole days in the reader's time zone (or a date column as it is)."""

    field_class: type[forms.Field] = PeriodField

    def names(self, name: str) -> list[str]:
        return [name, f"{name}_from", f"{name}_to"]

    def words(self, value: Ends) -> Words:
        return said(value, formats.date_format)

    def condition(self, value: Ends) -> Q:
        low, high = value
        path = str(self.field_name)
        if isinstance(paths.field_at(self.model, path), models.DateTimeField):
            bounds = {"gte": low and midnight(low), "lt": high and midnight(high + timedelta(days=1))}
        else:
            bounds = {"gte": low, "lte": high}
        return Q(**{f"{path}__{lookup}": bound for lookup, bound in bounds.items() if bound is not None})


def midnight(day: date) -> datetime:
    """The start of a day in the reader's time zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def today() -> date:
    """The day it is for the reader."""
    return timezone.localtime(clock.now()).date()


def ordered(low: Any, high: Any) -> Ends | None:
    """Both ends, None for neither. Raises ValidationError where they are the wrong way round."""
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        raise ValidationError(gettext("The end lies before the start."), code="turned")
    return low, high


def said(value: Ends, worded: Callable[[Any], object]) -> str:
    """A range in words: from, to, both, or the one value."""
    low, high = ("" if end is None else str(worded(end)) for end in value)
    if not high:
        return gettext("from %(low)s") % {"low": low}
    if not low:
        return gettext("up to %(high)s") % {"high": high}
    return low if low == high else f"{low} – {high}"


def _number(words: Words) -> forms.Field:
    attrs = {"aria-label": words, "placeholder": words, "step": "any"}
    return forms.DecimalField(
        required=False, max_digits=15, decimal_places=5, widget=forms.NumberInput(attrs)
    )


def _day(words: Words) -> forms.Field:
    return forms.DateField(
        required=False,
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
        widget=forms.DateInput({"type": "date", "aria-label": words}, format="%Y-%m-%d"),
    )


def _month(day: date) -> Ends:
    return day.replace(day=1), day


def _last_month(day: date) -> Ends:
    end = day.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


BETWEEN = "between"
USUAL: Mapping[str, tuple[Words, Callable[[date], Ends]]] = {
    "today": (_("Today"), lambda day: (day, day)),
    "yesterday": (_("Yesterday"), lambda day: (day - timedelta(days=1), day - timedelta(days=1))),
    "week": (_("Last 7 days"), lambda day: (day - timedelta(days=6), day)),
    "days30": (_("Last 30 days"), lambda day: (day - timedelta(days=29), day)),
    "month": (_("This month"), _month),
    "last-month": (_("Last month"), _last_month),
}
