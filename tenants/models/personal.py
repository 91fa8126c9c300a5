"""What belongs to a person who works here, and to nobody's tenant: sessions, API tokens, choices of notifications."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned
from tenants.models.people import Membership, User
from tenants.sessions import SessionStore


class StaffSession(AbstractBaseSession):
    """A browser's session, with whose it is. ``began_at`` is the sign-in; nobody's has none."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    address = models.CharField(_("address"), max_length=45, blank=True)
    browser = models.CharField(_("browser"), max_length=300, blank=True)
    began_at = models.DateTimeField(_("signed in"), null=True)
    seen_at = models.DateTimeField(_("last seen"), null=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        return SessionStore


class ApiToken(TenantOwned):
    """Lets a program fetch lists in a person's name: no more than he may himself, and only what is named here."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    name = models.CharField(pgettext_lazy("thing", "name"), max_length=60)
    prefix = models.CharField(_("begins with"), max_length=12, unique=True)
    token_hash = models.CharField(max_length=64)
    lists = ArrayField(models.CharField(max_length=60), verbose_name=_("lists"))
    expires_at = models.DateTimeField(_("ends"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    last_address = models.CharField(_("from"), max_length=45, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name

    def holds_at(self, at: datetime) -> bool:
        """Neither revoked nor over."""
        return self.revoked_at is None and self.expires_at > at


class NotificationChoices(models.Model):
    """What somebody wants to be told, and how. A kind that is not in ``kinds`` is told as the house usually does.

    Between ``quiet_from`` and ``quiet_to`` of his own zone nothing is mailed but safety alarms.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="notification_choices")
    kinds = models.JSONField(default=dict)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True)

    class Meta:
        verbose_name = _("choice of notifications")
        verbose_name_plural = _("choices of notifications")

    def __str__(self) -> str:
        return str(self.user)
