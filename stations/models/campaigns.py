"""Many piles asked for the same: a campaign, and what became of it at each pile.

Both keep the path of whoever asked, so that they are seen by that tenant and those above it and by
none of the owners of the piles below.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, path_indexes
from stations.models.devices import Pile
from stations.models.traffic import Command


class CampaignStatus(models.TextChoices):
    """Values match ``stations.states.CampaignState``."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", pgettext_lazy("bulk action", "Stopped")
    DONE = "done", pgettext_lazy("bulk action", "Ended")


class ItemStatus(models.TextChoices):
    """Values match ``stations.states.ItemState``."""

    WAITING = "waiting", pgettext_lazy("bulk action", "Waiting")
    RUNNING = "running", pgettext_lazy("bulk action", "Under way")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not asked")


class Campaign(PathOwned):
    """``kind`` names an entry of ``stations.campaigns``, ``params`` are its own.

    Piles are asked in waves of ``wave_size``, at most ``at_once`` at a time. ``wave`` is the one that
    is asked now, since ``wave_began_at``; the next one follows when all of it has ended and less than
    ``failure_share`` percent of those that were asked failed (0: however many). A pile that cannot be
    heard is waited for ``patience_s`` seconds. ``language`` is that of whoever asked: results are
    written in it. ``token`` names the form that it came from.
    """

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("bulk action"), max_length=120)
    params = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=CampaignStatus, default=CampaignStatus.RUNNING)
    paused_because = models.CharField(_("paused because"), max_length=300, blank=True)
    total = models.PositiveIntegerField(_("terminals"))
    wave_size = models.PositiveIntegerField(_("wave of"))
    at_once = models.PositiveSmallIntegerField(_("at once"))
    failure_share = models.PositiveSmallIntegerField(_("stops at failures, %"))
    patience_s = models.PositiveIntegerField(_("waits for offline terminals, s"))
    send_anyway = models.BooleanField(_("also without the feature profile"), default=False)
    wave = models.PositiveIntegerField(_("wave"), default=0)
    wave_began_at = models.DateTimeField()
    token = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=12, default="en")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    actor_ref = models.CharField(max_length=80)
    actor_label = models.CharField(_("by"), max_length=120)
    created_at = models.DateTimeField(_("asked"))
    looked_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        indexes = [
            *path_indexes("campaign", "-created_at", "-id"),
            models.Index(
                fields=["looked_at"], condition=models.Q(ended_at__isnull=True), name="campaign_under_way"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CampaignPile(PathOwned):
    """One pile of a campaign. ``deadline``: until when it must have ended. ``data`` belongs to the kind."""

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="piles", verbose_name=_("bulk action")
    )
    pile = models.ForeignKey(Pile, models.PROTECT, related_name="+", verbose_name=_("terminal"))
    wave = models.PositiveIntegerField(_("wave"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=ItemStatus, default=ItemStatus.WAITING)
    command = models.ForeignKey(Command, models.PROTECT, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict, blank=True)
    result = models.CharField(_("result"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("result of a bulk action")
        verbose_name_plural = _("results of bulk actions")
        indexes = [
            *path_indexes("campaign_pile", "-id"),
            models.Index(fields=["campaign", "state", "wave"], name="campaign_pile_state"),
        ]
        constraints = [models.UniqueConstraint(fields=["campaign", "pile"], name="campaign_pile_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.pile_id}"

    @property
    def about(self) -> str:
        """What commands sent for it name."""
        return f"campaign:{self.pk}"
