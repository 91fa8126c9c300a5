"""The tree of tenants, the people who work in it, and where they work."""

from tenants.models.invitations import Invitation, InvitationState
from tenants.models.papers import Contact, Paper, PaperKind
from tenants.models.people import Density, Membership, Theme, User, UserManager
from tenants.models.tree import Tenant, TenantManager, TenantQuerySet, TenantStatus

__all__ = [
    "Contact",
    "Density",
    "Invitation",
    "InvitationState",
    "Membership",
    "Paper",
    "PaperKind",
    "Tenant",
    "TenantManager",
    "TenantQuerySet",
    "TenantStatus",
    "Theme",
    "User",
    "UserManager",
]
