"""What terminals do that they should not, in words, and what to do about each. The code stands beside both.

A kind is one of ``stations.remarks.KINDS``; a refusal is told apart by its reason (``ocpp_gateway.wire.RefusalReason``).
What has no words here is shown by its code, so a new one is never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words
from stations.remarks import KINDS
from stations.security_events import AT_THE_DOOR

REFUSED: Final = "refused"

_FIELD: Final = _("Nothing is lost. Tell its maker, and look for newer firmware.")
_CLOCK: Final = _("Look at its clock on its page: once it has booted or beaten, it takes our time.")

TO_DO: Final[Mapping[str, Promise]] = {
    "missing": _FIELD,
    "blank": _FIELD,
    "type": _FIELD,
    "long": _FIELD,
    "cut": _("The end of a long text is not kept. Tell its maker."),
    "enum": _("It is kept as it is, and counts for nothing. Tell its maker, and look for newer firmware."),
    "extra": _("Nothing: what the message does not have is kept with the message and passed over."),
    "fraction": _FIELD,
    "range": _("The figure is not used. Look at the message, and tell its maker."),
    "number": _("The reading is not used. Look at the message, and have the meter looked at if it stays so."),
    "no_zone": _(
        "Set the time zone of its clock where the terminal is edited, or its times are read as UTC."
    ),
    "epoch": _FIELD,
    "unreadable": _("The time of receipt is used. Tell its maker."),
    "unsynced": _CLOCK,
    "skew": _CLOCK,
    "odd": _FIELD,
    "item": _("Look at the message: a reading in it could not be used."),
    "repaired": _("Nothing is lost. Tell its maker: others would not take this message."),
    "not_utf8": _("Letters may be wrong. Tell its maker."),
    "short": _("The message was not taken. Look at it, and look for newer firmware."),
    "unmatched": _("Nothing: it answers under an id that nobody asked with. Tell its maker if it goes on."),
    "garbage": _(
        "Look at the messages: something else may speak on this line. It is cut off when it goes on."
    ),
    "late": _("The line is slow or the terminal is busy: look at its signal if it happens often."),
    "callerror": _("Look at the message: it asks for something that is not known, or is broken."),
    "error": _("Look at the command: the terminal does not know it, or refuses it as it stands."),
    "takeover": _(
        "Often the line breaks: look at its signal. If it goes on, two terminals may share one identity."
    ),
    "illegal": _("Nothing: states in between were not told. Many of them from one model: tell its maker."),
    "unstorable": _("It is kept as an event. Tell whoever runs this installation."),
}

TO_DO_AT_THE_DOOR: Final[Mapping[str, Promise]] = {
    "wrong_credentials": _("Give it a new password on its page, and set the same at the terminal."),
    "wrong_profile": _(
        "Set it to the address of its security profile, or set its profile here as it is on site."
    ),
    "wrong_certificate": _("Compare its serial number with its certificate, and have it ask for a new one."),
    "expired_certificate": _("Let it in with its password for once, and have it ask for a new certificate."),
    "revoked_certificate": _("If it is the right terminal, have it ask for a new certificate on site."),
    "retired": _("Switch it off, or register it anew if it is to be used again."),
    "throttled": _("It tries too often: see why it was refused before, and make its pauses longer."),
    "unavailable": _("Nothing: the database could not be asked. It comes back by itself."),
}


def trouble_words(kind: str, action: str) -> Words:
    """What happened: a refusal by its reason, everything else by its kind."""
    if kind == REFUSED:
        return AT_THE_DOOR.get(action, KINDS[REFUSED])
    return KINDS.get(kind, kind)


def what_to_do(kind: str, action: str) -> Words:
    """What helps; "" where nothing is known to."""
    return (TO_DO_AT_THE_DOOR if kind == REFUSED else TO_DO).get(action if kind == REFUSED else kind, "")


def code_of(kind: str, action: str) -> str:
    """As the gateway calls it: what to look for in its log and metrics."""
    return f"{kind}:{action}" if kind == REFUSED and action else kind


def message_of(kind: str, action: str) -> str:
    """The message that it is about; a refusal is about none."""
    return "" if kind == REFUSED else action
