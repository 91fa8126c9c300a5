"""One entry of the audit trail in full: who, in whose name, what, why, and each field before and after."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice.changes import changes_of
from backoffice.kit import cells
from backoffice.kit.deeds import deed_words, doer_words
from backoffice.kit.frame import Words
from backoffice.kit.models import AuditEntry
from backoffice.kit.pages import detail_page, requires, row_or_404
from backoffice.kit.reasons import reason_words
from backoffice.kit.staff import Reader, StaffRequest
from backoffice.resources import AUDIT
from tenants.permissions import TenantPerm
from tenants.selectors import tenant_names


@requires(TenantPerm.AUDIT_VIEW)
@require_GET
def entry(request: StaffRequest, pk: int) -> HttpResponse:
    """What the list shows to this reader, one row of it."""
    reader = Reader.of(request)
    row = row_or_404(AUDIT.rows_for(reader), pk=pk)
    return detail_page(
        request,
        "backoffice/audit_entry.html",
        title=deed_words(row.action),
        back=AUDIT.back(),
        subtitle=row.object_label,
        entry=row,
        changes=list(changes_of(row.object_ref, row.before, row.after, reader=reader)),
        about=_about(row),
    )


def _about(row: AuditEntry) -> list[tuple[Words, Words]]:
    owner = row.path.owner_id
    return [
        (_("Time"), cells.when(row.at)),
        (_("Actor"), doer_words(row.actor_label, row.actor_ref)),
        (_("On behalf of"), row.on_behalf or "–"),
        (_("Address"), row.ip or "–"),
        (_("Object"), row.object_label),
        (_("Tenant"), tenant_names([owner]).get(owner, "–")),
        (_("Reason"), reason_words(row.reason) or "–"),
    ]
