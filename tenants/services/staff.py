"""Who works for a tenant, and as what.

Staff are managed at their own level; the level above only gives a tenant its first owner and helps
owners back in. Nobody gives, changes or ends a role that may do more than his own, nobody changes his
own, and a tenant that has an owner keeps one. The rights are those the actor has now, in the scope that
is active (``tenants.services.givers``).
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from tenants import invitations as letters
from tenants.models import CustomRole, InvitationState, Membership, Tenant, User
from tenants.rights import AnyRole, role_of, tell_of_change
from tenants.selectors import last_invitation, owners_of
from tenants.services import invitations, sessions, two_factor
from tenants.services.givers import giver_of, require_right
from tenants.services.quotas import require_room

LONGEST_EMAIL = 254


@transaction.atomic
def add_member(
    tenant: Tenant,
    *,
    actor: Actor,
    email: str,
    name: str,
    role: AnyRole,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Membership:
    """Let a person work for a tenant, and send the link with which he sets his password.

    Somebody who already works elsewhere keeps his name and password. Raises Refused when the address
    is no address or already works here, when the dates are reversed, when the actor may not give this role, and
    where a quota of staff is reached.
    """
    tenant = Tenant.objects.get(pk=tenant.pk)
    email = _clean_email(email)
    role = _as_it_is(tenant, role)
    require_right(actor, tenant, role)
    _require_order(valid_from, valid_to)
    locks.hold(f"user:{email}")
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name.strip(), created_at=clock.now())
    if Membership.objects.filter(tenant=tenant, user=user).exists():
        raise Refused(_("This person is already listed here."), code="member_exists", field="email")
    require_room(tenant.pk, users=1)
    row = Membership.objects.create(
        tenant=tenant,
        user=user,
        **_columns_of(role),
        valid_from=valid_from,
        valid_to=valid_to,
        created_at=clock.now(),
    )
    audit.record(actor, "member.added", row, after=_snapshot(row) | {"email": email})
    _write_to(row, actor)
    return row


@transaction.atomic
def edit_member(
    member: Membership,
    *,
    actor: Actor,
    role: AnyRole,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Membership:
    """Change a role or the days in which it holds.

    Raises Refused, also for one's own and when no owner would be left.
    """
    row = _locked_for_change(member, actor)
    role = _as_it_is(row.tenant, role)
    require_right(actor, row.tenant, role)
    giver = giver_of(actor)
    if giver is not None and giver.pk == row.pk:
        raise Refused(_("Somebody else changes your role and its days."), code="own_role", field="role")
    _require_order(valid_from, valid_to)
    before = _snapshot(row)
    for name, value in _columns_of(role).items():
        setattr(row, name, value)
    row.valid_from, row.valid_to = valid_from, valid_to
    row.save(update_fields=["role", "custom_role", "valid_from", "valid_to"])
    if before["role"] == Role.OWNER:
        _require_owner(row.tenant)
    audit.record(actor, "member.edited", row, before=before, after=_snapshot(row))
    tell_of_change(row, row.tenant_id)
    return row


@transaction.atomic
def deactivate_member(member: Membership, *, actor: Actor, reason: str) -> Membership:
    """End a membership at once, in running sessions too. Raises Refused when no owner would be left."""
    row = _locked_for_change(member, actor)
    if not row.is_active:
        return row
    row.is_active = False
    row.save(update_fields=["is_active"])
    if row.role == Role.OWNER:
        _require_owner(row.tenant)
    invitations.end_invitations(row)
    audit.record(
        actor,
        "member.deactivated",
        row,
        before={"is_active": True},
        after={"is_active": False},
        reason=reason,
    )
    tell_of_change(row, row.tenant_id)
    return row


@transaction.atomic
def reactivate_member(member: Membership, *, actor: Actor, reason: str = "") -> Membership:
    """Undo that."""
    row = _locked_for_change(member, actor)
    if row.is_active:
        return row
    require_room(row.tenant_id, users=1)
    row.is_active = True
    row.save(update_fields=["is_active"])
    audit.record(
        actor,
        "member.reactivated",
        row,
        before={"is_active": False},
        after={"is_active": True},
        reason=reason,
    )
    return row


@transaction.atomic
def send_link(member: Membership, *, actor: Actor, reason: str = "") -> Membership:
    """Send a link with which a new password can be set, once; the old password stays until then.

    Who has none yet is invited once more, and the earlier invitation is dead.
    """
    row = _locked_for_change(member, actor, from_above=True)
    if not row.is_active:
        raise Refused(_("%(name)s does not work here any more.") % {"name": row.user.name}, code="inactive")
    audit.record(actor, "member.link_sent", row, reason=reason)
    _write_to(row, actor, renew=True)
    return row


@transaction.atomic
def reset_two_factor(member: Membership, *, actor: Actor, reason: str) -> Membership:
    """Let somebody in with the password alone who lost his phone and his codes, and end his sessions.

    Raises Refused for oneself, who does it in the personal centre, after proving who he is.
    """
    row = _locked_for_change(member, actor, from_above=True)
    if actor.ref == f"staff:{row.user_id}":
        raise Refused(_("Your own is changed in the personal centre."), code="own")
    if not two_factor.reset(row.user, actor=actor, reason=reason):
        raise Refused(_("%(name)s has no two-factor sign-in.") % {"name": row.user.name}, code="is_off")
    sessions.end_sessions(row.user, actor=actor)
    return row


@transaction.atomic
def end_sessions(member: Membership, *, actor: Actor, reason: str) -> Membership:
    """Sign a person out wherever he is signed in, at once; he may sign in again."""
    row = _locked_for_change(member, actor)
    user = locks.locked(User.objects.filter(pk=row.user_id)).get()
    user.session_seed = secrets.token_hex(8)
    user.save(update_fields=["session_seed"])
    audit.record(actor, "member.signed_out", row, reason=reason)
    tell_of_change(user, row.tenant_id)
    return row


@transaction.atomic
def revoke_invitation(member: Membership, *, actor: Actor, reason: str) -> Membership:
    """Take an invitation back that was not accepted; the membership ends with it, also that of a first owner.

    Raises Refused ``not_invited`` where the person has accepted, or was never invited.
    """
    row = _locked_for_change(member, actor, from_above=True)
    last = last_invitation(row)
    if last is InvitationState.REVOKED:
        return row
    if last not in {InvitationState.OPEN, InvitationState.EXPIRED}:
        raise Refused(_("%(name)s has no open invitation.") % {"name": row.user.name}, code="not_invited")
    invitations.end_invitations(row)
    row.is_active = False
    row.save(update_fields=["is_active"])
    audit.record(
        actor,
        "member.revoked",
        row,
        before={"is_active": True},
        after={"is_active": False},
        reason=reason,
    )
    return row


def _write_to(row: Membership, actor: Actor, *, renew: bool = False) -> None:
    if row.user.has_usable_password():
        transaction.on_commit(lambda: letters.send(row.user, row.tenant, renew=renew), robust=True)
    else:
        invitations.invite(row, actor=actor)


def _clean_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
        MaxLengthValidator(LONGEST_EMAIL)(email)
    except ValidationError as error:
        raise Refused(_("This is not an email address."), code="email", field="email") from error
    return email


def _locked_for_change(member: Membership, actor: Actor, *, from_above: bool = False) -> Membership:
    """The row, with every membership of its tenant locked, so that two cannot end the last two owners."""
    rows = locks.locked(Membership.objects.filter(tenant_id=member.tenant_id)).select_related(
        "tenant", "user", "custom_role"
    )
    row = next((one for one in rows if one.pk == member.pk), None)
    if row is None:
        raise Membership.DoesNotExist(member.pk)
    require_right(actor, row.tenant, role_of(row), from_above=from_above)
    return row


def _as_it_is(tenant: Tenant, role: AnyRole) -> AnyRole:
    """A role of the tenant's own as it is now, locked, so that it does not grow or go meanwhile. Raises Refused."""
    if not isinstance(role, CustomRole):
        return Role(role)
    row = locks.locked(CustomRole.objects.filter(pk=role.pk, tenant=tenant)).first()
    if row is None:
        raise Refused(_("This role is gone, or belongs to others."), code="no_role", field="role")
    return row


def _columns_of(role: AnyRole) -> dict[str, Any]:
    if isinstance(role, CustomRole):
        return {"role": "", "custom_role": role}
    return {"role": role, "custom_role": None}


def _snapshot(row: Membership) -> dict[str, Any]:
    """With the name of the role, which people read."""
    return audit.snapshot(row) | {"custom_role_id": row.custom_role and row.custom_role.name}


def _require_owner(tenant: Tenant) -> None:
    if not owners_of(tenant.pk).exists():
        raise Refused(_("Somebody has to stay the owner."), code="last_owner", field="role")


def _require_order(valid_from: date | None, valid_to: date | None) -> None:
    if valid_from and valid_to and valid_to < valid_from:
        raise Refused(_("The last day lies before the first."), code="backwards", field="valid_to")
