"""Photos of a station: shown, added, put in order, taken off."""

from __future__ import annotations

from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.kit.files import picture_response
from backoffice.kit.frame import Link
from backoffice.kit.pages import attempt, form_page, question_page, requires, row_or_404
from stations import selectors
from stations.forms.places import CaptionForm, PhotosForm
from stations.models import StationStatus
from stations.permissions import StationPerm
from stations.services import photos as services
from stations.views.station import station_page

DIRECTIONS = frozenset({"earlier", "later"})


def page_of(station_id):
    return reverse("stations:station_photos", args=[station_id])


@requires(StationPerm.VIEW)
def photos(request, pk):
    """All of them; for who may, with a form that adds more."""
    row = row_or_404(selectors.stations(), pk=pk)
    may = StationPerm.MANAGE in request.grants and row.status != StationStatus.CLOSED
    form = PhotosForm(request.POST or None, request.FILES or None) if may else None
    if form is not None and request.method == "POST" and _add(request, row, form):
        return HttpResponseRedirect(page_of(row.pk))
    shown = list(selectors.photos_of(row))
    return station_page(
        request, row, "stations/photos.html", current="station_photos", photos=shown, form=form
    )


def _add(request, row, form):
    """Keep what was sent; whether it was."""
    if form.is_valid():
        data = form.cleaned_data
        attempt(
            form,
            lambda: services.add_photos(
                row, uploads=data["photos"], caption=data["caption"], actor=request.actor
            ),
        )
    return form.is_valid()


@requires(StationPerm.VIEW)
@require_GET
def picture(request, pk):
    """The picture itself."""
    row = row_or_404(selectors.photos(), pk=pk)
    return picture_response(row.file, row.media_type)


@requires(StationPerm.MANAGE)
def edit(request, pk):
    """What stands below it."""
    row = row_or_404(selectors.photos(), pk=pk)
    page = page_of(row.station_id)
    return form_page(
        request,
        CaptionForm(request.POST or None, initial={"caption": row.caption}),
        title=_("Caption of a photo"),
        save=lambda data: services.edit_photo(row, actor=request.actor, **data),
        then=lambda _row: page,
        done=_("Saved."),
        back=Link(row.station.name, page),
        cancel_url=page,
    )


@requires(StationPerm.MANAGE)
@require_POST
def move(request, pk, to):
    """One place earlier or later."""
    row = row_or_404(selectors.photos(), pk=pk)
    if to not in DIRECTIONS:
        raise Http404
    services.move_photo(row, to=to, actor=request.actor)
    return HttpResponseRedirect(page_of(row.station_id))


@requires(StationPerm.MANAGE)
def delete(request, pk):
    """Take it off."""
    row = row_or_404(selectors.photos(), pk=pk)
    return question_page(
        request,
        title=_("Delete this photo"),
        text=row.caption or _("It is gone for good."),
        do=lambda _reason: services.remove_photo(row, actor=request.actor),
        then=page_of(row.station_id),
        reason=False,
        done=_("The photo is gone."),
        submit_label=_("Delete"),
        danger=True,
    )
