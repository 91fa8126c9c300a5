"""The gateway's remarks in words: what was guessed, repaired or left out of what a pile sent.

A remark is ``kind:field`` (``ocpp_gateway/reading.py`` lists the kinds). A kind that has no words here
is shown as it is, so a new one is never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: Final[Mapping[str, str | Promise]] = {
    "missing": _("A required field is missing"),
    "blank": _("A required field is blank"),
    "type": _("Another type than the protocol says"),
    "long": _("Longer than the protocol allows"),
    "cut": _("Longer than is kept"),
    "enum": _("A word that the protocol does not have"),
    "extra": _("A field that the message does not have"),
    "fraction": _("A fraction where a whole number belongs"),
    "range": _("A number out of range"),
    "number": _("Not a number"),
    "no_zone": _("A time without a zone"),
    "epoch": _("A time as a number"),
    "unreadable": _("A time that cannot be read"),
    "unsynced": _("A clock that was never set"),
    "skew": _("A clock that is wrong"),
    "odd": _("An unusual spelling"),
    "item": _("An item that was left out"),
    "repaired": _("JSON that had to be repaired"),
    "not_utf8": _("Text that is not UTF-8"),
    "short": _("A frame with too few parts"),
    "unmatched": _("An answer to nothing that was asked"),
    "garbage": _("No OCPP at all"),
    "late": _("An answer after the time-out"),
    "refused": _("Not let in"),
    "callerror": _("A message that was refused"),
    "error": _("A command answered with an error"),
    "takeover": _("A second connection of the same terminal"),
    "illegal": _("A state that cannot follow the one before"),
    "unstorable": _("A message that could not be stored as what it says"),
}
"""Kinds of remarks, and the other troubles that are counted with them."""


def in_words(remark: str) -> tuple[str | Promise, str]:
    """What a remark says, and the field it is about."""
    kind, _colon, field = remark.partition(":")
    return KINDS.get(kind, kind), field
