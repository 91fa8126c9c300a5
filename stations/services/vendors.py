"""Which vendor messages piles may send and get. A manufacturer decides for all of its piles."""

from __future__ import annotations

import json
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations.models import VendorMessage
from tenants.models import Tenant


class VendorFields(TypedDict):
    """What is agreed; see the model."""

    direction: str
    vendor_id: str
    message_id: str
    label: str
    answer: str
    content: str
    is_json: bool


@transaction.atomic
def save_vendor_message(
    owner: Tenant, row: VendorMessage | None = None, *, actor: Actor, **fields: Unpack[VendorFields]
) -> VendorMessage:
    """Agree on a message, or change one. Raises Refused: ``twice``, ``malformed``."""
    locks.hold(f"stations.vendor_messages:{owner.pk}")
    if fields["is_json"] and fields["content"]:
        _require_json(fields["content"])
    others = VendorMessage.objects.filter(
        tenant=owner,
        direction=fields["direction"],
        vendor_id__iexact=fields["vendor_id"],
        message_id=fields["message_id"],
    )
    if others.exclude(pk=row.pk if row else 0).exists():
        raise Refused(_("This message is agreed on already."), code="twice", field="message_id")
    before = audit.snapshot(row) if row is not None else None
    row = row or VendorMessage(tenant=owner, created_at=clock.now())
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    action = "vendor_message.created" if before is None else "vendor_message.edited"
    audit.record(actor, action, row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def remove_vendor_message(row: VendorMessage, *, actor: Actor, reason: str) -> None:
    """Piles are told that it is unknown from now on. The second time changes nothing."""
    found = locks.locked(VendorMessage.objects.filter(pk=row.pk)).first()
    if found is not None:
        audit.record(actor, "vendor_message.removed", found, before=audit.snapshot(found), reason=reason)
        found.delete()


def _require_json(text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise Refused(
            _("This is no JSON: %(why)s") % {"why": error}, code="malformed", field="content"
        ) from error
