"""Working in another's name: who, in whose, why, and for how long."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned
from tenants.models.people import Membership, User


class ActingSession(PathOwned):
    """``actor`` works at ``membership`` until a moment, with the right of his own membership ``via``.

    It lies on the path of the tenant that is entered. Whether it still holds is asked anew by every request
    (``tenants.acting``).
    """

    actor = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("actor"))
    via = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500)
    started_at = models.DateTimeField(_("started"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("work in another's name")
        verbose_name_plural = _("work in another's name")

    def __str__(self) -> str:
        return f"{self.actor} → {self.membership.user}"
