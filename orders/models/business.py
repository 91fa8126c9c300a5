"""The charging order: who, where, for how much, in three states that do not know each other.

Figures of a running order are as of its last reading (``priced_at``); those of a settled one never
change again, a correction is a new version with ledger entries of its own.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, path_indexes
from drivers.models import Card, Driver
from orders import labels
from orders.models.facts import Transaction
from orders.states import RUNNING, ChargeState, PayState, ReviewState
from stations.models import Connector, Pile, Station, TariffVersion


class Source(models.TextChoices):
    QR = "qr", _("QR code")
    CARD = "card", pgettext_lazy("start method", "Card")
    STAFF = "staff", pgettext_lazy("start method", "Staff")
    OFFLINE = "offline", _("Offline upload")


class LimitKind(models.TextChoices):
    FULL = "full", _("Until full")
    MONEY = "money", _("Amount")
    ENERGY = "energy", _("Energy")
    MINUTES = "minutes", _("Minutes")
    SOC = "soc", _("State of charge")


UNDER_WAY = models.Q(charge_state__in=sorted(state.value for state in RUNNING)) | models.Q(
    charge_state=ChargeState.ENDED.value, settled_at__isnull=True
)
"""What is listed as real-time: few rows among millions, so they have indexes of their own."""


class ChargingOrder(PathOwned):
    """Money in minor units of ``currency``, energy in Wh, ``limit_value`` in the unit of its kind
    (minor units, Wh, minutes, percent). ``public_id`` is the driver's link, ``id_tag`` the one-time token:
    who holds one of the two acts for the driver."""

    untold = frozenset({"public_id", "id_tag"})

    order_no = models.CharField(_("order number"), max_length=32, unique=True)
    public_id = models.CharField(max_length=32, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="orders", verbose_name=_("station"))
    pile = models.ForeignKey(Pile, models.PROTECT, related_name="orders", verbose_name=_("pile"))
    connector = models.ForeignKey(
        Connector, models.PROTECT, related_name="orders", verbose_name=_("connector")
    )
    driver = models.ForeignKey(
        Driver, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("driver")
    )
    card = models.ForeignKey(Card, models.PROTECT, null=True, blank=True, related_name="orders")
    plate = models.CharField(_("plate"), max_length=20, blank=True)
    source = models.CharField(_("start method"), max_length=8, choices=Source)
    id_tag = models.CharField(max_length=60, blank=True)
    limit_kind = models.CharField(_("limit"), max_length=8, choices=LimitKind, default=LimitKind.FULL)
    limit_value = models.BigIntegerField(null=True, blank=True)

    charge_state = models.CharField(
        _("state"),
        max_length=12,
        choices=labels.choices(labels.CHARGE),
        default=ChargeState.CREATED.value,
    )
    pay_state = models.CharField(
        _("payment"), max_length=16, choices=labels.choices(labels.PAY), default=PayState.UNFUNDED.value
    )
    review_state = models.CharField(
        _("review"), max_length=8, choices=labels.choices(labels.REVIEW), default=ReviewState.NONE.value
    )
    failure = models.CharField(_("failure"), max_length=40, blank=True)
    suspended_by = models.CharField(max_length=4, blank=True)  # "ev", "evse" or empty

    tariff_version = models.ForeignKey(
        TariffVersion, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("tariff")
    )
    tariff = models.JSONField(default=dict)
    tariff_why = models.CharField(max_length=40, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    zone = models.CharField(max_length=40)
    quoted_at = models.DateTimeField(null=True, blank=True)

    transaction = models.OneToOneField(
        Transaction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="order",
        verbose_name=_("transaction"),
    )
    created_at = models.DateTimeField(_("created"))
    start_deadline = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    stop_asked_by = models.CharField(max_length=120, blank=True)
    stop_attempts = models.PositiveSmallIntegerField(default=0)
    stop_due_at = models.DateTimeField(null=True, blank=True)
    stop_missing_since = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    unplugged_at = models.DateTimeField(_("unplugged"), null=True, blank=True)
    idle_final_at = models.DateTimeField(null=True, blank=True)  # nothing is added to the bill after it
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    end_day = models.DateField(null=True, blank=True)

    meter_start = models.BigIntegerField(_("meter start, Wh"), null=True, blank=True)
    meter_stop = models.BigIntegerField(_("meter stop, Wh"), null=True, blank=True)
    energy_wh = models.BigIntegerField(_("energy"), default=0)
    sharp_wh = models.BigIntegerField(_("sharp"), default=0)
    peak_wh = models.BigIntegerField(_("peak"), default=0)
    flat_wh = models.BigIntegerField(_("flat"), default=0)
    valley_wh = models.BigIntegerField(_("valley"), default=0)
    power_w = models.BigIntegerField(_("power"), null=True, blank=True)
    soc_start = models.PositiveSmallIntegerField(null=True, blank=True)
    soc = models.PositiveSmallIntegerField(_("SoC"), null=True, blank=True)
    last_sample_at = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(_("last message"), null=True, blank=True)
    priced_at = models.DateTimeField(null=True, blank=True)

    hold = models.BigIntegerField(_("hold"), default=0)
    bill = models.JSONField(default=dict)
    electricity_fee = models.BigIntegerField(_("electricity fee"), default=0)
    service_fee = models.BigIntegerField(_("service fee"), default=0)
    idle_fee = models.BigIntegerField(_("idle fee"), default=0)
    discount = models.BigIntegerField(_("discount"), default=0)
    total = models.BigIntegerField(_("total"), default=0)
    paid_cash = models.BigIntegerField(_("paid"), default=0)
    paid_bonus = models.BigIntegerField(_("paid from bonus"), default=0)
    arrears = models.BigIntegerField(_("arrears"), default=0)
    written_off = models.BigIntegerField(_("written off"), default=0)
    refunded = models.BigIntegerField(_("refunded"), default=0)
    version = models.PositiveSmallIntegerField(default=0)
    stop_reason = models.CharField(_("stop reason"), max_length=40, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list)

    class Meta(PathOwned.Meta):
        verbose_name = _("charging order")
        verbose_name_plural = _("charging orders")
        constraints = [
            models.UniqueConstraint(
                fields=["connector"],
                condition=models.Q(charge_state__in=["created", "starting"]),
                name="order_one_starting_per_connector",
            ),
            models.UniqueConstraint(
                fields=["id_tag"],
                condition=models.Q(source="qr") & ~models.Q(id_tag=""),
                name="order_token_once",
            ),
        ]
        indexes = [
            *path_indexes("order", "-created_at", "-id"),
            *path_indexes("order_live", "-created_at", "-id", where=UNDER_WAY),
            models.Index(
                fields=["charge_state", "id"],
                condition=~models.Q(charge_state__in=["ended", "start_failed", "cancelled"]),
                name="order_running",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(charge_state="ended", settled_at__isnull=True),
                name="order_to_settle",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(
                    charge_state="ended", settled_at__isnull=False, idle_final_at__isnull=True
                ),
                name="order_idle_open",
            ),
            models.Index(fields=["id"], condition=models.Q(pay_state="arrears"), name="order_in_arrears"),
            models.Index(OpClass(Reverse("order_no"), "text_pattern_ops"), name="order_no_end"),
            models.Index(fields=["connector", "-created_at"], name="order_connector"),
            models.Index(fields=["driver", "-created_at"], name="order_driver"),
            models.Index(fields=["pile", "-created_at"], name="order_pile"),
        ]

    def __str__(self) -> str:
        return self.order_no


class OrderEvent(PathOwned):
    """A line of an order's history. ``side`` is who spoke: the pile, the business, money or a person."""

    order = models.ForeignKey(ChargingOrder, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    side = models.CharField(max_length=6)
    kind = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    actor_label = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()

    class Meta(PathOwned.Meta):
        indexes = [models.Index(fields=["order", "at", "id"], name="order_event_order")]

    def __str__(self) -> str:
        return self.kind
