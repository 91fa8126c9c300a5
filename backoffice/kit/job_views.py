"""The pages of a job: watch it, fetch its file, call it off, start it again. Somebody else's job is 404."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.kit import clock, jobs
from backoffice.kit.frame import JobLine, Link, Tone
from backoffice.kit.models import Job, JobState
from backoffice.kit.pages import requires, row_or_404, way_back
from backoffice.kit.staff import Reader, StaffRequest

TONES: dict[JobState, Tone] = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "idle",
    JobState.DONE: "charging",
    JobState.FAILED: "fault",
    JobState.CANCELLED: "offline",
    JobState.EXPIRED: "offline",
}


def percent_of(job: Job) -> int | None:
    """How far it is, 0 to 100; None where that is not known."""
    return min(100, job.done * 100 // job.total) if job.total else None


def tray_of(reader: Reader) -> list[JobLine]:
    """The reader's own jobs that every page tells of."""
    return [
        JobLine(
            title=job.title,
            state=JobState(job.state).label,
            tone=TONES[JobState(job.state)],
            url=reverse("jobs.job", args=[job.public_id]),
            open=job.state in jobs.OPEN,
            percent=percent_of(job),
            file_url=reverse("jobs.file", args=[job.public_id]) if job.file else "",
            file_name=job.file_name,
            error=job.error,
            seen_url=reverse("jobs.seen", args=[job.public_id]),
        )
        for job in jobs.news_of(reader.actor)
    ]


def own_job(request: StaffRequest, public_id: str) -> Job:
    """The reader's own job, else 404."""
    return row_or_404(jobs.jobs_of(request.actor), public_id=public_id)


@requires()
@require_GET
def watch(request: StaffRequest, public_id: str) -> HttpResponse:
    """How far it is."""
    job = own_job(request, public_id)
    jobs.mark_seen(job, actor=request.actor)
    context = {
        "job": job,
        "percent": percent_of(job),
        "file_url": reverse("jobs.file", args=[public_id]) if job.file else "",
        "cancel_url": reverse("jobs.cancel", args=[public_id]),
        "retry_url": reverse("jobs.again", args=[public_id]) if job.state != JobState.DONE else "",
        "back": Link(_("Jobs"), reverse("jobs")),
    }
    return render(request, "kit/job.html", context)


@requires()
@require_GET
def download(request: StaffRequest, public_id: str) -> HttpResponseBase:
    """The file, while it is kept."""
    job = own_job(request, public_id)
    if request.token and job.params.get("token") != request.token.pk:
        raise Http404
    if request.token and job.state in jobs.OPEN:
        return HttpResponse(status=202, headers={"Retry-After": "5"})
    over = job.expires_at is not None and job.expires_at <= clock.now()
    if job.state != JobState.DONE or not job.file or over:
        raise Http404
    jobs.mark_seen(job, actor=request.actor)
    try:
        return FileResponse(job.file.open(), as_attachment=True, filename=job.file_name)
    except FileNotFoundError as gone:
        raise Http404 from gone


@requires()
@require_POST
def cancel(request: StaffRequest, public_id: str) -> HttpResponse:
    """Call it off."""
    jobs.cancel_job(own_job(request, public_id), actor=request.actor)
    return HttpResponseRedirect(reverse("jobs.job", args=[public_id]))


@requires()
@require_POST
def again(request: StaffRequest, public_id: str) -> HttpResponse:
    """Start what failed, was cancelled or has expired once more."""
    job = own_job(request, public_id)
    if job.state not in jobs.OPEN and job.state != JobState.DONE:
        job = jobs.start_again(job, actor=request.actor)
    return HttpResponseRedirect(reverse("jobs.job", args=[job.public_id]))


@requires()
@require_GET
def tray(request: StaffRequest) -> HttpResponse:
    """The parts of every page that tell of jobs, alone: the live stream has them fetched anew."""
    return render(request, "kit/_jobs_alone.html")


@requires()
@require_POST
def seen(request: StaffRequest, public_id: str) -> HttpResponse:
    """The toast that told of its end was closed."""
    jobs.mark_seen(own_job(request, public_id), actor=request.actor)
    return HttpResponseRedirect(way_back(request, reverse("jobs")))


@requires()
@require_POST
def discard(request: StaffRequest, public_id: str) -> HttpResponse:
    """Throw the file away before its time."""
    jobs.discard_job(own_job(request, public_id), actor=request.actor)
    return HttpResponseRedirect(way_back(request, reverse("jobs.job", args=[public_id])))


urlpatterns = [
    path("jobs/tray/", tray, name="jobs.tray"),
    path("jobs/<str:public_id>/", watch, name="jobs.job"),
    path("jobs/<str:public_id>/file", download, name="jobs.file"),
    path("jobs/<str:public_id>/cancel", cancel, name="jobs.cancel"),
    path("jobs/<str:public_id>/again", again, name="jobs.again"),
    path("jobs/<str:public_id>/seen", seen, name="jobs.seen"),
    path("jobs/<str:public_id>/discard", discard, name="jobs.discard"),
]
