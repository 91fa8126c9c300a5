"""What many piles are asked about their proofs and their local lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.forms.campaigns import TermsForm
from stations.forms.security import PROFILES, RootForm
from stations.selectors.certificates import gateway_roots, served_profiles
from stations.services.security_campaigns import AS_IT_IS

HOW = {
    "differences": _("Send what differs"),
    "full": _("Send it whole: it replaces what the terminal has"),
    "version": _("Ask for the version, and send it whole where that is another one than we think"),
    "clear": _("Clear: the terminal forgets all cards until the list is sent again"),
}


class ManyForm(TermsForm):
    """About nothing that a pile lists among its feature profiles, or may be made to do although it does not."""

    reason = forms.CharField(label=_("Reason"), min_length=3, max_length=300)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        del self.fields["send_anyway"]

    def sections(self):
        """What is done, and how it goes about it."""
        own = [field for field in self.visible_fields() if field.name not in self.TERMS]
        return [(_("What is done"), "", own), self.terms_section()]


class UpgradeManyForm(ManyForm):
    """Where to, and what is renewed on the way."""

    target = forms.TypedChoiceField(
        label=_("Security profile"),
        coerce=int,
        widget=forms.RadioSelect,
        help_text=_("It is only ever raised. One that stands higher keeps its own."),
    )
    new_key = forms.BooleanField(label=_("Give it a new password"), required=False, initial=True)
    install_roots = forms.BooleanField(
        label=_("Have it trust the root of our certificate"), required=False, initial=True
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["target"]
        same = (AS_IT_IS, _("As it is: only what proves it is renewed"))
        chooser.choices = [same, *((profile, PROFILES[profile]) for profile in served_profiles() if profile)]
        chooser.initial = AS_IT_IS
        if not gateway_roots():
            del self.fields["install_roots"]
        self.order_fields(["target", "new_key", "install_roots", "reason"])

    def params(self):
        """What the campaign keeps."""
        data = self.cleaned_data
        return {name: data.get(name, False) for name in ("target", "new_key", "install_roots")}


class RenewManyForm(ManyForm):
    """Nothing but why."""

    def params(self):
        """What the campaign keeps."""
        return {}


class RootManyForm(ManyForm, RootForm):
    """Which root."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.order_fields(["use", "certificate", "reason"])

    def params(self):
        """What the campaign keeps."""
        return {name: self.cleaned_data[name] for name in ("use", "certificate")}


class InstallManyForm(RootManyForm):
    """One that they are to trust: first of all that of our gateways."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["certificate"].initial = "".join(gateway_roots()[:1])


class ListManyForm(ManyForm):
    """What is done about their local lists."""

    how = forms.ChoiceField(
        label=_("How"), choices=HOW.items(), widget=forms.RadioSelect, initial="differences"
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.order_fields(["how", "reason"])

    def params(self):
        """What the campaign keeps."""
        return {"how": self.cleaned_data["how"]}
