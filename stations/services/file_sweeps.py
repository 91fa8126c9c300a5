"""What time does to updates and uploads: piles that fall silent are asked once, and then count as stalled; files go.

Each sweep finds its rows by itself and handles each in a transaction of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Case, DurationField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest

from backoffice.kit import clock, locks
from backoffice.kit.actor import timer
from backoffice.kit.errors import Refused
from stations import landing, updating, uploading
from stations.models import FirmwareJob, UploadedFile, UploadJob
from stations.services import updates, uploads
from stations.services.commands import hold_pile
from stations.states import (
    ASKED_PATIENCE_S,
    UPDATE_PATIENCE_S,
    UPDATE_RUNNING,
    UPLOAD_PATIENCE_S,
    UPLOAD_RUNNING,
    UpdateState,
)
from tenants.selectors import kept_days

log = logging.getLogger(__name__)

BATCH = 200
LEFTOVER_S = 24 * 3600
J = TypeVar("J", FirmwareJob, UploadJob)


def ask_silent_updates() -> int:
    """Ask piles whose update has not been heard of for long how far it is, once."""
    patience = Case(
        *(When(state=state, then=Value(timedelta(seconds=s))) for state, s in UPDATE_PATIENCE_S.items()),
        output_field=DurationField(),
    )
    heard = Greatest("created_at", "retrieve_at", Coalesce("heard_at", "created_at"))
    silent = FirmwareJob.objects.filter(state__in=UPDATE_RUNNING).alias(due=heard + patience)
    return _each(_unasked(silent.filter(due__lt=clock.now())), _asking_update)


def stall_updates() -> int:
    """Updates of piles that were asked and said nothing."""
    silent = FirmwareJob.objects.select_related("firmware").filter(state__in=UPDATE_RUNNING)
    return _each(
        _asked(silent),
        lambda job: updating.give_up(job, at=clock.now(), state=UpdateState.STALLED),
    )


def ask_silent_uploads() -> int:
    """The same for uploads."""
    oldest = clock.ago(seconds=UPLOAD_PATIENCE_S)
    silent = UploadJob.objects.filter(state__in=UPLOAD_RUNNING).alias(last=Coalesce("heard_at", "created_at"))
    return _each(_unasked(silent.filter(last__lt=oldest)), _asking_upload)


def stall_uploads() -> int:
    """Uploads of piles that were asked and said nothing."""
    silent = UploadJob.objects.filter(state__in=UPLOAD_RUNNING)
    return _each(_asked(silent), lambda job: uploading.fall_silent(job, at=clock.now()))


def forget_files() -> int:
    """Throw files away that are older than their tenant keeps them; the row that says what there was stays."""
    return sum(_forget_files(days, owners) for days, owners in kept_days("files_days").items())


def _forget_files(days: int, owners: list[int]) -> int:
    owner = Coalesce("agency_id", "operator_id", "dealer_id", "manufacturer_id")
    rows = UploadedFile.objects.alias(owner=owner).filter(
        removed_at__isnull=True, received_at__lt=clock.ago(days=days), owner__in=owners
    )
    gone = 0
    for pk in list(rows.order_by("received_at").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            row = locks.locked(UploadedFile.objects.filter(pk=pk, removed_at__isnull=True)).first()
            if row is not None:
                row.file.delete(save=False)
                row.removed_at = clock.now()
                row.save()
                gone += 1
    return gone


def clear_landing() -> int:
    """Throw away what landed and was never kept, because whoever received it died."""
    oldest = clock.ago(seconds=LEFTOVER_S).timestamp()
    gone = 0
    for path in landing.folder().iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
                gone += 1
    return gone


def _unasked(rows: QuerySet[J]) -> QuerySet[J]:
    """Those that were not asked since they were heard last."""
    return rows.filter(Q(asked_at__isnull=True) | Q(asked_at__lt=F("heard_at")))


def _asked(rows: QuerySet[J]) -> QuerySet[J]:
    """Those that were asked a while ago and have not been heard since."""
    unheard = Q(heard_at__isnull=True) | Q(heard_at__lte=F("asked_at"))
    return rows.filter(unheard, asked_at__lt=clock.ago(seconds=ASKED_PATIENCE_S))


def _asking_update(job: FirmwareJob) -> None:
    """A pile that cannot be asked is given the same time to come back."""
    try:
        updates.ask_progress(job, actor=timer("files"))
    except Refused:
        job.asked_at = clock.now()
        updating.keep(job)


def _asking_upload(job: UploadJob) -> None:
    try:
        uploads.ask_progress(job, actor=timer("files"))
    except Refused:
        job.asked_at = clock.now()
        uploading.keep(job)


def _each(rows: QuerySet[J], act: Callable[[J], None]) -> int:
    handled = 0
    for pk, pile_id in list(rows.order_by("pk").values_list("pk", "pile_id")[:BATCH]):
        try:
            with transaction.atomic():
                hold_pile(pile_id)  # before its job, as whoever hears of the pile does
                for job in _still(rows, pk):
                    act(job)
                    handled += 1
        except Exception:
            log.exception("%s %s could not be dealt with", rows.model.__name__, pk)
    return handled


def _still(rows: QuerySet[J], pk: int) -> Iterator[J]:
    """The row, locked, if it is still one of them."""
    yield from locks.locked(rows.filter(pk=pk))
