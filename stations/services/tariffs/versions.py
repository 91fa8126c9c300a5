"""Versions of a price list: drafts, and how one comes to count.

A version never changes once it is approved: a new price is a new version. Approved versions of a tariff
follow each other without overlap; the database refuses one. Whoever wrote or last edited a draft does not
approve it where its owner has a second person who may.
"""

from __future__ import annotations

from typing import Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations.models import Tariff, TariffVersion, VersionState
from stations.permissions import StationPerm
from stations.selectors.price_lists import price_of
from stations.services.tariffs.limits import VersionFields, assign_fields
from stations.services.tariffs.locking import lock_tariff, require_active
from stations.slots import Band
from tenants.selectors import people_with


@transaction.atomic
def write_version(tariff: Tariff, *, actor: Actor, **fields: Unpack[VersionFields]) -> TariffVersion:
    """A new draft. Raises Refused with the field that is wrong."""
    row = lock_tariff(tariff)
    require_active(row)
    last = TariffVersion.objects.filter(tariff=row).order_by("-number").first()
    version = TariffVersion(
        tenant_id=row.tenant_id,
        tariff=row,
        number=last.number + 1 if last is not None else 1,
        valid_from=clock.now(),
        created_by=actor.label[:120],
        created_ref=actor.ref[:80],
        edited_by=actor.label[:120],
        edited_ref=actor.ref[:80],
        created_at=clock.now(),
    )
    assign_fields(version, fields)
    version.save()
    audit.record(actor, "tariff_version.written", version, after=audit.snapshot(version))
    return version


