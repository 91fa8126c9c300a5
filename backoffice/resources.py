"""The lists of what every room writes through the kit: the audit trail, and jobs."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice.changes import change_words
from backoffice.kit.deeds import DEEDS, deed_words, doer_words
from backoffice.kit.frame import Empty
from backoffice.kit.job_views import TONES
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, columns, filters
from backoffice.kit.models import AuditEntry, Job
from backoffice.kit.reasons import reason_words
from backoffice.kit.scope import current_scope
from backoffice.kit.staff import Reader
from tenants.permissions import TenantPerm
from tenants.selectors import readable


def read_by(rows: QuerySet[AuditEntry], reader: Reader) -> QuerySet[AuditEntry]:
    """Those that the reader's level reads."""
    return readable(rows, reader.level or current_scope().level)


class AuditTable(ListTable):
    at = columns.When(sort=True)
    action = columns.Link(to="audit.entry", show=deed_words)
    actor = columns.Text(
        "actor_label", "actor_ref", head=_("Actor"), show=doer_words, second=columns.Text("ip")
    )
    on_behalf = columns.Text(head=_("On behalf of"), shown=False)
    object = columns.Text("object_label", head=_("Object"), css="c-tight")
    changes = columns.Text(
        "object_ref", "before", "after", head=_("Changes"), show=change_words, css="c-wide"
    )
    reason = columns.Text(show=reason_words, css="c-some")


class AuditFilters(ListFilters):
    at = filters.Period()
    actor = filters.Search("actor_label", label=_("Actor"))
    action = filters.Choice(choices=DEEDS)
    object = filters.Search("object_label", label=_("Object"))
    tenant = filters.Subtree()
    on_behalf = filters.Search("on_behalf", label=_("On behalf of"))


AUDIT = Resource(
    name="audit",
    path="system/audit/",
    title=_("Audit log"),
    model=AuditEntry,
    rows=AuditEntry.objects.all,
    narrow=read_by,
    table=AuditTable,
    filters=AuditFilters,
    view=TenantPerm.AUDIT_VIEW,
    export=TenantPerm.EXPORT,
    label="object_label",
    order=("-at", "-id"),
    detail="audit.entry",
    menu=Place("system", 40),
    empty=Empty(
        _("No change recorded yet"), _("Every change that staff, drivers and timers make is listed here.")
    ),
)


class JobTable(ListTable):
    title = columns.Link(to="jobs.job", key="public_id")
    state = columns.Badge(tones=TONES)
    created_at = columns.When(sort=True)
    done = columns.Number(head=_("Rows"))
    finished_at = columns.When(sort=True)
    expires_at = columns.When()


class JobFilters(ListFilters):
    state = filters.Choice()
    created_at = filters.Period()


def all_jobs() -> QuerySet[Job]:
    """Jobs of the scope, whatever part of it is looked at."""
    return Job.objects.whole()


def own_jobs(rows: QuerySet[Job], reader: Reader) -> QuerySet[Job]:
    """A job is seen by its owner alone."""
    return rows.filter(owner_ref=reader.actor.owns_as)


JOBS = Resource(
    name="jobs",
    path="system/jobs/",
    title=_("Jobs"),
    model=Job,
    rows=all_jobs,
    narrow=own_jobs,
    table=JobTable,
    filters=JobFilters,
    view=None,
    label="title",
    order=("-created_at", "-id"),
    menu=Place("system", 50),
    detail="jobs.job",
    detail_key="public_id",
    live="jobs",
    empty=Empty(
        _("No jobs"),
        _("Large Excel files and other long work appear here while they run, and stay for a week."),
    ),
)
