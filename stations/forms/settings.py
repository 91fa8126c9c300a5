"""Settings of piles in forms: a field that fits the key, and what the standard ones are for."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from stations import selectors
from stations.configuration import LONGEST_KEY, LONGEST_VALUE, Standard, Type, meaning, standard
from stations.forms.fields import EMPTY_VALUE, KeyInput

HELP = {
    "AllowOfflineTxForUnknownId": _("Offline, a card that it does not know may charge."),
    "AuthorizationCacheEnabled": _("It remembers cards that we let charge."),
    "AuthorizeRemoteTxRequests": _("It asks about the card also when we start the charge."),
    "BlinkRepeat": _("How often its light blinks."),
    "ClockAlignedDataInterval": _("Readings at these steps from midnight; 0: none."),
    "ConnectionTimeOut": _("How long it waits for the plug."),
    "ConnectorPhaseRotation": _("Which phases lie where, as in 0.RST,1.RST."),
    "HeartbeatInterval": _("How often it says that it lives."),
    "LightIntensity": _("How bright its light is."),
    "LocalAuthListEnabled": _("It uses the list of cards that we send."),
    "LocalAuthorizeOffline": _("Offline, cards that it knows may charge."),
    "LocalPreAuthorize": _("Cards that it knows may charge before we answer."),
    "MaxEnergyOnInvalidId": _("What a card that turns out invalid may still take."),
    "MessageTimeout": _("How long it waits for our answers."),
    "MeterValuesAlignedData": _("What it reads at steps of the clock, divided by commas."),
    "MeterValuesSampledData": _("What it reads during a charge, divided by commas."),
    "MeterValueSampleInterval": _("Readings at these steps during a charge; 0: none."),
    "MinimumStatusDuration": _("How long a status must last before it is reported."),
    "ResetRetries": _("How often it tries a restart that failed."),
    "StopTransactionOnEVSideDisconnect": _("A plug that is pulled at the vehicle ends the charge."),
    "StopTransactionOnInvalidId": _("A card that turns out invalid ends the charge."),
    "StopTxnAlignedData": _("What it sends with the end of a charge, of readings at steps of the clock."),
    "StopTxnSampledData": _("What it sends with the end of a charge, of readings during it."),
    "TransactionMessageAttempts": _("How often it repeats what we did not take."),
    "TransactionMessageRetryInterval": _("How long it waits before it repeats, longer each time."),
    "UnlockConnectorOnEVSideDisconnect": _("It unlocks when the plug is pulled at the vehicle."),
    "WebSocketPingInterval": _("How often it checks the connection; 0: never."),
}


def value_field(key, current=None):
    """A field that fits the key: a choice, a number with its range, or a text."""
    known = standard(key)
    choices = _choices(known, current)
    if choices and known is not None:
        return forms.ChoiceField(label=_("Value"), choices=choices, help_text=HELP.get(known.key, ""))
    field = forms.CharField(label=_("Value"), max_length=LONGEST_VALUE, required=False)
    if known is None:
        field.help_text = EMPTY_VALUE
        return field
    field.help_text = HELP.get(known.key, "")
    if known.type is Type.INT:
        field.label = _("Value, %(unit)s") % {"unit": known.unit} if known.unit else field.label
        field.widget = forms.TextInput(attrs={"inputmode": "numeric"})
    if known.type is Type.CSL:
        field.widget = forms.Textarea(attrs={"rows": 2})
    return field


def _choices(known: Standard | None, current):
    if known is None or not (known.type is Type.BOOL or known.words):
        return []
    words = {"true": _("Yes"), "false": _("No")} if known.type is Type.BOOL else {}
    offered = [(word, words.get(word, word)) for word in (words or sorted(known.words))]
    spelled = meaning(known.key, current) if current and words else current
    strange = spelled and spelled not in dict(offered)
    return [(spelled, spelled), *offered] if strange else offered


class SettingForm(forms.Form):
    """A new value for one key of a pile."""

    key = forms.CharField(label=_("Key"), max_length=LONGEST_KEY, widget=KeyInput)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    anyway = forms.BooleanField(label=_("Send it also if it seems wrong"), required=False)

    def __init__(self, data=None, *, key="", current=None, told=()):
        value = meaning(key, current) if current and _choices(standard(key), None) else current
        super().__init__(data, initial={"key": key, "value": value})
        self.fields["value"] = value_field((data or {}).get("key", key), current)
        if key:
            self.fields["key"].widget = forms.HiddenInput()
        else:
            self.fields["key"].widget.told = told
        self.order_fields(["key", "value", "reason", "anyway"])


class WantedForm(forms.Form):
    """One setting that a template wants."""

    key = forms.CharField(label=_("Key"), max_length=LONGEST_KEY, widget=KeyInput)
    after_boot = forms.BooleanField(
        label=_("Look at it after each restart, and set it where it differs"), required=False
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, data=None, *, initial=None):
        super().__init__(data, initial=initial)
        key = (initial or {}).get("key", "")
        self.fields["value"] = value_field(key, (initial or {}).get("value"))
        if key:
            self.fields["key"].disabled = True
        self.order_fields(["key", "value", "after_boot", "note"])


class NewTemplateForm(forms.Form):
    """For which model."""

    model = forms.ModelChoiceField(label=_("Model"), queryset=selectors.pile_models())
