"""Forms of local lists and reservations. Rules are the services' business."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.kit import clock
from backoffice.kit.frame import Words
from stations import selectors
from stations.forms.fields import MomentField
from stations.models import ListRule

USUAL = timedelta(hours=1)


class ReserveForm(forms.Form):
    """For whom a connector is kept free, and until when."""

    connector = forms.TypedChoiceField(label=_("Connector"), coerce=int)
    holder = forms.CharField(
        label=_("Card number or phone"),
        max_length=40,
        help_text=_(
            "Of a driver: a card that works is taken. The terminal lets this card and its group start."
        ),
    )
    expires_at = MomentField(label=_("Until"), help_text=_("24 hours at most."))
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args, pile, objection="", **options):
        super().__init__(*args, **options)
        if objection:
            self.fields["anyway"] = forms.BooleanField(
                label=_("Send anyway"), required=False, help_text=objection
            )
        choices: list[tuple[int, Words]] = [(one.number, one.letter) for one in selectors.connectors_of(pile)]
        if selectors.says_yes(pile.pk, "ReserveConnectorZeroSupported"):
            choices.append((0, _("Any one of them")))
        chooser: Any = self.fields["connector"]
        chooser.choices = choices
        self.initial.setdefault("expires_at", clock.now() + USUAL)


class ExtendForm(forms.Form):
    """Another end."""

    expires_at = MomentField(label=_("Until"), help_text=_("24 hours at most."))
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class TagsField(forms.CharField):
    """Card numbers, one a line or parted by commas."""

    def __init__(self, **options):
        super().__init__(
            required=False, max_length=200_000, widget=forms.Textarea(attrs={"rows": 5}), **options
        )

    def clean(self, value):
        return super().clean(value).replace(",", "\n").replace(";", "\n").split()

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value


class ListForm(forms.Form):
    """Who stands on a list."""

    name = forms.CharField(label=_("Name"), max_length=80)
    rule = forms.ChoiceField(
        label=_("Who is on it"), widget=forms.RadioSelect, choices=ListRule, initial=ListRule.ALL
    )
    groups = TagsField(label=_("Groups"), help_text=_("For “Cards of groups”: one a line."))
    picked = TagsField(label=_("Cards"), help_text=_("For “Picked cards”: one number a line."))
    refused_too = forms.BooleanField(
        label=_("Cards that do not work stand on it as blocked"),
        required=False,
        initial=True,
        help_text=_("A terminal that is offline then refuses them too. They come last where room is short."),
    )


class AssignListForm(forms.Form):
    """Which list counts at a station."""

    local_list = forms.ModelChoiceField(
        label=_("Local list"),
        queryset=selectors.local_lists(),
        required=False,
        empty_label=_("The operator's default"),
    )

    def __init__(self, *args, tenant_id, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["local_list"]
        chooser.queryset = selectors.assignable_lists(tenant_id)
