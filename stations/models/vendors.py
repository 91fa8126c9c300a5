"""Messages of DataTransfer that a manufacturer's piles and we agreed on."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned


class Direction(models.TextChoices):
    FROM_PILE = "from_pile", _("From the terminal")
    TO_PILE = "to_pile", pgettext_lazy("direction", "To the terminal")


class VendorAnswer(models.TextChoices):
    """What we say to a message of a pile (OCPP 1.6 §7.21)."""

    ACCEPTED = "Accepted", _("Accepted")
    REJECTED = "Rejected", _("Rejected")


class VendorMessage(TenantOwned):
    """One message of one vendor. ``vendor_id`` is compared without case, ``message_id`` may be empty.

    Of a message from piles, ``content`` is what is answered; of one to piles, what the form starts with.
    """

    handed_down = True

    direction = models.CharField(
        _("direction"), max_length=10, choices=Direction, default=Direction.FROM_PILE
    )
    vendor_id = models.CharField(_("vendor"), max_length=255)
    message_id = models.CharField(_("message"), max_length=50, blank=True)
    label = models.CharField(_("what it is for"), max_length=120, blank=True)
    answer = models.CharField(_("answer"), max_length=8, choices=VendorAnswer, default=VendorAnswer.ACCEPTED)
    content = models.TextField(_("data"), blank=True)
    is_json = models.BooleanField(_("data is JSON"), default=False)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("vendor message")
        verbose_name_plural = _("vendor messages")
        constraints = [
            models.UniqueConstraint(
                "tenant", "direction", Lower("vendor_id"), "message_id", name="vendor_message_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.vendor_id} {self.message_id}".strip()
