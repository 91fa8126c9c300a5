"""Stations: the places on a map."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned
from stations.models.tariffs import Tariff


class StationStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    LIVE = "live", pgettext_lazy("station", "Live")
    MAINTENANCE = "maintenance", _("Maintenance")
    CLOSED = "closed", _("Closed")
    STORE = "store", pgettext_lazy("station", "Store")


class Facility(models.TextChoices):
    """What drivers find there."""

    TOILET = "toilet", _("Toilet")
    ROOF = "roof", _("Roof")
    LIGHTING = "lighting", _("Lighting")
    WIFI = "wifi", _("Wi-Fi")
    FOOD = "food", _("Food")
    SHOP = "shop", _("Shop")
    LOUNGE = "lounge", _("Lounge")
    BARRIER = "barrier", _("Barrier")
    CAMERAS = "cameras", _("Cameras")
    STEP_FREE = "step_free", _("Step-free access")
    TRUCKS = "trucks", _("Room for trucks")
    TYRES = "tyres", _("Air for tyres")


class Station(TenantOwned):
    """A site. An empty ``timezone`` is inherited from the tenant. Coordinates are WGS-84 degrees.

    A tenant of any level may have one store: where its piles lie that stand nowhere yet. Nobody charges there.
    ``hours`` is ``stations.hours.Hours`` as JSON, by the station's clock; empty: nobody said. ``opening_hours`` is
    what is to be said beside them. ``strict_hours``: no new charge starts while it is closed.
    """

    code = models.CharField(_("code"), max_length=24, unique=True)
    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(_("status"), max_length=12, choices=StationStatus, default=StationStatus.LIVE)
    city = models.CharField(_("city"), max_length=60, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=40, blank=True)
    opening_hours = models.CharField(_("remark on the hours"), max_length=120, blank=True)
    hours = models.JSONField(_("opening hours"), default=dict, blank=True)
    strict_hours = models.BooleanField(_("no new charge while it is closed"), default=False)
    facilities = ArrayField(
        models.CharField(max_length=12, choices=Facility),
        default=list,
        blank=True,
        verbose_name=_("facilities"),
    )
    height_limit_m = models.DecimalField(
        _("height limit, m"), max_digits=4, decimal_places=2, null=True, blank=True
    )
    parking = models.CharField(_("parking rule"), max_length=300, blank=True)
    is_public = models.BooleanField(_("open to the public"), default=True)
    opened_on = models.DateField(_("opened"), null=True, blank=True)
    contact = models.CharField(_("contact on site"), max_length=120, blank=True)
    contact_phone = models.CharField(_("phone of the contact"), max_length=20, blank=True)
    hotline = models.CharField(_("hotline"), max_length=30, blank=True)
    power_limit_kw = models.DecimalField(
        _("power limit, kW"), max_digits=8, decimal_places=1, null=True, blank=True
    )
    tariff = models.ForeignKey(
        Tariff, models.PROTECT, null=True, blank=True, related_name="stations", verbose_name=_("tariff")
    )
    local_list = models.ForeignKey(
        "stations.LocalList",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stations",
        verbose_name=_("local list"),
    )
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("station")
        verbose_name_plural = _("stations")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(status="store"), name="station_store_once"
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="station_coordinates",
            ),
        ]
        indexes = [
            models.Index(
                fields=["latitude", "longitude"],
                condition=models.Q(latitude__isnull=False),
                name="station_place",
            ),
        ]

    def __str__(self) -> str:
        return self.name
