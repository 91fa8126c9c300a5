"""Forms of vendor messages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.models.vendors import Direction, VendorAnswer


class VendorMessageForm(forms.Form):
    """One message of DataTransfer."""

    direction = forms.ChoiceField(label=_("Direction"), choices=Direction)
    vendor_id = forms.CharField(label=_("Vendor"), max_length=255)
    message_id = forms.CharField(
        label=_("Message"), max_length=50, required=False, help_text=_("Empty: messages that have no name.")
    )
    label = forms.CharField(label=_("What it is for"), max_length=120, required=False)
    answer = forms.ChoiceField(
        label=_("Answer"), choices=VendorAnswer, help_text=_("To a message from the terminal.")
    )
    content = forms.CharField(
        label=_("Data"),
        max_length=10_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is answered; of a message to the terminal, what its form starts with."),
    )
    is_json = forms.BooleanField(label=_("Data is JSON"), required=False)
