"""Totals by day: what the overview and every chart over time read instead of summing orders; and links to the big screen.

A row says what happened below one tenant on one local day of the stations. It is made anew from the
orders whenever one of them changes, never added to, so making it twice changes nothing.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, TenantOwned
from stations.models import Station
from tenants.models import Membership, Tenant


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


class LinkState(models.TextChoices):
    OPEN = "open", pgettext_lazy("link", "In force")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", pgettext_lazy("link", "Revoked")


class ShareLink(TenantOwned):
    """A link that shows the big screen of ``shows`` to whoever has it. Its tenant is the one it was made at.

    The token is known to whoever got it; kept is its hash. It shows what the member who made it may see at that
    moment, and ends with the membership.
    """

    name = models.CharField(_("for whom"), max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="+", verbose_name=_("staff member")
    )
    shows = models.ForeignKey(Tenant, models.PROTECT, related_name="+", verbose_name=_("shows"))
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(pgettext_lazy("link", "revoked"), null=True, blank=True)
    revoked_by = models.CharField(pgettext_lazy("link", "revoked by"), max_length=120, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    minutes_used = models.PositiveIntegerField(_("minutes of use"), default=0)

    class Meta(TenantOwned.Meta):
        verbose_name = _("link to the big screen")
        verbose_name_plural = _("links to the big screen")
        indexes = [models.Index(fields=["tenant", "-created_at"], name="share_link_made")]

    def __str__(self) -> str:
        return self.name
