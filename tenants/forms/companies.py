"""What is typed about tenants. Rules are the services' business."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.lists import filters
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.lists.filters.relations import RelatedField
from tenants.forms.fields import LANGUAGE_NAMES, PHONE, ZONES, DayInput, QuotaField, inherited, unchanged
from tenants.localities import CURRENCIES
from tenants.selectors import possible_parents
from tenants.services.opening import Person

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
    region = forms.CharField(label=_("Region"), max_length=60, required=False)
    licence_no = forms.CharField(label=_("Licence number"), max_length=60, required=False)
    contract_no = forms.CharField(label=_("Contract number"), max_length=60, required=False)
    contract_from = forms.DateField(label=_("Contract from"), required=False, widget=DayInput)
    contract_to = forms.DateField(
        label=_("Contract to"), required=False, widget=DayInput, help_text=_("Empty: without end.")
    )
    quota_users = QuotaField(label=_("Staff"))
    quota_stations = QuotaField(label=_("Stations"))
    quota_terminals = QuotaField(label=_("Terminals"))

    names: tuple[str, ...] = ("name", "region", "licence_no")

    def sections(self):
        return [
            (_("Tenant"), "", [self[name] for name in self.names]),
            (
                _("Contract"),
                _("The day after its last one, the tenant and everything below it stops."),
                [self[name] for name in ("contract_no", "contract_from", "contract_to")],
            ),
            (
                _("Quotas"),
                _("With everything below the tenant. Empty: no limit."),
                [self[name] for name in ("quota_users", "quota_stations", "quota_terminals")],
            ),
            *super().sections(),
        ]


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

    draft = forms.BooleanField(
        label=_("Draft"), required=False, help_text=_("Nothing works there until it is activated.")
    )
    owner_email = forms.EmailField(
        label=_("Email"), max_length=254, required=False, help_text=_("An invitation goes there.")
    )
    owner_name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=80, required=False)

    names = ("name", "code", "region", "licence_no", "draft")
    places = ("timezone", "currency", "locale")

    def __init__(self, *args, invites, **options):
        super().__init__(*args, **options)
        self.invites = invites
        if not invites:
            del self.fields["owner_email"], self.fields["owner_name"]

    def sections(self):
        if not self.invites:
            return super().sections()
        owner = (
            _("First owner"),
            _("Lets everybody else in. May be added later."),
            [self["owner_email"], self["owner_name"]],
        )
        return [*super().sections(), owner]

    def clean(self):
        """The owner as one person, or none."""
        super().clean()
        email = self.cleaned_data.pop("owner_email", "")
        name = self.cleaned_data.pop("owner_name", "")
        if email and not name:
            self.add_error("owner_name", _("Who is it?"))
        if name and not email and "owner_email" not in self.errors:
            self.add_error("owner_email", _("Where does the invitation go?"))
        self.cleaned_data["owner"] = Person(email, name) if email and name else None


class MoveForm(ReasonForm):
    """Where to, and why. Few places are a menu, many a field with suggestions."""

    field_order = ("new_parent", "reason")

    def __init__(self, *args, tenant, suggestions, **options):
        super().__init__(*args, **options)
        self.places = filters.Related(
            options=lambda: possible_parents(tenant), by="code", search=("name", "code"), label=_("New place")
        )
        self.places.address = suggestions
        field = RelatedField(self.places.find, label=self.places.label, widget=self.places.field.widget)
        field.required = True
        if isinstance(field.widget, forms.Select):
            field.widget.choices = [("", _("Choose…")), *list(field.widget.choices)[1:]]
        self.fields["new_parent"] = field
        self.order_fields(self.field_order)

    def clean_new_parent(self):
        """The one that is meant."""
        found = self.cleaned_data["new_parent"].rows
        if len(found) > 1:
            raise ValidationError(_("Several are called like this; type the code."))
        return found[0]


class BulkForm(forms.Form):
    """What many tenants are given at once. What is left empty stays as it is at each."""

    contract_to = forms.DateField(label=_("Contract to"), required=False, widget=DayInput)
    region = forms.CharField(label=_("Region"), max_length=60, required=False)
    timezone = forms.ChoiceField(label=_("Time zone"), required=False, choices=unchanged(ZONES))
    quota_users = QuotaField(label=_("Staff"))
    quota_stations = QuotaField(label=_("Stations"))
    quota_terminals = QuotaField(label=_("Terminals"))
    clear = forms.MultipleChoiceField(
        label=_("Take away"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("contract_to", _("the contract's end")),
            ("quota_users", _("the quota of staff")),
            ("quota_stations", _("the quota of stations")),
            ("quota_terminals", _("the quota of terminals")),
        ],
    )

    def sections(self):
        """The fields in groups, as the page shows them."""
        return [
            (
                _("New values"),
                _("What is left empty stays as it is at each."),
                [self[name] for name in ("contract_to", "region", "timezone")],
            ),
            (
                _("Quotas"),
                _("With everything below the tenant."),
                [self[name] for name in ("quota_users", "quota_stations", "quota_terminals", "clear")],
            ),
        ]

    def clean(self):
        """Something is to change, and nothing is both set and taken away."""
        super().clean()
        given = {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])}
        for name in given.pop("clear", ()):
            if name in given:
                self.add_error(name, _("Set it or take it away, not both."))
            given[name] = None
        if not given and not self.errors:
            raise ValidationError(_("Nothing is to change."))
        self.changes = given
