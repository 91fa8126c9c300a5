"""What staff and timers did to a station or a pile, from the audit trail that the scope may see."""

from __future__ import annotations

from django.db.models import Model, QuerySet

from backoffice.kit import audit
from backoffice.kit.models import AuditEntry


def history_of(row: Model) -> QuerySet[AuditEntry]:
    """The newest first."""
    return AuditEntry.objects.filter(object_ref=audit.reference(row)).order_by("-at", "-id")
