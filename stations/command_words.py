"""What a command was sent for and what was seen of it, in words. What has none is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy, pgettext

from backoffice.kit.frame import Words
from stations.event_words import status_words
from stations.models import letter_of

_KINDS: Final[Mapping[str, Callable[[], str]]] = {
    "campaign": lambda: _("Bulk action"),
    "case": lambda: _("Case %(number)s"),
    "chargingprofile": lambda: _("Charging profile #%(number)s"),
    "firmware_job": lambda: _("Firmware update"),
    "loadgroup": lambda: pgettext("what for", "Load group"),
    "loadshare": lambda: pgettext("what for", "Load group"),
    "locallistpile": lambda: _("Local list"),
    "maintenance": lambda: pgettext("windows", "Maintenance"),
    "order": lambda: _("Order %(number)s"),
    "reservation": lambda: _("Reservation %(number)s"),
    "signing": lambda: _("Certificate of the terminal"),
    "upgrade": lambda: _("Security upgrade"),
    "upload_job": lambda: _("Diagnostics and logs"),
}

_TRANSACTION: Final = re.compile(r"transaction (-?\d+)")
_STATUS: Final = re.compile(r"(\d+): (\w+)")
REASONS: Final[Mapping[str, Promise]] = {
    "certificate ends soon": gettext_lazy("Its certificate ends soon"),
    "load_group": gettext_lazy("To share the power of a load group"),
}
"""Codes that the timers of this room give as a reason."""


def about_words(about: str) -> Words:
    """What it was for, of the references that rooms write (``order:8F2K``); "" where nothing is named."""
    kind, _colon, number = about.partition(":")
    words = _KINDS.get(kind)
    if words is None:
        return about
    text = words()
    return text % {"number": number} if "%(number)s" in text else text


def effect_words(note: str) -> Words:
    """What showed that it took effect."""
    if note == "already so":
        return _("It was so already")
    if found := _TRANSACTION.fullmatch(note):
        return _("Transaction %(number)s") % {"number": found[1]}
    if found := _STATUS.fullmatch(note):
        place = letter_of(int(found[1])) if int(found[1]) else _("Terminal")
        return f"{place}: {status_words(found[2])}"
    return note
