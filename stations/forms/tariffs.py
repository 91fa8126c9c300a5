"""Small forms of tariffs: names, approval, ceilings, where they count, and sample sessions."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _

from backoffice.kit.lists.actions import ReasonForm
from stations import selectors
from stations.forms.fields import EARLIEST, LATEST, MomentField

ROUNDINGS = [("line", _("Each line")), ("total", _("Total"))]


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


class ApproveForm(forms.Form):
    """Asks about kWh that cost nothing."""

    free = forms.BooleanField(label=_("Some kWh cost nothing, and that is meant."), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)


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


class CeilingForm(forms.Form):
    """How dear the service of agencies may be."""

    amount = forms.DecimalField(
        label=_("Highest service fee per kWh"),
        max_digits=10,
        decimal_places=5,
        min_value=0,
        required=False,
        help_text=_("In tariffs of your agencies, from the next version on. Empty: as they like."),
    )


class BulkForm(forms.Form):
    """Which tariff counts at what was picked, and from when on. Without a tariff theirs is taken off."""

    tariff = forms.ModelChoiceField(
        label=_("Tariff"),
        queryset=selectors.usable_tariffs(),
        required=False,
        empty_label=_("None of their own"),
    )
    due_at = MomentField(
        label=_("From"), required=False, help_text=_("In your time zone. Empty: from now on.")
    )


class WhereForm(forms.Form):
    """Where one tariff is to count."""

    agency = forms.ModelChoiceField(
        label=_("All stations of"),
        queryset=selectors.station_owners(),
        required=False,
        help_text=_("And of those below it."),
        empty_label=_("all owners"),
    )
    instead_of = forms.ModelChoiceField(
        label=_("That have now"),
        queryset=selectors.usable_tariffs(),
        required=False,
        empty_label=_("any tariff, or none"),
    )
    codes = forms.CharField(
        label=_("Or stations by code"),
        required=False,
        widget=forms.Textarea,
        max_length=200_000,
        help_text=_("One a line, or parted by commas."),
    )
    due_at = MomentField(
        label=_("From"), required=False, help_text=_("In your time zone. Empty: from now on.")
    )

    def clean_codes(self):
        wanted = {code.upper() for code in self.cleaned_data["codes"].replace(",", " ").split()}
        known = selectors.codes_known(wanted)
        if wanted - known:
            missing = sorted(wanted - known)
            raise forms.ValidationError(
                _("There is no station %(codes)s."), params={"codes": ", ".join(missing[:10])}
            )
        return sorted(wanted)


class SamplesForm(forms.Form):
    """What is looked at: a moment, and three sessions of that day. What makes no sense is as usual.

    The page has inputs of its own that show what counts in the end.
    """

    USUAL = ((Decimal(30), time(18, 30)), (Decimal(10), time(2)), (Decimal(60), time(12)))
    POWER_KW = 60

    day = forms.DateField(
        required=False,
        validators=[
            validators.MinValueValidator(EARLIEST.date()),
            validators.MaxValueValidator(LATEST.date()),
        ],
    )
    time = forms.TimeField(required=False)
    power = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for number in range(1, len(self.USUAL) + 1):
            self.fields[f"kwh{number}"] = forms.DecimalField(
                required=False, min_value=0, max_value=1000, decimal_places=3
            )
            self.fields[f"at{number}"] = forms.TimeField(required=False)

    def value_of(self, name):
        """A value that was typed and makes sense; None without one."""
        if not self.is_bound:
            return None
        self.is_valid()
        return self.cleaned_data.get(name)

    def samples(self):
        """The sessions: kWh and when they begin."""
        found = []
        for number, (kwh, at) in enumerate(self.USUAL, start=1):
            wanted, begins = self.value_of(f"kwh{number}"), self.value_of(f"at{number}")
            found.append((kwh if wanted is None else wanted, at if begins is None else begins))
        return found

    def power_w(self):
        return (self.value_of("power") or self.POWER_KW) * 1000
