"""Piles and their connectors.

Three things are kept apart: what a connector last *reported* (``status``), whether its pile can be
*heard* (``Pile.online``), and what we *want* of it (``intent``).
"""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import TenantOwned
from stations.models.sites import Station
from stations.models.tariffs import Tariff


class Kind(models.TextChoices):
    AC = "AC", _("AC")
    DC = "DC", _("DC")


class PileModel(TenantOwned):
    """A product of the manufacturer. ``quirks`` are defaults of its piles' protocol settings."""

    handed_down = True

    vendor = models.CharField(_("vendor"), max_length=50)
    name = models.CharField(_("model"), max_length=50)
    kind = models.CharField(_("kind"), max_length=2, choices=Kind, default=Kind.DC)
    connector_count = models.PositiveSmallIntegerField(_("connectors"), default=1)
    connector_type = models.CharField(_("connector type"), max_length=30, blank=True)
    rated_kw = models.DecimalField(_("rated power, kW"), max_digits=7, decimal_places=1, default=Decimal(60))
    quirks = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("pile model")
        verbose_name_plural = _("pile models")
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="pile_model_name_once")]

    def __str__(self) -> str:
        return f"{self.vendor} {self.name}"


class Life(models.TextChoices):
    IN_STOCK = "in_stock", _("In stock")
    INSTALLED = "installed", _("Installed")
    IN_SERVICE = "in_service", _("In service")
    MAINTENANCE = "maintenance", _("Maintenance")
    RETIRED = "retired", _("Retired")


class Registration(models.TextChoices):
    """OCPP 1.6 §4.2; ``UNKNOWN`` never booted. Values match ``ocpp_gateway.wire.Registration``."""

    UNKNOWN = "unknown", _("Never booted")
    ACCEPTED = "Accepted", _("Accepted")
    PENDING = "Pending", _("Pending")
    REJECTED = "Rejected", _("Rejected")


class Intent(models.TextChoices):
    OPERATIVE = "Operative", _("In operation")
    INOPERATIVE = "Inoperative", _("Out of operation")


class ConnectorStatus(models.TextChoices):
    """OCPP 1.6 §7.7. An empty status was never reported."""

    AVAILABLE = "Available", _("Available")
    PREPARING = "Preparing", _("Preparing")
    CHARGING = "Charging", _("Charging")
    SUSPENDED_EVSE = "SuspendedEVSE", _("Suspended by pile")
    SUSPENDED_EV = "SuspendedEV", _("Suspended by vehicle")
    FINISHING = "Finishing", _("Finishing")
    RESERVED = "Reserved", _("Reserved")
    UNAVAILABLE = "Unavailable", _("Unavailable")
    FAULTED = "Faulted", _("Faulted")


