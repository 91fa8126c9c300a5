"""The tree of tenants, the people who work in it, and where they work."""

from tenants.models.acting import ActingSession
from tenants.models.invitations import Invitation, InvitationState
from tenants.models.papers import Contact, Paper, PaperKind
from tenants.models.people import Membership, Theme, User, UserManager
from tenants.models.roles import CustomRole
from tenants.models.tree import Tenant, TenantManager, TenantQuerySet, TenantStatus

__all__ = [
    "ActingSession",
    "Contact",
    "CustomRole",
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
