"""Totals by day: what the overview and every chart over time read instead of summing orders.

A row says what happened below one tenant on one local day of the stations. It is made anew from the
orders whenever one of them changes, never added to, so making it twice changes nothing.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, TenantOwned
from stations.models import Station


class DayTotal(TenantOwned):
    """Settled orders that ended on ``day`` (of the station's zone), in one currency; minor units, Wh, seconds.

    ``failed``: those of the sessions that gave next to nothing. ``total`` is what was billed after
    discounts, ``refunded`` what went back of it. ``restated_at``: an order came after the day was over.
    """

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    sessions = models.PositiveIntegerField(_("sessions"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    energy_wh = models.BigIntegerField(_("energy"), default=0)
    sharp_wh = models.BigIntegerField(_("sharp"), default=0)
    peak_wh = models.BigIntegerField(_("peak"), default=0)
    flat_wh = models.BigIntegerField(_("flat"), default=0)
    valley_wh = models.BigIntegerField(_("valley"), default=0)
    seconds = models.BigIntegerField(_("charging time"), default=0)
    electricity_fee = models.BigIntegerField(_("electricity fee"), default=0)
    service_fee = models.BigIntegerField(_("service fee"), default=0)
    idle_fee = models.BigIntegerField(_("idle fee"), default=0)
    discount = models.BigIntegerField(_("discount"), default=0)
    total = models.BigIntegerField(_("amount"), default=0)
    refunded = models.BigIntegerField(_("refunded"), default=0)
    restated_at = models.DateTimeField(_("restated"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("total of a day")
        verbose_name_plural = _("totals of days")
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "currency"], name="day_total_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day} {self.currency}"


class DayLoad(TenantOwned):
    """Energy below a tenant by half hour of the stations' wall clocks: 48 figures in Wh.

    An hour that the clocks repeat counts where the wall clock shows it.
    """

    day = models.DateField(_("day"))
    wh = ArrayField(models.BigIntegerField(), size=48)

    class Meta(TenantOwned.Meta):
        verbose_name = _("load of a day")
        verbose_name_plural = _("loads of days")
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="day_load_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"


class StationTotal(PathOwned):
    """Settled orders of one station that ended on ``day``, in one currency, with the path of their time."""

    station = models.ForeignKey(
        Station, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    sessions = models.PositiveIntegerField(_("sessions"), default=0)
    energy_wh = models.BigIntegerField(_("energy"), default=0)
    seconds = models.BigIntegerField(_("charging time"), default=0)
    total = models.BigIntegerField(_("amount"), default=0)

    class Meta(PathOwned.Meta):
        verbose_name = _("total of a station")
        verbose_name_plural = _("totals of stations")
        constraints = [
            models.UniqueConstraint(
                fields=["station", "day", "currency", "manufacturer", "dealer", "operator", "agency"],
                nulls_distinct=False,
                name="station_total_once",
            )
        ]
        indexes = [models.Index(fields=["day"], name="station_total_day")]

    def __str__(self) -> str:
        return f"{self.station_id} {self.day} {self.currency}"


class DirtyDay(TenantOwned):
    """A mark that the totals of a day are behind its orders; its tenant is whose order it was.

    ``day`` is when the order ended, ``first_day`` when it began. There may be several marks of a day:
    marking never waits for whoever else marks.
    """

    first_day = models.DateField()
    day = models.DateField()
    marked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"
