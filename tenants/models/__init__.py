"""The tree of tenants, the people who work in it, and where they work."""

from tenants.models.calendar import Holiday
from tenants.models.people import Membership, Theme, User, UserManager
from tenants.models.personal import ApiToken, NotificationChoices, StaffSession
from tenants.models.tree import Tenant, TenantManager, TenantQuerySet, TenantStatus

__all__ = [
    "ApiToken",
    "Holiday",
    "Membership",
    "NotificationChoices",
    "StaffSession",
    "Tenant",
    "TenantManager",
    "TenantQuerySet",
    "TenantStatus",
    "Theme",
    "User",
    "UserManager",
]