@transaction.atomic
def edit_version(
    version: TariffVersion, *, actor: Actor, revision: int | None = None, **fields: Unpack[VersionFields]
) -> TariffVersion:
    """Change a draft. ``revision``: the one that the editor began with.

    Raises Refused: ``not_draft`` once it is submitted, approved or withdrawn; ``changed`` where somebody
    else saved it since.
    """
    row = _lock_version(version)
    if row.state != VersionState.DRAFT:
        raise Refused(_("Only a draft can be changed. Write a new version."), code="not_draft")
    _require_revision(row, revision)
    before = audit.snapshot(row)
    assign_fields(row, fields)
    row.revision += 1
    row.edited_by, row.edited_ref = actor.label[:120], actor.ref[:80]
    row.save()
    audit.record(actor, "tariff_version.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def submit_version(version: TariffVersion, *, actor: Actor) -> TariffVersion:
    """Lay a draft before a second person; it is not edited until that one has decided.

    Raises Refused: ``not_draft``, ``retired``.
    """
    row = _lock_version(version)
    if row.state == VersionState.SUBMITTED:
        return row
    if row.state != VersionState.DRAFT:
        raise Refused(_("Only a draft can be submitted."), code="not_draft")
    require_active(row.tariff)
    before = audit.snapshot(row)
    row.state, row.submitted_by, row.submitted_at = VersionState.SUBMITTED, actor.label[:120], clock.now()
    row.returned_by = row.returned_note = ""
    row.save()
    audit.record(actor, "tariff_version.submitted", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def return_version(version: TariffVersion, *, actor: Actor, reason: str) -> TariffVersion:
    """Give a submitted version back as a draft, with what is to be changed. Raises Refused: ``not_submitted``."""
    row = _lock_version(version)
    if row.state != VersionState.SUBMITTED:
        raise Refused(_("This version does not wait for approval."), code="not_submitted")
    before = audit.snapshot(row)
    row.state, row.returned_by, row.returned_note = VersionState.DRAFT, actor.label[:120], reason[:300]
    row.save(update_fields=["state", "returned_by", "returned_note"])
    audit.record(
        actor, "tariff_version.returned", row, before=before, after=audit.snapshot(row), reason=reason
    )
    return row


@transaction.atomic
def approve_version(
    version: TariffVersion, *, actor: Actor, free: bool = False, revision: int | None = None
) -> TariffVersion:
    """Let a version take effect at its instant, now at the earliest; the version before it ends there.

    ``free``: somebody said that kWh which cost nothing are meant. ``revision``: the one that was looked at.
    Raises Refused: ``not_draft``, ``not_submitted``, ``own_work``, ``changed``, ``free_price``, ``overlap``,
    ``gap``, ``ceiling``.
    """
    row = _lock_version(version)
    if row.state == VersionState.APPROVED:
        return row
    if row.state not in {VersionState.DRAFT, VersionState.SUBMITTED}:
        raise Refused(_("This version was withdrawn."), code="not_draft")
    require_active(row.tariff)
    _require_revision(row, revision)
    _require_second_person(row, actor)
    assign_fields(row, {})
    if bands_for_nothing(row) and not free:
        raise Refused(
            _("Some kWh would cost nothing. Confirm that this is meant."), code="free_price", field="free"
        )
    before = audit.snapshot(row)
    row.valid_from = max(row.valid_from, clock.now())
    if row.valid_to is not None and row.valid_to <= row.valid_from:
        raise Refused(_("It would end before it begins."), code="validity", field="valid_to")
    _make_room(row)
    row.state, row.approved_by, row.approved_at = VersionState.APPROVED, actor.label[:120], clock.now()
    row.save()
    audit.record(actor, "tariff_version.approved", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def withdraw_version(version: TariffVersion, *, actor: Actor, reason: str) -> TariffVersion:
    """Take back a draft, or a version that is not yet in force; the one before it goes on instead."""
    row = _lock_version(version)
    if row.state == VersionState.WITHDRAWN:
        return row
    if row.state == VersionState.APPROVED and row.valid_from <= clock.now():
        raise Refused(_("This version is in force. Approve another one instead."), code="in_force")
    before = audit.snapshot(row)
    was_approved = row.state == VersionState.APPROVED
    row.state = VersionState.WITHDRAWN
    row.save(update_fields=["state"])
    if was_approved:
        _approved(row).filter(valid_to=row.valid_from).update(valid_to=row.valid_to)
    audit.record(
        actor, "tariff_version.withdrawn", row, before=before, after=audit.snapshot(row), reason=reason
    )
    return row


def bands_for_nothing(version: TariffVersion) -> list[Band]:
    """Bands of its days whose kWh cost nothing."""
    return [band for band in map(Band, version.bands) if not price_of(version, band)]


def needs_second_person(version: TariffVersion) -> bool:
    """Whether somebody else than its author approves it.

    Where one person alone writes tariffs, that one does, unless the installation says otherwise
    (``TARIFF_ALONE``).
    """
    return not settings.TARIFF_ALONE or len(people_with(StationPerm.TARIFF_MANAGE, version.tenant_id)) > 1


def is_own_work(version: TariffVersion, actor: Actor) -> bool:
    """Whether somebody wrote a version or was the last to edit it."""
    return actor.ref in {version.created_ref, version.edited_ref}


def _require_second_person(version: TariffVersion, actor: Actor) -> None:
    """Rules for staff; who prepares data at the console is asked nothing."""
    if actor.kind != "staff" or not needs_second_person(version):
        return
    if version.state != VersionState.SUBMITTED:
        raise Refused(_("Submit it first. A second person approves it."), code="not_submitted")
    if is_own_work(version, actor):
        raise Refused(_("Somebody else than its author approves a version."), code="own_work")


def _require_revision(version: TariffVersion, revision: int | None) -> None:
    if revision is not None and revision != version.revision:
        message = _("%(name)s has changed it since you opened it. What you typed is still here.")
        raise Refused(message % {"name": version.edited_by or _("Somebody")}, code="changed")


def _lock_version(version: TariffVersion) -> TariffVersion:
    """The version, under the lock of its tariff."""
    lock_tariff(version.tariff)
    return locks.locked(TariffVersion.objects.filter(pk=version.pk)).select_related("tariff").get()


def _approved(version: TariffVersion) -> QuerySet[TariffVersion]:
    return TariffVersion.objects.filter(tariff=version.tariff_id, state=VersionState.APPROVED)


def _make_room(version: TariffVersion) -> None:
    start, end = version.valid_from, version.valid_to
    later = _approved(version).filter(Q(valid_from__gte=start))
    clash = (later if end is None else later.filter(valid_from__lt=end)).order_by("valid_from").first()
    if clash is not None:
        message = _("Version %(number)d takes effect in that time. Withdraw it, or end this one before it.")
        raise Refused(message % {"number": clash.number}, code="overlap", field="valid_to")
    before = _approved(version).filter(valid_from__lt=start).order_by("-valid_from").first()
    if before is None or (before.valid_to is not None and before.valid_to <= start):
        return
    if end is not None and (before.valid_to is None or before.valid_to > end):
        message = _("Nothing would be in force after it: version %(number)d ends where this one begins.")
        raise Refused(message % {"number": before.number}, code="gap", field="valid_to")
    before.valid_to = start
    before.save(update_fields=["valid_to"])
