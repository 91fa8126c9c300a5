"""Why a command about charging profiles achieved nothing, in words. The codes are those of ``services.profiles.note_of``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words

NOTES: Final[Mapping[str, Promise]] = {
    "no_smart_charging": _("This terminal has no smart charging."),
    "not_supported": _("The terminal does not support such a profile."),
    "rejected": _("The terminal refused it."),
    "unknown": _("The terminal had no such profile."),
    "error": _("The terminal could not read it, or has no such connector."),
    "no_answer": _("No answer: it may be in force all the same."),
    "not_sent": _("It was not sent."),
    "replaced": _("Another took its place."),
    "cleared": _("Cleared."),
    "ended": _("Its charge is over."),
}


def note_words(code: str) -> Words:
    """ "" for none, and for one that is not known."""
    return NOTES.get(code, "")
