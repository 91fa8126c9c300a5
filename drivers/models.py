"""Drivers, their cards and sessions, and what was sent to their phones.

A driver is known to one operator: the same phone at two operators is two accounts, because the
operator that collects the money owes it.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Reverse, Upper
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.figures import masked_phone
from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes


class DriverStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")


class Driver(TenantOwned):
    """An account at an operator. ``phone`` is E.164. A blocked driver starts no charge; money and history stay."""

    phone = models.CharField(_("phone"), max_length=20)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=80, blank=True)
    locale = models.CharField(_("language"), max_length=12, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=DriverStatus, default=DriverStatus.ACTIVE)
    blocked_reason = models.CharField(_("reason"), max_length=300, blank=True)
    several_at_once = models.BooleanField(_("may charge several vehicles at once"), default=False)
    created_at = models.DateTimeField(_("created"))
    last_seen_at = models.DateTimeField(pgettext_lazy("person", "last seen"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("driver")
        verbose_name_plural = _("drivers")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "phone"], name="driver_phone_once_per_operator")
        ]
        indexes = [
            models.Index(
                models.F("tenant"), OpClass(Reverse("phone"), "text_pattern_ops"), name="driver_phone_end"
            ),
            models.Index(
                models.F("tenant"), OpClass("phone", "varchar_pattern_ops"), name="driver_phone_start"
            ),
            models.Index(
                models.F("tenant"), OpClass(Upper("name"), "text_pattern_ops"), name="driver_name_start"
            ),
            GinIndex(OpClass("phone", "gin_trgm_ops"), name="driver_phone_part"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="driver_name_part"),
        ]

    def __str__(self) -> str:
        return self.name or masked_phone(self.phone)


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
        indexes = [
            models.Index(fields=["uid_folded"], name="card_uid"),
            GinIndex(OpClass(Upper("uid"), "gin_trgm_ops"), name="card_uid_part"),
            models.Index(
                models.F("tenant"), OpClass("uid_folded", "varchar_pattern_ops"), name="card_uid_start"
            ),
            models.Index(
                models.F("tenant"),
                OpClass(Upper("visual_number"), "text_pattern_ops"),
                name="card_printed_start",
            ),
        ]

    def __str__(self) -> str:
        return self.uid


class DriverSession(TenantOwned):
    """A phone's browser that signed in. The cookie holds the token, the row its SHA-256."""

    driver = models.ForeignKey(Driver, models.PROTECT, related_name="sessions")
    token_hash = models.CharField(max_length=64, unique=True)
    user_agent = models.CharField(_("browser"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("signed in"))
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        indexes = [models.Index(fields=["driver", "-created_at"], name="driversession_driver")]

    def __str__(self) -> str:
        return f"session of {self.driver_id}"


class SmsPurpose(models.TextChoices):
    SIGN_IN = "sign_in", _("Sign-in code")
    CHARGE = "charge", _("Charge")
    RECEIPT = "receipt", _("Receipt")
    MONEY = "money", _("Payment")
    ALARM = "alarm", _("Alarm")
    NOTICE = "notice", _("Notice")


class SmsCode(TenantOwned):
    """A six-digit code: bound to phone, purpose and browser, few tries, short life.

    What identifies is kept as keyed hashes. The rows are also what the rate limits count.
    """

    phone = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20, choices=SmsPurpose, default=SmsPurpose.SIGN_IN)
    browser_hash = models.CharField(max_length=64)
    ip_hash = models.CharField(max_length=64, blank=True)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["phone", "-created_at"], name="smscode_phone"),
            models.Index(fields=["ip_hash", "-created_at"], name="smscode_ip"),
            models.Index(fields=["tenant", "-created_at"], name="smscode_tenant"),
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"


class SmsState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class SmsError(models.TextChoices):
    DAILY_CAP = "daily_cap", _("Too many messages to this phone today")
    TOO_LATE = "too_late", _("Could not be sent in time")
    REFUSED = "refused", _("Refused by the provider")
    UNREACHABLE = "unreachable", _("The provider could not be reached")
    UNREADABLE = "unreadable", _("The stored text cannot be read any more")


class SmsMessage(PathOwned):
    """One message to one phone.

    ``text`` is for the log, without what is secret in it. ``sealed`` is what is sent, encrypted, and
    empty as soon as the message is sent or failed. ``due_at``: when to try, or while it is being sent,
    when to think that the sender died.
    """

    phone = models.CharField(_("phone"), max_length=20)
    purpose = models.CharField(_("purpose"), max_length=20, choices=SmsPurpose)
    text = models.CharField(_("text"), max_length=500)
    sealed = models.TextField(blank=True)
    parts = models.PositiveSmallIntegerField(_("parts"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=SmsState, default=SmsState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    provider_ref = models.CharField(max_length=80, blank=True)
    error = models.CharField(_("error"), max_length=20, choices=SmsError, blank=True)
    about = models.CharField(_("about"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("time"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("SMS")
        verbose_name_plural = _("SMS log")
        indexes = [
            *path_indexes("sms", "-created_at", "-id"),
            models.Index(fields=["phone", "-created_at"], name="sms_phone"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="sms_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
