"""Who works for a tenant, and as what.

Staff are managed at their own level; the level above only gives a tenant its first owner and helps
owners back in. Nobody gives, changes or ends a role that may do more than his own, and a tenant that
has an owner keeps one. The rights are those the actor has now, in the scope that is active; where the
scope is lifted nobody's rights are asked.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import current_scope
from tenants import invitations as letters
from tenants.models import InvitationState, Membership, Tenant, User
from tenants.selectors import last_invitation, owners_of
from tenants.services import invitations, sessions, two_factor
from tenants.services.quotas import require_room

LONGEST_EMAIL = 254


@transaction.atomic
def add_member(
    tenant: Tenant,
    *,
    actor: Actor,
    email: str,
    name: str,
    role: Role,
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
    _require_right(actor, tenant, Role(role))
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
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
        created_at=clock.now(),
    )
    audit.record(actor, "member.added", row, after=audit.snapshot(row) | {"email": email})
    _write_to(row, actor)
    return row


@transaction.atomic
def edit_member(
    member: Membership,
    *,
    actor: Actor,
    role: Role,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Membership:
    """Change a role or the days in which it holds. Raises Refused, also when no owner would be left."""
    row = _locked_for_change(member, actor)
    _require_right(actor, row.tenant, Role(role))
    _require_order(valid_from, valid_to)
    before = audit.snapshot(row)
    row.role, row.valid_from, row.valid_to = role, valid_from, valid_to
    row.save(update_fields=["role", "valid_from", "valid_to"])
    if before["role"] == Role.OWNER:
        _require_owner(row.tenant)
    audit.record(actor, "member.edited", row, before=before, after=audit.snapshot(row))
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
        "tenant", "user"
    )
    row = next((one for one in rows if one.pk == member.pk), None)
    if row is None:
        raise Membership.DoesNotExist(member.pk)
    _require_right(actor, row.tenant, Role(row.role), from_above=from_above)
    return row


def _require_right(actor: Actor, tenant: Tenant, role: Role, *, from_above: bool = False) -> None:
    """May the actor give this role at this tenant, or take it?"""
    giver = _membership_of(actor)
    if giver is None:
        return
    if giver.tenant_id == tenant.pk:
        level = Level(tenant.level)
        if not granted(level, role) <= granted(level, Role(giver.role)):
            raise Refused(
                _("A role cannot be given or changed by one that may do less."), code="role", field="role"
            )
        return
    help_from_above = tenant.parent_id == giver.tenant_id and role is Role.OWNER
    if not help_from_above:
        raise Refused(_("Each level manages its own staff."), code="not_own_level")
    if not from_above and owners_of(tenant.pk).exists():
        raise Refused(
            _("%(name)s has an owner, who adds the others.") % {"name": tenant.name}, code="has_owner"
        )


def _membership_of(actor: Actor) -> Membership | None:
    """The actor's membership in the active scope; None where the scope is lifted. Raises Refused."""
    tenant_id = current_scope().tenant_id
    if tenant_id is None:
        return None
    kind, _colon, key = actor.ref.partition(":")
    if kind == "staff":
        row = Membership.objects.filter(tenant_id=tenant_id, user_id=int(key), is_active=True).first()
        if row is not None:
            return row
    raise Refused(_("You do not work here."), code="no_member")


def _require_owner(tenant: Tenant) -> None:
    if not owners_of(tenant.pk).exists():
        raise Refused(_("Somebody has to stay the owner."), code="last_owner", field="role")


def _require_order(valid_from: date | None, valid_to: date | None) -> None:
    if valid_from and valid_to and valid_to < valid_from:
        raise Refused(_("The last day lies before the first."), code="backwards", field="valid_to")
