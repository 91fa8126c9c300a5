"""What people type about orders. Rules are the services' business."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.kit.figures import energy_text

ENERGY = re.compile(r"(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{1,3}))?", re.ASCII)
WH_DIGITS = 3
SHORTEST = 3


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


class AssignForm(forms.Form):
    """Who looks at a case; ``people`` are memberships."""

    person = forms.ChoiceField(label=_("Person"), required=False)

    def __init__(self, *args, people, **options):
        super().__init__(*args, **options)
        self._names = {f"staff:{one.user_id}": str(one.user) for one in people}
        person: Any = self.fields["person"]
        person.choices = [("", _("Nobody")), *self._names.items()]

    @property
    def chosen(self):
        """As ``assign_case`` takes it."""
        ref = self.cleaned_data["person"]
        return {"to_ref": ref, "to_label": self._names.get(ref, "")}


class TogetherForm(AssignForm):
    """What is decided for several cases at once. ``seen`` is the decision whose consequences were shown."""

    decision = forms.ChoiceField(label=_("What"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed for a decision."),
    )
    seen = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    field_order = ("decision", "person", "reason")

    def __init__(self, *args, choices, **options):
        super().__init__(*args, **options)
        decision: Any = self.fields["decision"]
        decision.choices = choices
        if len(choices) == 1:
            decision.initial = choices[0][0]

    def clean(self):
        data = super().clean() or {}
        if data.get("decision") not in {None, "assign"} and len(data.get("reason", "").strip()) < SHORTEST:
            self.add_error("reason", _("Say why."))
        return data


class PolicyForm(forms.Form):
    """Rules for cases of one operator."""

    second_above = forms.DecimalField(
        label=_("A second person is needed above"),
        min_value=0,
        max_digits=10,
        decimal_places=2,
        help_text=_(
            "In the currency of the order. Whatever a driver pays more for needs one in any case. 0: always."
        ),
    )
