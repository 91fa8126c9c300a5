"""What people type about money. Rules are the services' business."""

from __future__ import annotations

import secrets

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.money import Money, MoneyError, MoneyFault

FAULTS = {
    MoneyFault.NOT_A_NUMBER: _("Enter an amount such as 12.50."),
    MoneyFault.TOO_MANY_DECIMALS: _("This currency has fewer decimals."),
    MoneyFault.OUT_OF_RANGE: _("This is too much."),
}


class AmountField(forms.CharField):
    """Money in the currency of ``currency``; cleaned to minor units, more than zero."""

    def __init__(self, **options):
        super().__init__(
            max_length=40,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"}),
            **options,
        )
        self.currency = ""

    def clean(self, value):
        text = super().clean(value)
        try:
            amount = Money.parse(text, self.currency).amount
        except MoneyError as error:
            raise ValidationError(FAULTS.get(error.code, FAULTS[MoneyFault.NOT_A_NUMBER])) from error
        if amount <= 0:
            raise ValidationError(_("The amount must be more than zero."))
        return amount


def new_key():
    """Names one filling of a form, so that it takes effect once however often it is sent."""
    return secrets.token_urlsafe(12)


def _set_currency(form, currency):
    for field in form.fields.values():
        if isinstance(field, AmountField):
            field.currency = currency
            field.help_text = currency


class MoneyForm(forms.Form):
    """An amount in ``currency``, why, and the key of this filling."""

    amount = AmountField(label=_("Amount"))
    reason = forms.CharField(
        label=_("Reason"), min_length=3, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    key = forms.CharField(max_length=40, widget=forms.HiddenInput, initial=new_key)

    def __init__(self, *args, currency, **options):
        super().__init__(*args, **options)
        _set_currency(self, currency)


class Adjustment(models.TextChoices):
    """What is done to a balance by hand."""

    CASH_IN = "cash_in", _("Cash taken in at the desk")
    CASH_OUT = "cash_out", _("Cash paid out at the desk")
    BONUS_GIVEN = "bonus_given", _("Bonus given")
    BONUS_TAKEN = "bonus_taken", _("Bonus taken back")


class AdjustForm(MoneyForm):
    kind = forms.ChoiceField(label=_("What"), choices=Adjustment)
    field_order = ("kind", "amount", "reason")


class ChannelForm(forms.Form):
    """Name and limits of a channel; the limits in its currency."""

    name = forms.CharField(label=_("Name"), max_length=60)
    minimum = AmountField(label=_("Smallest top-up"))
    maximum = AmountField(label=_("Largest top-up"))

    def __init__(self, *args, currency, **options):
        super().__init__(*args, **options)
        _set_currency(self, currency)


class ConnectForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60, initial=_("Sandbox"))
