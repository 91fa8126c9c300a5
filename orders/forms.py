"""What people type about orders. Rules are the services' business."""

from __future__ import annotations

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.kit.figures import energy_text

ENERGY = re.compile(r"(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{1,3}))?", re.ASCII)
WH_DIGITS = 3


class EnergyField(forms.CharField):
    """A register in kWh with up to three decimals; cleaned to Wh. Commas only group thousands."""

    def __init__(self, **options):
        super().__init__(
            max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"}),
            **options,
        )

    def prepare_value(self, value):
        return energy_text(value) if isinstance(value, int) else value

    def clean(self, value):
        text = unicodedata.normalize("NFKC", super().clean(value))
        match = ENERGY.fullmatch(text)
        if match is None:
            raise ValidationError(_("Enter kWh such as 1204.350."))
        return int(match[1].replace(",", "") + (match[2] or "").ljust(WH_DIGITS, "0"))


class CorrectForm(forms.Form):
    """The register at the end, and why. ``seen`` is the register whose consequences were shown already."""

    meter_stop = EnergyField(label=_("Meter at the end, kWh"))
    reason = forms.CharField(
        label=_("Reason"), min_length=3, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    @property
    def is_seen(self):
        """Were the consequences of exactly this register shown?"""
        return self.cleaned_data["seen"] == str(self.cleaned_data["meter_stop"])
