"""The list pages of this room."""

from tenants.resources.companies import REVIEW, STATUS_TONES, TENANTS, is_not_below_us
from tenants.resources.people import INVITATION_TONES, STAFF, WORKS, is_not_ours
from tenants.resources.roles import ROLES

LISTS = (TENANTS, STAFF, ROLES)

__all__ = [
    "INVITATION_TONES",
    "LISTS",
    "REVIEW",
    "ROLES",
    "STAFF",
    "STATUS_TONES",
    "TENANTS",
    "WORKS",
    "is_not_below_us",
    "is_not_ours",
]
