"""Forms of tariffs: the price list of a day, half hour by half hour."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.kit.lists.actions import ReasonForm
from stations import selectors
from stations.forms.fields import AmountField, MomentField
from stations.models import TariffVersion
from stations.services.tariffs import DEAREST, PRICES
from stations.slots import HALF_HOURS_A_DAY, Band

BAND_WORDS = {
    Band.SHARP: _("Sharp"),
    Band.PEAK: _("Peak"),
    Band.FLAT: _("Flat"),
    Band.VALLEY: _("Valley"),
}


PRICE_WORDS = {field.name: field.verbose_name for field in TariffVersion._meta.concrete_fields}
ROUNDINGS = [("line", _("Each line")), ("total", _("Total"))]


def span_of(index):
    """``08:30–09:00``: the half hour of this number by the wall clock."""
    limits = (f"{at // 2:02}:{at % 2 * 30:02}" for at in (index, index + 1))
    return "–".join(limits)


class DayWidget(forms.MultiWidget):
    """48 selects in a strip, from midnight to midnight."""

    template_name = "stations/_day.html"

    def __init__(self):
        choices = [(band.value, words) for band, words in BAND_WORDS.items()]
        super().__init__({f"{n:02}": forms.Select(choices=choices) for n in range(HALF_HOURS_A_DAY)})

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for index, widget in enumerate(context["widget"]["subwidgets"]):
            widget["span"] = span_of(index)
            widget["attrs"] |= {"aria-label": span_of(index), "class": "form-select"}
        return context

    def decompress(self, value):
        return list(value or "F" * HALF_HOURS_A_DAY)


class DayField(forms.MultiValueField):
    """The codes of a day, one letter for each half hour."""

    def __init__(self, **options):
        choices = [(band.value, words) for band, words in BAND_WORDS.items()]
        fields = [forms.ChoiceField(choices=choices) for _n in range(HALF_HOURS_A_DAY)]
        super().__init__(fields, widget=DayWidget(), **options)

    def compress(self, data_list):
        return "".join(data_list)


class TariffForm(forms.Form):
    """A price list has a name; its currency is its owner's."""

    tenant = forms.ModelChoiceField(label=_("Owner"), queryset=selectors.station_owners())
    name = forms.CharField(label=_("Name"), max_length=80)
    rounding = forms.ChoiceField(
        label=_("Rounding"),
        choices=ROUNDINGS,
        help_text=_("What is rounded to the cent."),
    )


class RenameForm(forms.Form):
    """Another name."""

    name = forms.CharField(label=_("Name"), max_length=80)


class VersionForm(forms.Form):
    """Validity, the day in half hours, the price of each band, and what standing costs."""

    valid_from = MomentField(
        label=_("Valid from"), help_text=_("In your time zone. In the past: from approval on.")
    )
    valid_to = MomentField(
        label=_("Valid to"), required=False, help_text=_("Empty: until another one begins.")
    )
    codes = DayField(label=_("Half hours of the day"), help_text=_("By the clock of the station."))
    idle_grace_min = forms.IntegerField(
        label=_("Free minutes after charging"), min_value=0, max_value=1440, initial=15
    )
    idle_per_minute = AmountField(label=_("Idle fee per minute"), min_value=0, max_value=10_000, initial=0)
    idle_cap = AmountField(label=_("Idle fee at most"), min_value=0, max_value=1_000_000, required=False)
    min_hold = AmountField(
        label=_("Least to set aside"),
        min_value=0,
        max_value=1_000_000,
        initial=2000,
        help_text=_("Before a charge starts."),
    )

    AMOUNTS = ("idle_per_minute", "idle_cap", "min_hold")

    def __init__(self, *args, currency, **options):
        super().__init__(*args, **options)
        for name in PRICES:
            self.fields[name] = _price_field(name)
        for name in self.AMOUNTS:
            amount: Any = self.fields[name]
            amount.use_currency(currency)

    def sections(self):
        """The fields in groups, as the page shows them."""
        return [
            (_("Validity"), "", [self["valid_from"], self["valid_to"]]),
            (_("The day"), "", [self["codes"]]),
            (_("Prices"), _("per kWh"), [self[name] for name in PRICES]),
            (_("Standing"), "", [self[name] for name in ("idle_grace_min", *self.AMOUNTS)]),
        ]


def _price_field(name):
    return forms.DecimalField(
        label=capfirst(PRICE_WORDS[name]),
        max_digits=10,
        decimal_places=5,
        min_value=0,
        max_value=max(DEAREST.values()),
        initial=Decimal(0),
    )


class ApproveForm(forms.Form):
    """Asks about kWh that cost nothing."""

    free = forms.BooleanField(label=_("Some kWh cost nothing, and that is meant."), required=False)


class AssignForm(forms.Form):
    """Which tariff counts here."""

    tariff = forms.ModelChoiceField(
        label=_("Tariff"), queryset=selectors.tariffs(), required=False, empty_label=_("None of its own")
    )

    def __init__(self, *args, tenant_id, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["tariff"]
        chooser.queryset = selectors.assignable_tariffs(tenant_id)


class WithdrawForm(ReasonForm):
    """Why it is taken back."""
