"""What happened to the security of piles, and the way of one to another password or profile."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, path_indexes
from stations.models.devices import Pile
from stations.models.traffic import Command


class EventSource(models.TextChoices):
    PILE = "pile", _("Reported by the terminal")
    CENTRAL = "central", _("Noticed here")


class SecurityEvent(PathOwned):
    """A security event: reported by a pile (white paper A04), or noticed at the door (A00.FR.312 and others).

    What is noticed here is one row for many attempts of one kind within ``SecurityEvent`` windows: ``count``.
    Without a pile it is every manufacturer's. ``pile_time`` is what the pile says when it happened.
    """

    source = models.CharField(_("source"), max_length=8, choices=EventSource)
    pile = models.ForeignKey(
        Pile,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("terminal"),
    )
    identity = models.CharField(_("identity"), max_length=200, blank=True)
    remote = models.CharField(_("address"), max_length=60, blank=True)
    type = models.CharField(_("event"), max_length=50)
    critical = models.BooleanField(_("critical"), default=False)
    at = models.DateTimeField(_("time"))
    last_at = models.DateTimeField(_("last time"))
    pile_time = models.DateTimeField(_("time of the terminal"), null=True, blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    info = models.CharField(_("details"), max_length=255, blank=True)
    once = models.CharField(max_length=300)

    class Meta(PathOwned.Meta):
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        indexes = [
            *path_indexes("secevent", "-last_at", "-id"),
            models.Index(fields=["pile", "-last_at"], name="secevent_pile"),
            models.Index(
                fields=["manufacturer", "-last_at"],
                condition=models.Q(pile__isnull=True),
                name="secevent_nobody",
            ),
            BrinIndex(fields=["last_at"], name="secevent_last_at"),
        ]
        constraints = [models.UniqueConstraint(fields=["manufacturer", "once"], name="secevent_once")]

    def __str__(self) -> str:
        return self.type


class UpgradeState(models.TextChoices):
    """The steps in their order, and how it ended. Moves: ``stations.states.UPGRADE``."""

    KEY = "key", _("New password")
    NAME = "name", _("Name of the operator")
    ROOTS = "roots", _("Root certificates")
    CERTIFICATE = "certificate", _("Certificate of the terminal")
    PROFILE = "profile", _("Security profile")
    RETURN = "return", _("Comes back on the new port")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


UPGRADE_OVER = (UpgradeState.DONE, UpgradeState.FAILED, UpgradeState.CANCELLED)


class SecurityUpgrade(PathOwned):
    """One guided way of a pile to a new password and, where ``target`` is above its profile, to that profile.

    ``steps`` are those it takes, in their order; ``step`` is where it is or where it ended. ``command`` is what
    was asked last in this step, ``done_in_step`` how many parts of it are through.
    """

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="upgrades", verbose_name=_("terminal"))
    target = models.PositiveSmallIntegerField(_("to profile"))
    steps = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=12, choices=UpgradeState)
    step = models.CharField(max_length=12, choices=UpgradeState)
    step_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_in_step = models.PositiveSmallIntegerField(default=0)
    command = models.ForeignKey(Command, models.PROTECT, null=True, blank=True, related_name="+")
    offered_salt = models.CharField(max_length=32, blank=True)
    error = models.CharField(_("why"), max_length=300, blank=True)
    actor_ref = models.CharField(max_length=80)
    actor_label = models.CharField(_("by"), max_length=120)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("begun"))
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("security upgrade")
        verbose_name_plural = _("security upgrades")
        indexes = [
            *path_indexes("upgrade", "-created_at", "-id"),
            models.Index(fields=["pile", "-created_at"], name="upgrade_pile"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pile"],
                condition=~models.Q(state__in=UPGRADE_OVER),
                name="upgrade_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pile_id} → {self.target}"
