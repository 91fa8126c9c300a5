"""What a tenant sets for itself and for whoever stands below it. One group at a time, one audit row with before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.scope import current_scope
from tenants.models import Tenant
from tenants.rules import SHARED, G, Mail, Numbers, Retention, Unfit, bounds_of, in_force, to_store
from tenants.selectors import house_of, lineage


@transaction.atomic
def change_settings(tenant: Tenant, group: type[G], wanted: Mapping[str, Any], *, actor: Actor) -> Tenant:
    """Set a group; what is None or empty comes from above again.

    Raises Refused for a value out of bounds, one that is looser than the level above demands, and for what this
    level does not set.
    """
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    if row.pk != (current_scope().tenant_id or row.pk):
        raise Refused(_("Each level sets its own."), code="not_own_level")
    _require_level(row, group, wanted)
    higher = [one.settings for one in lineage(row.pk)[:-1]]
    above = in_force(group, higher, house_of(group)) if higher else None
    try:
        kept = to_store(group, wanted, above)
    except Unfit as unfit:
        raise Refused(_words(group, unfit), code="unfit", field=unfit.name) from unfit
    before = row.settings.get(group.key, {})
    if kept == before:
        return row
    row.settings = {**row.settings, group.key: kept}
    row.save(update_fields=["settings"])  # type: ignore[no-untyped-call]
    audit.record(actor, f"settings.{group.key}", row, before=before, after=kept)
    return row


def _require_level(row: Tenant, group: type[G], wanted: Mapping[str, Any]) -> None:
    shared = [name for name in SHARED if wanted.get(name) is not None] if group is Retention else []
    if shared and row.level != Level.MANUFACTURER:
        raise Refused(
            _("This is kept together for all; the manufacturer sets it."), code="shared", field=shared[0]
        )
    if group is Numbers and row.level != Level.OPERATOR:
        raise Refused(_("Order numbers are an operator's."), code="not_operator")
    if group is Mail and (address := str(wanted.get("reply_to") or "")):
        try:
            validate_email(address)
        except ValidationError as error:
            raise Refused(_("This is not an email address."), code="email", field="reply_to") from error


def _words(group: type[G], unfit: Unfit) -> str:
    if group is Numbers:
        return _("One to nine letters A to Z and digits.")
    if group is Mail:
        return _("One line of at most 120 characters, or 500 at the foot.")
    if unfit.name == "code_for":
        return _("The level above demands more.")
    if unfit.bound is None:
        bounds = bounds_of(group, unfit.name)
        return _("A whole number from %(low)s to %(high)s.") % {"low": bounds.low, "high": bounds.high}
    if unfit.name == "min_length":
        return _("The level above demands at least %(bound)s.") % {"bound": unfit.bound}
    return _("The level above allows at most %(bound)s.") % {"bound": unfit.bound}
