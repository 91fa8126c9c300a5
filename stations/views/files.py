"""Firmware and files of one pile: what it runs, how far its updates are, what it sent."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.pages import form_page, requires, row_or_404
from stations import selectors, tones, updating
from stations.file_wording import reason_words, step_words
from stations.forms.files import FetchForm, UpdateForm
from stations.models import Life, UploadKind
from stations.permissions import StationPerm
from stations.services import updates, uploads
from stations.states import UPDATE_OPEN, UPLOAD_OPEN, UpdateState
from stations.views.workbench import pile_page

JOBS_SHOWN = 15
FETCH_GIVEN = ("kind", "since", "until", "reason")
"""What other pages may fill in of the question for a log."""


def page_of(pile_id):
    return reverse("stations:pile_files", args=[pile_id])


@requires(StationPerm.VIEW)
def pile_files(request, pk):
    """The version and how it came to it; for those who may ask for logs, or read them, those too."""
    row = row_or_404(selectors.piles(), pk=pk)
    may_ask = StationPerm.COMMAND_ENGINEER in request.grants
    may_read = StationPerm.FRAMES_VIEW in request.grants
    updates_shown = selectors.firmware_jobs_of(row)[:JOBS_SHOWN]
    return pile_page(
        request,
        row,
        "stations/files.html",
        current="pile_files",
        live=["files"],
        actions=_actions(row) if may_ask and row.life != Life.RETIRED else [],
        state_facts=_facts(row),
        updates=[_update(job, may_ask, row.firmware) for job in updates_shown],
        uploads=_uploads(row, may_ask) if may_ask or may_read else None,
        changes=selectors.firmware_changes_of(row)[:JOBS_SHOWN],
        may_read=may_read,
    )


def _uploads(row, may_ask):
    return [_upload(job, may_ask) for job in selectors.upload_jobs_of(row)[:JOBS_SHOWN]]


@requires(StationPerm.COMMAND_ENGINEER)
def update(request, pk):
    """Give a terminal another firmware."""
    row = row_or_404(selectors.piles(), pk=pk)
    form = UpdateForm(request.POST or None, pile=row, initial={"how": request.GET.get("how", "")})
    return form_page(
        request,
        form,
        title=_("Update %(name)s") % {"name": row.name},
        save=lambda _data: updates.start_update(row, actor=request.actor, **form.request()),
        then=lambda job: page_of(job.pile_id),
        done=_("Asked. How far it is stands below."),
        submit_label=_("Update"),
        back=Link(row.name, page_of(pk)),
        cancel_url=page_of(pk),
    )


@requires(StationPerm.COMMAND_ENGINEER)
def fetch(request, pk):
    """Fetch diagnostics or a log."""
    row = row_or_404(selectors.piles(), pk=pk)
    given = {name: request.GET[name] for name in FETCH_GIVEN if name in request.GET}
    form = FetchForm(request.POST or None, initial={"kind": UploadKind.DIAGNOSTICS, **given})
    return form_page(
        request,
        form,
        title=_("Fetch a log of %(name)s") % {"name": row.name},
        save=lambda data: uploads.start_upload(
            row, wanted=form.wanted(), actor=request.actor, reason=data["reason"]
        ),
        then=lambda job: page_of(job.pile_id),
        done=_("Asked. How far it is stands below."),
        submit_label=_("Fetch"),
        back=Link(row.name, page_of(pk)),
        cancel_url=page_of(pk),
    )


@requires(StationPerm.COMMAND_ENGINEER)
@require_POST
def ask_update(request, pk):
    """Ask the terminal how far an update is."""
    job = row_or_404(selectors.firmware_job_list(), pk=pk)
    return _ask(request, job, lambda: updates.ask_progress(job, actor=request.actor))


@requires(StationPerm.COMMAND_ENGINEER)
@require_POST
def ask_upload(request, pk):
    """Ask the terminal how far an upload is."""
    job = row_or_404(selectors.upload_job_list(), pk=pk)
    return _ask(request, job, lambda: uploads.ask_progress(job, actor=request.actor))


@requires(StationPerm.FRAMES_VIEW)
@require_GET
def download(request, pk):
    """A file that a terminal sent; whoever takes it is on record."""
    row = row_or_404(selectors.uploaded_files(), pk=pk)
    try:
        content = row.file.open()
    except FileNotFoundError as gone:
        raise Http404 from gone
    uploads.hand_out(row, actor=request.actor)
    answer = FileResponse(
        content, as_attachment=True, filename=row.name, content_type="application/octet-stream"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox"
    return answer


def _ask(request, job, act):
    try:
        act()
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Asked. What the terminal says stands below."))
    return HttpResponseRedirect(page_of(job.pile_id))


def _facts(row):
    protocols = ", ".join(sorted(selectors.transfer_protocols(row))).upper()
    return [
        Fact(_("Firmware"), row.firmware or "–", big=False),
        Fact(_("Model"), str(row.model) if row.model else "–", big=False),
        Fact(_("Moves files by"), protocols or _("it never said"), big=False),
    ]


def _actions(row):
    dead = "" if row.online else _("The terminal is offline")

    def to(name, label, icon, query=""):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]) + query, icon=icon, get=True)

    if dead:
        return [Action(_("Update…"), "", icon="upload", refused=dead)]
    return [
        to("pile_update", _("Update…"), "upload"),
        to("pile_update", _("Signed update…"), "shield", "?how=signed"),
        to("pile_fetch", _("Fetch diagnostics…"), "download"),
        to("pile_fetch", _("Fetch security log…"), "lock", f"?kind={UploadKind.SECURITY_LOG}"),
    ]


def _update(job, may_ask, now):
    proof, tone = _proof(job, now)
    return {
        "row": job,
        "tone": tones.UPDATE[job.state],
        "reason": reason_words(job.reason),
        "proof": proof,
        "proof_tone": tone,
        "steps": [(clock.parse(at), step_words(word)) for at, word in job.steps],
        "actions": _question("ask_update", job) if may_ask and job.state in UPDATE_OPEN else [],
    }


def _proof(job, now):
    """What the terminal called its firmware afterwards, whether that is what it was given, and whether it is so still."""
    if not job.version_seen:
        waits = job.state == UpdateState.INSTALLED
        return (_("not restarted since"), "t-waiting") if waits else ("", "")
    if updating.same_version(job.version_seen, job.firmware.version):
        if now and not updating.same_version(now, job.version_seen):
            words = _("It reported %(version)s, and now %(now)s.")
            return words % {"version": job.version_seen, "now": now}, "t-waiting"
        return _("It reports %(version)s.") % {"version": job.version_seen}, "t-charging"
    return _("It reports %(version)s, which is another.") % {"version": job.version_seen}, "t-fault"


def _upload(job, may_ask):
    return {
        "row": job,
        "tone": tones.UPLOAD[job.state],
        "reason": reason_words(job.reason),
        "files": list(job.files.all()),
        "steps": [(clock.parse(at), step_words(word)) for at, word in job.steps],
        "actions": _question("ask_upload", job) if may_ask and job.state in UPLOAD_OPEN else [],
    }


def _question(name, job):
    return [Action(_("Ask how far"), reverse(f"stations:{name}", args=[job.pk]), icon="refresh")]
