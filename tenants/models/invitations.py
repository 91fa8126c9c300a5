"""How somebody who has no password yet comes in: one link, for some days, once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import TenantOwned
from tenants.models.people import Membership


class InvitationState(models.TextChoices):
    """What an invitation is at a moment; read off its times, never stored."""

    OPEN = "open", _("Invited")
    ACCEPTED = "accepted", _("Accepted")
    EXPIRED = "expired", _("Invitation expired")
    REVOKED = "revoked", _("Invitation revoked")


class Invitation(TenantOwned):
    """A letter to a member. Only the hash of its token is kept; sending it again makes a new one and ends this."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    sent_by = models.CharField(_("sent by"), max_length=120)
    created_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["membership"],
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_one_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.membership)
