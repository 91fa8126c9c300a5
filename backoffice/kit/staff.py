"""A request of signed-in staff, and who reads a page through it.

``tenants.middleware`` puts the attributes there; the kit names them so that every page finds them typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from backoffice.kit.actor import Actor
from backoffice.kit.levels import Level
from backoffice.kit.perms import Grants, Perm


class Locality(Protocol):
    """Time zone (IANA), currency (ISO 4217) and language in force for a tenant."""

    @property
    def timezone(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def locale(self) -> str: ...


class StaffRequest(HttpRequest):
    """What a view of the backoffice may rely on; the scope of ``membership`` is active while it runs."""

    membership: Any
    memberships: Sequence[Any]
    """Everywhere that the person may work, the own one among them; none while he works in another's name."""
    acting: Any
    lineage: list[Any]
    shown: list[Any]
    """The chain down to what is looked at: the own tenant, or one below it."""
    grants: Grants
    actor: Actor
    locality: Locality
    htmx: HtmxDetails
    token: Any
    """What a program came in with; None for a person at a browser."""
    shown_under: str
    """The list whose menu entry is current, set by a page that belongs to one of several."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at rows: what they may see, and in which currency they type amounts.

    ``level`` is that of the tenant he works for, None where that does not matter. Language and time zone
    are the active ones of Django, the scope is the active one of the kit.
    """

    actor: Actor
    grants: Grants
    currency: str
    level: Level | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> Reader:
        """The reader behind a request."""
        staff: Any = request
        level = Level(staff.membership.tenant.level) if staff.membership else None
        return cls(staff.actor, staff.grants, staff.locality.currency, level)

    def may(self, perm: Perm | None) -> bool:
        """None is what every reader may."""
        return perm is None or perm in self.grants
