"""Certificates in the reader's language: their names, how they stand, why one was not signed or an upgrade stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, pgettext_lazy

from backoffice.kit import clock
from backoffice.kit.frame import Tone, Words

WHY: Mapping[str, Promise] = {
    "too_long": _("The request is too long"),
    "unreadable": _("The request cannot be read"),
    "signature": _("The request is not signed by its own key"),
    "weak_key": _("Its key is too weak, or larger than we take"),
    "odd_key": _("Its key is of no kind that we take"),
    "subject": _("The name in the request is not as it must be"),
    "wrong_serial": _("The request is not made out to the serial number of the terminal"),
    "wrong_name": _("The request does not name its operator"),
    "shared_serial": _("Another terminal has the same serial number"),
    "not_delivered": _("The terminal never answered to its certificate"),
    "chain_too_long": _("The certificate is longer than the terminal takes"),
    "late": _("It took too long"),
    "kept_old_key": _("The terminal still has its old password"),
    "not_back": _("It did not come back on the new port; it is still let in the old way"),
    "no_csr": _("The terminal agreed and asked for no certificate"),
    "no_answer": _("The terminal gave no answer"),
    "lacking": _("Terminals of this model and firmware cannot do this"),
    "retired": _("It was retired"),
    "Rejected": _("The terminal refused"),
    "Failed": _("The terminal could not"),
    "NotSupported": _("The terminal does not know this setting"),
    "NotImplemented": _("The terminal cannot do this"),
}


_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:\\.|[^,\\])+)")
SOON = timedelta(days=30)


def name_words(subject: str) -> str:
    """The common name in a distinguished one (RFC 4514); without one it stands as it is."""
    found = _COMMON_NAME.search(subject)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else subject


def standing_of(
    *, revoked_at: datetime | None, not_after: datetime, installed_at: datetime | None
) -> tuple[Words, Tone]:
    """How far a certificate may be relied on now, with the tone of it."""
    left = not_after - clock.now()
    if revoked_at is not None:
        return _("Revoked"), "fault"
    if left < timedelta(0):
        return _("Expired"), "fault"
    if installed_at is None:
        return _("Not taken"), "plain"
    if left < SOON:
        return gettext("Ends in %(count)d days") % {"count": left.days}, "waiting"
    return pgettext_lazy("certificate", "In force"), "charging"


def why_words(error: str) -> Words:
    """A reason; one without words stands for itself."""
    return WHY.get(error, error)
