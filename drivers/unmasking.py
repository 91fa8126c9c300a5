"""Who sees a driver's phone whole, who may ask for one, and where.

Some roles see every phone, the others see it masked. Of those some may have one shown, for one look and
with a reason; never in a list or a file.
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.kit.figures import masked_phone
from backoffice.kit.frame import Action
from backoffice.kit.staff import Reader
from drivers.models import Driver
from drivers.permissions import DriverPerm


def phone_for(reader: Reader, driver: Driver) -> str:
    """The number as this reader may see it."""
    return driver.phone if reader.may(DriverPerm.SEE_PHONE) else masked_phone(driver.phone)


def asking(reader: Reader, driver: Driver | None, *, back: str) -> list[Action]:
    """The button that has the phone shown, for a page that is at ``back``; none for who sees it, or never may."""
    if driver is None or reader.may(DriverPerm.SEE_PHONE) or not reader.may(DriverPerm.UNMASK):
        return []
    address = f"{reverse('drivers:show_phone', args=[driver.pk])}?{urlencode({'next': back})}"
    return [Action(_("Show the phone…"), address, icon="eye", asks=True)]
