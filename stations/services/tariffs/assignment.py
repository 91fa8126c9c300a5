"""Which tariff counts at a station or a pile, one by one or many at once, now or from an instant on.

Charges that run keep the price they began with, and quotes that drivers were shown are honoured: both hold a
snapshot of their own. What is due is applied by a timer, each thing under its lock and by the rules of then.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from stations.models import (
    AssignmentState,
    Life,
    Pile,
    Station,
    StationStatus,
    Tariff,
    TariffAssignment,
    TariffVersion,
    VersionState,
)
from stations.services.tariffs.locking import require_active
from tenants.selectors import lineage, standings

MOST_TARGETS = 10_000
APPLIED_AT_ONCE = 200
"""So many of a bulk assignment that is due are done before its page answers; the timer does the rest."""


@transaction.atomic
def assign_tariff(target: Station | Pile, *, tariff: Tariff | None, actor: Actor) -> Station | Pile:
    """Price a station, or a pile on its own, by a tariff of its owner or of one above; None takes it off.

    Raises Refused: ``foreign``, ``retired``, ``no_version``.
    """
    chosen = tariff and locks.locked(Tariff.objects.filter(pk=tariff.pk)).get()
    row: Station | Pile
    if isinstance(target, Station):
        row = locks.locked(Station.objects.filter(pk=target.pk)).get()
    else:
        row = locks.locked(Pile.objects.filter(pk=target.pk)).get()
    if chosen is not None:
        require_active(chosen)
        if chosen.tenant_id not in {ancestor.id for ancestor in lineage(row.tenant_id)}:
            raise Refused(_("This tariff belongs to somebody else."), code="foreign", field="tariff")
        if not TariffVersion.objects.filter(tariff=chosen, state=VersionState.APPROVED).exists():
            raise Refused(_("This tariff has no approved version."), code="no_version", field="tariff")
    before = audit.snapshot(row)
    row.tariff = chosen
    row.save(update_fields=["tariff"])
    audit.record(actor, "tariff.assigned", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def assign_in_bulk(
    targets: QuerySet[Any],
    *,
    tariff: Tariff | None,
    actor: Actor,
    due_at: datetime | None = None,
) -> str:
    """Give many stations, or many piles, another tariff from ``due_at`` on, now by default.

    Those that have it, and those that it cannot count at, are left out. Gives the batch that the changes
    share. Raises Refused: ``retired``, ``foreign``, ``no_version``, ``nothing``, ``too_many``, ``past``.
    """
    now = clock.now()
    if due_at is not None and due_at < now:
        raise Refused(_("This time is over. Leave it empty for now."), code="past", field="due_at")
    chosen = tariff and locks.locked(Tariff.objects.filter(pk=tariff.pk)).get()
    if chosen is not None:
        require_active(chosen)
        _require_version(chosen, due_at or now)
    rows = list(assignable(targets, chosen)[: MOST_TARGETS + 1])
    if not rows:
        raise Refused(_("It would change nothing: all of them have it, or cannot have it."), code="nothing")
    if len(rows) > MOST_TARGETS:
        message = _("At most %(most)s at once.") % {"most": MOST_TARGETS}
        raise Refused(message, code="too_many")
    batch = secrets.token_hex(8)
    name = "station" if targets.model is Station else "pile"
    TariffAssignment.objects.bulk_create(
        [
            TariffAssignment(
                tenant_id=row.tenant_id,
                **{f"{name}_id": row.pk},
                tariff=chosen,
                batch=batch,
                due_at=due_at or now,
                created_by=actor.label[:120],
                created_at=now,
            )
            for row in rows
        ],
        batch_size=1000,
    )
    if due_at is None:
        due = TariffAssignment.objects.filter(batch=batch)
        _apply(due, limit=APPLIED_AT_ONCE, actor=actor)
    return batch


def assignable(targets: QuerySet[Any], tariff: Tariff | None) -> QuerySet[Any]:
    """Those that would have another tariff: in use, without this one, and below its owner."""
    if targets.model is Station:
        in_use = targets.exclude(status=StationStatus.CLOSED)
    else:
        in_use = targets.exclude(life=Life.RETIRED)
    if tariff is None:
        return in_use.filter(tariff__isnull=False).order_by("pk")
    owners = set(in_use.order_by().values_list("tenant_id", flat=True).distinct())
    paths = standings(owners)
    below = [owner for owner in owners if tariff.tenant_id in paths[owner].path.ids]
    return in_use.filter(tenant__in=below).exclude(tariff=tariff).order_by("pk")


def apply_assignments() -> int:
    """What is due, a good number at a time; gives how many ended."""
    with unscoped(reason="a timer applies what staff planned"), transaction.atomic():
        due = TariffAssignment.objects.filter(due_at__lte=clock.now())
        return _apply(due, limit=APPLIED_AT_ONCE, actor=None)


@transaction.atomic
def cancel_assignment(assignment: TariffAssignment, *, actor: Actor, reason: str) -> TariffAssignment:
    """Leave things as they are. Raises Refused: ``ended``."""
    row = locks.locked(TariffAssignment.objects.filter(pk=assignment.pk)).get()
    if row.state == AssignmentState.CANCELLED:
        return row
    if row.state != AssignmentState.WAITING:
        raise Refused(_("This change is done, or was refused."), code="ended")
    before = audit.snapshot(row)
    row.state, row.ended_at = AssignmentState.CANCELLED, clock.now()
    row.save(update_fields=["state", "ended_at"])
    audit.record(
        actor, "tariff_assignment.cancelled", row, before=before, after=audit.snapshot(row), reason=reason
    )
    return row


def _apply(due: QuerySet[TariffAssignment], *, limit: int, actor: Actor | None) -> int:
    """Do what waits; the timer does it in the name of who planned it."""
    waiting = due.filter(state=AssignmentState.WAITING).order_by("due_at", "pk")
    rows = list(waiting.select_for_update(of=("self",), skip_locked=True)[:limit])
    for row in rows:
        doer = actor or Actor("timer:tariffs", "tariffs", on_behalf=row.created_by)
        try:
            with transaction.atomic():
                assign_tariff(row.target, tariff=row.tariff, actor=doer)
            row.state = AssignmentState.DONE
        except Refused as refused:
            row.state, row.note = AssignmentState.REFUSED, str(refused.message)[:300]
        row.ended_at = clock.now()
        row.save(update_fields=["state", "note", "ended_at"])
    return len(rows)


def _require_version(tariff: Tariff, at: datetime) -> None:
    in_force = TariffVersion.objects.filter(
        tariff=tariff, state=VersionState.APPROVED, valid_from__lte=at
    ).exclude(valid_to__lte=at)
    if not in_force.exists():
        raise Refused(_("This tariff has no version in force then."), code="no_version", field="tariff")
