"""The list pages of this room."""

from tenants.resources.companies import STATUS_TONES, TENANTS, is_not_below_us
from tenants.resources.people import INVITATION_TONES, STAFF, WORKS, is_not_ours

LISTS = (TENANTS, STAFF)

__all__ = [
    "INVITATION_TONES",
    "LISTS",
    "STAFF",
    "STATUS_TONES",
    "TENANTS",
    "WORKS",
    "is_not_below_us",
    "is_not_ours",
]
