"""Alarms out of what piles report, inside the transaction that keeps the report.

Only a report that became the state of its connector counts; an older one tells how it was. An error
is an alarm, NoError clears what earlier reports of the same connector said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection

from alarms.catalogue import CATALOGUE, SECURITY_EVENTS, kind_of, severity_of
from alarms.events import Event, Relief, Sighting, Target
from alarms.models import AlarmSource
from alarms.services.book import keep
from alarms.services.restarts import CODE as RESTART
from backoffice.kit.statements import execute
from ocpp_gateway.wire import Booted
from stations.changes import PresenceChange, SecurityChange, StatusChange
from stations.selectors import places

OLD = timedelta(minutes=10)
"""An event that waited longer in the pile is told with its own time."""

TAKEOVERS = 3
"""Connections that push each other out within a minute: two piles share an identity, or somebody plays one."""


def report_status(changes: Sequence[StatusChange]) -> None:
    """Raise and clear for a batch of StatusNotifications (OCPP 1.6 §4.9, §7.6)."""
    _keep([_event(change) for change in changes if change.newer])


def report_presence(changes: Sequence[PresenceChange]) -> None:
    """Clear F01 of piles that connected; raise T08 where connections push each other out."""
    events: list[Event] = []
    for change in changes:
        target = Target.at_place(change.place)
        if change.online:
            events.append(Relief(target=target, source=AlarmSource.PRESENCE, at=change.at, code="F01"))
        if change.takeovers >= TAKEOVERS:
            events.append(
                Sighting(
                    target=target,
                    code="T08",
                    severity=CATALOGUE["T08"].severity,
                    source=AlarmSource.PRESENCE,
                    at=change.at,
                    info=f"{change.takeovers} × takeover",
                )
            )
    _keep(events)


def _keep(events: Sequence[Event]) -> None:
    """Hand on what can change something: nearly all reports are well, and of piles with no alarm."""
    troubled = {event.target.pile_id for event in events if isinstance(event, Sighting)}
    reliefs = {event.target.pile_id for event in events if isinstance(event, Relief)}
    troubled |= _in_alarm([pile_id for pile_id in reliefs - troubled if pile_id is not None])
    keep([event for event in events if event.target.pile_id in troubled])


def _in_alarm(pile_ids: list[int]) -> set[int]:
    """Those of the piles that have a live alarm. Only a hint to ``keep``, which reads them under its locks."""
    if not pile_ids:
        return set()
    with connection.cursor() as cursor:
        execute(
            cursor,
            "SELECT DISTINCT pile_id FROM alarms_alarm WHERE pile_id = ANY(%s)"
            " AND state IN ('open', 'acknowledged')",
            [pile_ids],
        )
        return {pile_id for (pile_id,) in cursor.fetchall()}


def report_boots(facts: Sequence[Booted]) -> None:
    """Clear F09: whatever kept a pile from restarting is over once it boots."""
    here = places({fact.pile_id for fact in facts})
    _keep(
        [
            Relief(
                target=Target.at_place(here[fact.pile_id]),
                source=AlarmSource.HOUSE,
                at=fact.received_at,
                code=RESTART,
            )
            for fact in facts
            if fact.pile_id in here
        ]
    )


def report_security(changes: Sequence[SecurityChange]) -> None:
    """Raise for critical security events. That something happened is not taken back: a person closes it."""
    keep([_sighting(change) for change in changes if change.type in SECURITY_EVENTS])


def _sighting(change: SecurityChange) -> Sighting:
    code = SECURITY_EVENTS[change.type]
    waited = change.at - change.happened_at > OLD
    when = f" ({change.happened_at:%Y-%m-%d %H:%M} UTC)" if waited else ""
    return Sighting(
        target=Target.at_place(change.place),
        code=code,
        severity=CATALOGUE[code].severity,
        source=AlarmSource.SECURITY,
        at=change.at,
        error_code=change.type,
        info=f"{change.info}{when}".strip(),
    )


def _event(change: StatusChange) -> Event:
    fact = change.fact
    target = Target.at_place(change.place, fact.connector)
    kind = kind_of(fact.error_code, fact.status)
    if kind is None:
        return Relief(target=target, source=AlarmSource.STATUS, at=fact.received_at)
    return Sighting(
        target=target,
        code=kind.code,
        severity=severity_of(kind, fact.status),
        source=AlarmSource.STATUS,
        at=fact.received_at,
        error_code=fact.error_code,
        vendor_error_code=fact.vendor_error_code,
        info=fact.info,
    )
