"""Forms of firmware, updates and uploads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stations import selectors
from stations.forms.campaigns import TermsForm
from stations.forms.fields import MomentField
from stations.models import UploadKind
from stations.services.firmware import Signing
from stations.services.updates import MOST_RETRIES, Plan
from stations.services.uploads import FTP, Wanted
from stations.signatures import LONGEST_CERTIFICATE, LONGEST_SIGNATURE

HOW = (("", _("Plain")), ("signed", _("Signed: the terminal verifies it")))
WAYS = (("", _("As the terminal can")), ("http", _("HTTP")), (FTP, _("FTP")))


class PemField(forms.CharField):
    """Something that is pasted as PEM or base64."""

    widget = forms.Textarea

    def __init__(self, **options):
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 5}), **options)


class FirmwareForm(forms.Form):
    """A file for the library, and what proves it."""

    file = forms.FileField(label=_("File"), max_length=200, allow_empty_file=True)
    version = forms.CharField(
        label=_("Version"), max_length=50, help_text=_("Exactly as terminals report it once they run it.")
    )
    pile_models = forms.ModelMultipleChoiceField(
        label=_("Models"), queryset=selectors.pile_models(), widget=forms.CheckboxSelectMultiple
    )
    notes = forms.CharField(
        label=_("Release notes"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    certificate = PemField(
        label=_("Signing certificate"), max_length=LONGEST_CERTIFICATE, help_text=_("In PEM form.")
    )
    signature = PemField(
        label=_("Signature"),
        max_length=LONGEST_SIGNATURE,
        help_text=_("Of the SHA-256 of the file, in base64. Empty: it is made with the private key."),
    )
    private_key = PemField(
        label=_("Private key"), max_length=10_000, help_text=_("Used once and kept nowhere.")
    )

    def sections(self):
        """The fields in groups, as the page shows them."""
        return [
            (
                _("Firmware"),
                _("It is a draft until it is released."),
                [self[name] for name in ("file", "version", "pile_models", "notes")],
            ),
            (
                _("Signed updates"),
                _("Only for terminals that verify firmware. Else leave it empty."),
                [self[name] for name in ("certificate", "signature", "private_key")],
            ),
        ]

    def clean(self):
        """The three that belong together as one."""
        super().clean()
        data = self.cleaned_data
        parts = {name: data.pop(name, "") for name in ("certificate", "signature", "private_key")}
        data["signing"] = Signing(**parts)
        return data


class UpdateForm(forms.Form):
    """Which firmware a terminal is given, when and how."""

    firmware: Any = forms.ModelChoiceField(label=_("Firmware"), queryset=None, empty_label=None)
    how = forms.ChoiceField(label=_("How"), choices=HOW, required=False)
    retrieve_at = MomentField(label=_("Fetches it from"), required=False, help_text=_("Empty: now."))
    install_at = MomentField(
        label=_("Installs it from"), required=False, help_text=_("Signed updates only. Empty: when it can.")
    )
    retries = forms.IntegerField(
        label=_("Tries again, times"), min_value=0, max_value=MOST_RETRIES, initial=3
    )
    retry_interval_s = forms.IntegerField(
        label=_("Seconds between tries"), min_value=0, max_value=86_400, initial=60
    )
    anyway = forms.BooleanField(label=_("Ask even if it does not know the command"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args, pile, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["firmware"]
        chooser.queryset = selectors.firmware_for(pile)

    def request(self):
        """The keyword arguments of ``start_update``."""
        data = self.cleaned_data
        names = ("retrieve_at", "install_at", "retries", "retry_interval_s", "anyway")
        plan = Plan(**{name: data[name] for name in names})
        return {
            "firmware": data["firmware"],
            "signed": data["how"] == "signed",
            "plan": plan,
            "reason": data["reason"],
        }


class FetchForm(forms.Form):
    """Which log, and of which time."""

    kind = forms.ChoiceField(label=_("Log"), choices=UploadKind, initial=UploadKind.DIAGNOSTICS)
    scheme = forms.ChoiceField(label=_("Way"), choices=WAYS, required=False)
    since = MomentField(label=_("From"), required=False)
    until = MomentField(label=_("Until"), required=False)
    anyway = forms.BooleanField(label=_("Ask even if it does not know the command"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def wanted(self):
        """What is asked for."""
        data = self.cleaned_data
        names = ("since", "until", "scheme", "anyway")
        return Wanted(kind=UploadKind(data["kind"]), **{name: data[name] for name in names})


class UpdateManyForm(TermsForm):
    """How many terminals are updated."""

    how = forms.ChoiceField(label=_("How"), choices=HOW, required=False)
    only_idle = forms.BooleanField(
        label=_("Only while no vehicle charges"),
        required=False,
        help_text=_("Else the terminal itself waits for charges to end, before it installs."),
    )
    retrieve_at = MomentField(label=_("Fetch it from"), required=False, help_text=_("Empty: now."))
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    WHAT = ("how", "only_idle", "retrieve_at", "reason")

    def params(self, firmware):
        """What the campaign keeps."""
        at = self.cleaned_data["retrieve_at"]
        return {
            "firmware": firmware.pk,
            "version": firmware.version,
            "only_idle": self.cleaned_data["only_idle"],
            "retrieve_at": at.isoformat() if at else "",
        }

    def sections(self):
        """What is done, and how it goes about it."""
        return [(_("Update"), "", [self[name] for name in self.WHAT]), self.terms_section()]


class PilesForm(forms.Form):
    """Which terminals of a firmware's models are meant."""

    version = forms.ChoiceField(label=_("That run"), required=False)
    station = forms.ModelChoiceField(
        label=_("Station"),
        queryset=selectors.stations_by_name(),
        required=False,
        empty_label=_("All stations"),
    )

    def __init__(self, *args, versions, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["version"]
        chooser.choices = [("", _("Any other version")), *((one, one) for one in versions if one)]

    def narrow(self, rows):
        """Those of the piles that are meant."""
        chosen = self.cleaned_data if self.is_valid() else {}
        if chosen.get("version"):
            rows = rows.filter(firmware=chosen["version"])
        if chosen.get("station"):
            rows = rows.filter(station=chosen["station"])
        return rows


class FetchManyForm(TermsForm):
    """Which log of many terminals."""

    kind = forms.ChoiceField(label=_("Log"), choices=UploadKind, initial=UploadKind.DIAGNOSTICS)
    since = MomentField(label=_("From"), required=False)
    until = MomentField(label=_("Until"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    WHAT = ("kind", "since", "until", "reason")

    def params(self):
        """What the campaign keeps."""
        spans = {name: self.cleaned_data[name] for name in ("since", "until")}
        return {
            "kind": self.cleaned_data["kind"],
            **{name: at.isoformat() if at else "" for name, at in spans.items()},
        }

    def sections(self):
        """What is done, and how it goes about it."""
        return [(_("Log"), "", [self[name] for name in self.WHAT]), self.terms_section()]
