"""Drivers, their cards and sessions, and what was sent to their phones.

A driver is known to one operator: the same phone at two operators is two accounts, because the
operator that collects the money owes it.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes


class DriverStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")


class Driver(TenantOwned):
    """An account at an operator. ``phone`` is E.164."""

    phone = models.CharField(_("phone"), max_length=20)
    name = models.CharField(_("name"), max_length=80, blank=True)
    locale = models.CharField(_("language"), max_length=12, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=DriverStatus, default=DriverStatus.ACTIVE)
    blocked_reason = models.CharField(_("reason"), max_length=300, blank=True)
    several_at_once = models.BooleanField(_("may charge several vehicles at once"), default=False)
    created_at = models.DateTimeField(_("created"))
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("driver")
        verbose_name_plural = _("drivers")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "phone"], name="driver_phone_once_per_operator")
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class CardStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")
    LOST = "lost", _("Lost")


class Card(TenantOwned):
    """An idTag on a card or fob. ``uid_folded`` is what is compared (OCPP 1.6 §7.28 is case-insensitive)."""

    uid = models.CharField(_("card number"), max_length=20)
    uid_folded = models.CharField(max_length=20)
    visual_number = models.CharField(_("printed number"), max_length=40, blank=True)
    driver = models.ForeignKey(
        Driver, models.PROTECT, null=True, blank=True, related_name="cards", verbose_name=_("driver")
    )
    status = models.CharField(_("status"), max_length=10, choices=CardStatus, default=CardStatus.ACTIVE)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    parent_id_tag = models.CharField(_("group"), max_length=20, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uid_folded"], name="card_uid_once_per_operator"),
        ]
        indexes = [models.Index(fields=["uid_folded"], name="card_uid")]

    def __str__(self) -> str:
        return self.uid


class DriverSession(TenantOwned):
    """A phone's browser that signed in. The cookie holds the token, the row its SHA-256."""

    driver = models.ForeignKey(Driver, models.PROTECT, related_name="sessions")
    token_hash = models.CharField(max_length=64, unique=True)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"session of {self.driver_id}"


class SmsCode(TenantOwned):
    """A six-digit sign-in code: bound to phone, purpose and browser, few tries, short life."""

    phone = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20, default="sign_in")
    browser_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "phone", "-created_at"], name="smscode_phone")]

    def __str__(self) -> str:
        return f"code {self.pk}"


class SmsState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class SmsMessage(PathOwned):
    """One message to one phone. ``text`` of a code is kept without the code."""

    phone = models.CharField(_("phone"), max_length=20)
    purpose = models.CharField(_("purpose"), max_length=20)
    text = models.CharField(_("text"), max_length=500)
    parts = models.PositiveSmallIntegerField(_("parts"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=SmsState, default=SmsState.QUEUED)
    provider_ref = models.CharField(max_length=80, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    about = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(_("time"))
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("SMS")
        verbose_name_plural = _("SMS log")
        indexes = path_indexes("sms", "-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
