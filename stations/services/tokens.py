"""The codes on stickers. A connector has one that opens it; those before it only say that they were replaced."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from stations.models import Connector, QrToken
from stations.tokens import new_token


def link_of(token: QrToken) -> str:
    """What the QR code of a sticker encodes."""
    return f"{settings.PUBLIC_URL}/q/{token.token}"


@transaction.atomic
def issue_token(connector: Connector, *, actor: Actor) -> QrToken:
    """The code of a connector; made when it has none."""
    row = locks.locked(Connector.objects.filter(pk=connector.pk)).get()
    live = QrToken.objects.filter(connector=row, revoked_at__isnull=True).first()
    return live or _create(row, actor, "token.issued", "")


@transaction.atomic
def replace_token(connector: Connector, *, actor: Actor, reason: str) -> QrToken:
    """A new code; the old sticker stops working and says so."""
    row = locks.locked(Connector.objects.filter(pk=connector.pk)).get()
    _revoke(row)
    return _create(row, actor, "token.replaced", reason)


@transaction.atomic
def revoke_tokens(connector: Connector, *, actor: Actor, reason: str) -> None:
    """No code opens this connector any more. Does nothing where none did."""
    row = locks.locked(Connector.objects.filter(pk=connector.pk)).get()
    if _revoke(row):
        audit.record(actor, "token.revoked", row, reason=reason)


def _revoke(connector: Connector) -> int:
    return QrToken.objects.filter(connector=connector, revoked_at__isnull=True).update(revoked_at=clock.now())


def _create(connector: Connector, actor: Actor, action: str, reason: str) -> QrToken:
    token = QrToken.objects.create(
        tenant_id=connector.tenant_id, token=new_token(), connector=connector, created_at=clock.now()
    )
    audit.record(actor, action, connector, reason=reason)
    return token
