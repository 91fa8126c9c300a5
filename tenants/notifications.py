"""What staff can be told, how, and when not. Which choice somebody made is a row; what follows from it is here.

Everything is on a page anyway; what is chosen is what comes by mail. In quiet hours only safety alarms are mailed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words
from tenants.models import NotificationChoices, User


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that somebody can be told. ``mailed`` is what the house does for who never chose."""

    name: str
    label: Words
    note: Words
    mailed: bool
    urgent: bool = False
    severity: bool = False
    """It comes in four severities, 1 the worst, and the reader says down to which."""


KINDS = (
    Kind("job.done", _("A job is done"), _("Only when you are not looking at the time."), mailed=False),
    Kind("job.failed", _("A job failed"), _("Only when you are not looking at the time."), mailed=False),
    Kind(
        "alarm.safety", _("Safety alarms"), _("In quiet hours too."), mailed=False, urgent=True, severity=True
    ),
    Kind("alarm.failure", _("Failure alarms"), "", mailed=False, severity=True),
    Kind("alarm.station", _("Station alarms"), "", mailed=False, severity=True),
)
BY_NAME = {kind.name: kind for kind in KINDS}
WORST, LEAST = 1, 4


def wants(
    user: User,
    name: str,
    *,
    choices: NotificationChoices | None,
    zone: str,
    at: datetime,
    severity: int = WORST,
) -> bool:
    """Is this to be mailed to the user now? ``zone``: where he is, as far as the house knows.

    ``choices`` is his row, None where he never chose. Raises KeyError for what is no kind.
    """
    kind = BY_NAME[name]
    chosen = (choices.kinds if choices else {}).get(name, {})
    if not chosen.get("mail", kind.mailed):
        return False
    if kind.severity and severity > chosen.get("severity", LEAST):
        return False
    return kind.urgent or not _is_quiet(choices, at.astimezone(ZoneInfo(user.timezone or zone)).time())


def chosen(choices: NotificationChoices, kind: Kind) -> dict[str, Any]:
    """What a form shows of a kind."""
    stored = choices.kinds.get(kind.name, {})
    return {"mail": stored.get("mail", kind.mailed), "severity": stored.get("severity", LEAST)}


def _is_quiet(choices: NotificationChoices | None, now: time) -> bool:
    if choices is None or choices.quiet_from is None or choices.quiet_to is None:
        return False
    start, end = choices.quiet_from, choices.quiet_to
    return start <= now < end if start < end else now >= start or now < end
