"""Price lists and their versions.

A version is written as a draft, and never changes once it is approved: a new price is a new version.
Approved versions of a tariff follow each other without overlap; the database refuses one. All changes
of a tariff happen under the lock of its row.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.money import minor_digits
from stations.models import Pile, Station, Tariff, TariffStatus, TariffVersion, VersionState
from stations.slots import Band, SlotError, parse_codes
from tenants.models import Tenant
from tenants.selectors import lineage, locality_of

OWNERS = (Level.OPERATOR, Level.AGENCY)
BANDS = {Band.SHARP: "sharp", Band.PEAK: "peak", Band.FLAT: "flat", Band.VALLEY: "valley"}
FEES = ("electricity", "service")
PRICES = tuple(f"{band}_{fee}" for band in BANDS.values() for fee in FEES)
DEAREST = {0: Decimal(20_000), 2: Decimal(100), 3: Decimal(30)}
"""By the decimals of a currency: a price per kWh above this is a slip of the finger."""


class VersionFields(TypedDict, total=False):
    """A price list. Prices are major units per kWh, money of the idle fee and the hold minor units."""

    valid_from: datetime
    valid_to: datetime | None
    codes: str
    sharp_electricity: Decimal
    sharp_service: Decimal
    peak_electricity: Decimal
    peak_service: Decimal
    flat_electricity: Decimal
    flat_service: Decimal
    valley_electricity: Decimal
    valley_service: Decimal
    idle_grace_min: int
    idle_per_minute: int
    idle_cap: int | None
    min_hold: int


@transaction.atomic
def create_tariff(
    tenant: Tenant, *, actor: Actor, name: str, currency: str = "", rounding: str = "line"
) -> Tariff:
    """A price list of an operator or agency of the scope, in its own currency.

    Raises Refused: ``wrong_level``, ``currency``, ``name_taken``.
    """
    owner = Tenant.objects.get(pk=tenant.pk)
    if Level(owner.level) not in OWNERS:
        raise Refused(_("Tariffs belong to operators and agencies."), code="wrong_level", field="tenant")
    locks.hold(f"stations.tariffs:{owner.pk}")
    own = locality_of(owner.pk).currency
    if currency and currency != own:
        message = _("%(name)s is paid in %(currency)s.") % {"name": owner.name, "currency": own}
        raise Refused(message, code="currency", field="currency")
    name = name.strip()
    if not name or Tariff.objects.filter(tenant=owner, name=name).exists():
        raise Refused(_("A tariff needs a name of its own."), code="name_taken", field="name")
    row = Tariff.objects.create(
        tenant=owner, name=name, currency=own, rounding=rounding, created_at=clock.now()
    )
    audit.record(actor, "tariff.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def rename_tariff(tariff: Tariff, *, actor: Actor, name: str) -> Tariff:
    """Raises Refused: ``name_taken``."""
    row = _lock(tariff)
    before = audit.snapshot(row)
    name = name.strip()
    if not name or Tariff.objects.filter(tenant=row.tenant_id, name=name).exclude(pk=row.pk).exists():
        raise Refused(_("A tariff needs a name of its own."), code="name_taken", field="name")
    row.name = name
    row.save(update_fields=["name"])
    audit.record(actor, "tariff.renamed", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def write_version(tariff: Tariff, *, actor: Actor, **fields: Unpack[VersionFields]) -> TariffVersion:
    """A new draft. Raises Refused with the field that is wrong."""
    row = _lock(tariff)
    _require_active(row)
    last = TariffVersion.objects.filter(tariff=row).order_by("-number").first()
    version = TariffVersion(
        tenant_id=row.tenant_id,
        tariff=row,
        number=last.number + 1 if last is not None else 1,
        valid_from=clock.now(),
        created_by=actor.label[:120],
        created_at=clock.now(),
    )
    _assign(version, fields)
    version.save()
    audit.record(actor, "tariff_version.written", version, after=audit.snapshot(version))
    return version


@transaction.atomic
def edit_version(version: TariffVersion, *, actor: Actor, **fields: Unpack[VersionFields]) -> TariffVersion:
    """Change a draft. Raises Refused once it is approved or withdrawn."""
    row = _lock_version(version)
    if row.state != VersionState.DRAFT:
        raise Refused(_("Only a draft can be changed. Write a new version."), code="not_draft")
    before = audit.snapshot(row)
    _assign(row, fields)
    row.save()
    audit.record(actor, "tariff_version.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def approve_version(version: TariffVersion, *, actor: Actor, free: bool = False) -> TariffVersion:
    """Let a draft take effect at its instant, now at the earliest; the version before it ends there.

    ``free``: somebody said that kWh which cost nothing are meant. Raises Refused: ``not_draft``,
    ``free_price``, ``overlap``, ``gap``.
    """
    row = _lock_version(version)
    if row.state == VersionState.APPROVED:
        return row
    if row.state != VersionState.DRAFT:
        raise Refused(_("This version was withdrawn."), code="not_draft")
    _require_active(row.tariff)
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
        _require_active(chosen)
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
def make_default(tariff: Tariff, *, actor: Actor) -> Tariff:
    """Use a tariff wherever its owner's subtree names none."""
    locks.hold(f"stations.tariffs:{tariff.tenant_id}")
    row = _lock(tariff)
    _require_active(row)
    if row.is_default:
        return row
    Tariff.objects.filter(tenant=row.tenant_id, is_default=True).update(is_default=False)
    before = audit.snapshot(row)
    row.is_default = True
    row.save(update_fields=["is_default"])
    audit.record(actor, "tariff.made_default", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def retire_tariff(tariff: Tariff, *, actor: Actor, reason: str) -> Tariff:
    """Stop using a tariff. Raises Refused while stations or piles name it."""
    row = _lock(tariff)
    if row.status == TariffStatus.RETIRED:
        return row
    count = Station.objects.filter(tariff=row).count() + Pile.objects.filter(tariff=row).count()
    if count:
        message = ngettext("It is used in %(count)d place.", "It is used in %(count)d places.", count)
        raise Refused(message % {"count": count}, code="in_use")
    before = audit.snapshot(row)
    row.status, row.is_default = TariffStatus.RETIRED, False
    row.save(update_fields=["status", "is_default"])
    audit.record(actor, "tariff.retired", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def bands_for_nothing(version: TariffVersion) -> list[Band]:
    """Bands of the day whose kWh cost nothing."""
    return [
        band
        for band, name in BANDS.items()
        if band.value in version.codes and not sum(getattr(version, f"{name}_{fee}") for fee in FEES)
    ]


def _lock(tariff: Tariff) -> Tariff:
    """Lock a tariff of the scope's own. Those of levels above are seen and not written."""
    row = locks.locked(Tariff.objects.filter(pk=tariff.pk)).get()
    if not row.in_scope():
        raise Refused(_("This tariff belongs to somebody else."), code="foreign")
    return row


def _lock_version(version: TariffVersion) -> TariffVersion:
    """The version, under the lock of its tariff."""
    _lock(version.tariff)
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


def _require_active(tariff: Tariff) -> None:
    if tariff.status != TariffStatus.ACTIVE:
        raise Refused(_("This tariff is retired."), code="retired")


def _assign(version: TariffVersion, fields: VersionFields) -> None:
    for name, value in fields.items():
        setattr(version, name, value)
    try:
        parse_codes(version.codes)
    except SlotError:
        raise Refused(_("Each of the 48 half hours needs a band."), code="codes", field="codes") from None
    dearest = DEAREST[minor_digits(version.tariff.currency)]
    for name in PRICES:
        if not 0 <= getattr(version, name) <= dearest:
            message = _("A price per kWh lies between 0 and %(dearest)s.") % {"dearest": dearest}
            raise Refused(message, code="price", field=name)
    if version.valid_to is not None and version.valid_to <= version.valid_from:
        raise Refused(_("It would end before it begins."), code="validity", field="valid_to")
    if version.idle_cap is not None and version.idle_cap < version.idle_per_minute:
        raise Refused(_("The limit is less than one minute costs."), code="idle_cap", field="idle_cap")
