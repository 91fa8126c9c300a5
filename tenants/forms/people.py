"""What is typed about staff, and by somebody about oneself. Rules are the services' business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy

from backoffice.kit.lists.actions import ReasonForm
from tenants.acting import LONGEST_MINUTES
from tenants.forms.fields import LANGUAGE_NAMES, PHONE, ZONES, DayInput, of_tenant
from tenants.models import CustomRole, Density, Theme
from tenants.rights import AnyRole

OWN_ROLE = "own:"
"""Stands before the code of a role of the tenant's own, so that none is taken for a built-in one."""


def key_of(role: AnyRole) -> str:
    """A role as the value of a menu."""
    return OWN_ROLE + role.code if isinstance(role, CustomRole) else role.value


class MemberForm(forms.Form):
    """As what somebody works here, and in which days. ``roles`` are those that may be given."""

    role = forms.ChoiceField(label=_("Role"))
    valid_from = forms.DateField(
        label=_("First day"), required=False, widget=DayInput, help_text=_("Empty: at once.")
    )
    valid_to = forms.DateField(
        label=_("Last day"), required=False, widget=DayInput, help_text=_("Empty: without end.")
    )

    def __init__(self, *args, roles, **options):
        super().__init__(*args, **options)
        self.roles = {key_of(role): role for role in roles}
        own = {key: role.name for key, role in self.roles.items() if isinstance(role, CustomRole)}
        built_in = [(key, role.label) for key, role in self.roles.items() if key not in own]
        groups = [(_("Roles of our own"), list(own.items()))] if own else []
        field: Any = self.fields["role"]
        asked = [] if self.initial.get("role") else [("", _("Choose…"))]
        field.choices = [*asked, *built_in, *groups]

    def clean_role(self):
        return self.roles[self.cleaned_data["role"]]


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
    density = forms.ChoiceField(label=_("Density"), choices=Density)


class ActingForm(ReasonForm):
    """Why somebody works in another's name, and for how long."""

    minutes = forms.TypedChoiceField(
        label=pgettext_lazy("duration", "For"),
        coerce=int,
        choices=lambda: [
            (minutes, ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes})
            for minutes in (15, 30, LONGEST_MINUTES)
        ],
    )
