"""Tables that every room writes through the kit: the audit trail, jobs, files that are imported, how lists are read."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, path_indexes


class AuditEntry(PathOwned):
    """Who changed what, from what to what, and why. Append-only: triggers refuse UPDATE, DELETE and TRUNCATE."""

    at = models.DateTimeField(_("time"))
    actor_ref = models.CharField(max_length=80)
    actor_label = models.CharField(_("actor"), max_length=120)
    on_behalf = models.CharField(_("on behalf of"), max_length=120, blank=True)
    on_behalf_ref = models.CharField(max_length=80, blank=True)
    ip = models.CharField(_("address"), max_length=45, blank=True)
    action = models.CharField(_("action"), max_length=60)
    object_ref = models.CharField(max_length=80)
    object_label = models.CharField(_("object"), max_length=160)
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            *path_indexes("audit", "-at", "-id"),
            models.Index(fields=["object_ref", "-at"], name="audit_object"),
            # What the two upper levels read of it (tenants.selectors.trail.readable): page 1 stays one walk.
            models.Index(
                fields=["manufacturer", "-at", "-id"],
                name="audit_man_own",
                condition=models.Q(dealer__isnull=True) | ~models.Q(on_behalf_ref=""),
            ),
            models.Index(
                fields=["dealer", "-at", "-id"],
                name="audit_dea_own",
                condition=models.Q(operator__isnull=True) | ~models.Q(on_behalf_ref=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class Job(PathOwned):
    """Long work that its user may leave: an export, an import. Seen by its owner alone."""

    public_id = models.CharField(max_length=32, unique=True)
    kind = models.CharField(_("kind"), max_length=60)
    title = models.CharField(_("title"), max_length=160)
    owner_ref = models.CharField(max_length=80)
    membership_id = models.BigIntegerField(null=True)
    language = models.CharField(max_length=12, default="en")
    params = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=12, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), null=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    file = models.FileField(upload_to="jobs/", blank=True)
    file_name = models.CharField(_("file"), max_length=160, blank=True)
    cancel_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    expires_at = models.DateTimeField(_("kept until"), null=True)
    seen_at = models.DateTimeField(null=True)
    """When its owner looked at how it ended."""

    class Meta(PathOwned.Meta):
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            *path_indexes("job", "-created_at", "-id"),
            models.Index(fields=["owner_ref", "-created_at"], name="job_owner"),
            models.Index(fields=["state", "heartbeat_at"], name="job_state"),
        ]

    def __str__(self) -> str:
        return self.title


class SavedView(models.Model):
    """A list as one person likes to see it: filters, order and columns under a name, a tab of the list.

    It belongs to the person and not to a tenant, so it says nothing of rows: what its filters name is looked
    up when it is opened, in the scope of then. ``query`` is a query string without a place in the rows.
    The one without a name keeps the columns of the list itself.
    """

    owner_ref = models.CharField(max_length=80)
    resource = models.CharField(max_length=60)
    name = models.CharField(pgettext_lazy("saved view", "name"), max_length=40, blank=True)
    query = models.TextField(blank=True)
    columns = models.JSONField(default=list)
    is_default = models.BooleanField(_("shown first"), default=False)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [
            models.UniqueConstraint(fields=["owner_ref", "resource", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["owner_ref", "resource"],
                condition=models.Q(is_default=True),
                name="saved_view_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportState(models.TextChoices):
    CHECKED = "checked", pgettext_lazy("import", "Checked")
    DONE = "done", pgettext_lazy("import", "Imported")


class ImportFile(PathOwned):
    """A workbook that somebody sent, and what would become of it. Seen by its owner alone, like a job.

    ``name`` is that of an import (``kit.imports``). ``faults`` are the first that were found, worded in the language
    of whoever sent the file: number of the row, name of the cell, head, what stands there and why it is refused.
    The file is removed as soon as it was imported.
    """

    public_id = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=60)
    owner_ref = models.CharField(max_length=80)
    file = models.FileField(upload_to="imports/", blank=True)
    file_name = models.CharField(_("file"), max_length=160)
    state = models.CharField(_("state"), max_length=8, choices=ImportState, default=ImportState.CHECKED)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    faulty = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["created_at"], name="import_created")]

    def __str__(self) -> str:
        return self.file_name
