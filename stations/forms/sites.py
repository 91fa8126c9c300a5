"""Forms of stations, piles, connectors and models."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.lists.actions import ReasonForm
from stations import selectors
from stations.forms.fields import ZONES, QuirksMixin
from stations.forms.places import HoursMixin, hours_initial
from stations.models import Facility, Kind, Life, StationStatus
from stations.selectors.serials import fold, holders_of
from tenants.forms.fields import PHONE, DayInput

NOT_CHOSEN = frozenset({StationStatus.CLOSED, StationStatus.STORE})
CODE = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9_-]*$", _("Letters without accents, digits, - and _."))


class StationForm(HoursMixin):
    """What staff say of a station."""

    name = forms.CharField(label=_("Name"), max_length=120)
    status = forms.ChoiceField(
        label=_("Status"),
        initial=StationStatus.LIVE,
        choices=[choice for choice in StationStatus.choices if choice[0] not in NOT_CHOSEN],
        help_text=_("Drivers start charging at live stations only."),
    )
    city = forms.CharField(label=_("City"), max_length=60, required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    latitude = forms.DecimalField(label=_("Latitude"), required=False, max_digits=9, decimal_places=6)
    longitude = forms.DecimalField(label=_("Longitude"), required=False, max_digits=9, decimal_places=6)
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=[("", _("As the tenant")), *ZONES],
        help_text=_("Prices follow its clock."),
    )
    facilities = forms.MultipleChoiceField(
        label=_("Facilities"), required=False, choices=Facility, widget=forms.CheckboxSelectMultiple
    )
    height_limit_m = forms.DecimalField(
        label=_("Height limit, m"),
        required=False,
        max_digits=4,
        decimal_places=2,
        min_value=Decimal("0.5"),
        max_value=20,
    )
    parking = forms.CharField(
        label=_("Parking rule"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Drivers see it: who may park for how long, and what it costs."),
    )
    is_public = forms.BooleanField(
        label=_("Open to the public"),
        required=False,
        initial=True,
        help_text=_("Otherwise for a closed circle, as of a company or a yard."),
    )
    opened_on = forms.DateField(label=_("Opened on"), required=False, widget=DayInput())
    contact = forms.CharField(label=_("Contact on site"), max_length=120, required=False)
    contact_phone = forms.CharField(
        label=_("Phone of the contact"), max_length=20, required=False, validators=[PHONE]
    )
    hotline = forms.CharField(
        label=_("Hotline"), max_length=30, required=False, help_text=_("Empty: the tenant's.")
    )
    power_limit_kw = forms.DecimalField(
        label=_("Power limit, kW"), required=False, max_digits=8, decimal_places=1, min_value=0
    )

    PROFILE: tuple[str, ...] = (
        "name",
        "status",
        "opened_on",
        "is_public",
        "hotline",
        "power_limit_kw",
        "contact",
        "contact_phone",
    )
    PLACE = ("city", "address", "latitude", "longitude", "timezone")
    THERE = ("facilities", "height_limit_m", "parking")

    def sections(self):
        """The fields in groups, as the page shows them."""
        return [
            (_("Station"), "", [self[name] for name in self.PROFILE]),
            (_("Place"), _("Coordinates in degrees (WGS-84)."), [self[name] for name in self.PLACE]),
            (
                _("Opening hours"),
                _("08:00-22:00, several parted by commas; 24 h; empty: closed."),
                [self[name] for name in self.HOURS],
            ),
            (_("What drivers find"), "", [self[name] for name in self.THERE]),
        ]


def station_initial(row):
    """What the form holds for a station as it is."""
    own = {name: getattr(row, name) for name in StationForm.base_fields if hasattr(row, name)}
    return own | hours_initial(row.hours)


class NewStationForm(StationForm):
    """The code is given once, the owner changes by a transfer."""

    tenant = forms.ModelChoiceField(label=_("Owner"), queryset=selectors.station_owners())
    code = forms.CharField(
        label=_("Code"),
        max_length=24,
        validators=[CODE],
        help_text=_("Short and for good; it stands in exports and scripts."),
    )

    PROFILE = ("tenant", "code", *StationForm.PROFILE)


class TransferForm(ReasonForm):
    """To whom, and why."""

    to = forms.ModelChoiceField(label=_("New owner"), queryset=selectors.station_owners())

    field_order = ("to", "reason")


class PileForm(QuirksMixin):
    """What staff say of a pile."""

    name = forms.CharField(label=_("Terminal name"), max_length=60, help_text=_("Drivers see it."))
    serial = forms.CharField(label=_("Serial"), max_length=60, required=False)
    model = forms.ModelChoiceField(label=_("Model"), queryset=selectors.pile_models(), required=False)
    life = forms.ChoiceField(
        label=_("Life"),
        initial=Life.IN_SERVICE,
        choices=[choice for choice in Life.choices if choice[0] != Life.RETIRED],
    )
    warranty_until = forms.DateField(label=_("Warranty until"), required=False, widget=DayInput())
    sim_expires_on = forms.DateField(label=_("SIM card expires on"), required=False, widget=DayInput())

    OWN: tuple[str, ...] = ("name", "serial", "model", "life", "warranty_until", "sim_expires_on")

    def clean_serial(self):
        """One that another terminal has is a slip; what it had before it keeps."""
        serial = self.cleaned_data["serial"]
        had = self.initial.get("serial") or ""
        holders = holders_of([serial]).get(fold(serial), ()) if fold(serial) != fold(had) else ()
        if holders:
            raise forms.ValidationError(_("%(name)s has this serial."), params={"name": holders[0].name})
        return serial

    def sections(self):
        """The fields in groups, as the page shows them."""
        return [(_("Terminal"), "", [self[name] for name in self.OWN]), self.quirks_section()]


class NewPileForm(PileForm):
    """Registering a pile: where it stands and how it proves who it is."""

    station = forms.ModelChoiceField(label=_("Station"), queryset=selectors.stations_by_name())
    identity = forms.CharField(
        label=_("Identity"),
        max_length=48,
        strip=False,
        help_text=_("Exactly as the pile writes it, the last part of the address that it connects to."),
    )
    connectors = forms.IntegerField(
        label=_("Connectors"),
        required=False,
        min_value=1,
        max_value=16,
        help_text=_("Empty: as the model has."),
    )
    needs_key = forms.TypedChoiceField(
        label=_("Password"),
        choices=[("yes", _("Needed")), ("", _("None, from trusted networks only"))],
        coerce=bool,
        initial="yes",
        required=False,
    )
    key = forms.CharField(
        label=_("Own password"),
        max_length=40,
        required=False,
        help_text=_("32 to 40 hexadecimal digits. Empty: one is made, and shown once."),
    )

    OWN = (
        "station",
        "identity",
        "name",
        "serial",
        "model",
        "connectors",
        "life",
        "needs_key",
        "key",
        "warranty_until",
        "sim_expires_on",
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["name"].required = False
        self.fields["name"].help_text = _("Drivers see it. Empty: the identity.")

    def clean(self):
        data = super().clean()
        data["key"] = data.get("key") or None
        data["needs_key"] = bool(data.get("needs_key"))
        return data


class MovePileForm(ReasonForm):
    """Where to, and why."""

    to = forms.ModelChoiceField(
        label=pgettext_lazy("move", "New station"), queryset=selectors.stations_by_name()
    )

    field_order = ("to", "reason")


class KeyForm(ReasonForm):
    """How a new password gets into the pile."""

    how = forms.ChoiceField(
        label=_("How does it get into the terminal?"),
        widget=forms.RadioSelect,
        choices=[
            ("send", _("It is sent. Old and new are valid until the terminal uses the new one.")),
            ("hand", _("By hand. The old one is dead at once.")),
        ],
    )

    field_order = ("how", "reason")


class ConnectorForm(forms.Form):
    """What staff say of a connector."""

    type = forms.CharField(
        label=_("Type"), max_length=30, required=False, help_text=_("For example GB/T DC, CCS2.")
    )
    rated_kw = forms.DecimalField(
        label=_("Rated power, kW"),
        required=False,
        max_digits=7,
        decimal_places=1,
        min_value=0,
        help_text=_("Empty: as the model."),
    )


class ModelForm(QuirksMixin):
    """What a manufacturer says of a product."""

    name = forms.CharField(label=_("Model"), max_length=50)
    vendor = forms.CharField(label=_("Vendor"), max_length=50)
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind, initial=Kind.DC)
    connector_count = forms.IntegerField(label=_("Connectors"), min_value=1, max_value=16, initial=1)
    connector_type = forms.CharField(label=_("Connector type"), max_length=30, required=False)
    rated_kw = forms.DecimalField(
        label=_("Rated power, kW"), max_digits=7, decimal_places=1, min_value=0, initial=60
    )

    OWN = ("name", "vendor", "kind", "connector_count", "connector_type", "rated_kw")

    def sections(self):
        """The fields in groups, as the page shows them."""
        return [
            (_("Model"), "", [self[name] for name in self.OWN]),
            self.quirks_section(_("Empty: as usual.")),
        ]
