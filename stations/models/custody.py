"""Through whose hands a pile went. Append-only: a trigger refuses UPDATE and DELETE."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, path_indexes
from stations.models.devices import Pile


class CustodyKind(models.TextChoices):
    MADE = "made", _("Made")
    REGISTERED = "registered", _("Registered")
    STOCKED = "stocked", _("Put in stock")
    HANDED = "handed", _("Handed over")
    INSTALLED = "installed", _("Installed")
    IN_SERVICE = "in_service", _("Taken into service")
    MOVED = "moved", _("Moved")
    RETIRED = "retired", pgettext_lazy("pile", "Retired")


class Custody(PathOwned):
    """One link of the chain, with the path of whoever has the pile since. ``place``: its station's name then.

    ``from_tenant`` may lie outside the scope of a reader; pages name it only where the scope knows it.
    """

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="custody", verbose_name=_("pile"))
    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("kind"), max_length=12, choices=CustodyKind)
    from_tenant = models.ForeignKey(
        "tenants.Tenant", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from")
    )
    to_tenant = models.ForeignKey(
        "tenants.Tenant", models.PROTECT, related_name="+", verbose_name=pgettext_lazy("custody", "to")
    )
    place = models.CharField(_("station"), max_length=120, blank=True)
    actor_ref = models.CharField(max_length=80)
    actor_label = models.CharField(_("by"), max_length=120)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("custody of a pile")
        verbose_name_plural = _("custody of piles")
        indexes = [
            *path_indexes("custody", "-at", "-id"),
            models.Index(fields=["pile", "-at", "-id"], name="custody_pile"),
        ]

    def __str__(self) -> str:
        return f"{self.pile_id} {self.kind}"
