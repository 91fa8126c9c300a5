"""Starting a charge from here, with a limit for it where the pile can keep one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.forms.asking import ConnectorAskForm
from stations.forms.charging import KILO, UNITS
from stations.profiles import Unit, faults, start_profile
from stations.selectors.charging import means_of, takes_limit_at_start
from stations.services.profile_checks import words_of
from stations.services.profiles import start_payload


class RemoteStartForm(ConnectorAskForm):
    """The limit is typed in kW or A; it leaves as a TxProfile without a transaction (OCPP 1.6 §5.16.2, errata 3.41)."""

    id_tag = forms.CharField(
        label=_("Card number"), max_length=20, help_text=_("Who charges; the order is in this name.")
    )
    limit = forms.DecimalField(
        label=_("Limit of this charge"),
        required=False,
        min_value=Decimal("0.1"),
        max_digits=9,
        decimal_places=3,
        help_text=_("Empty: none of its own. It ends with the charge."),
    )
    unit = forms.ChoiceField(
        label=_("Unit"),
        required=False,
        choices=UNITS,
        help_text=_("Power counts for all phases together, current for each."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.pile is None or not takes_limit_at_start(self.pile):
            del self.fields["limit"], self.fields["unit"]
            return
        units = means_of(self.pile).units
        chooser: Any = self.fields["unit"]
        chooser.choices = [(unit, words) for unit, words in UNITS if units is None or Unit(unit) in units]
        chooser.initial = chooser.choices[0][0]

    def clean(self):
        data = super().clean() or {}
        profile = self._profile(data)
        if profile is not None and data.get("connector"):
            means = means_of(self.pile)
            for fault in faults(profile, int(data["connector"]), means=means, in_remote_start=True):
                self.add_error("unit" if fault.field == "unit" else "limit", words_of(fault))
        return data

    def payload(self):
        data = self.cleaned_data
        return start_payload(int(data["connector"]), data["id_tag"], self._profile(data))

    def _profile(self, data):
        if not data.get("limit"):
            return None
        unit = Unit(data.get("unit") or self.fields["unit"].initial)
        return start_profile(data["limit"] * (KILO if unit is Unit.WATTS else 1), unit)
