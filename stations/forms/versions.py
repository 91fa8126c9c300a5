"""The form of a price list: validity, its days, the price of each band, and what standing costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy

from stations.daytypes import MOST_TYPES, read_types
from stations.forms.days import UNPAINTED, DayField, DayTypeForm, HoursField, initial_of
from stations.forms.fields import AmountField, MomentField
from stations.models import TariffVersion
from stations.services.tariffs import PRICES

PRICE_WORDS = {field.name: field.verbose_name for field in TariffVersion._meta.concrete_fields}

ADD, MORE = "add_day", "more_rows"
"""Buttons that show the page again, with one more day type or with more rows, and save nothing."""


class VersionForm(forms.Form):
    """What a version says. ``types`` are the forms of its other days."""

    valid_from = MomentField(
        label=gettext_lazy("Valid from"),
        help_text=gettext_lazy("In your time zone. In the past: from approval on."),
    )
    valid_to = MomentField(
        label=gettext_lazy("Valid to"),
        required=False,
        help_text=gettext_lazy("Empty: until another one begins."),
    )
    codes = DayField(
        label=gettext_lazy("Half hours of the day"), help_text=gettext_lazy("By the clock of the station.")
    )
    idle_grace_min = forms.IntegerField(
        label=gettext_lazy("Free minutes after charging"), min_value=0, max_value=1440, initial=15
    )
    idle_per_minute = AmountField(
        label=gettext_lazy("Idle fee per minute"), min_value=0, max_value=10_000, initial=0
    )
    idle_cap = AmountField(
        label=gettext_lazy("Idle fee at most"), min_value=0, max_value=1_000_000, required=False
    )
    idle_free = HoursField(
        label=gettext_lazy("Hours in which standing is free"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("As in 22:00–06:00, each day."),
    )
    min_hold = AmountField(
        label=gettext_lazy("Least to set aside"),
        min_value=0,
        max_value=1_000_000,
        initial=2000,
        help_text=gettext_lazy("Before a charge starts."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    AMOUNTS = ("idle_per_minute", "idle_cap", "min_hold")
    STANDING = ("idle_grace_min", "idle_per_minute", "idle_cap", "idle_free", "min_hold")

    def __init__(self, data=None, *, currency, initial, days=(), **options):
        super().__init__(data, initial=initial, **options)
        self.unchecked = data is not None and (ADD in data or MORE in data)
        for name in PRICES:
            self.fields[name] = _price_field(name)
        for name in self.AMOUNTS:
            amount: Any = self.fields[name]
            amount.use_currency(currency)
        self.types = self._typed(data) if data is not None else self._kept(days)

    def full_clean(self):
        """Nothing where the page is only shown again with what was typed."""
        if not self.unchecked:
            super().full_clean()
            return
        self._errors, self.cleaned_data = forms.utils.ErrorDict(), {}

    def is_valid(self):
        return not self.unchecked and super().is_valid()

    def clean(self):
        super().clean()
        data = self.cleaned_data
        kept = [one for one in self.types if not one.is_removed]
        if all([one.is_valid() for one in kept]):
            data["days"] = [one.day_type().to_json() for one in kept]
        else:
            self.add_error(None, _("A day type needs another look; nothing was saved."))
        return data

    @property
    def count_now(self):
        """How many day types the page that is shown has."""
        return len(self.types)

    def price_rows(self):
        """The fields of electricity and service, band by band."""
        return [(self[one], self[other]) for one, other in zip(PRICES[::2], PRICES[1::2], strict=True)]

    def standing(self):
        return [self[name] for name in self.STANDING]

    def _kept(self, days):
        """The day types of the version that is edited."""
        return [
            DayTypeForm(prefix=f"day{number}", initial=initial_of(one))
            for number, one in enumerate(read_types(days))
        ]

    def _typed(self, data):
        """Those that were sent, and a new one where the button for it was pressed."""
        try:
            count = min(max(int(data.get("day_count") or 0), 0), MOST_TYPES + 1)
        except ValueError:
            count = 0
        found = [
            DayTypeForm(data, prefix=f"day{number}", unchecked=self.unchecked) for number in range(count)
        ]
        if ADD in data and count <= MOST_TYPES:
            usual = self["codes"].value() or UNPAINTED
            found.append(DayTypeForm(prefix=f"day{count}", initial={"codes": usual, "weekdays": [5, 6]}))
        return found


def _price_field(name):
    return forms.DecimalField(
        label=capfirst(PRICE_WORDS[name]),
        max_digits=10,
        decimal_places=5,
        min_value=0,
        max_value=max(settings.TARIFF_DEAREST.values()),
        initial=Decimal(0),
    )
