"""Alarms: one open row per key, counted while it repeats, cleared by evidence or by a person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, path_indexes
from stations.models import Pile, Station


class AlarmClass(models.TextChoices):
    SAFETY = "safety", _("Safety")
    FAILURE = "failure", _("Failure")
    STATION = "station", _("Station")


class AlarmState(models.TextChoices):
    OPEN = "open", _("Open")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    CLEARED = "cleared", _("Cleared")
    CLOSED = "closed", _("Closed")


class Alarm(PathOwned):
    """``severity`` 1 is danger, 4 is information. ``key`` = pile, connector, code and vendor code."""

    key = models.CharField(max_length=160)
    code = models.CharField(_("code"), max_length=6)
    alarm_class = models.CharField(_("class"), max_length=8, choices=AlarmClass)
    severity = models.PositiveSmallIntegerField(_("severity"))
    station = models.ForeignKey(
        Station, models.PROTECT, null=True, blank=True, related_name="alarms", verbose_name=_("station")
    )
    pile = models.ForeignKey(
        Pile, models.PROTECT, null=True, blank=True, related_name="alarms", verbose_name=_("pile")
    )
    connector_number = models.PositiveSmallIntegerField(_("connector"), null=True, blank=True)
    vendor_error_code = models.CharField(_("vendor code"), max_length=120, blank=True)
    info = models.CharField(_("text"), max_length=300, blank=True)
    about = models.CharField(_("order"), max_length=80, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=AlarmState, default=AlarmState.OPEN)
    count = models.PositiveIntegerField(_("count"), default=1)
    reopened = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.CharField(_("handler"), max_length=120, blank=True)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(state__in=["open", "acknowledged"]),
                name="alarm_one_open_per_key",
            ),
        ]
        indexes = [
            *path_indexes("alarm", "-last_seen_at", "-id"),
            models.Index(fields=["key", "-last_seen_at"], name="alarm_key"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.key}"
