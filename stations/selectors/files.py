"""Firmware, updates and uploads of the active scope."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from stations.models import (
    Firmware,
    FirmwareJob,
    FirmwareState,
    Life,
    Pile,
    PileEvent,
    PileModel,
    UploadedFile,
    UploadJob,
)
from stations.selectors.settings import setting_of

PROTOCOLS = "SupportedFileTransferProtocols"


def firmware_list() -> QuerySet[Firmware]:
    """The library, with ``pile_count``: piles of the scope that report this version on one of its models.

    ``model_names`` in order; ``has_signature``.
    """
    running = Pile.objects.filter(
        model__firmware=OuterRef("pk"), firmware__iexact=OuterRef("version")
    ).exclude(life=Life.RETIRED)
    counted = running.order_by().values(one=Value(1)).annotate(count=Count("pk")).values("count")
    names = PileModel.objects.filter(firmware=OuterRef("pk")).order_by("name").values("name")
    return Firmware.objects.annotate(
        pile_count=Coalesce(Subquery(counted), 0),
        model_names=ArraySubquery(names),
        has_signature=Case(When(signature="", then=Value(False)), default=Value(True)),
    )


def own_firmware() -> QuerySet[Firmware]:
    """The library of the manufacturer itself, as far as the scope may change it."""
    return Firmware.objects.writable()


def firmware_for(pile: Pile) -> QuerySet[Firmware]:
    """What a pile may be given: released, for its model, the newest first."""
    fitting = Firmware.objects.filter(state=FirmwareState.RELEASED, pile_models=pile.model_id)
    return fitting.order_by("-created_at", "-pk")


def versions_running(firmware: Firmware) -> list[tuple[str, str, int]]:
    """``(model, version, piles)`` for the models of a firmware; the version is as piles report it."""
    rows = Pile.objects.filter(model__in=firmware.pile_models.all()).exclude(life=Life.RETIRED)
    counted = rows.values_list("model__name", "firmware").annotate(count=Count("pk"))
    return [(name, version, count) for name, version, count in counted.order_by("model__name", "-count")]


def piles_for(firmware: Firmware) -> QuerySet[Pile]:
    """Piles of its models that can be updated."""
    return Pile.objects.filter(model__in=firmware.pile_models.all()).exclude(life=Life.RETIRED)


def duplicates_of(models: Sequence[PileModel], sha256: str) -> QuerySet[Firmware]:
    """The same file for one of the same models, unless it was withdrawn."""
    rows = Firmware.objects.filter(sha256=sha256, pile_models__in=models)
    return rows.exclude(state=FirmwareState.WITHDRAWN).distinct()


def firmware_job_list() -> QuerySet[FirmwareJob]:
    """Updates of the scope."""
    return FirmwareJob.objects.all()


def firmware_jobs_of(pile: Pile) -> QuerySet[FirmwareJob]:
    """The updates of one pile, the newest first."""
    return FirmwareJob.objects.filter(pile=pile).select_related("firmware").order_by("-created_at", "-pk")


def firmware_changes_of(pile: Pile) -> QuerySet[PileEvent]:
    """When a pile reported another firmware than before, the newest first."""
    return PileEvent.objects.filter(pile=pile, kind="firmware_changed").order_by("-at", "-pk")


def upload_job_list() -> QuerySet[UploadJob]:
    """Uploads of the scope, with ``file_count`` and ``total_size`` of the files that are kept."""
    kept = Q(files__removed_at__isnull=True)
    return UploadJob.objects.annotate(
        file_count=Count("files", filter=kept), total_size=Coalesce(Sum("files__size", filter=kept), 0)
    )


def upload_jobs_of(pile: Pile) -> QuerySet[UploadJob]:
    """The uploads of one pile with their files, the newest first."""
    return UploadJob.objects.filter(pile=pile).prefetch_related("files").order_by("-created_at", "-pk")


def uploaded_files() -> QuerySet[UploadedFile]:
    """Files of the scope that are kept."""
    return UploadedFile.objects.filter(removed_at__isnull=True).select_related("job__pile")


def transfer_protocols(pile: Pile) -> frozenset[str]:
    """By which a pile says that it moves files (OCPP 1.6 errata 3.90), in lower case; empty where it never said."""
    setting = setting_of(pile.pk, PROTOCOLS)
    said = (setting.value or "") if setting is not None else ""
    return frozenset(word.strip().lower() for word in said.split(",") if word.strip())
