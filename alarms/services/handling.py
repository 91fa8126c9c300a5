"""What people do with alarms. Who took one on stays its handler; a closed one stays closed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from alarms.models import Alarm, AlarmState
from alarms.services.book import announce
from alarms.states import ALARM
from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move


@transaction.atomic
def acknowledge_alarm(alarm: Alarm, *, actor: Actor, reason: str = "") -> Alarm:
    """Take it on. The first one to do so is the handler. Raises Refused when it is over."""
    row = locks.locked(Alarm.objects.filter(pk=alarm.pk)).get()
    if row.state == AlarmState.ACKNOWLEDGED:
        return row
    if AlarmState.ACKNOWLEDGED not in ALARM[row.state]:
        raise Refused(_("This alarm is over."), code="over")
    before = audit.snapshot(row)
    row.state = move(ALARM, row.state, AlarmState.ACKNOWLEDGED)
    row.acknowledged_at, row.acknowledged_by = clock.now(), actor.label[:120]
    row.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
    _record("alarm.acknowledged", row, before, actor, reason)
    return row


@transaction.atomic
def close_alarm(alarm: Alarm, *, actor: Actor, reason: str) -> Alarm:
    """Be done with it. If its cause is seen again, that is a new alarm. Raises Refused without a reason."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    row = locks.locked(Alarm.objects.filter(pk=alarm.pk)).get()
    if row.state == AlarmState.CLOSED:
        return row
    before = audit.snapshot(row)
    row.state = move(ALARM, row.state, AlarmState.CLOSED)
    row.closed_at, row.closed_by, row.note = clock.now(), actor.label[:120], reason[:300]
    row.save(update_fields=["state", "closed_at", "closed_by", "note"])
    _record("alarm.closed", row, before, actor, reason)
    return row


def _record(action: str, row: Alarm, before: dict[str, object], actor: Actor, reason: str) -> None:
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    announce([row])
