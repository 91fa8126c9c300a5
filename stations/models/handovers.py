"""Stations and piles that one level offers to the next, and what became of the offer.

A row belongs to the tenant that is to receive, so it is seen by that tenant and by everybody above, the giver among
them, and by none beside it. What is offered still belongs to the giver until it is accepted, so the receiver reads
what was written down here, and a number stands where a foreign key would point above its tenant.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned
from tenants.models import Tenant


class HandoverState(models.TextChoices):
    """Values match ``stations.states.OfferState``."""

    OFFERED = "offered", pgettext_lazy("hand-over", "Offered")
    ACCEPTED = "accepted", pgettext_lazy("hand-over", "Accepted")
    DECLINED = "declined", pgettext_lazy("hand-over", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("hand-over", "Withdrawn")
    EXPIRED = "expired", pgettext_lazy("hand-over", "Expired")


class Handed(models.TextChoices):
    """What is handed over: a station goes with all that stands on it."""

    PILES = "piles", _("Terminals")
    STATIONS = "stations", _("Stations")


class Handover(TenantOwned):
    """``count`` is how many stations or piles; the receiver types it to accept. ``terminals`` counts the piles of
    stations too. ``token`` names the form that the offer came from.
    """

    untold = frozenset({"token"})

    giver = models.ForeignKey(Tenant, models.PROTECT, related_name="+", verbose_name=_("from"))
    what = models.CharField(_("what"), max_length=8, choices=Handed)
    state = models.CharField(_("state"), max_length=10, choices=HandoverState, default=HandoverState.OFFERED)
    count = models.PositiveIntegerField(_("count"))
    terminals = models.PositiveIntegerField(_("terminals"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    offered_by = models.CharField(_("offered by"), max_length=120)
    offered_at = models.DateTimeField(_("offered"))
    expires_at = models.DateTimeField(_("valid until"))
    decided_by = models.CharField(_("decided by"), max_length=120, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    token = models.CharField(max_length=64, unique=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(state="offered"), name="handover_open"),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.count}"


class HandoverItem(TenantOwned):
    """One station or pile of an offer, as it was then. ``object_id`` is its key; ``open`` while nobody decided."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="items")
    what = models.CharField(max_length=8, choices=Handed)
    object_id = models.BigIntegerField()
    open = models.BooleanField(default=True)
    code = models.CharField(_("identity"), max_length=48)
    name = models.CharField(_("name"), max_length=120)
    serial = models.CharField(_("serial"), max_length=60, blank=True)
    model = models.CharField(_("model"), max_length=120, blank=True)
    place = models.CharField(_("station"), max_length=120, blank=True)
    terminals = models.PositiveIntegerField(_("terminals"), default=1)

    class Meta(TenantOwned.Meta):
        verbose_name = _("item of a hand-over")
        verbose_name_plural = _("items of hand-overs")
        constraints = [
            models.UniqueConstraint(
                fields=["what", "object_id"], condition=models.Q(open=True), name="handover_item_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
