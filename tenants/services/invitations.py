"""Inviting somebody who has no password yet: a link that is good for some days and works once.

Whoever sets a password by it has accepted. A link is dead once another was sent, once it was revoked, accepted or
too old, and once the membership is no more. Revoking it ends the membership too, for nobody has worked by it yet.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from tenants import invitations as letters
from tenants.models import Invitation, InvitationState, Membership, User
from tenants.selectors import invitation_state

GOOD_FOR = timedelta(days=7)
WHY = "whoever has the link has no scope yet"


@transaction.atomic
def invite(member: Membership, *, actor: Actor) -> Invitation:
    """Send a link to a member whose person has no password; an earlier one dies."""
    now = clock.now()
    for open_one in locks.locked(_open_of(member)):
        open_one.revoked_at = now
        open_one.save(update_fields=["revoked_at"])
    token = secrets.token_urlsafe(32)
    row = Invitation.objects.create(
        tenant_id=member.tenant_id,
        membership=member,
        token_hash=_hash(token),
        sent_by=actor.label[:120],
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    transaction.on_commit(
        lambda: letters.send_invitation(member.user, member.tenant, token, days=GOOD_FOR.days), robust=True
    )
    return row


def end_invitations(member: Membership) -> bool:
    """Kill the open link of a member, in the caller's transaction; was there one?"""
    return bool(_open_of(member).update(revoked_at=clock.now()))


def settle_invitations(user: User) -> None:
    """Whoever has a password has come in: his open invitations are accepted, and their links dead."""
    with unscoped(reason=WHY):
        Invitation.objects.filter(
            membership__user=user, accepted_at__isnull=True, revoked_at__isnull=True
        ).update(accepted_at=clock.now())


def find_invitation(token: str) -> Invitation | None:
    """The invitation of a link that works now, with its person and tenant; None for every other link."""
    with unscoped(reason=WHY):
        row = (
            Invitation.objects.select_related("membership__user", "tenant")
            .filter(token_hash=_hash(token))
            .first()
        )
    if row is None or invitation_state(row) is not InvitationState.OPEN:
        return None
    return row if row.membership.is_active and row.membership.user.is_active else None


@transaction.atomic
def accept_invitation(token: str, *, password: str, ip: str = "") -> Invitation:
    """Set the person's password and use the link up. Raises Refused ``gone`` for a link that does not work."""
    with unscoped(reason=WHY):
        locks.hold(f"tenants.invitation:{_hash(token)}")
        row = find_invitation(token)
        if row is None:
            raise Refused(_("This link does not work any more."), code="gone")
        user = row.membership.user
        user.set_password(password)
        user.save(update_fields=["password"])
        settle_invitations(user)
        actor = Actor(f"staff:{user.pk}", str(user), ip=ip)
        audit.record(actor, "member.accepted", row.membership)
    return row


def _open_of(member: Membership) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        membership_id=member.pk, accepted_at__isnull=True, revoked_at__isnull=True
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
