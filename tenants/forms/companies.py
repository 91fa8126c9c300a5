"""What is typed about tenants. Rules are the services' business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.lists.actions import ReasonForm
from tenants.forms.fields import LANGUAGE_NAMES, PHONE, ZONES, DayInput, inherited
from tenants.localities import CURRENCIES
from tenants.models import Tenant
from tenants.selectors import possible_parents, tenants_by_name

CODE = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9_-]*$", _("Letters without accents, digits, - and _."))


class ContactForm(forms.Form):
    """What a tenant may say of itself."""

    contact = forms.CharField(label=_("Contact"), max_length=120, required=False)
    phone = forms.CharField(
        label=pgettext_lazy("company", "Phone"), max_length=20, required=False, validators=[PHONE]
    )
    hotline = forms.CharField(
        label=_("Hotline for drivers"),
        max_length=20,
        required=False,
        validators=[PHONE],
        help_text=_("Stands on the driver's pages."),
    )
    brand = forms.CharField(
        label=_("Brand on driver pages"),
        max_length=80,
        required=False,
        help_text=_("Empty: the name."),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), required=False, choices=inherited(ZONES))
    locale = forms.ChoiceField(
        label=_("Language"), required=False, choices=inherited(list(LANGUAGE_NAMES.items()))
    )

    own: tuple[str, ...] = ("contact", "phone", "hotline", "brand")
    places: tuple[str, ...] = ("timezone", "locale")

    def sections(self):
        """The fields in groups, as the page shows them."""
        return [
            (_("Contact"), "", [self[name] for name in self.own]),
            (_("Place"), "", [self[name] for name in self.places]),
        ]


class TenantForm(ContactForm):
    """What the level above says of a tenant."""

    name = forms.CharField(label=_("Name"), max_length=120)
    contract_from = forms.DateField(label=_("Contract from"), required=False, widget=DayInput)
    contract_to = forms.DateField(label=_("Contract to"), required=False, widget=DayInput)

    names: tuple[str, ...] = ("name", "contract_from", "contract_to")

    def sections(self):
        return [(_("Tenant"), "", [self[name] for name in self.names]), *super().sections()]


class NewTenantForm(TenantForm):
    """The code and the currency are given once."""

    code = forms.CharField(
        label=_("Code"),
        max_length=24,
        validators=[CODE],
        help_text=_("Short and for good; it stands in exports and scripts."),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        required=False,
        choices=inherited([(code, format_lazy("{} · {}", code, name)) for code, name in CURRENCIES.items()]),
        help_text=_("Cannot be changed later."),
    )

    names = ("name", "code", "contract_from", "contract_to")
    places = ("timezone", "currency", "locale")


class MoveForm(ReasonForm):
    """Where to, and why."""

    new_parent: forms.ModelChoiceField[Tenant] = forms.ModelChoiceField(
        label=_("New place"), queryset=tenants_by_name(), empty_label=_("Choose")
    )

    field_order = ("new_parent", "reason")

    def __init__(self, *args, tenant, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["new_parent"]
        chooser.queryset = possible_parents(tenant)
