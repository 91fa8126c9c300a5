"""What a person is told, the files that were made for him, and the filters that he keeps."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.kit import jobs
from backoffice.kit.lists import registered, saved
from backoffice.kit.models import JobState
from backoffice.kit.pages import form_page, requires
from backoffice.kit.staff import Reader
from tenants import selectors
from tenants.forms.personal import NotificationForm
from tenants.services import notifications
from tenants.views.personal_tabs import tabs

EXPORTS_SHOWN = 30
TONES = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "idle",
    JobState.DONE: "charging",
    JobState.FAILED: "fault",
    JobState.CANCELLED: "offline",
    JobState.EXPIRED: "offline",
}


@requires()
def notifications_page(request):
    """What comes by mail, and when nothing does."""
    kept = selectors.choices_of(request.user)
    form = NotificationForm(request.POST or None, kept=kept)
    return form_page(
        request,
        form,
        template="tenants/personal/notifications.html",
        title=_("Personal centre"),
        tabs=tabs(request, "tenants:notifications"),
        save=lambda _data: notifications.choose(request.user, actor=request.actor, **form.choices()),
        then=lambda _row: reverse("tenants:notifications"),
        done=_("Saved."),
    )


@requires()
def exports(request):
    """The last jobs with their files."""
    rows = list(jobs.jobs_of(request.actor).order_by("-created_at", "-pk")[:EXPORTS_SHOWN])
    lines = [(row, TONES[JobState(row.state)], row.state in jobs.OPEN) for row in rows]
    context = {"title": _("Personal centre"), "tabs": tabs(request, "tenants:exports"), "lines": lines}
    return render(request, "tenants/personal/exports.html", context)


@requires()
def saved_filters(request):
    """Every filter that he gave a name, list by list; those of lists that he may not open here stay shut."""
    reader, lists = Reader.of(request), {one.name: one for one in registered()}
    here = urlencode({"next": reverse("tenants:filters")})
    lines = [
        (row, lists[row.resource], _deeds(row, lists[row.resource], here))
        for row in saved.all_views_of(request.actor)
        if row.resource in lists and reader.may(lists[row.resource].view)
    ]
    context = {"title": _("Personal centre"), "tabs": tabs(request, "tenants:filters"), "lines": lines}
    return render(request, "tenants/personal/filters.html", context)


def _deeds(row, resource, here):
    """Where it is opened, renamed and deleted."""
    deeds = [f"{resource.url_of('view', row.pk, deed)}?{here}" for deed in ("rename", "delete")]
    return [saved.address_of(resource, row), *deeds]
