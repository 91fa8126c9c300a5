"""Operators' contracts with payment providers. Secrets go in sealed and never come out on a page."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.money import Money
from finance.channels import sandbox
from finance.models import ChannelKind, PaymentChannel
from finance.sealing import seal
from tenants.selectors import lineage

SMALLEST, LARGEST = 1, 2_000
"""Default limits of a top-up in major units."""


def notify_url(channel: PaymentChannel) -> str:
    """Where the provider reports to us."""
    return settings.CALLBACK_URL + reverse("finance:notice", args=[channel.public_id])


@transaction.atomic
def connect_sandbox(tenant_id: int, *, currency: str, actor: Actor, name: str = "") -> PaymentChannel:
    """Sign an operator up at the sandbox. Raises HookMissing where the sandbox is switched off."""
    merchant, ours, theirs = sandbox.sign_up(lineage(tenant_id)[-1].brand)
    channel = PaymentChannel.objects.create(
        tenant_id=tenant_id,
        public_id=secrets.token_urlsafe(16),
        kind=ChannelKind.SANDBOX,
        name=name or _("Sandbox"),
        merchant=merchant,
        secrets=seal(ours),
        platform_keys=theirs,
        minimum=Money.from_major(SMALLEST, currency).amount,
        maximum=Money.from_major(LARGEST, currency).amount,
        currency=currency,
        created_at=clock.now(),
    )
    audit.record(actor, "channel.connected", channel, after=audit.snapshot(channel))
    return channel


@transaction.atomic
def edit_channel(
    channel: PaymentChannel, *, name: str, minimum: int, maximum: int, actor: Actor
) -> PaymentChannel:
    """Change name and limits (minor units). Raises Refused when the limits exclude each other."""
    if minimum <= 0:
        raise Refused(_("The amount must be more than zero."), code="limits", field="minimum")
    if maximum < minimum:
        raise Refused(_("This is less than the smallest top-up."), code="limits", field="maximum")
    row = PaymentChannel.objects.select_for_update().get(pk=channel.pk)
    before = audit.snapshot(row)
    row.name, row.minimum, row.maximum = name, minimum, maximum
    row.save(update_fields=["name", "minimum", "maximum"])
    audit.record(actor, "channel.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def switch_channel(channel: PaymentChannel, *, enabled: bool, reason: str, actor: Actor) -> PaymentChannel:
    """Take a channel into use or out of it. What was begun through it is finished; nothing new begins."""
    row = PaymentChannel.objects.select_for_update().get(pk=channel.pk)
    if row.enabled == enabled:
        return row
    before = audit.snapshot(row)
    row.enabled = enabled
    row.save(update_fields=["enabled"])
    action = "channel.enabled" if enabled else "channel.disabled"
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    return row
