"""Totals by day: what the overview and every chart over time read instead of summing orders."""

from __future__ import annotations

from django.db import models

from backoffice.kit.scope import TenantOwned


class DayTotal(TenantOwned):
    """What happened below one tenant on one local day, per currency. Made anew from the orders, never added to."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    sessions = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    energy_wh = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(default=0)
    electricity_fee = models.BigIntegerField(default=0)
    service_fee = models.BigIntegerField(default=0)
    idle_fee = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "currency"], name="day_total_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"


class DirtyDay(TenantOwned):
    """A day of an agency (or of whoever owns the station) whose totals are behind its orders."""

    day = models.DateField()
    marked_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="dirty_day_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"
