"""Prices over the day. A version is never edited once it is approved: a change is a new version."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned


class TariffStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    RETIRED = "retired", pgettext_lazy("tariff", "Retired")


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waits for approval")
    APPROVED = "approved", _("Approved")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class AssignmentState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DONE = "done", pgettext_lazy("tariff change", "Done")
    REFUSED = "refused", pgettext_lazy("tariff change", "Refused")
    CANCELLED = "cancelled", pgettext_lazy("tariff change", "Cancelled")


class Tariff(TenantOwned):
    """A named price list. ``is_default``: used at stations of the owner's subtree that name none."""

    handed_down = True

    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3)
    rounding = models.CharField(
        _("rounding"), max_length=5, choices=[("line", _("Each line")), ("total", _("Total"))], default="line"
    )
    status = models.CharField(_("status"), max_length=8, choices=TariffStatus, default=TariffStatus.ACTIVE)
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="tariff_name_once_per_tenant"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_default=True), name="tariff_one_default_per_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _price(label: Any) -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(label, max_digits=10, decimal_places=5, default=Decimal(0))


_VALIDITY = models.Func("valid_from", "valid_to", function="TSTZRANGE", output_field=DateTimeRangeField())


class TariffVersion(TenantOwned):
    """48 half-hour codes and what each costs per kWh, major units. Money of the idle fee is in minor units.

    ``codes`` are those of a usual day, ``days`` other day types (``stations.daytypes``), ``idle_free`` the hours
    of the day in which standing costs nothing (``[["22:00", "06:00"]]``). ``revision`` counts the edits of a
    draft. ``bands``, ``lowest`` and ``highest`` (both fees) sum up all its days, for lists.
    """

    handed_down = True

    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=VersionState, default=VersionState.DRAFT)
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"), null=True, blank=True)
    codes = models.CharField(_("half hours"), max_length=48)
    days = models.JSONField(_("other days"), default=list, blank=True)
    sharp_electricity = _price(_("sharp, electricity"))
    sharp_service = _price(_("sharp, service"))
    peak_electricity = _price(_("peak, electricity"))
    peak_service = _price(_("peak, service"))
    flat_electricity = _price(_("flat, electricity"))
    flat_service = _price(_("flat, service"))
    valley_electricity = _price(_("valley, electricity"))
    valley_service = _price(_("valley, service"))
    idle_grace_min = models.PositiveSmallIntegerField(_("free minutes after charging"), default=15)
    idle_per_minute = models.PositiveIntegerField(_("idle fee per minute"), default=0)
    idle_cap = models.PositiveIntegerField(_("idle fee at most"), null=True, blank=True)
    idle_free = models.JSONField(_("free hours of the day"), default=list, blank=True)
    min_hold = models.PositiveIntegerField(_("minimum hold"), default=2000)
    bands = models.CharField(_("bands"), max_length=4, blank=True)
    lowest = _price(_("lowest price"))
    highest = _price(_("highest price"))
    revision = models.PositiveIntegerField(_("revision"), default=1)
    created_by = models.CharField(_("author"), max_length=120, blank=True)
    created_ref = models.CharField(_("author"), max_length=80, blank=True)
    edited_by = models.CharField(_("last edited by"), max_length=120, blank=True)
    edited_ref = models.CharField(_("last edited by"), max_length=80, blank=True)
    submitted_by = models.CharField(_("submitted by"), max_length=120, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    returned_by = models.CharField(_("returned by"), max_length=120, blank=True)
    returned_note = models.CharField(_("returned because"), max_length=300, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created"))
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("tariff version")
        verbose_name_plural = _("tariff versions")
        constraints = [
            models.UniqueConstraint(fields=["tariff", "number"], name="tariff_version_number"),
            models.CheckConstraint(
                condition=models.Q(codes__regex=r"^[SPFV]{48}$"), name="tariff_version_covers_the_day"
            ),
            ExclusionConstraint(
                name="tariff_versions_follow_each_other",
                expressions=[
                    ("tariff", RangeOperators.EQUAL),
                    (_VALIDITY, RangeOperators.OVERLAPS),
                ],
                condition=models.Q(state="approved"),
            ),
        ]
        indexes = [models.Index(fields=["tariff", "-valid_from"], name="tariff_version_from")]

    def __str__(self) -> str:
        return f"{self.tariff} v{self.number}"


class ServiceCeiling(TenantOwned):
    """The highest service fee per kWh, major units, in tariffs of the agencies below an operator."""

    handed_down = True

    amount = models.DecimalField(_("highest service fee"), max_digits=10, decimal_places=5)

    class Meta(TenantOwned.Meta):
        verbose_name = _("service fee ceiling")
        verbose_name_plural = _("service fee ceilings")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="service_ceiling_once_per_tenant")]

    def __str__(self) -> str:
        return str(self.amount)


class TariffAssignment(TenantOwned):
    """A station or a pile gets another tariff at ``due_at``; ``tariff`` None takes its own one off.

    Those asked for together share their ``batch``. ``note`` says why one was refused.
    """

    station = models.ForeignKey(
        "stations.Station", models.CASCADE, null=True, blank=True, related_name="tariff_assignments"
    )
    pile = models.ForeignKey(
        "stations.Pile", models.CASCADE, null=True, blank=True, related_name="tariff_assignments"
    )
    tariff = models.ForeignKey(
        Tariff, models.PROTECT, null=True, blank=True, related_name="assignments", verbose_name=_("tariff")
    )
    batch = models.CharField(_("batch"), max_length=16)
    due_at = models.DateTimeField(_("from"))
    state = models.CharField(
        _("state"), max_length=10, choices=AssignmentState, default=AssignmentState.WAITING
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_by = models.CharField(_("by"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("tariff change")
        verbose_name_plural = _("tariff changes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(station__isnull=True) ^ models.Q(pile__isnull=True),
                name="tariff_assignment_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(state="waiting"), name="tariff_assignment_due"
            ),
            models.Index(fields=["tenant", "-due_at"], name="tariff_assignment_tenant"),
            models.Index(fields=["batch"], name="tariff_assignment_batch"),
        ]

    def __str__(self) -> str:
        return str(self.target)

    @property
    def target(self) -> Any:
        """The station or the pile."""
        return self.station if self.station_id is not None else self.pile
