"""The tree of tenants, the people who work in it, and where they work."""

from tenants.models.acting import ActingSession
from tenants.models.calendar import Holiday
from tenants.models.invitations import Invitation, InvitationState
from tenants.models.papers import Contact, Paper, PaperKind
from tenants.models.people import Density, Membership, Theme, User, UserManager
from tenants.models.personal import ApiToken, NotificationChoices, StaffSession
from tenants.models.roles import CustomRole
from tenants.models.tree import Tenant, TenantManager, TenantQuerySet, TenantStatus

__all__ = [
    "ActingSession",
    "ApiToken",
    "Contact",
    "CustomRole",
    "Density",
    "Holiday",
    "Invitation",
    "InvitationState",
    "Membership",
    "NotificationChoices",
    "Paper",
    "PaperKind",
    "StaffSession",
    "Tenant",
    "TenantManager",
    "TenantQuerySet",
    "TenantStatus",
    "Theme",
    "User",
    "UserManager",
]
