"""How many piles are asked for the same: the form of the command, and how it goes about it."""

from __future__ import annotations

import secrets

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.kit.lists.actions import ReasonForm
from stations.forms.asking import AskForm
from stations.forms.commands import ASKS, Ask
from stations.permissions import StationPerm
from stations.services.asking import IN_BULK
from stations.services.campaigns import MOST_AT_ONCE, MOST_PILES

PATIENCE = {
    0: _("Not at all"),
    600: _("10 minutes"),
    3_600: _("1 hour"),
    86_400: _("1 day"),
    604_800: _("7 days"),
}


class BeginForm(ReasonForm):
    """Why it is begun. ``once`` tells two sendings of one form from two forms."""

    once = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["once"].initial = secrets.token_hex(8)


class TermsForm(forms.Form):
    """In which steps, and when to stop."""

    wave_size = forms.IntegerField(
        label=_("Terminals in a wave"),
        min_value=1,
        max_value=MOST_PILES,
        initial=50,
        help_text=_("The next wave is asked when all of the last has ended."),
    )
    failure_share = forms.IntegerField(
        label=_("Pause at failures, %"),
        min_value=0,
        max_value=100,
        initial=20,
        help_text=_("Of a wave. 0: however many fail."),
    )
    at_once = forms.IntegerField(label=_("At the same time"), min_value=1, max_value=MOST_AT_ONCE, initial=20)
    patience_s = forms.TypedChoiceField(
        label=_("Wait for terminals that are offline"), choices=PATIENCE.items(), coerce=int, initial=0
    )
    send_anyway = forms.BooleanField(
        label=_("Ask also those that do not list the feature profile"), required=False
    )

    TERMS = ("wave_size", "failure_share", "at_once", "patience_s", "send_anyway")

    def terms(self):
        """The keyword arguments of ``create_campaign``."""
        return {name: self.cleaned_data[name] for name in self.TERMS if name in self.fields}

    def terms_section(self):
        return (
            _("How it goes about it"),
            _("It can be paused and stopped at any time."),
            [self[name] for name in self.TERMS if name in self.fields],
        )


KINDS = {
    "configuration.push": Ask(
        _("Push wanted settings…"),
        StationPerm.COMMAND_ENGINEER,
        AskForm,
        "upload",
        _("What the templates of their models want is read, and set where it differs."),
        needs_reason=True,
    ),
}
"""What is asked of many piles and is no single command: kinds of campaigns by name."""


def asks_in_bulk(grants):
    """What may be asked of many piles by somebody with these permissions."""
    single = {name: ask for name, ask in ASKS.items() if name in IN_BULK}
    return {name: ask for name, ask in (single | KINDS).items() if ask.perm in grants}


def bulk_form_of(ask: Ask, data=None, *, may_send_anyway: bool):
    """The form of a command to many piles, with its terms."""
    kind = type("BulkAskForm", (TermsForm, ask.form), {})
    form = kind(data)
    form.fields["reason"].required = ask.needs_reason
    if "connector" in form.fields:
        form.fields["connector"].widget = forms.HiddenInput()
        form.fields["connector"].initial = "0"
    if not may_send_anyway:
        del form.fields["send_anyway"]
    return form


def sections_of(form, ask):
    """What is asked, and how it goes about it, as ``kit/form.html`` shows them."""
    own = [field for field in form.visible_fields() if field.name not in TermsForm.TERMS]
    return [(str(ask.label).rstrip("…"), ask.text, own), form.terms_section()]
