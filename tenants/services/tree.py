"""The only place that writes the tree. Every write holds one advisory lock, so that no two ever interleave.

A tenant is created one level below its parent, moved only under a parent of the same level as its
old one, and closed only when nothing needs it any more. Each level manages the next one: what is
further below is its children's business. Where the scope is lifted, that question is not asked.
A contract's end decides together with the table in ``tenants.states``: a tenant whose contract is over is
never active, and one that is extended is never expired.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from itertools import islice
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.scope import current_scope, unscoped
from tenants import hooks
from tenants.localities import CURRENCIES, LANGUAGES, TIMEZONES
from tenants.models import Tenant, TenantStatus
from tenants.obstacles import Blocked, plainly
from tenants.selectors import blockers_of, lineage, missing_for_review, today_at
from tenants.services import quotas
from tenants.services.telling import tell_of_review
from tenants.states import SETTING_UP, TenantState, by_contract, may_become
from tenants.verification import left_behind

TREE_LOCK = "tenants.tree"
CHOICES: Mapping[str, Container[object]] = {
    "timezone": TIMEZONES,
    "currency": CURRENCIES,
    "locale": LANGUAGES,
}
NAMED_AT_MOST = 5

OWN_FIELDS = frozenset({"contact", "phone", "hotline", "brand", "timezone", "locale"})
"""What a tenant may set of itself; the rest is the level above's to say."""


class TenantFields(TypedDict, total=False):
    """What staff may set of a tenant. Empty time zone, currency and locale are inherited; a quota of None is no limit."""

    name: str
    contact: str
    phone: str
    hotline: str
    brand: str
    region: str
    licence_no: str
    contract_no: str
    contract_from: date | None
    contract_to: date | None
    quota_users: int | None
    quota_stations: int | None
    quota_terminals: int | None
    timezone: str
    currency: str
    locale: str


@transaction.atomic
def create_manufacturer(*, actor: Actor, code: str, **fields: Unpack[TenantFields]) -> Tenant:
    """Create a root of the tree. Needs a lifted scope. Raises Refused when the code is taken."""
    locks.hold(TREE_LOCK)
    require_parent(None)
    return _create(actor, None, Level.MANUFACTURER, code, fields, TenantStatus.ACTIVE)


@transaction.atomic
def create_tenant(
    parent: Tenant, *, actor: Actor, code: str, draft: bool = False, **fields: Unpack[TenantFields]
) -> Tenant:
    """Create a tenant of the next level below ``parent``, who enters it; a draft does not work yet.

    Raises Refused when the parent is an agency, not active, or the code is taken.
    """
    locks.hold(TREE_LOCK)
    parent = Tenant.objects.get(pk=parent.pk)
    level = Level(parent.level).below
    if level is None:
        raise Refused(_("Nothing stands below an agency."), code="no_level_below")
    require_parent(parent.pk)
    _require_active(parent)
    return _create(actor, parent, level, code, fields, TenantStatus.DRAFT if draft else TenantStatus.ACTIVE)


