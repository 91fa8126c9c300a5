"""Files that go to piles and come from them: firmware and its updates, diagnostics and logs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes
from stations.models.devices import Pile, PileModel
from stations.models.traffic import Command
from stations.states import UPDATE_OPEN, UPLOAD_OPEN

OPEN_UPDATES = sorted(state.value for state in UPDATE_OPEN)
OPEN_UPLOADS = sorted(state.value for state in UPLOAD_OPEN)


class FirmwareState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    RELEASED = "released", pgettext_lazy("firmware", "Released")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Firmware(TenantOwned):
    """A file of the manufacturer for some of its models. ``version`` is what a pile reports once it runs it.

    ``certificate`` (PEM) and ``signature`` (base64) are there where piles may verify it (white paper
    L01); they were verified when they came in.
    """

    handed_down = True

    pile_models = models.ManyToManyField(PileModel, related_name="firmware", verbose_name=_("models"))
    version = models.CharField(_("version"), max_length=50)
    file = models.FileField(upload_to="firmware")
    file_name = models.CharField(_("file name"), max_length=120)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    notes = models.TextField(_("release notes"), blank=True)
    certificate = models.TextField(_("signing certificate"), blank=True)
    signature = models.CharField(_("signature"), max_length=800, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=FirmwareState, default=FirmwareState.DRAFT)
    uploaded_by = models.CharField(_("by"), max_length=120)
    created_at = models.DateTimeField(_("uploaded"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("firmware")
        verbose_name_plural = _("firmware")

    def __str__(self) -> str:
        return f"{self.version} ({self.file_name})"

    @property
    def is_signed(self) -> bool:
        return bool(self.signature)


class UpdateStatus(models.TextChoices):
    """Values match ``stations.states.UpdateState``."""

    REQUESTED = "requested", _("Requested")
    DOWNLOADING = "downloading", _("Downloading")
    DOWNLOADED = "downloaded", _("Downloaded")
    VERIFIED = "verified", _("Signature verified")
    INSTALLING = "installing", _("Installing")
    REBOOTING = "rebooting", _("Restarting")
    INSTALLED = "installed", _("Installed")
    FAILED = "failed", _("Failed")
    STALLED = "stalled", _("Stalled")


class FileJob(PathOwned):
    """What an update and an upload share. ``steps``: ``[instant, word]`` each, all that was heard of it, the oldest first.

    ``heard_at`` is when anything was heard last, ``asked_at`` when the pile was asked how far it is,
    because it was silent; ``address_until`` is how long its address opens.
    """

    reason = models.CharField(_("reason"), max_length=120, blank=True)
    command = models.ForeignKey(
        Command, models.SET_NULL, null=True, related_name="+", db_constraint=False
    )  # its answer locks it first and the job then: a check of the key would do so the other way round
    actor_ref = models.CharField(max_length=80)
    actor_label = models.CharField(_("by"), max_length=120)
    steps = models.JSONField(default=list)
    created_at = models.DateTimeField(_("asked"))
    address_until = models.DateTimeField()
    heard_at = models.DateTimeField(_("last heard"), null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        abstract = True


class FirmwareJob(FileJob):
    """One update of one pile. Its key is the ``requestId`` of a signed one.

    ``version_seen`` is what the pile called its firmware when it booted after it was asked.
    """

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="firmware_jobs", verbose_name=_("pile"))
    firmware = models.ForeignKey(Firmware, models.PROTECT, related_name="jobs", verbose_name=_("firmware"))
    signed = models.BooleanField(_("signed"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=UpdateStatus, default=UpdateStatus.REQUESTED)
    version_before = models.CharField(_("version before"), max_length=120, blank=True)
    version_seen = models.CharField(_("version seen"), max_length=120, blank=True)
    retrieve_at = models.DateTimeField(_("starts"))
    downloads = models.PositiveIntegerField(_("downloads"), default=0)
    downloaded_at = models.DateTimeField(null=True, blank=True)

    class Meta(FileJob.Meta):
        verbose_name = _("firmware update")
        verbose_name_plural = _("firmware updates")
        indexes = [
            *path_indexes("firmware_job", "-created_at", "-id"),
            models.Index(fields=["pile", "-created_at"], name="firmware_job_pile"),
            models.Index(
                fields=["pile"],
                condition=models.Q(state__in=OPEN_UPDATES),
                name="firmware_job_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pile} → {self.firmware.version}"


class UploadKind(models.TextChoices):
    """``DIAGNOSTICS`` is GetDiagnostics, the others are logs of the security extension (GetLog)."""

    DIAGNOSTICS = "diagnostics", _("Diagnostics")
    DIAGNOSTICS_LOG = "diagnostics_log", _("Diagnostics log")
    SECURITY_LOG = "security_log", _("Security log")


class UploadStatus(models.TextChoices):
    """Values match ``stations.states.UploadState``."""

    REQUESTED = "requested", _("Requested")
    UPLOADING = "uploading", _("Uploading")
    UPLOADED = "uploaded", _("Uploaded")
    NOTHING = "nothing", _("Nothing to upload")
    FAILED = "failed", _("Failed")
    STALLED = "stalled", _("Stalled")


class UploadJob(FileJob):
    """One request for a log. Its key is the ``requestId`` of GetLog. ``said_name``: what the pile said it would send."""

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="upload_jobs", verbose_name=_("pile"))
    kind = models.CharField(_("kind"), max_length=16, choices=UploadKind)
    scheme = models.CharField(_("way"), max_length=5)
    state = models.CharField(_("state"), max_length=12, choices=UploadStatus, default=UploadStatus.REQUESTED)
    since = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    said_name = models.CharField(_("file name"), max_length=255, blank=True)

    class Meta(FileJob.Meta):
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        indexes = [
            *path_indexes("upload_job", "-created_at", "-id"),
            models.Index(fields=["pile", "-created_at"], name="upload_job_pile"),
            models.Index(
                fields=["pile"],
                condition=models.Q(state__in=OPEN_UPLOADS),
                name="upload_job_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pile} · {self.get_kind_display()}"


class UploadedFile(PathOwned):
    """A file that a pile sent. After its time only the row is left (``removed_at``)."""

    job = models.ForeignKey(UploadJob, models.PROTECT, related_name="files")
    name = models.CharField(_("file name"), max_length=120)
    file = models.FileField(upload_to="uploads", blank=True)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    remote = models.CharField(_("address"), max_length=60, blank=True)
    received_at = models.DateTimeField(_("received"))
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta(PathOwned.Meta):
        indexes = [
            models.Index(
                fields=["received_at"], condition=models.Q(removed_at__isnull=True), name="uploaded_file_kept"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "sha256", "name"], name="uploaded_file_once"),
        ]

    def __str__(self) -> str:
        return self.name
