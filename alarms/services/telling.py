"""Letters about alarms that are new, to staff who chose to get them.

A round looks at what was seen first since the last one. Where that was is kept in the cache and may be lost: the next
round looks a minute back then, so an alarm may be mailed twice or, after an outage of an hour, not at all. It is on the
page either way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.cache import cache
from django.urls import reverse
from django.utils.functional import lazy

from alarms.models import LIVE, Alarm
from alarms.permissions import AlarmPerm
from alarms.wording import SEVERITIES, title_of
from backoffice.kit import clock
from tenants.mail import absolute, letter
from tenants.models import NotificationChoices
from tenants.notifications import wants
from tenants.selectors import choices_that_mail
from tenants.workplaces import workplaces_of

log = logging.getLogger(__name__)
_title = lazy(title_of, str)  # worded when the letter is, in its reader's language

TOLD = "alarms:told"
ROUND = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
MOST = 500
MOST_IN_A_LETTER = 20
KINDS = {"safety": "alarm.safety", "failure": "alarm.failure", "station": "alarm.station"}


def tell_staff() -> int:
    """Mail the alarms that came up since the last round; how many letters that were. Runs under a lifted scope."""
    now = clock.now()
    since = max(cache.get(TOLD) or now - ROUND, now - LONGEST)
    cache.set(TOLD, now, int(LONGEST.total_seconds()))
    rows = Alarm.objects.filter(LIVE, suppressed=False, first_seen_at__gt=since, first_seen_at__lte=now)
    fresh = list(rows.select_related("station", "pile").order_by("severity", "first_seen_at", "pk")[:MOST])
    told = 0
    for choices in choices_that_mail(KINDS.values()) if fresh else ():
        for tenant_id, own in _of_reader(choices, fresh, now):
            told += _send(choices, tenant_id, own)
    return told


def _of_reader(
    choices: NotificationChoices, fresh: list[Alarm], now: datetime
) -> Iterator[tuple[int, list[Alarm]]]:
    """For each place where the reader may see alarms, those below it that he wants now and was not told elsewhere."""
    seen: set[int] = set()
    for place in workplaces_of(choices.user):
        if AlarmPerm.VIEW not in place.grants:
            continue
        own = [
            alarm
            for alarm in fresh
            if alarm.pk not in seen
            and place.membership.tenant_id in alarm.path.ids
            and wants(
                choices.user,
                KINDS[alarm.alarm_class],
                choices=choices,
                zone=place.locality.timezone,
                at=now,
                severity=alarm.severity,
            )
        ]
        seen.update(alarm.pk for alarm in own)
        if own:
            yield place.membership.tenant_id, own


def _send(choices: NotificationChoices, tenant_id: int, own: list[Alarm]) -> int:
    shown = [
        {"title": _title(alarm.code), "severity": SEVERITIES[alarm.severity], "alarm": alarm}
        for alarm in own[:MOST_IN_A_LETTER]
    ]
    context = {
        "alarms": shown,
        "count": len(own),
        "more": len(own) - len(shown),
        "url": absolute(reverse(f"alarms.{own[0].alarm_class}")),
    }
    try:
        letter("alarms/mail/alarms", to=choices.user, tenant_id=tenant_id, context=context)
    except OSError:
        log.exception("alarms were not mailed to user %s", choices.user_id)
        return 0
    return 1
