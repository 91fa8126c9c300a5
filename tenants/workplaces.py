"""Where a person works now: the membership in force, and everything that follows from it.

A workplace is made anew for each request and each job, from the rights of now. A membership that has
ended, or that stands below a suspended or closed tenant, is no workplace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.actor import Actor
from backoffice.kit.perms import Grants
from backoffice.kit.reach import Scope
from backoffice.kit.scope import within
from backoffice.kit.staff import Reader
from tenants.models import ActingSession, ApiToken, Membership, TenantStatus, User
from tenants.permissions import TenantPerm
from tenants.rights import grants_at
from tenants.selectors import (
    Ancestor,
    Locality,
    lineage,
    locality_in,
    memberships_of,
    part_in,
    scope_in,
    shut_in,
    stopped_in,
)


@dataclass(frozen=True, slots=True)
class Workplace:
    """A membership in force. ``locality`` is that of the tenant with the reader's own choices on top.

    ``shown`` leads down to what is looked at: to the tenant itself, or to the one below it that the view is
    narrowed to (``scope.part``), whose currency is then typed and read.
    ``token`` is what a program came in with, in the person's name. ``acting`` is set where somebody else than
    the member works there (``tenants.acting``).
    """

    membership: Membership
    lineage: list[Ancestor]
    shown: list[Ancestor]
    grants: Grants
    locality: Locality
    scope: Scope
    token: ApiToken | None = None
    acting: ActingSession | None = None

    def actor(self, ip: str = "") -> Actor:
        """The person as services and the audit trail know him."""
        user = self.membership.user
        if self.acting is None:
            label = f"{user} · {self.token}" if self.token else str(user)
            return Actor(f"staff:{user.pk}", label, ip=ip)
        person = self.acting.actor
        return Actor(
            f"staff:{person.pk}",
            f"{person} ({user})",
            ip=ip,
            on_behalf=str(user),
            on_behalf_ref=f"staff:{user.pk}",
        )

    def reader(self) -> Reader:
        """Who looks at rows from here."""
        return Reader(self.actor(), self.grants, self.locality.currency, self.lineage[-1].level)

    def for_writing(self) -> Workplace:
        """For a request that changes something: its services read the whole scope."""
        return replace(self, scope=replace(self.scope, acting=True))

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The tenant's scope, the person's language and time zone."""
        with ExitStack() as stack:
            stack.enter_context(within(self.scope))
            stack.enter_context(translation.override(self.locality.locale))
            stack.enter_context(timezone.override(ZoneInfo(self.locality.timezone)))
            yield


def workplace_of(
    user: User, preferred: int | None = None, language: str = "", part_id: int | None = None
) -> Workplace | None:
    """Where the user works: at the membership ``preferred`` if that is in force, else at the highest whose tenant
    works, else where one is being set up.

    ``language`` is what he chose without having signed in; his own setting goes before it. ``part_id`` is a
    tenant to look at alone; one that does not stand below the membership's (any more) is not looked at.
    """
    set_up = None
    for membership in sorted(memberships_of(user), key=lambda one: one.pk != preferred):
        chain = lineage(membership.tenant_id)
        if shut_in(chain) is not None:
            continue
        place = workplace_at(membership, chain, reader=user, language=language)
        if membership.pk == preferred or stopped_in(chain) is None:
            return _looking_at(part_id, place)
        set_up = set_up or place
    return set_up


def workplaces_of(user: User) -> list[Workplace]:
    """Everywhere that the user works, the highest level first."""
    chains = [(membership, lineage(membership.tenant_id)) for membership in memberships_of(user)]
    return [workplace_at(one, chain, reader=user) for one, chain in chains if shut_in(chain) is None]


def barred(user: User) -> str:
    """Why the user cannot work anywhere; empty where he can."""
    memberships = memberships_of(user) if user.is_active else []
    stopped = None
    for membership in memberships:
        stopped = shut_in(lineage(membership.tenant_id))
        if stopped is None:
            return ""
    if stopped is None:
        return _("You do not work for anybody here any more.")
    return str(_WHY_STOPPED[stopped.status]) % {"name": stopped.name}


_WHY_STOPPED: dict[TenantStatus, Promise] = {
    TenantStatus.DRAFT: gettext_lazy("%(name)s is still being set up. Ask the level above."),
    TenantStatus.SUBMITTED: gettext_lazy("%(name)s is still being set up. Ask the level above."),
    TenantStatus.SUSPENDED: gettext_lazy("%(name)s is suspended. Ask the level above."),
    TenantStatus.EXPIRED: gettext_lazy("The contract of %(name)s has ended. Ask the level above."),
    TenantStatus.CLOSED: gettext_lazy("%(name)s is closed."),
}


def workplace_at(
    membership: Membership, chain: list[Ancestor], *, reader: User, language: str = ""
) -> Workplace:
    """The workplace of a membership in force, in the language and zone of who reads. ``chain`` ends in its tenant."""
    tenant = locality_in(chain)
    return Workplace(
        membership,
        chain,
        chain,
        _granted(membership, chain[-1]),
        Locality(
            timezone=reader.timezone or tenant.timezone,
            currency=tenant.currency,
            locale=reader.language or language or tenant.locale,
        ),
        scope_in(chain),
    )


def _granted(membership: Membership, own: Ancestor) -> Grants:
    """The rights of a role; of those, while the tenant is being set up, what sees to its own profile and papers."""
    found = grants_at(membership)
    if own.status is TenantStatus.DRAFT:
        return found & {TenantPerm.VIEW, TenantPerm.PROFILE}
    return found & {TenantPerm.VIEW} if own.status is TenantStatus.SUBMITTED else found


def _looking_at(part_id: int | None, place: Workplace) -> Workplace:
    """The same workplace with the view narrowed to a tenant that stands below it."""
    if part_id is None or part_id == place.lineage[-1].id or part_id not in place.scope.owned:
        return place
    shown = lineage(part_id)
    return replace(
        place,
        shown=shown,
        locality=replace(place.locality, currency=locality_in(shown).currency),
        scope=replace(place.scope, part=part_in(shown)),
    )
