"""The start page of every level, and its workbook."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render

from backoffice.kit.export import write_workbook
from backoffice.kit.pages import requires
from backoffice.kit.staff import StaffRequest
from reports import overview as page, workbook
from reports.periods import Kind
from reports.permissions import ReportPerm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(ReportPerm.OVERVIEW)
def overview(request: StaffRequest) -> HttpResponse:
    """What happened, what happens now, and what waits."""
    context: dict[str, Any] = page.build(request, _kind(request))
    return render(request, "overview.html", context)


@requires(ReportPerm.EXPORT)
def export(request: StaffRequest) -> FileResponse:
    """The period of the overview as a workbook: day by day, and tenant by tenant."""
    target = TemporaryFile()  # noqa: SIM115 - the response closes it
    kind = _kind(request)
    write_workbook(target, workbook.sheets(request, kind))
    target.seek(0)
    name = workbook.file_name(request, kind)
    return FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)


def _kind(request: StaffRequest) -> Kind:
    """The period that was asked for; nonsense is today."""
    asked = request.GET.get("period", "")
    return Kind(asked) if asked in set(Kind) else Kind.TODAY
