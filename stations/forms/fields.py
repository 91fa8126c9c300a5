"""Fields that several forms of this room share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _

from backoffice.kit.money import Money, minor_digits
from stations import configuration, quirks
from tenants.localities import TIMEZONES

ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(TIMEZONES)]


EMPTY_VALUE = _("Empty: the setting is set to an empty text.")

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)
LIMITS = (validators.MinValueValidator(EARLIEST), validators.MaxValueValidator(LATEST))


class MinuteInput(forms.DateTimeInput):
    """The browser's own calendar and clock, to the minute."""

    input_type = "datetime-local"

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """An instant, typed in the time zone of the reader."""

    def __init__(self, **options):
        super().__init__(widget=MinuteInput, validators=LIMITS, **options)


class KeyInput(forms.TextInput):
    """The key of a setting, with those to choose from that the specification has and that a pile told."""

    template_name = "stations/_key.html"

    def __init__(self):
        super().__init__(attrs={"list": "known-keys", "autocomplete": "off"})
        self.told = ()

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        known = {row.key for row in configuration.STANDARD.values() if row.writable}
        context["widget"]["known"] = sorted(known.union(self.told), key=str.casefold)
        return context


class AmountField(forms.DecimalField):
    """Money typed in major units and given in minor ones. ``use_currency`` must be called before use."""

    currency = "CNY"

    def use_currency(self, currency):
        self.currency = currency
        self.decimal_places = minor_digits(currency)
        self.validators.append(validators.DecimalValidator(None, self.decimal_places))
        self.widget.attrs["step"] = str(10**-self.decimal_places) if self.decimal_places else "1"

    def clean(self, value):
        major = super().clean(value)
        return None if major is None else Money.from_major(major, self.currency).amount

    def prepare_value(self, value):
        return Money(value, self.currency).decimal if isinstance(value, int) else value


class SettingField(forms.TypedChoiceField):
    """Yes, no, or as usual."""

    def __init__(self, **options):
        super().__init__(
            choices=[("", _("As usual")), (True, _("Yes")), (False, _("No"))],
            coerce=lambda value: value == "True",
            empty_value=None,
            required=False,
            **options,
        )


def _choice(label, choices, help_text=""):
    return forms.ChoiceField(
        label=label, required=False, choices=[("", _("As usual")), *choices], help_text=help_text
    )


def _number(label, name, help_text=""):
    allowed = quirks.RANGES[name]
    return forms.IntegerField(
        label=label, required=False, min_value=allowed[0], max_value=allowed[-1], help_text=help_text
    )


class QuirksMixin(forms.Form):
    """How a pile is spoken to. What is left empty is as ``show_inherited`` has it."""

    boot_answer = _choice(
        _("Answer to a boot"),
        [("Accepted", _("Accept")), ("Pending", _("Hold back")), ("Rejected", _("Reject"))],
        _("Held back, it can be set up and does not charge yet."),
    )
    heartbeat_interval_s = _number(
        _("Heartbeat, s"), "heartbeat_interval_s", _("How often it is to say that it lives.")
    )
    connection_timeout_s = _number(
        _("Waits for the plug, s"),
        "connection_timeout_s",
        _("As set at the terminal; a start is given up a little later."),
    )
    clock_zone = forms.CharField(
        label=_("Zone of times without one"),
        required=False,
        max_length=40,
        help_text=_("As in Asia/Shanghai."),
    )
    id_tag_prefix = forms.CharField(
        label=_("Cut off before a card number"),
        required=False,
        max_length=20,
        help_text=_("*: is all up to the first colon."),
    )
    id_tag_suffix = forms.CharField(
        label=_("Cut off after a card number"),
        required=False,
        max_length=20,
        help_text=_("_* is all from the last underscore."),
    )
    id_tag_reversed = SettingField(
        label=_("Card numbers come backwards"), help_text=_("04A1B2 stands for B2A104.")
    )
    id_tag_cut_zeros = SettingField(label=_("Leave out leading zeros of card numbers"))
    register = _choice(
        _("Meter values count"), [("absolute", _("for ever")), ("relative", _("from each start"))]
    )
    energy_unit = _choice(
        _("Energy really is in"),
        [
            ("as_labelled", _("what it says")),
            ("kWh", _("kWh, though it says Wh or nothing")),
            ("10Wh", _("10 Wh, though it says Wh or nothing")),
            ("Wh", _("Wh, though it says kWh")),
        ],
        _("Counts for new readings; those that were kept stay as they are."),
    )
    ping = SettingField(
        label=_("Is asked for a sign of life"), help_text=_("No for terminals that never answer a ping.")
    )
    require_subprotocol = SettingField(
        label=_("Must name its protocol"), help_text=_("No for terminals that connect without ocpp1.6.")
    )
    key_form = _choice(
        _("Password comes"),
        [("either", _("either way")), ("raw", _("as bytes")), ("hex", _("as digits"))],
        _("What comes otherwise is refused."),
    )
    max_frame_bytes = _number(
        _("Longest message, bytes"), "max_frame_bytes", _("A longer one ends the connection.")
    )

    QUIRKS = (
        "boot_answer",
        "heartbeat_interval_s",
        "connection_timeout_s",
        "clock_zone",
        "id_tag_prefix",
        "id_tag_suffix",
        "id_tag_reversed",
        "id_tag_cut_zeros",
        "register",
        "energy_unit",
        "ping",
        "require_subprotocol",
        "key_form",
        "max_frame_bytes",
    )

    def show_inherited(self, inherited, words):
        """Say what an empty field means: ``inherited`` are the settings above, ``words`` have %(value)s."""
        for name in self.QUIRKS:
            field: Any = self.fields[name]
            value = getattr(inherited, name)
            if isinstance(field, forms.ChoiceField):
                offered: Any = field.choices
                (empty, _usual), *choices = offered
                label = next((label for one, label in choices if one == value), value)
                field.choices = [(empty, words % {"value": label}), *choices]
            else:
                field.widget.attrs["placeholder"] = str(value)

    def clean_clock_zone(self):
        zone = self.cleaned_data["clock_zone"]
        if zone and not quirks.is_zone(zone):
            raise forms.ValidationError(_("This time zone does not exist."), code="timezone")
        return zone

    def clean(self):
        """Gather what was set; the rest is not stored, so that it follows the model."""
        super().clean()
        data = self.cleaned_data
        own = {name: data.pop(name, None) for name in self.QUIRKS}
        data["quirks"] = {name: value for name, value in own.items() if value not in (None, "")}
        return data

    def quirks_section(self, note=_("Empty: as the model, else as usual.")):
        return (
            _("How it is spoken to"),
            note,
            [self[name] for name in self.QUIRKS],
        )


def initial_quirks(own):
    """What a form shows of stored settings."""
    return {name: value for name, value in own.items() if quirks.is_sane(name, value)}
