"""What is asked of a pile: for each command of the core profile and RemoteTrigger, its form and its payload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.frame import Words
from stations.configuration import LONGEST_KEY, LONGEST_VALUE, sent_as, spelled
from stations.forms.asking import AskForm, ConnectorAskForm
from stations.forms.fields import EMPTY_VALUE, KeyInput
from stations.forms.starting import RemoteStartForm
from stations.models import Intent
from stations.permissions import StationPerm
from stations.selectors import messages_to_piles

SEND = pgettext_lazy("command", "Send")
TRIGGERS = (
    "StatusNotification",
    "MeterValues",
    "Heartbeat",
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
)


class RemoteStopForm(AskForm):
    transaction = forms.IntegerField(
        label=_("Transaction"),
        min_value=-(2**31),
        max_value=2**31 - 1,
        help_text=_("The number that the pile knows it by."),
    )

    def payload(self):
        return {"transactionId": self.cleaned_data["transaction"]}


class AvailabilityForm(ConnectorAskForm):
    everything = _("The whole terminal")
    type = forms.ChoiceField(label=_("Becomes"), choices=Intent)

    def payload(self):
        return {**super().payload(), "type": self.cleaned_data["type"]}


class ResetForm(AskForm):
    type = forms.ChoiceField(
        label=_("How"),
        widget=forms.RadioSelect,
        initial="Soft",
        choices=[
            ("Soft", _("Soft: it ends running charges properly, then restarts.")),
            ("Hard", _("Hard: at once, as if switched off. Readings that it did not send yet may be lost.")),
        ],
    )

    def payload(self):
        return {"type": self.cleaned_data["type"]}


class TriggerForm(ConnectorAskForm):
    everything = _("The whole terminal")
    message = forms.ChoiceField(label=_("Message"), choices=[(name, name) for name in TRIGGERS])

    def payload(self):
        number = self.connector_number()
        about = {"connectorId": number} if number else {}
        return {"requestedMessage": self.cleaned_data["message"], **about}


class GetConfigurationForm(AskForm):
    keys = forms.CharField(
        label=_("Keys"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. Empty: all of them."),
    )

    def clean_keys(self):
        keys = self.cleaned_data["keys"].replace(",", "\n").split()
        if any(len(key) > 50 for key in keys):
            raise forms.ValidationError(_("A key has at most 50 characters."))
        return keys

    def payload(self):
        keys = self.cleaned_data["keys"]
        return {"key": keys} if keys else {}


class ChangeConfigurationForm(AskForm):
    """For many piles; one is asked by ``forms.settings.SettingForm``, which knows what the pile said of the key."""

    key = forms.CharField(label=_("Key"), max_length=LONGEST_KEY, widget=KeyInput)
    value = forms.CharField(label=_("Value"), max_length=LONGEST_VALUE, required=False, help_text=EMPTY_VALUE)

    def payload(self):
        key, value = self.cleaned_data["key"], self.cleaned_data["value"]
        return {"key": spelled(key), "value": sent_as(key, value)}


class DataTransferForm(AskForm):
    """One of the messages agreed on, or whatever an engineer writes."""

    one_of = frozenset({"known", "vendor_id"})

    known = forms.ModelChoiceField(
        label=_("Agreed message"),
        queryset=messages_to_piles(),
        required=False,
        help_text=_("What is left empty below is taken from it."),
    )
    vendor_id = forms.CharField(label=_("Vendor"), max_length=255, required=False)
    message_id = forms.CharField(label=_("Message"), max_length=50, required=False)
    content = forms.CharField(
        label=_("Data"),
        max_length=10_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self):
        data = super().clean() or {}
        known = data.get("known")
        if known is not None:
            data["vendor_id"], data["message_id"] = known.vendor_id, known.message_id
            data["content"] = data.get("content") or known.content
            self._require_json(known, data["content"])
        elif not data.get("vendor_id") and "vendor_id" not in self.errors:
            self.add_error("vendor_id", _("Say whose message it is."))
        return data

    def _require_json(self, known, text):
        if known.is_json and text:
            try:
                json.loads(text)
            except ValueError as error:
                self.add_error("content", _("This is no JSON: %(why)s") % {"why": error})

    def payload(self):
        data = self.cleaned_data
        sent = {"vendorId": data["vendor_id"], "messageId": data["message_id"], "data": data["content"]}
        return {name: value for name, value in sent.items() if value}


@dataclass(frozen=True, slots=True)
class Ask:
    """One command: its words, who may ask, what is typed.

    ``per_connector`` puts its button beside each connector, ``per_pile`` below them all. ``own_page`` is the
    page that asks one pile for it, where a form alone does not know enough.
    """

    label: Words
    perm: StationPerm
    form: type[AskForm]
    icon: str
    text: Words = ""
    tone: Literal["", "stop", "warn", "primary"] = ""
    needs_reason: bool = False
    per_connector: bool = False
    per_pile: bool = True
    own_page: str = ""
    submit: Words = SEND


ASKS: Mapping[str, Ask] = {
    "RemoteStartTransaction": Ask(
        _("Start charging…"),
        StationPerm.COMMAND_BASIC,
        RemoteStartForm,
        "play",
        _("The terminal tries to start. Whether it does is seen by its transaction."),
        per_connector=True,
        per_pile=False,
    ),
    "RemoteStopTransaction": Ask(
        _("Stop charging…"), StationPerm.COMMAND_BASIC, RemoteStopForm, "stop", needs_reason=True, tone="stop"
    ),
    "UnlockConnector": Ask(
        _("Unlock…"),
        StationPerm.COMMAND_BASIC,
        ConnectorAskForm,
        "unlock",
        _("For a plug that is stuck. A running charge is stopped, not unlocked."),
        needs_reason=True,
        per_connector=True,
        per_pile=False,
    ),
    "ChangeAvailability": Ask(
        _("Availability…"),
        StationPerm.COMMAND_BASIC,
        AvailabilityForm,
        "switch",
        _("While a charge runs, the terminal does it when the charge has ended."),
        needs_reason=True,
        per_connector=True,
    ),
    "Reset": Ask(
        _("Restart…"),
        StationPerm.COMMAND_BASIC,
        ResetForm,
        "refresh",
        _("Running charges are stopped."),
        tone="warn",
        needs_reason=True,
    ),
    "TriggerMessage": Ask(_("Ask for a message…"), StationPerm.COMMAND_ENGINEER, TriggerForm, "message"),
    "GetConfiguration": Ask(
        _("Read settings…"),
        StationPerm.COMMAND_ENGINEER,
        GetConfigurationForm,
        "eye",
        submit=pgettext_lazy("command", "Read"),
    ),
    "ChangeConfiguration": Ask(
        _("Change a setting…"),
        StationPerm.COMMAND_ENGINEER,
        ChangeConfigurationForm,
        "sliders",
        needs_reason=True,
        own_page="stations:configuration_change",
    ),
    "ClearCache": Ask(
        _("Forget known cards…"),
        StationPerm.COMMAND_ENGINEER,
        AskForm,
        "trash",
        _("It asks us about every card again."),
    ),
    "DataTransfer": Ask(
        _("Send vendor data…"), StationPerm.COMMAND_ENGINEER, DataTransferForm, "upload", needs_reason=True
    ),
}


def form_of(ask, pile, data=None, **initial):
    """The form of a command, for one pile."""
    form = ask.form(data, pile=pile, initial=initial)
    form.fields["reason"].required = ask.needs_reason
    return form


def pretty(payload):
    """A request or an answer for reading."""
    return json.dumps(payload, indent=2, ensure_ascii=False, sort_keys=True)
