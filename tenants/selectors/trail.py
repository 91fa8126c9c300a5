"""What a level reads of the audit trail.

Each its own; an operator that of its agencies too. The levels above read of what lies below them what was done there in
another's name, and on the page of a tenant what happened to that tenant itself, which is largely their own doing.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from backoffice.kit import audit
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import current_scope
from tenants.models import Tenant

LATEST = 50

STAFF = "staff:"
"""How the reference of an actor begins who is a person of staff."""

SIGN_INS = ("sign_in.succeeded", "sign_in.failed")

BELOW = {Level.MANUFACTURER: "dealer", Level.DEALER: "operator"}
"""The levels that do not read what those below them did, and the column that says that it was they."""


def readable(rows: QuerySet[AuditEntry], level: Level | None) -> QuerySet[AuditEntry]:
    """Those of the scope that a reader of this level reads."""
    below = BELOW.get(level) if level is not None else None
    return rows if below is None else rows.filter(Q(**{f"{below}__isnull": True}) | ~Q(on_behalf_ref=""))


def trail_of(tenant: Tenant) -> list[AuditEntry]:
    """The last changes at a tenant and below it, as far as the reader's level reads them.

    Sign-ins change nothing, and what the platform asks of its terminals by itself would push everything else out.
    """
    level = current_scope().level
    by_itself = Q(action="command.sent") & ~Q(actor_ref__startswith=STAFF)
    here = AuditEntry.objects.filter(**{Level(tenant.level).column: tenant.pk}).exclude(action__in=SIGN_INS)
    here = here.exclude(by_itself)
    found = _latest(readable(here, level))
    if level in BELOW and tenant.pk != current_scope().tenant_id:
        itself = _latest(AuditEntry.objects.filter(object_ref=audit.reference(tenant)))
        found = sorted({*found, *itself}, key=lambda entry: (entry.at, entry.pk), reverse=True)
    return found[:LATEST]


def _latest(rows: QuerySet[AuditEntry]) -> list[AuditEntry]:
    return list(rows.order_by("-at", "-id")[:LATEST])
