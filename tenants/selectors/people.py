"""Reads about people: who works where, and what was changed of it."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from backoffice.kit import audit, clock
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Perm, Role
from backoffice.kit.scope import unscoped
from tenants.models import CustomRole, Invitation, InvitationState, Membership, Tenant, User
from tenants.rights import grants_at
from tenants.selectors.tree import lineage


def members() -> QuerySet[Membership]:
    """Staff of the active scope."""
    return Membership.objects.select_related("user", "tenant", "custom_role")


def _has_mfa() -> Exists:
    totp = Authenticator.objects.filter(user_id=OuterRef("user_id"), type=Authenticator.Type.TOTP)
    return Exists(totp)


def roles() -> QuerySet[CustomRole]:
    """Roles that tenants of the active scope defined, and how many ``holders`` each has."""
    return CustomRole.objects.annotate(holders=Count("memberships"))


def roles_by_name() -> QuerySet[CustomRole]:
    """Those of the scope, to choose from."""
    return CustomRole.objects.order_by("name", "pk")


def roles_of(tenant_id: int) -> QuerySet[CustomRole]:
    """Those of one tenant of the scope, by name."""
    return CustomRole.objects.filter(tenant_id=tenant_id).order_by("name", "pk")


def holders_of(role: CustomRole, *, most: int = 50) -> list[Membership]:
    """Who has a role of the scope, those who work first."""
    return list(members().filter(custom_role=role).order_by("-is_active", "user__name", "pk")[:most])


def sign_ins_in_scope(user: User, *, newest: int = 10) -> list[AuditEntry]:
    """The last sign-ins of a person that the scope shows: those by which he came to work inside it."""
    rows = AuditEntry.objects.filter(object_ref=audit.reference(user), action__startswith="sign_in.")
    return list(rows.order_by("-at", "-id")[:newest])


def members_listed() -> QuerySet[Membership]:
    """The same with the state of the last ``invitation``, None for who had a password when he was let in, and
    whether a second factor is asked (``mfa``).
    """
    now = clock.now()
    state = Case(
        When(accepted_at__isnull=False, then=Value(InvitationState.ACCEPTED.value)),
        When(revoked_at__isnull=False, then=Value(InvitationState.REVOKED.value)),
        When(expires_at__lte=now, then=Value(InvitationState.EXPIRED.value)),
        default=Value(InvitationState.OPEN.value),
        output_field=CharField(),
    )
    last = Invitation.objects.filter(membership=OuterRef("pk")).order_by("-created_at", "-pk")
    states = last.annotate(state=state).values("state")[:1]
    return members().annotate(invitation=Subquery(states), mfa=_has_mfa())


def invitation_state(row: Invitation) -> InvitationState:
    """What an invitation is now."""
    if row.accepted_at is not None:
        return InvitationState.ACCEPTED
    if row.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if row.expires_at <= clock.now() else InvitationState.OPEN


def last_invitation(member: Membership) -> InvitationState | None:
    """The state of the last invitation of a member; None where there was none."""
    last = Invitation.objects.filter(membership=member).order_by("-created_at", "-pk").first()
    return invitation_state(last) if last is not None else None


def members_of(tenant_id: int) -> QuerySet[Any]:
    """Staff of one tenant of the scope, those who work first."""
    return members_listed().filter(tenant_id=tenant_id).order_by("-is_active", "user__name", "pk")


def owners_of(tenant_id: int) -> QuerySet[Membership]:
    """Who is owner of a tenant of the scope today."""
    return in_force(Membership.objects.filter(tenant_id=tenant_id, role=Role.OWNER, user__is_active=True))


def in_force(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    """Memberships that hold today."""
    today = clock.now().date()
    return rows.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=today),
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        is_active=True,
    )


def people_with(perm: Perm, tenant_id: int) -> set[int]:
    """The users who may do something for a tenant today: its own staff and that of the levels above."""
    with unscoped(reason="who may decide is counted and not shown"):
        rows = in_force(
            Membership.objects.select_related("tenant", "custom_role").filter(
                tenant__in=[ancestor.id for ancestor in lineage(tenant_id)], user__is_active=True
            )
        )
        return {row.user_id for row in rows if perm in grants_at(row)}


def history_of(row: Tenant | Membership | CustomRole, *, newest: int = 20) -> list[AuditEntry]:
    """The last changes of a row that the scope shows."""
    return list(AuditEntry.objects.filter(object_ref=audit.reference(row)).order_by("-at", "-id")[:newest])


def memberships_of(user: User) -> list[Membership]:
    """Where the user may work today, the highest level first."""
    with unscoped(reason="a person's own memberships decide the scope"):
        return sorted(
            in_force(Membership.objects.select_related("tenant", "user", "custom_role").filter(user=user)),
            key=lambda membership: (Level(membership.tenant.level).depth, membership.tenant.name),
        )
