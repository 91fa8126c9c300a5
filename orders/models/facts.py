"""The pile's truth: append-only, with pile time and server time. Nothing here is corrected, only flagged."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, path_indexes
from stations.models import Pile


class Transaction(PathOwned):
    """One OCPP transaction. ``id`` is the transactionId: positive, int32, unique over the whole system.

    ``started_at`` and ``stopped_at`` are the times to go by; ``pile_started_at`` and ``pile_stopped_at``
    what the pile's clock said, which is the same unless that cannot be true. The natural key (pile,
    connector, folded idTag, the pile's start instant, meterStart) makes a resend find the same row.
    ``*_handled_at`` empty means that the business has still to look at the start or the stop.
    """

    id = models.AutoField(primary_key=True)
    pile = models.ForeignKey(Pile, models.PROTECT, related_name="transactions", verbose_name=_("pile"))
    connector_number = models.PositiveIntegerField(_("connector"))
    id_tag = models.CharField(_("card or token"), max_length=60)
    id_tag_folded = models.CharField(max_length=60)
    started_at = models.DateTimeField(_("started"))
    pile_started_at = models.DateTimeField()
    start_received_at = models.DateTimeField()
    meter_start = models.BigIntegerField(_("meter start, Wh"))
    start_answer = models.JSONField(default=dict)
    reservation_id = models.IntegerField(null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    pile_stopped_at = models.DateTimeField(null=True, blank=True)
    stop_received_at = models.DateTimeField(null=True, blank=True)
    meter_stop = models.BigIntegerField(_("meter stop, Wh"), null=True, blank=True)
    stop_reason = models.CharField(_("stop reason"), max_length=40, blank=True)
    stop_id_tag = models.CharField(max_length=60, blank=True)
    stop_answer = models.JSONField(default=dict)
    last_sample_at = models.DateTimeField(null=True, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list)
    start_handled_at = models.DateTimeField(null=True, blank=True)
    stop_handled_at = models.DateTimeField(null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("transaction")
        verbose_name_plural = _("transactions")
        constraints = [
            models.UniqueConstraint(
                fields=["pile", "connector_number", "id_tag_folded", "pile_started_at", "meter_start"],
                name="transaction_natural_key",
            ),
        ]
        indexes = [
            *path_indexes("tx", "-started_at", "-id"),
            models.Index(
                fields=["pile", "connector_number"],
                condition=models.Q(stop_received_at__isnull=True),
                name="tx_open",
            ),
            models.Index(fields=["pile", "-started_at"], name="tx_pile"),
            models.Index(fields=["id_tag_folded", "-started_at"], name="tx_tag"),
            models.Index(
                fields=["id"], condition=models.Q(start_handled_at__isnull=True), name="tx_start_unhandled"
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(stop_handled_at__isnull=True, stop_received_at__isnull=False),
                name="tx_stop_unhandled",
            ),
        ]

    def __str__(self) -> str:
        return f"transaction {self.pk}"


class Sample(PathOwned):
    """All meter values of one instant. Partitioned by month of ``taken_at``; the key is (id, taken_at).

    ``register_wh`` is the billing register (domain rule: Energy.Active.Import.Register, Raw, Outlet, no
    phase), to a thousandth of a watt-hour; the well-known others stand beside it in W, A, V, %, degrees C. ``readings``
    keeps everything as it was sent, signed values byte for byte.
    """

    id = models.BigAutoField(primary_key=True)
    pile = models.ForeignKey(Pile, models.DO_NOTHING, related_name="+", db_constraint=False)
    connector_number = models.PositiveIntegerField()
    transaction = models.ForeignKey(
        Transaction, models.DO_NOTHING, related_name="samples", null=True, db_constraint=False
    )
    taken_at = models.DateTimeField()
    received_at = models.DateTimeField()
    context = models.CharField(max_length=24)
    register_wh = models.DecimalField(max_digits=16, decimal_places=3, null=True)
    power_w = models.DecimalField(max_digits=12, decimal_places=1, null=True)
    current_a = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    voltage_v = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    soc = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    temperature_c = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    readings = models.JSONField(default=list)
    remarks = models.CharField(max_length=200, blank=True)

    class Meta(PathOwned.Meta):
        managed = False
        db_table = "orders_sample"

    def __str__(self) -> str:
        return f"sample {self.pk}"


class LooseFact(PathOwned):
    """A stop that belongs to no transaction of its pile or contradicts the one before: kept whole, never guessed away.

    ``handled_at`` empty means that the business has still to look at it.
    """

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="loose_facts", verbose_name=_("pile"))
    kind = models.CharField(_("kind"), max_length=20)
    connector_number = models.PositiveIntegerField(_("connector"), null=True, blank=True)
    claimed_transaction_id = models.BigIntegerField(_("transaction as sent"), null=True, blank=True)
    at = models.DateTimeField(_("time"))
    received_at = models.DateTimeField(_("received"))
    data = models.JSONField(default=dict)
    flags = ArrayField(models.CharField(max_length=40), default=list)
    attached_to = models.ForeignKey(
        Transaction, models.PROTECT, null=True, blank=True, related_name="loose_facts"
    )
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("loose fact")
        verbose_name_plural = _("loose facts")
        indexes = [
            *path_indexes("loose", "-at", "-id"),
            models.Index(fields=["pile", "-at"], name="loose_pile"),
            models.Index(fields=["id"], condition=models.Q(handled_at__isnull=True), name="loose_unhandled"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
