"""What drivers type. A form reads; services decide."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit.money import Money, MoneyError, minor_digits
from orders.models import LimitKind
from orders.services.complaining import LONGEST
from orders.services.starting import HIGHEST_LIMIT, Wish
from scan.wishes import KINDS, OTHER
from stations.tokens import read_token

HIGHEST_KWH = 1_000
HIGHEST_MONEY = 10_000
"""The most that may be asked for in one charge: kWh, and major units of money (a hundred times that where
a currency has no minor ones)."""


class CodeForm(forms.Form):
    """The code below a QR code, typed by hand."""

    code = forms.CharField(label=_("Code on the sticker"), max_length=40)

    def clean_code(self):
        token = read_token(self.cleaned_data["code"])
        if token is None:
            raise forms.ValidationError(
                _("This code has a slip of the pen in it. Compare each letter with the sticker.")
            )
        return token


class PhoneForm(forms.Form):
    """Who signs in."""

    phone = forms.CharField(label=_("Mobile number"), max_length=40)


class SmsCodeForm(forms.Form):
    """The six digits of the message."""

    code = forms.CharField(label=_("Code"), max_length=40)


class WordsForm(forms.Form):
    """What is wrong, in the driver's words."""

    words = forms.CharField(
        label=_("What is wrong?"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5})
    )


class AmountForm(forms.Form):
    """One of the amounts offered, or another one, in major units of ``currency``; ``amount`` comes out in minor ones."""

    amount = forms.CharField(label=_("Amount"), max_length=20, required=False)
    other = forms.CharField(label=_("Another amount"), max_length=20, required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean(self):
        data = super().clean() or {}
        if self.errors:
            return data
        chosen = data.get("amount", "")
        typed = data.get("other", "") if chosen in {"", OTHER} else chosen
        try:
            money = Money.parse(typed, self.currency)
        except MoneyError:
            money = None
        if money is None or money.amount <= 0:
            self.add_error("amount", _("Type an amount, such as 50."))
            return data
        return {**data, "amount": money.amount}


class WishForm(forms.Form):
    """The limit. Nothing of it is required: an empty form means until full."""

    limit = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in KINDS], required=False)
    money = forms.CharField(max_length=20, required=False)
    money_other = forms.CharField(max_length=20, required=False)
    energy = forms.CharField(max_length=20, required=False)
    energy_other = forms.CharField(max_length=20, required=False)
    minutes = forms.CharField(max_length=20, required=False)
    minutes_other = forms.CharField(max_length=20, required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean(self):
        data = super().clean() or {}
        kind = LimitKind(data.get("limit") or LimitKind.FULL)
        if kind is LimitKind.FULL:
            return {**data, "wish": Wish()}
        number = self._number(data, kind)
        if number is None:
            return data
        factor = {LimitKind.MONEY: None, LimitKind.ENERGY: 1000, LimitKind.MINUTES: 1}[kind]
        try:
            value = Money.from_major(number, self.currency).amount if factor is None else int(number * factor)
        except MoneyError:
            value = 0
        if value <= 0:
            self.add_error(kind.value, gettext("Type a number above zero."))
            return data
        return {**data, "wish": Wish(kind, value)}

    def _number(self, data, kind):
        chosen = data.get(kind.value, "")
        typed = data.get(f"{kind.value}_other", "") if chosen in {"", OTHER} else chosen
        text = re.sub(r"\s|,(?=\d{3}(\D|$))", "", unicodedata.normalize("NFKC", typed)).replace(",", ".")
        try:
            number = Decimal(text) if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", text, re.ASCII) else None
        except InvalidOperation:
            number = None
        highest = {
            LimitKind.MONEY: HIGHEST_MONEY * (1 if minor_digits(self.currency) else 100),
            LimitKind.ENERGY: HIGHEST_KWH,
            LimitKind.MINUTES: HIGHEST_LIMIT[LimitKind.MINUTES],
        }[kind]
        if number is None or number <= 0:
            self.add_error(kind.value, _("Type a number above zero."))
            return None
        if number > highest:
            self.add_error(kind.value, gettext("At most %(most)s.") % {"most": highest})
            return None
        return number
