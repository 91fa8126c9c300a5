"""Photos of a station: their order is what staff choose, and what is taken off is gone from the disk too."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal

from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, files, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations.models import Station, StationPhoto, StationStatus

FOLDER = "stations"
MOST_PHOTOS = 20
MOST_AT_ONCE = 10
Direction = Literal["earlier", "later"]


def add_photos(
    station: Station, *, uploads: Sequence[File[Any]], caption: str = "", actor: Actor
) -> list[StationPhoto]:
    """Add pictures behind those that are there: all that were sent, or none.

    Raises Refused: ``closed``, ``empty``, ``too_many``, and what ``kit.files`` says of a file that is no picture.
    """
    if not uploads:
        raise Refused(_("Choose a picture."), code="empty", field="photos")
    with ExitStack() as kept, transaction.atomic():
        place = _open(station)
        if len(uploads) > MOST_AT_ONCE or _photos(place).count() + len(uploads) > MOST_PHOTOS:
            message = _("A station has at most %(most)d photos, added at most %(once)d at a time.")
            raise Refused(
                message % {"most": MOST_PHOTOS, "once": MOST_AT_ONCE}, code="too_many", field="photos"
            )
        first = _next_position(place)
        return [
            _add(place, upload, kept, position=first + number, caption=caption, actor=actor)
            for number, upload in enumerate(uploads)
        ]


@transaction.atomic
def edit_photo(photo: StationPhoto, *, caption: str, actor: Actor) -> StationPhoto:
    """What stands below it."""
    _open(photo.station)
    row = locks.locked(StationPhoto.objects.filter(pk=photo.pk)).get()
    before = audit.snapshot(row)
    row.caption = caption.strip()
    row.save(update_fields=["caption"])
    audit.record(actor, "station_photo.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def move_photo(photo: StationPhoto, *, to: Direction, actor: Actor) -> None:
    """One place earlier or later; at the end nothing changes. The first one is the face of the station."""
    place = _open(photo.station)
    rows = list(locks.locked(_photos(place)))
    rows.sort(key=lambda row: (row.position, row.pk))
    at = next((number for number, row in enumerate(rows) if row.pk == photo.pk), None)
    if at is None:
        return
    other = at + (1 if to == "later" else -1)
    if not 0 <= other < len(rows):
        return
    rows[at], rows[other] = rows[other], rows[at]
    before = {"order": [row.pk for row in sorted(rows, key=lambda row: (row.position, row.pk))]}
    for number, row in enumerate(rows):
        row.position = number
    StationPhoto.objects.bulk_update(rows, ["position"])
    after = {"order": [row.pk for row in rows]}
    audit.record(actor, "station_photo.edited", photo, before=before, after=after)


@transaction.atomic
def remove_photo(photo: StationPhoto, *, actor: Actor) -> None:
    """Take it off. Twice is once."""
    place = locks.locked(Station.objects.filter(pk=photo.station_id)).get()
    row = locks.locked(_photos(place).filter(pk=photo.pk)).first()
    if row is None:
        return
    audit.record(actor, "station_photo.removed", row, before=audit.snapshot(row))
    files.drop(row.file)
    row.delete()


def _add(
    station: Station, upload: File[Any], kept: ExitStack, *, position: int, caption: str, actor: Actor
) -> StationPhoto:
    """One picture. Its file is gone again when one of the later ones is refused."""
    data, picture = files.read_picture_upload(upload, field="photos")
    row = StationPhoto.objects.create(
        tenant_id=station.tenant_id,
        station=station,
        file=kept.enter_context(files.kept(data, folder=FOLDER, ending=picture.ending)),
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size=len(data),
        caption=caption.strip()[:120],
        position=position,
        uploaded_by=actor.label[:120],
        created_at=clock.now(),
    )
    audit.record(actor, "station_photo.added", row, after=audit.snapshot(row))
    return row


def _next_position(station: Station) -> int:
    last = _photos(station).order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else last + 1


def _photos(station: Station) -> QuerySet[StationPhoto]:
    return StationPhoto.objects.filter(station=station)


def _open(station: Station) -> Station:
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    if row.status == StationStatus.CLOSED:
        raise Refused(_("This station is closed."), code="closed")
    return row
