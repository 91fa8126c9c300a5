"""The tree of tenants, the people who work in it, and where they work."""

from tenants.models.calendar import Holiday
from tenants.models.people import Membership, Theme, User, UserManager
from tenants.models.tree import Tenant, TenantManager, TenantQuerySet, TenantStatus

__all__ = [
    "Holiday",
    "Membership",
    "Tenant",
    "TenantManager",
    "TenantQuerySet",
    "TenantStatus",
    "Theme",
    "User",
    "UserManager",
]