class Pile(TenantOwned):
    """A charge point. Its tenant is its station's.

    While ``next_key_hash`` is set both keys open the door. ``next_key_undecided``: the pile never said
    whether it took the next key, so the next handshake tells (OCPP 1.6 security white paper A01).
    ``next_profile``: it was asked to raise its security profile to this one and is let in with either, until it
    comes with the higher one (A05). ``cpo_name``: the name of its operator that it last took.
    ``feature_profiles`` are those that it lists (OCPP 1.6 §3.3), None as long as it never said.
    ``status`` and what follows are what it reported of connector 0, itself.
    """

    identity = models.CharField(_("identity"), max_length=48, unique=True)
    name = models.CharField(_("terminal name"), max_length=60)
    serial = models.CharField(_("serial"), max_length=60, blank=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="piles", verbose_name=_("station"))
    model = models.ForeignKey(
        PileModel, models.PROTECT, null=True, blank=True, related_name="piles", verbose_name=_("model")
    )
    tariff = models.ForeignKey(
        Tariff, models.PROTECT, null=True, blank=True, related_name="piles", verbose_name=_("own tariff")
    )
    load_group = models.ForeignKey(
        "stations.LoadGroup", models.SET_NULL, null=True, blank=True, related_name="piles"
    )
    life = models.CharField(_("life"), max_length=12, choices=Life, default=Life.IN_SERVICE)
    intent = models.CharField(max_length=12, choices=Intent, default=Intent.OPERATIVE)
    warranty_until = models.DateField(_("warranty until"), null=True, blank=True)
    sim_expires_on = models.DateField(_("SIM card expires"), null=True, blank=True)
    # how it connects
    security_profile = models.PositiveSmallIntegerField(_("security profile"), default=1)
    next_profile = models.PositiveSmallIntegerField(null=True, blank=True)
    cpo_name = models.CharField(max_length=64, blank=True, default="", db_default="")
    key_salt = models.CharField(max_length=32, blank=True)
    key_hash = models.CharField(max_length=64, blank=True)
    next_key_salt = models.CharField(max_length=32, blank=True)
    next_key_hash = models.CharField(max_length=64, blank=True)
    next_key_undecided = models.BooleanField(default=False)
    key_form = models.CharField(max_length=4, blank=True)
    quirks = models.JSONField(default=dict, blank=True)
    # presence, compare-and-set on the generation
    online = models.BooleanField(_("online"), default=False)
    generation = models.BigIntegerField(default=0)
    gateway = models.CharField(max_length=60, blank=True)
    remote = models.CharField(_("address"), max_length=60, blank=True)
    connected_at = models.DateTimeField(_("connected"), null=True, blank=True)
    disconnected_at = models.DateTimeField(_("disconnected"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last heard"), null=True, blank=True)
    # what it said of itself
    registration = models.CharField(max_length=10, choices=Registration, default=Registration.UNKNOWN)
    booted_at = models.DateTimeField(_("last boot"), null=True, blank=True)
    boot_count = models.PositiveIntegerField(default=0)
    reported_vendor = models.CharField(max_length=120, blank=True)
    reported_model = models.CharField(max_length=120, blank=True)
    reported_serial = models.CharField(max_length=120, blank=True)
    firmware = models.CharField(_("firmware"), max_length=120, blank=True)
    feature_profiles = models.JSONField(_("feature profiles"), null=True, blank=True)
    iccid = models.CharField(max_length=60, blank=True)
    imsi = models.CharField(max_length=60, blank=True)
    clock_offset_s = models.IntegerField(_("clock offset, s"), null=True, blank=True)
    status = models.CharField(max_length=14, choices=ConnectorStatus, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    status_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("pile")
        verbose_name_plural = _("piles")
        indexes = [
            models.Index(fields=["gateway"], condition=models.Q(online=True), name="pile_gateway"),
            models.Index(
                fields=["id"],
                include=["online", "intent", "life"],
                condition=models.Q(online=False)
                | models.Q(intent=Intent.INOPERATIVE)
                | models.Q(life__in=[Life.RETIRED, Life.IN_STOCK]),
                name="pile_telling",
            ),
            models.Index(fields=["name", "id"], include=["tenant"], name="pile_by_name"),
            models.Index(OpClass(Upper("name"), "text_pattern_ops"), name="pile_name_start"),
            models.Index(OpClass(Upper("serial"), "text_pattern_ops"), name="pile_serial_start"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="pile_name_part"),
            GinIndex(OpClass(Upper("identity"), "gin_trgm_ops"), name="pile_identity_part"),
        ]

    def __str__(self) -> str:
        return self.name


def letter_of(number: int) -> str:
    """What a connector of this number is called on labels and pages."""
    return chr(ord("A") + number - 1) if 1 <= number <= 26 else str(number)


class Connector(TenantOwned):
    """One gun. ``number`` counts from 1; on labels and pages it is a letter (1 = A).

    ``status_at``: since when the status is what it is. ``reported_at``: the time of the newest report,
    which an older one does not overwrite. ``registered`` is false while only the pile knows of it.
    """

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="connectors", verbose_name=_("pile"))
    number = models.PositiveSmallIntegerField(_("connector"))
    type = models.CharField(_("type"), max_length=30, blank=True)
    rated_kw = models.DecimalField(
        _("rated power, kW"), max_digits=7, decimal_places=1, null=True, blank=True
    )
    intent = models.CharField(_("intended"), max_length=12, choices=Intent, default=Intent.OPERATIVE)
    status = models.CharField(_("status"), max_length=14, choices=ConnectorStatus, blank=True)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    vendor_error_code = models.CharField(max_length=60, blank=True)
    info = models.CharField(max_length=120, blank=True)
    status_at = models.DateTimeField(_("since"), null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    unplugged_at = models.DateTimeField(null=True, blank=True)
    registered = models.BooleanField(_("registered"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        constraints = [models.UniqueConstraint(fields=["pile", "number"], name="connector_number_once")]

    def __str__(self) -> str:
        return f"{self.pile} {self.letter}"

    @property
    def letter(self) -> str:
        return letter_of(self.number)


class QrToken(TenantOwned):
    """What a sticker encodes. Random, revocable; a replaced one still says that it was replaced."""

    token = models.CharField(max_length=16, unique=True)
    connector = models.ForeignKey(Connector, models.PROTECT, related_name="tokens")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["connector"],
                condition=models.Q(revoked_at__isnull=True),
                name="qr_one_live_per_connector",
            ),
        ]

    def __str__(self) -> str:
        return self.token


class UnclaimedPile(TenantOwned):
    """An identity that knocked and that nobody registered, shown to the manufacturer until it is claimed."""

    identity = models.CharField(_("identity"), max_length=200)
    reason = models.CharField(_("refused because"), max_length=20)
    remote = models.CharField(_("address"), max_length=60, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("waiting to be claimed")
        verbose_name_plural = _("waiting to be claimed")
        constraints = [models.UniqueConstraint(fields=["tenant", "identity"], name="unclaimed_identity_once")]

    def __str__(self) -> str:
        return self.identity