@transaction.atomic
def edit_tenant(tenant: Tenant, *, actor: Actor, **fields: Unpack[TenantFields]) -> Tenant:
    """Change a tenant's profile: its own as far as ``OWN_FIELDS``, or that of a tenant of the next level.

    A contract that is extended makes an expired tenant active, one that is cut short an active one expired.
    """
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    if current_scope().tenant_id == row.pk:
        _require_own(fields)
    else:
        require_parent(row.parent_id)
    before = audit.snapshot(row)
    _assign(row, fields)
    _follow_contract(row)
    row.save(update_fields=[*fields, "status"])
    audit.record(actor, "tenant.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def suspend_tenant(tenant: Tenant, *, actor: Actor, reason: str) -> Tenant:
    """Stop new sessions and staff sign-ins below this tenant; what runs ends normally."""
    return _change_status(tenant, actor, TenantState.SUSPENDED, "tenant.suspended", reason)


@transaction.atomic
def resume_tenant(tenant: Tenant, *, actor: Actor, reason: str = "") -> Tenant:
    """Undo a suspension. Raises Refused where the contract is over meanwhile."""
    return _change_status(tenant, actor, TenantState.ACTIVE, "tenant.resumed", reason)


@transaction.atomic
def activate_tenant(tenant: Tenant, *, actor: Actor, reason: str = "") -> Tenant:
    """Let a tenant that is being set up begin to work, its papers looked at or not."""
    return _change_status(tenant, actor, TenantState.ACTIVE, "tenant.activated", reason)


@transaction.atomic
def return_tenant(tenant: Tenant, *, actor: Actor, reason: str) -> Tenant:
    """Give the papers of a tenant back to it: something is missing or wrong, as the reason says."""
    return _change_status(tenant, actor, TenantState.DRAFT, "tenant.returned", reason)


@transaction.atomic
def submit_tenant(tenant: Tenant, *, actor: Actor) -> Tenant:
    """Ask the level above to look at one's own papers, so that the tenant may begin to work.

    Raises Refused: ``not_own``, ``wrong_status``, and ``incomplete`` with what is missing.
    """
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    if current_scope().tenant_id != row.pk:
        raise Refused(_("Only the tenant itself submits its papers."), code="not_own")
    if row.status == TenantStatus.SUBMITTED:
        return row
    if not may_become(TenantState(row.status), TenantState.SUBMITTED):
        raise _wrong_status(row)
    if missing := missing_for_review(row):
        what = {"what": enumerated([str(words) for words in missing])}
        raise Refused(_("Something is missing yet: %(what)s.") % what, code="incomplete")
    before = audit.snapshot(row)
    row.status, row.status_reason = TenantStatus.SUBMITTED, ""
    row.save(update_fields=["status", "status_reason"])
    audit.record(actor, "tenant.submitted", row, before=before, after=audit.snapshot(row))
    _tell(row)
    return row


@transaction.atomic
def expire_tenant(tenant: Tenant, *, actor: Actor) -> Tenant:
    """Let a contract's end take effect, if it is over; a root has nobody above who could extend it and goes on."""
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    before = audit.snapshot(row)
    _follow_contract(row)
    if row.status != before["status"]:
        row.save(update_fields=["status"])
        audit.record(actor, "tenant.expired", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def move_tenant(tenant: Tenant, *, new_parent: Tenant, actor: Actor, reason: str) -> Tenant:
    """Put a tenant with everything below it under another parent of the same level as the old one.

    Facts keep the path of their time. Raises Refused when the new place lies below the tenant itself, the
    levels do not fit, the new parent is not active, what moves does not fit into the quotas there, or
    (``Blocked``) something below still uses what only the old chain hands down.
    """
    locks.hold(TREE_LOCK)
    row, target = Tenant.objects.get(pk=tenant.pk), Tenant.objects.get(pk=new_parent.pk)
    if row.pk in {ancestor.id for ancestor in lineage(target.pk)}:
        raise Refused(
            _("%(target)s stands below %(name)s itself.") % {"target": target.name, "name": row.name},
            code="cycle",
            field="new_parent",
        )
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
    quotas.require_room_for_move(row.pk, target.pk)
    before = audit.snapshot(row)
    with unscoped(reason="MPTT shifts the columns of neighbouring nodes"):
        row.move_to(target, "last-child")
        row.refresh_from_db()
        hooks.tenant_moved(row, actor)
        _require_nothing_left(row)
    audit.record(actor, "tenant.moved", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def try_to_move(tenant: Tenant, *, new_parent: Tenant, actor: Actor, reason: str) -> None:
    """Would ``move_tenant`` do it? Moves and takes it back; raises Refused as that does, and changes nothing."""
    with transaction.atomic():
        move_tenant(tenant, new_parent=new_parent, actor=actor, reason=reason)
        transaction.set_rollback(True)


@transaction.atomic
def close_tenant(tenant: Tenant, *, actor: Actor, reason: str) -> Tenant:
    """End a tenant for good. Raises Refused naming every blocker: children, stations, open orders, balances."""
    locks.hold(TREE_LOCK)
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    require_parent(row.parent_id)
    if row.status == TenantStatus.CLOSED:
        return row
    if blockers := blockers_of(row):
        raise Refused(
            _("%(name)s cannot be closed: %(blockers)s.")
            % {"name": row.name, "blockers": enumerated([str(one.label) for one in blockers])},
            code="blocked",
        )
    before = audit.snapshot(row)
    row.status, row.status_reason, row.closed_at = TenantStatus.CLOSED, reason, clock.now()
    row.save(update_fields=["status", "status_reason", "closed_at"])
    audit.record(actor, "tenant.closed", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def _create(
    actor: Actor,
    parent: Tenant | None,
    level: Level,
    code: str,
    fields: Mapping[str, object],
    status: TenantStatus,
) -> Tenant:
    code = code.strip().upper()
    with unscoped(reason="codes are unique over the whole system, and MPTT shifts neighbouring nodes"):
        if Tenant.objects.filter(code=code).exists():
            raise Refused(_("This code is taken."), code="code_taken", field="code")
        row = Tenant(parent=parent, level=level, code=code, status=status, created_at=clock.now())
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


def _follow_contract(row: Tenant) -> None:
    if row.parent_id is not None:
        row.status = by_contract(TenantState(row.status), row.contract_to, today_at(row.pk)).value


def _require_own(fields: Mapping[str, object]) -> None:
    if foreign := fields.keys() - OWN_FIELDS:
        raise Refused(_("Only the level directly above may do this."), code="not_parent", field=min(foreign))


def require_parent(parent_id: int | None) -> None:
    """Raises Refused unless the active scope is that of the level directly above, or lifted."""
    scope = current_scope()
    if not scope.everything and scope.tenant_id != parent_id:
        raise Refused(_("Only the level directly above may do this."), code="not_parent")


def _require_nothing_left(tenant: Tenant) -> None:
    found = list(islice(left_behind(tenant), NAMED_AT_MOST))
    if found:
        obstacles = [next(iter(hooks.obstacle(one)), None) or plainly(one) for one in found]
        raise Blocked(_("%(name)s cannot be moved yet.") % {"name": tenant.name}, obstacles)


def _require_active(tenant: Tenant) -> None:
    if tenant.status != TenantStatus.ACTIVE:
        raise Refused(_("%(name)s is not active.") % {"name": tenant.name}, code="not_active")


COMES_FROM: Mapping[str, frozenset[TenantState]] = {
    "tenant.suspended": frozenset({TenantState.ACTIVE}),
    "tenant.resumed": frozenset({TenantState.SUSPENDED}),
    "tenant.activated": SETTING_UP,
    "tenant.returned": frozenset({TenantState.SUBMITTED}),
}
"""In which states a deed of the level above finds a tenant."""


def _change_status(tenant: Tenant, actor: Actor, new: TenantState, action: str, reason: str) -> Tenant:
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    if current_scope().tenant_id == row.pk:
        raise Refused(_("A tenant cannot suspend or resume itself."), code="own_tenant")
    require_parent(row.parent_id)
    if row.status == new:
        return row
    old = TenantState(row.status)
    if old not in COMES_FROM[action] or not may_become(old, new):
        raise _wrong_status(row)
    before = audit.snapshot(row)
    row.status, row.status_reason = new.value, reason
    _follow_contract(row)
    if row.status != new:
        raise Refused(
            _("The contract of %(name)s is over. Extend it first.") % {"name": row.name}, code="contract_over"
        )
    row.save(update_fields=["status", "status_reason"])
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    if old in SETTING_UP:
        _tell(row)
    return row


def _tell(row: Tenant) -> None:
    transaction.on_commit(lambda: tell_of_review(row), robust=True)


def _wrong_status(row: Tenant) -> Refused:
    words = _("%(name)s is %(status)s.") % {"name": row.name, "status": row.get_status_display()}
    return Refused(words, code="wrong_status")
