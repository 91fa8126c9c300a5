"""Alarms: one live row per key, counted while it repeats, cleared by evidence or closed by a person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from alarms import wording
from backoffice.kit.levels import Level
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


class AlarmSource(models.TextChoices):
    """Who last said that it is so; only the same source, or a person, says that it is over."""

    STATUS = "status", _("Reported by the pile")
    PRESENCE = "presence", _("Connection")
    HOUSE = "house", _("Found here")
    SECURITY = "security", _("Security event")


LIVE = models.Q(state__in=[AlarmState.OPEN, AlarmState.ACKNOWLEDGED])


class Alarm(PathOwned):
    """``key`` is what, where and the vendor's code. ``severity`` (1 is danger) is the worst while it is live.

    Times are the server's: a pile whose clock is wrong must not hide its alarm in the past.
    ``suppressed``: an alarm of the whole station says the same.
    """

    key = models.CharField(max_length=200)
    code = models.CharField(_("code"), max_length=6)
    alarm_class = models.CharField(_("class"), max_length=8, choices=AlarmClass)
    severity = models.PositiveSmallIntegerField(_("severity"))
    source = models.CharField(_("source"), max_length=10, choices=AlarmSource, default=AlarmSource.HOUSE)
    station = models.ForeignKey(
        Station, models.PROTECT, null=True, blank=True, related_name="alarms", verbose_name=_("station")
    )
    pile = models.ForeignKey(
        Pile, models.PROTECT, null=True, blank=True, related_name="alarms", verbose_name=_("pile")
    )
    connector_number = models.PositiveSmallIntegerField(_("connector"), null=True, blank=True)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    vendor_error_code = models.CharField(_("vendor code"), max_length=120, blank=True)
    info = models.CharField(_("text"), max_length=300, blank=True)
    about = models.CharField(_("order"), max_length=80, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=AlarmState, default=AlarmState.OPEN)
    suppressed = models.BooleanField(_("part of a station alarm"), default=False)
    count = models.PositiveIntegerField(_("count"), default=1)
    reopened = models.PositiveIntegerField(_("reopened"), default=0)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.CharField(_("handler"), max_length=120, blank=True)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=LIVE, name="alarm_one_live_per_key"),
            models.CheckConstraint(condition=models.Q(severity__range=(1, 4)), name="alarm_severity"),
        ]
        indexes = [
            *path_indexes("alarm", "alarm_class", "-last_seen_at", "-id"),
            *(
                models.Index(fields=[level.value], condition=LIVE, name=f"alarm_live_{level.value[:3]}")
                for level in Level
            ),
            models.Index(fields=["key", "-last_seen_at"], name="alarm_key"),
            models.Index(fields=["pile", "-last_seen_at"], name="alarm_pile"),
            models.Index(fields=["pile"], condition=LIVE, name="alarm_live_pile"),
            models.Index(fields=["station"], condition=LIVE, name="alarm_live_station"),
            models.Index(
                fields=["cleared_at"], condition=models.Q(state=AlarmState.CLEARED), name="alarm_cleared"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {wording.title_of(self.code)}"

    @property
    def is_live(self) -> bool:
        """Is it still so, as far as anybody knows?"""
        return self.state in {AlarmState.OPEN, AlarmState.ACKNOWLEDGED}
