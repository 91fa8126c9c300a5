"""Contracts with payment providers, and what providers sent."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes


class ChannelKind(models.TextChoices):
    SANDBOX = "sandbox", _("Sandbox")


class PaymentChannel(TenantOwned):
    """An operator's contract with a payment provider.

    ``secrets`` are sealed (``finance.sealing``) and never shown again. ``platform_keys`` are the
    provider's public keys by serial number, PEM. ``public_id`` is the part of our callback address.
    """

    public_id = models.CharField(max_length=32, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=ChannelKind)
    name = models.CharField(_("name"), max_length=60)
    merchant = models.CharField(_("merchant number"), max_length=40)
    secrets = models.TextField(blank=True)
    platform_keys = models.JSONField(default=dict)
    minimum = models.BigIntegerField(_("smallest top-up"))
    maximum = models.BigIntegerField(_("largest top-up"))
    currency = models.CharField(_("currency"), max_length=3)
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("payment channel")
        verbose_name_plural = _("payment channels")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "merchant"], name="channel_once"),
            models.CheckConstraint(
                condition=models.Q(minimum__gt=0, maximum__gte=models.F("minimum")), name="channel_limits"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """How this channel's accounts name their owner."""
        return f"channel:{self.pk}"


class ChannelNotice(PathOwned):
    """A callback as it arrived, before anything is believed."""

    channel = models.ForeignKey(
        PaymentChannel, models.PROTECT, related_name="notices", verbose_name=_("channel")
    )
    received_at = models.DateTimeField(_("time"))
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    remote = models.CharField(pgettext_lazy("address", "from"), max_length=60, blank=True)
    signature_ok = models.BooleanField(_("signature"), default=False)
    outcome = models.CharField(_("outcome"), max_length=40)
    about = models.CharField(_("about"), max_length=80, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("notice of a channel")
        verbose_name_plural = _("notices of channels")
        indexes = [
            *path_indexes("notice", "-received_at", "-id"),
            models.Index(fields=["channel", "-received_at"], name="notice_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.about}"
