"""What is typed about drivers and cards. Rules are the services' business."""

from __future__ import annotations

from datetime import datetime, time

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit.lists.actions import ReasonForm
from drivers.models import Card, Driver
from drivers.phones import LONGEST

PHONE_HELP = _("Without a country code it is a number of this country.")


def _languages():
    return [("", gettext("As the operator")), *settings.LANGUAGES]


def phone_field(label=_("Phone"), **options):
    """A phone as people type it; the service reads it."""
    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "inputmode": "tel"})
    return forms.CharField(label=label, max_length=LONGEST, widget=widget, **options)


class DriverForm(forms.ModelForm):
    """What staff may change of a driver."""

    locale = forms.ChoiceField(label=_("Language"), choices=lazy(_languages, list), required=False)

    class Meta:
        model = Driver
        fields = ["name", "locale", "several_at_once"]


class NewDriverForm(DriverForm):
    """An account that staff open."""

    phone = phone_field(help_text=PHONE_HELP)
    field_order = ["phone", "name", "locale", "several_at_once"]


class PhoneForm(ReasonForm):
    """Another number for an account."""

    phone = phone_field(_("New phone"), help_text=PHONE_HELP)
    field_order = ["phone", "reason"]


class CardForm(forms.ModelForm):
    """What staff may change of a card."""

    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Empty: it does not expire."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    class Meta:
        model = Card
        fields = ["visual_number", "parent_id_tag"]
        help_texts = {"parent_id_tag": _("Cards of one group may stop each other's charges.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.expires_at is not None:
            self.initial["expires_on"] = timezone.localtime(self.instance.expires_at).date()

    def written(self):
        """The fields as the service takes them; a card is valid until the end of its last day."""
        fields = dict(self.cleaned_data)
        day = fields.pop("expires_on")
        end = datetime.combine(day, time.max, timezone.get_current_timezone()) if day else None
        return fields | {"expires_at": end and end.replace(microsecond=0)}


class NewCardForm(CardForm):
    """A card that is handed out."""

    uid = forms.CharField(
        label=_("Card number"), max_length=20, help_text=_("As piles read it, 1 to 20 characters.")
    )
    phone = phone_field(
        _("Phone of the driver"), required=False, help_text=_("Empty: it is nobody's for the time being.")
    )
    field_order = ["uid", "phone", "visual_number", "parent_id_tag", "expires_on"]


class HandOverForm(forms.Form):
    """Whose a card is from now on."""

    phone = phone_field(
        _("Phone of the driver"), required=False, help_text=_("Empty: it is nobody's any more.")
    )
