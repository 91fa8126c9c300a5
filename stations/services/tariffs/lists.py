"""Price lists by name: whose they are, which one is the default, and when one is not used any more.

All changes of a tariff happen under the lock of its row.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from stations.models import (
    AssignmentState,
    Pile,
    Station,
    Tariff,
    TariffAssignment,
    TariffStatus,
    TariffVersion,
)
from stations.services.tariffs.limits import VersionFields
from stations.services.tariffs.locking import lock_tariff, require_active
from stations.services.tariffs.versions import write_version
from tenants.models import Tenant
from tenants.selectors import locality_of

OWNERS = (Level.OPERATOR, Level.AGENCY)
COPIED = tuple(
    field.name
    for field in TariffVersion._meta.concrete_fields
    if field.name
    in {"codes", "days", "idle_free", "idle_grace_min", "idle_per_minute", "idle_cap", "min_hold"}
    or field.name.endswith(("_electricity", "_service"))
)
"""What a new version or tariff takes over from another one: all but when it counts."""


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
    row = lock_tariff(tariff)
    before = audit.snapshot(row)
    name = name.strip()
    if not name or Tariff.objects.filter(tenant=row.tenant_id, name=name).exclude(pk=row.pk).exists():
        raise Refused(_("A tariff needs a name of its own."), code="name_taken", field="name")
    row.name = name
    row.save(update_fields=["name"])
    audit.record(actor, "tariff.renamed", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def copy_tariff(tariff: Tariff, *, actor: Actor, name: str) -> Tariff:
    """Another tariff of the same owner whose first draft says what the newest version says.

    Raises Refused: ``name_taken``, ``empty`` where there is nothing to copy, ``foreign``.
    """
    original = lock_tariff(tariff)
    last = TariffVersion.objects.filter(tariff=original).order_by("-number").first()
    if last is None:
        raise Refused(_("This tariff has no version yet."), code="empty")
    copy = create_tariff(original.tenant, actor=actor, name=name, rounding=original.rounding)
    fields: VersionFields = {field: getattr(last, field) for field in COPIED}  # type: ignore[assignment]
    write_version(copy, actor=actor, **fields)
    return copy


@transaction.atomic
def make_default(tariff: Tariff, *, actor: Actor) -> Tariff:
    """Use a tariff wherever its owner's subtree names none."""
    locks.hold(f"stations.tariffs:{tariff.tenant_id}")
    row = lock_tariff(tariff)
    require_active(row)
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
    row = lock_tariff(tariff)
    if row.status == TariffStatus.RETIRED:
        return row
    count = Station.objects.filter(tariff=row).count() + Pile.objects.filter(tariff=row).count()
    if count:
        message = ngettext("It is used in %(count)d place.", "It is used in %(count)d places.", count)
        raise Refused(message % {"count": count}, code="in_use")
    before = audit.snapshot(row)
    if TariffAssignment.objects.filter(tariff=row, state=AssignmentState.WAITING).exists():
        raise Refused(_("It is planned somewhere. Cancel that change first."), code="planned")
    row.status, row.is_default = TariffStatus.RETIRED, False
    row.save(update_fields=["status", "is_default"])
    audit.record(actor, "tariff.retired", row, before=before, after=audit.snapshot(row), reason=reason)
    return row
