"""Forms of charging profiles for many piles at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.forms.campaigns import TermsForm
from stations.forms.charging import ANY, ProfileForm
from stations.models import ProfilePurpose
from stations.services.profile_campaigns import OF_MANY

PURPOSES = [(value, label) for value, label in ProfilePurpose.choices if value in OF_MANY]


class ProfileManyForm(TermsForm, ProfileForm):
    """A profile for the whole of each terminal, and in which steps they get it."""

    def __init__(self, *args, **options):
        super().__init__(*args, pile=None, **options)
        purpose: Any = self.fields["purpose"]
        purpose.choices = PURPOSES
        for name, value in (("connector", "0"), ("transaction", "")):
            self.fields[name].widget = forms.HiddenInput()
            self.fields[name].initial = value

    def params(self):
        """What the campaign keeps."""
        return {"profile": self.profile().to_json()}

    def sections(self):
        """The fields in groups; those that many terminals have not in common are hidden."""
        return [
            (heading, note, [field for field in fields if not field.is_hidden])
            for heading, note, fields in super().sections()
        ]


class ClearManyForm(TermsForm):
    """Which profiles many terminals forget."""

    purpose = forms.ChoiceField(label=_("Limits"), required=False, choices=[ANY, *ProfilePurpose.choices])
    stack_level = forms.IntegerField(
        label=_("Stack level"), required=False, min_value=0, max_value=10_000, help_text=_("Empty: any.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    WHAT = ("purpose", "stack_level", "reason")

    def params(self):
        """What the campaign keeps: everything is cleared where nothing is named."""
        data = self.cleaned_data
        what = {"chargingProfilePurpose": data["purpose"] or None, "stackLevel": data["stack_level"]}
        return {"what": {name: value for name, value in what.items() if value is not None}}

    def sections(self):
        """What is forgotten, and how it goes about it."""
        note = _("All that match are cleared; where nothing is chosen, all of them.")
        return [(_("Clear profiles"), note, [self[name] for name in self.WHAT]), self.terms_section()]
