"""The only place that writes the tree. Every write holds one advisory lock, so that no two ever interleave.

A tenant is created one level below its parent, moved only under a parent of the same level as its
old one, and closed only when nothing needs it any more. Each level manages the next one: what is
further below is its children's business. Where the scope is lifted, that question is not asked.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from itertools import chain, islice
from typing import TypedDict, Unpack

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.scope import TenantOwned, current_scope, unscoped
from tenants import hooks
from tenants.localities import CURRENCIES, LANGUAGES, TIMEZONES
from tenants.models import Tenant, TenantStatus
from tenants.verification import strays

TREE_LOCK = "tenants.tree"
CHOICES: Mapping[str, Container[object]] = {
    "timezone": TIMEZONES,
    "currency": CURRENCIES,
    "locale": LANGUAGES,
}
NAMED_AT_MOST = 5


class TenantFields(TypedDict, total=False):
    """What staff may set of a tenant. Empty time zone, currency and locale are inherited."""

    name: str
    contact: str
    phone: str
    hotline: str
    brand: str
    contract_from: date | None
    contract_to: date | None
    timezone: str
    currency: str
    locale: str


@transaction.atomic
def create_manufacturer(*, actor: Actor, code: str, **fields: Unpack[TenantFields]) -> Tenant:
    """Create a root of the tree. Needs a lifted scope. Raises Refused when the code is taken."""
    locks.hold(TREE_LOCK)
    _require_parent(None)
    return _create(actor, None, Level.MANUFACTURER, code, fields)


@transaction.atomic
def create_tenant(parent: Tenant, *, actor: Actor, code: str, **fields: Unpack[TenantFields]) -> Tenant:
    """Create a tenant of the next level below ``parent``, who enters it.

    Raises Refused when the parent is an agency, not active, or the code is taken.
    """
    locks.hold(TREE_LOCK)
    parent = Tenant.objects.get(pk=parent.pk)
    level = Level(parent.level).below
    if level is None:
        raise Refused(_("Nothing stands below an agency."), code="no_level_below")
    _require_parent(parent.pk)
    _require_active(parent)
    return _create(actor, parent, level, code, fields)


@transaction.atomic
def edit_tenant(tenant: Tenant, *, actor: Actor, **fields: Unpack[TenantFields]) -> Tenant:
    """Change a tenant's profile: its own, or that of a tenant of the next level."""
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    if current_scope().tenant_id != row.pk:
        _require_parent(row.parent_id)
    before = audit.snapshot(row)
    _assign(row, fields)
    row.save(update_fields=list(fields))
    audit.record(actor, "tenant.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def suspend_tenant(tenant: Tenant, *, actor: Actor, reason: str) -> Tenant:
    """Stop new sessions and staff sign-ins below this tenant; what runs ends normally."""
    return _change_status(tenant, actor, TenantStatus.ACTIVE, TenantStatus.SUSPENDED, reason)


@transaction.atomic
def resume_tenant(tenant: Tenant, *, actor: Actor, reason: str = "") -> Tenant:
    """Undo a suspension."""
    return _change_status(tenant, actor, TenantStatus.SUSPENDED, TenantStatus.ACTIVE, reason)


@transaction.atomic
def move_tenant(tenant: Tenant, *, new_parent: Tenant, actor: Actor, reason: str) -> Tenant:
    """Put a tenant with everything below it under another parent of the same level as the old one.

    Facts keep the path of their time. Raises Refused when the levels do not fit, the new parent is not
    active, or something below still uses what only the old chain hands down.
    """
    locks.hold(TREE_LOCK)
    row, target = Tenant.objects.get(pk=tenant.pk), Tenant.objects.get(pk=new_parent.pk)
    if Level(target.level).below != Level(row.level):
        raise Refused(
            _("A tenant of level %(level)s cannot stand below one of level %(parent)s.")
            % {"level": row.get_level_display(), "parent": target.get_level_display()},
            code="wrong_level",
            field="new_parent",
        )
    _require_active(target)
    if row.parent_id == target.pk:
        return row
    before = audit.snapshot(row)
    with unscoped(reason="MPTT shifts the columns of neighbouring nodes"):
        row.move_to(target, "last-child")
        row.refresh_from_db()
        _require_no_strays(row)
    audit.record(actor, "tenant.moved", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def close_tenant(tenant: Tenant, *, actor: Actor, reason: str) -> Tenant:
    """End a tenant for good. Raises Refused naming every blocker: children, stations, open orders, balances."""
    locks.hold(TREE_LOCK)
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    _require_parent(row.parent_id)
    if row.status == TenantStatus.CLOSED:
        return row
    children = Tenant.objects.filter(parent=row).exclude(status=TenantStatus.CLOSED).count()
    blockers = [str(answer) for answer in hooks.closing_blockers(row.pk)]
    if children:
        blockers.insert(0, _("%(count)d tenants below it are not closed") % {"count": children})
    if blockers:
        raise Refused(
            _("%(name)s cannot be closed: %(blockers)s.")
            % {"name": row.name, "blockers": enumerated(blockers)},
            code="blocked",
        )
    before = audit.snapshot(row)
    row.status, row.status_reason, row.closed_at = TenantStatus.CLOSED, reason, clock.now()
    row.save(update_fields=["status", "status_reason", "closed_at"])
    audit.record(actor, "tenant.closed", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def _create(
    actor: Actor, parent: Tenant | None, level: Level, code: str, fields: Mapping[str, object]
) -> Tenant:
    code = code.strip().upper()
    with unscoped(reason="codes are unique over the whole system, and MPTT shifts neighbouring nodes"):
        if Tenant.objects.filter(code=code).exists():
            raise Refused(_("This code is taken."), code="code_taken", field="code")
        row = Tenant(parent=parent, level=level, code=code, created_at=clock.now())
        _assign(row, fields)
        row.save()
        audit.record(actor, "tenant.created", row, after=audit.snapshot(row))
    return row


def _assign(row: Tenant, fields: Mapping[str, object]) -> None:
    for name, value in fields.items():
        if value and value not in CHOICES.get(name, (value,)):
            raise Refused(_("This is not one of the choices."), code="unknown", field=name)
        setattr(row, name, value)
    if row.contract_from and row.contract_to and row.contract_to < row.contract_from:
        raise Refused(
            _("The contract ends before it begins."), code="contract_backwards", field="contract_to"
        )


def _require_parent(parent_id: int | None) -> None:
    scope = current_scope()
    if not scope.everything and scope.tenant_id != parent_id:
        raise Refused(_("Only the level directly above may do this."), code="not_parent")


def _require_no_strays(tenant: Tenant) -> None:
    models = (model for model in apps.get_models() if issubclass(model, TenantOwned))
    found = list(islice(chain.from_iterable(strays(m, below=tenant.pk) for m in models), NAMED_AT_MOST))
    if found:
        blockers = [
            _("%(row)s uses the %(what)s of %(owner)s")
            % {"row": stray.row, "what": stray.key.verbose_name, "owner": stray.other}
            for stray in found
        ]
        raise Refused(
            _("%(name)s cannot be moved: %(blockers)s.")
            % {"name": tenant.name, "blockers": enumerated(blockers)},
            code="blocked",
        )


def _require_active(tenant: Tenant) -> None:
    if tenant.status != TenantStatus.ACTIVE:
        raise Refused(_("%(name)s is not active.") % {"name": tenant.name}, code="not_active")


def _change_status(tenant: Tenant, actor: Actor, old: TenantStatus, new: TenantStatus, reason: str) -> Tenant:
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    if current_scope().tenant_id == row.pk:
        raise Refused(_("A tenant cannot suspend or resume itself."), code="own_tenant")
    _require_parent(row.parent_id)
    if row.status == new:
        return row
    if row.status != old:
        raise Refused(
            _("%(name)s is %(status)s.") % {"name": row.name, "status": row.get_status_display()},
            code="wrong_status",
        )
    before = audit.snapshot(row)
    row.status, row.status_reason = new, reason
    row.save(update_fields=["status", "status_reason"])
    action = "tenant.suspended" if new is TenantStatus.SUSPENDED else "tenant.resumed"
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    return row
