"""What we want piles to charge with: profiles that were sent, and groups that share the power of a site."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes
from stations.models.devices import Pile
from stations.models.sites import Station
from stations.models.traffic import Command


class ProfilePurpose(models.TextChoices):
    """OCPP 1.6 §7.9. Values match ``stations.profiles.Purpose``."""

    STATION = "ChargePointMaxProfile", _("Whole terminal")
    DEFAULT = "TxDefaultProfile", _("Every charge")
    TRANSACTION = "TxProfile", _("One charge")


class ProfileState(models.TextChoices):
    WANTED = "wanted", _("Asked for")
    INSTALLED = "installed", pgettext_lazy("charging profile", "Installed")
    REFUSED = "refused", _("Refused")
    CLEARED = "cleared", pgettext_lazy("charging profile", "Cleared")


class LoadUnit(models.TextChoices):
    KILOWATTS = "kW", "kW"
    AMPERES = "A", "A"


class LoadGroup(TenantOwned):
    """Piles of one station that share a limit; with ``whole`` all that stand there, else those that name it.

    ``limit``, ``least`` and ``safety`` are in ``unit``, amperes per phase. ``least``: with less a
    session pauses. ``safety``: what each connector may take while it was told nothing else.
    ``changed_at`` later than ``shared_at`` means that it waits to be shared anew.
    """

    station = models.ForeignKey(
        Station, models.PROTECT, related_name="load_groups", verbose_name=_("station")
    )
    name = models.CharField(_("name"), max_length=80)
    on = models.BooleanField(_("sharing"), default=True)
    whole = models.BooleanField(_("whole station"), default=True)
    unit = models.CharField(_("unit"), max_length=2, choices=LoadUnit, default=LoadUnit.KILOWATTS)
    limit = models.DecimalField(pgettext_lazy("power", "limit"), max_digits=8, decimal_places=1)
    phases = models.PositiveSmallIntegerField(_("phases"), default=3)
    least = models.DecimalField(_("least for a session"), max_digits=8, decimal_places=1)
    safety = models.DecimalField(_("without word from us"), max_digits=8, decimal_places=1)
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("changed"))
    shared_at = models.DateTimeField(_("last shared"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("load group")
        verbose_name_plural = _("load groups")
        constraints = [
            models.UniqueConstraint(fields=["station", "name"], name="load_group_name_once"),
            models.UniqueConstraint(
                fields=["station"], condition=models.Q(whole=True), name="load_group_one_whole"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ChargingProfile(TenantOwned):
    """A profile that was sent to a pile. Its key is its chargingProfileId; ``content`` is as it left.

    What the pile does not say is not known: without an answer it stays asked for. ``note`` says why it
    is refused or cleared. ``group`` is set where a load group holds it as its safety limit.
    """

    pile = models.ForeignKey(
        Pile, models.PROTECT, related_name="charging_profiles", verbose_name=_("terminal")
    )
    connector_number = models.PositiveSmallIntegerField(_("connector"))
    purpose = models.CharField(_("purpose"), max_length=24, choices=ProfilePurpose)
    stack_level = models.PositiveIntegerField(_("stack level"), default=0)
    transaction_id = models.IntegerField(_("transaction"), null=True, blank=True)
    content = models.JSONField(_("profile"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=ProfileState, default=ProfileState.WANTED)
    note = models.CharField(max_length=30, blank=True)
    group = models.ForeignKey(LoadGroup, models.SET_NULL, null=True, blank=True, related_name="defaults")
    set_command = models.ForeignKey(Command, models.PROTECT, null=True, blank=True, related_name="+")
    clear_command = models.ForeignKey(Command, models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.CharField(_("by"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("charging profile")
        verbose_name_plural = _("charging profiles")
        indexes = [models.Index(fields=["pile", "-created_at"], name="profile_pile")]

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"


class LoadShare(TenantOwned):
    """What one running session of a group is given; gone with the session. Figures in the unit of the group.

    ``share`` is what it is to have. ``obeys`` is what its pile accepted (None: never told anything),
    valid until ``obeys_until``; ``asked`` what was sent since and is not answered for sure.
    ``failed_at``: its pile refused, or did not answer. ``note`` is why it cannot be told anything.
    ``taken`` is what its vehicle took when it was last measured, ``demand`` what it was seen to want.
    """

    group = models.ForeignKey(LoadGroup, models.CASCADE, related_name="shares")
    pile = models.ForeignKey(Pile, models.PROTECT, related_name="load_shares")
    connector_number = models.PositiveSmallIntegerField()
    transaction_id = models.IntegerField()
    began_at = models.DateTimeField()
    share = models.DecimalField(max_digits=8, decimal_places=1, default=Decimal(0))
    obeys = models.DecimalField(max_digits=8, decimal_places=1, null=True, blank=True)
    obeys_until = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    asked = models.DecimalField(max_digits=8, decimal_places=1, null=True, blank=True)
    asked_until = models.DateTimeField(null=True, blank=True)
    command = models.ForeignKey(Command, models.PROTECT, null=True, blank=True, related_name="+")
    failed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=20, blank=True)
    demand = models.DecimalField(max_digits=8, decimal_places=1, null=True, blank=True)
    taken = models.DecimalField(max_digits=8, decimal_places=1, null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["pile", "transaction_id"], name="load_share_once"),
        ]

    def __str__(self) -> str:
        return f"share of transaction {self.transaction_id}"


class Reshare(PathOwned):
    """That a group was shared anew: the limit then, what could not be disposed of, and what each session got."""

    group = models.ForeignKey(LoadGroup, models.DO_NOTHING, related_name="+", db_constraint=False)
    at = models.DateTimeField()
    unit = models.CharField(max_length=2)
    limit = models.DecimalField(max_digits=8, decimal_places=1)
    reserved = models.DecimalField(max_digits=8, decimal_places=1)
    sessions = models.PositiveIntegerField()
    told = models.PositiveIntegerField()
    shares = models.JSONField(default=list)

    class Meta(PathOwned.Meta):
        indexes = [
            *path_indexes("reshare", "-at", "-id"),
            models.Index(fields=["group", "-at"], name="reshare_group"),
        ]

    def __str__(self) -> str:
        return f"reshare of group {self.group_id}"
