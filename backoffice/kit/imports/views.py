"""The pages of an import: send a file, see what would become of it, let it happen. Somebody else's file is 404."""

from __future__ import annotations

from tempfile import TemporaryFile

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.kit import figures
from backoffice.kit.errors import Refused
from backoffice.kit.export import write_workbook
from backoffice.kit.frame import Fact, Link
from backoffice.kit.imports.declaration import Import, Sender, named
from backoffice.kit.imports.files import faults_sheet, files_of, keep_file, start_import
from backoffice.kit.imports.reading import MIB, MOST_BYTES, MOST_ROWS
from backoffice.kit.imports.template import template_of
from backoffice.kit.lists.exporting import XLSX
from backoffice.kit.lists.resource import named as list_named
from backoffice.kit.models import ImportFile, ImportState, Job, JobState
from backoffice.kit.pages import attempt, requires, row_or_404
from backoffice.kit.staff import StaffRequest

FAULTS_SHOWN = 50


class UploadForm(forms.Form):
    """The file. What is in it decides what it is, whatever it is called."""

    file = forms.FileField(
        label=gettext_lazy("Excel file (.xlsx)"),
        max_length=200,
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": f".xlsx,{XLSX}"},
        ),
    )


@requires()
@require_http_methods(["GET", "POST"])
def upload(request: StaffRequest, name: str) -> HttpResponse:
    """Send a file; its rows are checked, and nothing is changed."""
    one = _import(request, name)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sender = Sender(request.actor, request.membership.tenant_id)
        row = attempt(form, lambda: keep_file(one, form.cleaned_data["file"], sender=sender))
        if form.is_valid():
            return HttpResponseRedirect(_page_of(row))
    context = {
        "title": one.title,
        "form": form,
        "one": one,
        "back": list_named(one.back).back(),
        "most_rows": MOST_ROWS,
        "most_mib": MOST_BYTES // MIB,
        "template_url": reverse("imports.template", args=[name]),
    }
    return render(request, "kit/import.html", context)


@requires()
@require_GET
def template(request: StaffRequest, name: str) -> FileResponse:
    """The workbook to fill in."""
    one = _import(request, name)
    filename = f"{slugify(name.replace('.', '-'))}.xlsx"
    return FileResponse(template_of(one), as_attachment=True, filename=filename, content_type=XLSX)


@requires()
@require_GET
def file(request: StaffRequest, public_id: str) -> HttpResponse:
    """What would become of a file, or did."""
    row, one = _own(request, public_id)
    job = row.job if row.state != ImportState.DONE or (row.job and row.job.file) else None
    context = {
        "title": one.title,
        "back": Link(one.title, reverse("imports.upload", args=[one.name])),
        "list": list_named(one.back).back(),
        "row": row,
        "handed": one.handed,
        "facts": _facts(row),
        "faults": row.faults[:FAULTS_SHOWN],
        "more_faults": max(0, len(row.faults) - FAULTS_SHOWN),
        "faults_url": reverse("imports.faults", args=[public_id]),
        "start_url": reverse("imports.start", args=[public_id]),
        **_job(job),
    }
    return render(request, "kit/import_file.html", context)


@requires()
@require_GET
def faults(request: StaffRequest, public_id: str) -> FileResponse:
    """The faulty rows with the reasons, as a workbook."""
    row, _one = _own(request, public_id)
    target = TemporaryFile()  # noqa: SIM115 - the response closes it
    write_workbook(target, [faults_sheet(row)])
    target.seek(0)
    filename = f"{slugify(row.name.replace('.', '-'))}-faults.xlsx"
    return FileResponse(target, as_attachment=True, filename=filename, content_type=XLSX)


@requires()
@require_POST
def start(request: StaffRequest, public_id: str) -> HttpResponse:
    """Import it."""
    row, _one = _own(request, public_id)
    try:
        start_import(row, actor=request.actor, membership_id=request.membership.pk)
    except Refused as refused:
        messages.error(request, str(refused.message))
    return HttpResponseRedirect(_page_of(row))


def _import(request: StaffRequest, name: str) -> Import:
    """The import of this name, for somebody who may."""
    try:
        one = named(name)
    except KeyError as nothing:
        raise Http404 from nothing
    if one.perm not in request.grants:
        raise PermissionDenied
    request.shown_under = one.back
    return one


def _own(request: StaffRequest, public_id: str) -> tuple[ImportFile, Import]:
    row = row_or_404(files_of(request.actor).select_related("job"), public_id=public_id)
    return row, _import(request, row.name)


def _page_of(row: ImportFile) -> str:
    return reverse("imports.file", args=[row.public_id])


def _facts(row: ImportFile) -> list[Fact]:
    counts = [
        (_("Rows"), row.rows),
        (_("Faulty"), row.faulty),
        (_("New"), row.new),
        (_("Changed"), row.changed),
        (_("As they are"), row.unchanged),
    ]
    return [Fact(label, figures.number_text(count)) for label, count in counts]


def _job(job: Job | None) -> dict[str, object]:
    """What ``kit/_job.html`` reads."""
    if job is None:
        return {"job": None}
    done = job.state == JobState.DONE
    return {
        "job": job,
        "percent": min(100, job.done * 100 // job.total) if job.total else None,
        "file_url": reverse("jobs.file", args=[job.public_id]) if done and job.file else "",
        "cancel_url": reverse("jobs.cancel", args=[job.public_id]),
        "retry_url": "",
    }


urlpatterns = [
    path("imports/files/<str:public_id>/", file, name="imports.file"),
    path("imports/files/<str:public_id>/faults", faults, name="imports.faults"),
    path("imports/files/<str:public_id>/start", start, name="imports.start"),
    path("imports/<str:name>/", upload, name="imports.upload"),
    path("imports/<str:name>/template", template, name="imports.template"),
]
