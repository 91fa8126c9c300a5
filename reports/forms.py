"""The form of a link to the big screen."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.kit.lists.filters.relations import SuggestingInput
from backoffice.kit.scope import current_scope
from reports.sharing import DAYS_MOST
from tenants.selectors import tenants

USUAL_DAYS = 7


class ShareForm(forms.Form):
    """For whom, of what and for how long. ``tenant`` is typed by name or code; nothing typed is that of the scope."""

    name = forms.CharField(
        label=_("For whom"),
        max_length=80,
        help_text=_("As you will know it in the list: “screen in the lobby”."),
    )
    tenant = forms.CharField(
        label=_("What it shows"),
        max_length=120,
        required=False,
        help_text=_("Name or code of a tenant below yours. Empty: everything that you see."),
    )
    days = forms.IntegerField(
        label=_("Days until it expires"), min_value=1, max_value=DAYS_MOST, initial=USUAL_DAYS
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["tenant"].widget = SuggestingInput(reverse("reports.days.options", args=["tenant"]))

    def clean_tenant(self):
        typed = self.cleaned_data["tenant"]
        if not typed:
            scope = current_scope()
            return tenants().get(pk=(scope.part or scope.whole).tenant_id or 0)
        found = list(tenants().filter(Q(code__iexact=typed) | Q(name__iexact=typed))[:2])
        if len(found) != 1:
            raise ValidationError(
                _("More than one is called so; type its code.") if found else _("Nothing here is called so.")
            )
        return found[0]
