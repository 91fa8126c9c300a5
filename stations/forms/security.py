"""Forms of the security of a pile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from stations.models import KeyType
from stations.selectors.certificates import gateway_roots, served_profiles

PROFILES = {
    0: _("0: without a password"),
    1: _("1: password"),
    2: _("2: password over TLS"),
    3: _("3: certificates on both sides"),
}
USES = {
    "CentralSystemRootCertificate": _("To know us by"),
    "ManufacturerRootCertificate": _("To know firmware by"),
}


def _reason(**options):
    return forms.CharField(label=_("Reason"), min_length=3, max_length=300, **options)


class UpgradeForm(forms.Form):
    """Where to, and what is renewed on the way."""

    target = forms.TypedChoiceField(
        label=_("Security profile"),
        coerce=int,
        widget=forms.RadioSelect,
        help_text=_(
            "It is only ever raised. The terminal is let in as before until it has come in the new way."
        ),
    )
    new_key = forms.BooleanField(label=_("Give it a new password"), required=False, initial=True)
    install_roots = forms.BooleanField(
        label=_("Have it trust the root of our certificate"), required=False, initial=True
    )
    reason = _reason()

    def __init__(self, *args, pile, **options):
        super().__init__(*args, **options)
        served = [profile for profile in served_profiles() if profile > pile.security_profile]
        chooser: Any = self.fields["target"]
        same = (pile.security_profile, _("As it is: only what proves it is renewed"))
        chooser.choices = [*((profile, PROFILES[profile]) for profile in served), same]
        chooser.initial = served[0] if served else pile.security_profile
        if not gateway_roots():
            del self.fields["install_roots"]
        if pile.security_profile == 3:
            del self.fields["new_key"]


class ProfileForm(forms.Form):
    """What somebody set at the pile itself."""

    profile = forms.TypedChoiceField(label=_("Security profile"), coerce=int)
    reason = _reason()

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["profile"]
        chooser.choices = [(one, PROFILES[one]) for one in served_profiles() if one]


class RootForm(forms.Form):
    """A root, and what a pile takes it for."""

    use = forms.ChoiceField(label=pgettext_lazy("certificate", "What for"), choices=USES.items())
    certificate = forms.CharField(
        label=_("Certificate"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("As PEM, one and nothing else."),
    )


class InstallForm(RootForm):
    """A root that a pile is to trust."""

    reason = _reason()

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["certificate"].initial = "".join(gateway_roots()[:1])


class AuthorityForm(forms.Form):
    """What kind of key it signs with."""

    key_type = forms.ChoiceField(
        label=pgettext_lazy("certificate", "Key"),
        choices=KeyType,
        help_text=_("It signs for terminals whose own key is of this kind."),
    )
