"""Drivers and cards as something to find, for those levels that know drivers at all.

A phone is found as the filter of lists finds it: without the permission to see it, by the whole number or
by the last four digits, which are shown anyway.
"""

from __future__ import annotations

import string
from collections.abc import Iterator

from django.db.models import Q
from django.db.models.functions import Reverse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.kit.figures import masked_phone
from backoffice.kit.lists.filters import Phone
from backoffice.kit.search import SHOWN, Hit, Provider
from backoffice.kit.staff import Reader
from drivers.models import Card, Driver
from drivers.permissions import DriverPerm

FEWEST = 4
"""Digits of a phone that are looked for."""


def find_drivers(words: str, reader: Reader) -> Iterator[Hit]:
    """By the end of the phone (with ``+`` before it, by its beginning), or the beginning of the name."""
    digits = "".join(letter for letter in words if letter in string.digits)
    sees = reader.may(DriverPerm.SEE_PHONE)
    found = Q(name__istartswith=words)
    if not set(words) - set(string.digits) - set(" +-()/") and len(digits) >= FEWEST:
        if sees or len(digits) == Phone.SHOWN or len(digits) >= Phone.WHOLE:
            found |= Q(turned__startswith=digits[::-1])
        if sees and words.startswith("+"):
            found |= Q(phone__startswith=f"+{digits}")
    rows = Driver.objects.annotate(turned=Reverse("phone")).filter(found)
    for row in rows.order_by("name", "pk")[:SHOWN]:
        phone = row.phone if sees else masked_phone(row.phone)
        label, context = (row.name, phone) if row.name else (phone, row.get_status_display())
        yield Hit(label, reverse("drivers:driver", args=[row.pk]), context, "person")


def find_cards(words: str, _reader: Reader) -> Iterator[Hit]:
    """By the beginning of the number, read from the card or printed on it."""
    rows = Card.objects.filter(
        Q(uid_folded__startswith=words.upper()) | Q(visual_number__istartswith=words)
    ).select_related("driver")
    for row in rows.order_by("uid_folded", "pk")[:SHOWN]:
        context = " · ".join(
            filter(None, [row.visual_number, str(row.driver or ""), row.get_status_display()])
        )
        yield Hit(row.uid, reverse("drivers:card", args=[row.pk]), context, "card")


DRIVERS = Provider(
    name="drivers",
    label=_("Drivers"),
    find=find_drivers,
    perm=DriverPerm.VIEW,
    order=50,
    model=Driver,
    by="phone",
)
CARDS = Provider(
    name="cards",
    label=_("Cards"),
    find=find_cards,
    perm=DriverPerm.MANAGE,
    order=55,
    model=Card,
    by="uid_folded",
)
