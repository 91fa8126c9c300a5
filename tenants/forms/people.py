"""What is typed about staff, and by somebody about oneself. Rules are the services' business."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.perms import Role
from tenants.forms.fields import LANGUAGE_NAMES, PHONE, ZONES, DayInput, of_tenant
from tenants.models import Theme


class MemberForm(forms.Form):
    """As what somebody works here, and in which days."""

    role = forms.ChoiceField(label=_("Role"), choices=Role)
    valid_from = forms.DateField(
        label=_("First day"), required=False, widget=DayInput, help_text=_("Empty: at once.")
    )
    valid_to = forms.DateField(
        label=_("Last day"), required=False, widget=DayInput, help_text=_("Empty: without end.")
    )


class PersonForm(forms.Form):
    """Who it is. Somebody who works elsewhere already keeps his name."""

    email = forms.EmailField(
        label=_("Email"), max_length=254, help_text=_("A link to set a password goes there.")
    )
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=80)


class NewMemberForm(PersonForm, MemberForm):
    """A person and a role."""

    field_order = ("email", "name", "role", "valid_from", "valid_to")


class ProfileForm(forms.Form):
    """What somebody sets of himself."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=80)
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False, validators=[PHONE])
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=of_tenant(list(LANGUAGE_NAMES.items()))
    )
    timezone = forms.ChoiceField(label=_("Time zone"), required=False, choices=of_tenant(ZONES))
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme)
