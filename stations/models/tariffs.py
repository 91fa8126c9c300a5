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
    APPROVED = "approved", _("Approved")
    WITHDRAWN = "withdrawn", _("Withdrawn")


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
    """48 half-hour codes and what each costs per kWh, major units. Money of the idle fee is in minor units."""

    handed_down = True

    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=VersionState, default=VersionState.DRAFT)
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"), null=True, blank=True)
    codes = models.CharField(_("half hours"), max_length=48)
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
    min_hold = models.PositiveIntegerField(_("minimum hold"), default=2000)
    created_by = models.CharField(_("author"), max_length=120, blank=True)
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
