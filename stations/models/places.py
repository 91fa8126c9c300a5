"""What a station looks like and when it is being worked on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes
from stations.models.devices import Pile
from stations.models.sites import Station
from stations.models.traffic import Command
from stations.states import MAINTENANCE_OPEN


class StationPhoto(TenantOwned):
    """A picture of a station, in an order that staff choose. ``kind`` was read from its bytes, not from its name."""

    station = models.ForeignKey(
        Station, models.PROTECT, related_name="photos", verbose_name=_("station"), db_index=False
    )
    file = models.CharField(max_length=200)
    media_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(_("size"))
    caption = models.CharField(_("caption"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    uploaded_by = models.CharField(_("by"), max_length=120)
    created_at = models.DateTimeField(_("uploaded"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("photo of a station")
        verbose_name_plural = _("photos of stations")
        indexes = [models.Index(fields=["station", "position", "id"], name="photo_order")]

    def __str__(self) -> str:
        return self.caption or f"{self.width}x{self.height}"


class MaintenanceState(models.TextChoices):
    """Moves are in ``stations.states.MAINTENANCE``."""

    PLANNED = "planned", pgettext_lazy("maintenance", "Planned")
    RUNNING = "running", pgettext_lazy("maintenance", "Running")
    ENDING = "ending", pgettext_lazy("maintenance", "Coming back")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    MISSED = "missed", _("Missed")


class Maintenance(TenantOwned):
    """A span of time in which a station, or some of its piles, take no new charges.

    ``whole``: whatever stands there when it begins. ``ended_at``: when the last pile was dealt with.
    ``cancelled_at`` is set also where one that ran was ended early.
    """

    station = models.ForeignKey(
        Station, models.PROTECT, related_name="maintenances", verbose_name=_("station"), db_index=False
    )
    starts_at = models.DateTimeField(pgettext_lazy("maintenance", "from"))
    ends_at = models.DateTimeField(pgettext_lazy("maintenance", "until"))
    reason = models.CharField(_("reason"), max_length=300)
    whole = models.BooleanField(_("all terminals"), default=True)
    state = models.CharField(
        _("state"), max_length=10, choices=MaintenanceState, default=MaintenanceState.PLANNED
    )
    created_by = models.CharField(_("by"), max_length=120)
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=120, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("maintenance window")
        verbose_name_plural = _("maintenance windows")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="maintenance_span"
            )
        ]
        indexes = [
            models.Index(fields=["station", "-starts_at", "-id"], name="maintenance_station"),
            models.Index(
                fields=["starts_at"],
                condition=models.Q(state__in=sorted(MAINTENANCE_OPEN)),
                name="maintenance_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Planned, or not over yet."""
        return self.state in MAINTENANCE_OPEN


class MaintenancePile(PathOwned):
    """One pile in a window, with the path of that time: the command that took it out, and the one that brought it back.

    ``was_operative``: what was wanted of it before; one that was out already stays out. ``note`` is a
    code of ``stations.maintenance.Note``. ``tries`` counts the commands of the half that it is in, and
    ``settled`` says that nothing more is asked of it in that half.
    """

    window = models.ForeignKey(Maintenance, models.CASCADE, related_name="items")
    pile = models.ForeignKey(Pile, models.PROTECT, related_name="maintenances", verbose_name=_("pile"))
    was_operative = models.BooleanField(default=True)
    out_command = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="+")
    back_command = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=20, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    settled = models.BooleanField(default=False)

    class Meta(PathOwned.Meta):
        verbose_name = _("terminal in maintenance")
        verbose_name_plural = _("terminals in maintenance")
        indexes = path_indexes("maintained", "-id")
        constraints = [models.UniqueConstraint(fields=["window", "pile"], name="maintenance_pile_once")]

    def __str__(self) -> str:
        return f"{self.window_id} {self.pile_id}"
