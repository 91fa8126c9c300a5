"""What is typed and ticked about a role of a tenant's own. Rules are the services' business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.perms import grantable


class RoleForm(forms.Form):
    """A name, and what the role may do out of what the level may."""

    name = forms.CharField(label=pgettext_lazy("role", "Name"), max_length=60)
    description = forms.CharField(
        label=_("Description"), max_length=300, required=False, help_text=_("For whom it is meant.")
    )
    permissions = forms.MultipleChoiceField(label=_("May do"), required=False)

    def __init__(self, *args, level, **options):
        super().__init__(*args, **options)
        self.perms = {perm.value: perm for perm in grantable(level)}
        field: Any = self.fields["permissions"]
        field.choices = [(value, value) for value in self.perms]

    def clean_permissions(self):
        return [self.perms[value] for value in self.cleaned_data["permissions"]]

    @property
    def ticked(self):
        """The values that are ticked now, as the page shows them."""
        return frozenset(self["permissions"].value() or ())
