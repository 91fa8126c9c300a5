"""What passed between us and the piles: commands, frames, status changes and other events."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, path_indexes
from stations.models.devices import Pile


class Gateway(models.Model):
    """A process that holds the sockets of piles: since when, and when it last said that it lives.

    ``missed_at``: since when it is missed; empty while it is heard in time.
    """

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    missed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class CommandStatus(models.TextChoices):
    """Values match ``ocpp_gateway.wire.CommandState``."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")
    ERROR = "error", _("Error")
    TIMED_OUT = "timed_out", _("No answer")
    CONNECTION_LOST = "connection_lost", _("Connection lost")
    REFUSED = "refused", _("Not sent")
    EXPIRED = "expired", _("Expired")
    EFFECT_SEEN = "effect_seen", _("Done")
    EFFECT_MISSING = "effect_missing", _("No effect")


class Command(PathOwned):
    """A request to a pile and its true outcome. ``about`` names what it is for (``order:8F2K``).

    ``deadline`` is until when it may leave, ``timeout_s`` counts from then on. An answer is not the
    effect: ``effect_within_s`` is set where something must be seen to happen, ``effect_deadline`` is
    until when (empty: whenever the pile gets to it). ``payload`` and ``answer`` hold no secrets.
    ``generation`` is that of the connection on which it left. What was said may name cards, so the audit trail
    does not repeat it.
    """

    untold = frozenset({"payload", "answer", "late_answer"})

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="commands", verbose_name=_("pile"))
    connector_number = models.PositiveSmallIntegerField(_("connector"), null=True, blank=True)
    action = models.CharField(_("command"), max_length=40)
    payload = models.JSONField(_("request"), default=dict)
    state = models.CharField(_("state"), max_length=16, choices=CommandStatus, default=CommandStatus.QUEUED)
    actor_ref = models.CharField(max_length=80)
    actor_label = models.CharField(_("by"), max_length=120)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    about = models.CharField(max_length=80, blank=True)
    timeout_s = models.PositiveSmallIntegerField(default=30)
    created_at = models.DateTimeField(_("asked"))
    deadline = models.DateTimeField()
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.JSONField(_("answer"), default=dict)
    error = models.CharField(_("error"), max_length=300, blank=True)
    message_id = models.CharField(max_length=36, blank=True)
    generation = models.BigIntegerField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(_("latency, ms"), null=True, blank=True)
    late_answer = models.JSONField(null=True, blank=True)
    effect_within_s = models.PositiveIntegerField(null=True, blank=True)
    effect_deadline = models.DateTimeField(null=True, blank=True)
    effect_at = models.DateTimeField(_("effect"), null=True, blank=True)
    effect_note = models.CharField(_("effect seen"), max_length=200, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("command")
        verbose_name_plural = _("commands")
        indexes = [
            *path_indexes("command", "-created_at", "-id"),
            models.Index(fields=["pile", "-created_at"], name="command_pile"),
            models.Index(
                fields=["deadline"],
                condition=models.Q(state__in=["queued", "sent"]),
                name="command_unanswered",
            ),
            models.Index(
                fields=["effect_deadline"],
                condition=models.Q(state="accepted", effect_deadline__isnull=False),
                name="command_effect_due",
            ),
            models.Index(
                fields=["pile"],
                condition=models.Q(
                    effect_within_s__isnull=False,
                    effect_at__isnull=True,
                    state__in=["sent", "accepted", "timed_out", "connection_lost"],
                ),
                name="command_effect_awaited",
            ),
            models.Index(
                fields=["action", "answered_at"],
                condition=models.Q(error__in=["NotImplemented", "NotSupported"]),
                name="command_unknown_to_pile",
            ),
            models.Index(fields=["about"], condition=~models.Q(about=""), name="command_about"),
        ]

    def __str__(self) -> str:
        return f"{self.action} #{self.pk}"


class Frame(PathOwned):
    """One frame as it crossed the socket. Partitioned by day of ``at``; the key is (id, at)."""

    id = models.BigAutoField(primary_key=True)
    pile = models.ForeignKey(Pile, models.DO_NOTHING, related_name="+", db_constraint=False)
    generation = models.BigIntegerField()
    at = models.DateTimeField(_("time"))
    inbound = models.BooleanField()
    kind = models.CharField(max_length=8)
    message_id = models.CharField(max_length=64)
    action = models.CharField(_("message"), max_length=60)
    size = models.PositiveIntegerField()
    text = models.TextField()
    latency_ms = models.PositiveIntegerField(null=True)
    remarks = models.CharField(max_length=200, blank=True)

    class Meta(PathOwned.Meta):
        managed = False
        db_table = "stations_frame"
        verbose_name = _("frame")
        verbose_name_plural = _("frames")

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"


class StatusEvent(PathOwned):
    """A StatusNotification. ``legal``: the step is in the table of OCPP 1.6 §4.9; illegal ones are kept too."""

    pile = models.ForeignKey(Pile, models.DO_NOTHING, related_name="+", db_constraint=False)
    message_id = models.CharField(max_length=64)
    connector_number = models.IntegerField()
    status = models.CharField(max_length=60)
    previous = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=60)
    vendor_error_code = models.CharField(max_length=120, blank=True)
    info = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    legal = models.BooleanField(default=True)
    remarks = models.CharField(max_length=200, blank=True)

    class Meta(PathOwned.Meta):
        indexes = [
            models.Index(fields=["pile", "-at"], name="status_event_pile"),
            BrinIndex(fields=["received_at"], name="status_event_received"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["pile", "received_at", "message_id"], name="status_event_once"),
        ]

    def __str__(self) -> str:
        return f"{self.connector_number} {self.status}"


class PileEvent(PathOwned):
    """Everything else worth remembering of a pile: boots, connections, firmware changes, notices."""

    pile = models.ForeignKey(Pile, models.DO_NOTHING, related_name="+", db_constraint=False)
    kind = models.CharField(_("event"), max_length=40)
    at = models.DateTimeField(_("time"))
    data = models.JSONField(default=dict)

    class Meta(PathOwned.Meta):
        indexes = [
            models.Index(fields=["pile", "-at"], name="pile_event_pile"),
            BrinIndex(fields=["at"], name="pile_event_at"),
        ]

    def __str__(self) -> str:
        return self.kind
