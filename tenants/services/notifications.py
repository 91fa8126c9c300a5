"""What somebody chooses to be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import current_scope, path_of_tenant
from tenants.models import NotificationChoices, User
from tenants.notifications import BY_NAME, LEAST, WORST
from tenants.selectors import choices_of


@transaction.atomic
def choose(
    user: User,
    *,
    actor: Actor,
    kinds: Mapping[str, Mapping[str, Any]],
    quiet_from: time | None = None,
    quiet_to: time | None = None,
) -> NotificationChoices:
    """Keep a choice. Raises Refused for quiet hours with one end, and for what is no kind."""
    if (quiet_from is None) is not (quiet_to is None):
        missing = "quiet_to" if quiet_to is None else "quiet_from"
        raise Refused(_("Quiet hours have a beginning and an end."), code="one_end", field=missing)
    if not BY_NAME.keys() >= kinds.keys() or not all(_makes_sense(one) for one in kinds.values()):
        raise Refused(_("This is not one of the choices."), code="unknown")
    locks.hold(f"user:{user.pk}")
    row = choices_of(user)
    before = audit.snapshot(row)
    row.kinds = {name: dict(one) for name, one in kinds.items()}
    row.quiet_from, row.quiet_to = quiet_from, quiet_to
    row.save()
    after = audit.snapshot(row) | {"id": before["id"]}
    tenant_id = current_scope().tenant_id
    if after != before and tenant_id is not None:
        audit.record(
            actor, "user.notifications", user, before=before, after=after, path=path_of_tenant(tenant_id)
        )
    return row


def _makes_sense(choice: Mapping[str, Any]) -> bool:
    severity = choice.get("severity", LEAST)
    return isinstance(choice.get("mail"), bool) and severity in range(WORST, LEAST + 1)
