"""A list as a workbook: at once where it is small, else as a job that reads it again with the rights of then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryFile

from django.db.models import Model
from django.http import FileResponse, QueryDict
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, jobs
from backoffice.kit.errors import Refused
from backoffice.kit.export import write_workbook
from backoffice.kit.lists.listing import Listing
from backoffice.kit.lists.resource import named
from backoffice.kit.lists.sheet import sheet_of
from backoffice.kit.models import Job
from backoffice.kit.scope import current_scope
from backoffice.kit.staff import StaffRequest

EXPORT_NOW = 5_000
"""Rows that are written while the browser waits."""

EXPORT = "export"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_name(listing: Listing) -> str:
    """``orders-history-2026-11-22.xlsx``."""
    day = timezone.localtime(clock.now()).date().isoformat()
    return f"{slugify(listing.resource.name.replace('.', '-'))}-{day}.xlsx"


def workbook_response(listing: Listing, request: StaffRequest) -> FileResponse:
    """The workbook as a download."""
    target = TemporaryFile()  # noqa: SIM115 - the response closes it
    rows = write_workbook(target, [sheet_of(listing)])
    target.seek(0)
    log_export(listing, request.membership.tenant, rows)
    return FileResponse(target, as_attachment=True, filename=file_name(listing), content_type=XLSX)


def log_export(listing: Listing, about: Model, rows: int) -> None:
    """Every export is in the audit trail: who took which rows of which list."""
    query = listing.url().partition("?")[2]
    after = {"list": listing.resource.name, "query": query, "rows": rows}
    if (part := current_scope().part) is not None:
        after["only"] = part.name
    audit.record(listing.reader.actor, "list.exported", about, after=after)


def start_export(listing: Listing, query: str, request: StaffRequest) -> Job:
    """Let a job write the workbook of this query. Raises Refused.

    What a program began is done with the rights of its token.
    """
    token = {"token": request.token.pk} if request.token else {}
    return jobs.start_job(
        EXPORT,
        title=_("Excel of %(list)s") % {"list": listing.resource.title},
        params={"resource": listing.resource.name, "query": query} | token,
        actor=request.actor,
        tenant_id=request.shown[-1].id,
        membership_id=request.membership.pk,
        file_name=file_name(listing),
    )


@jobs.kind(EXPORT)
def export_list(work: jobs.Work) -> Iterator[jobs.Step]:
    """The workbook of a list under a query. Raises Refused when the right to it is gone."""
    resource = named(work.params["resource"])
    listing = Listing(resource, QueryDict(work.params["query"]), work.reader)
    if not work.reader.may(resource.view) or not listing.may_export():
        raise Refused(_("You may not export this list any more."), code="permission")
    total = listing.rows.count()
    log_export(listing, work.job, total)
    yield 0, total
    yield replace(sheet_of(listing), expected=total)
