"""Where a person works in another's name: at a membership further below, for a while, while both may.

The person stays signed in as himself; only the workplace is another's. Every request asks again whether the
time is not over, whether he still works above that tenant and may still do this, and whether the other still
works there. What is never lent (``kit.perms.never_lent``) is taken out of the other's rights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backoffice.kit import clock
from backoffice.kit.perms import never_lent
from backoffice.kit.scope import unscoped
from tenants.models import ActingSession, User
from tenants.permissions import TenantPerm
from tenants.rights import grants_at
from tenants.selectors import lineage, memberships_of, stopped_in
from tenants.workplaces import Workplace, workplace_at

LONGEST_MINUTES = 60


def running(person: User, key: Any) -> ActingSession | None:
    """The session with this key, while its time is not over and it was not left."""
    with unscoped(reason="whoever works in another's name has no scope before"):
        rows = ActingSession.objects.select_related("actor", "membership__user")
        return rows.filter(pk=key, actor=person, ended_at__isnull=True, until__gt=clock.now()).first()


def running_for(person_id: int, membership_id: int) -> ActingSession | None:
    """One in which this person works at this membership now."""
    with unscoped(reason="a job finds on whose behalf it runs"):
        rows = ActingSession.objects.select_related("actor", "membership__user")
        now = clock.now()
        return rows.filter(
            actor_id=person_id, membership_id=membership_id, ended_at__isnull=True, until__gt=now
        ).first()


def lent_place(acting: ActingSession, language: str = "") -> Workplace | None:
    """The workplace of the other, as far as it is lent; None once somebody has lost what it hangs on."""
    person, other = acting.actor, acting.membership.user
    mine = next((one for one in memberships_of(person) if one.pk == acting.via_id), None)
    theirs = next((one for one in memberships_of(other) if one.pk == acting.membership_id), None)
    if mine is None or theirs is None or not person.is_active or not other.is_active:
        return None
    chain = lineage(theirs.tenant_id)
    is_above = mine.tenant_id in {ancestor.id for ancestor in chain[:-1]}
    if not is_above or stopped_in(chain) is not None or TenantPerm.IMPERSONATE not in grants_at(mine):
        return None
    place = workplace_at(theirs, chain, reader=person, language=language)
    return replace(place, grants=place.grants - never_lent(), acting=acting)
