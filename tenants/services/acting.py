"""Beginning and ending work in another's name. Both identities are in the audit trail from the first row on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import path_of_tenant
from tenants.acting import LONGEST_MINUTES, lent_place
from tenants.models import ActingSession, Membership
from tenants.permissions import TenantPerm
from tenants.rights import grants_at
from tenants.selectors import in_force
from tenants.services.givers import giver_of


@transaction.atomic
def begin_acting(member: Membership, *, actor: Actor, reason: str, minutes: int) -> ActingSession:
    """Lend the actor the workplace of a member further below, for at most an hour.

    Raises Refused for a member at his own tenant, himself, one who does not work now, without the right,
    and from within another's name.
    """
    via = giver_of(actor)
    row = Membership.objects.select_related("user", "tenant").get(pk=member.pk)
    if via is None or TenantPerm.IMPERSONATE not in grants_at(via):
        raise Refused(_("You may not work in another's name."), code="right")
    if row.tenant_id == via.tenant_id:
        raise Refused(_("Only in the name of somebody further below."), code="not_below")
    if row.user_id == via.user_id:
        raise Refused(_("This is you: switch to where you work there."), code="self")
    if not in_force(Membership.objects.filter(pk=row.pk)).exists():
        raise Refused(_("%(name)s does not work here any more.") % {"name": row.user.name}, code="inactive")
    if not 0 < minutes <= LONGEST_MINUTES:
        raise Refused(
            _("At most %(most)s minutes.") % {"most": LONGEST_MINUTES}, code="long", field="minutes"
        )
    now = clock.now()
    acting = ActingSession.objects.create(
        **path_of_tenant(row.tenant_id).as_columns(),
        actor_id=via.user_id,
        via=via,
        membership=row,
        reason=reason,
        started_at=now,
        until=now + timedelta(minutes=minutes),
    )
    if lent_place(acting) is None:
        raise Refused(_("%(name)s cannot sign in either.") % {"name": row.user.name}, code="inactive")
    behalf = replace(actor, on_behalf=str(row.user), on_behalf_ref=f"staff:{row.user_id}")
    audit.record(behalf, "acting.begun", acting, after={"until": acting.until}, reason=reason)
    return acting


@transaction.atomic
def end_acting(acting: ActingSession, *, actor: Actor) -> None:
    """Go back to one's own name. Twice changes nothing the second time."""
    now = clock.now()
    if ActingSession.objects.filter(pk=acting.pk, ended_at__isnull=True).update(ended_at=now):
        audit.record(actor, "acting.ended", acting, after={"ended_at": now})
