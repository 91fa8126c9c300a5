"""Holidays: days on which another price, or none of the usual working hours, may hold."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import TenantOwned


class Holiday(TenantOwned):
    """A local day of a tenant's calendar, handed down; of a chain the lowest tenant that has the day decides.

    One that is not ``observed`` strikes out what stands above: the day is a usual one here and below.
    """

    handed_down = True

    date = models.DateField(_("day"))
    name = models.CharField(_("holiday"), max_length=60)
    observed = models.BooleanField(_("observed"), default=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints = [models.UniqueConstraint(fields=["tenant", "date"], name="holiday_once_per_day")]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"
