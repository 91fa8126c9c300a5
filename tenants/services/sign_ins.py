"""What is remembered of signing in: success, failure and new passwords, with the address they came from.

A visitor has no scope yet, so each of these lifts it. An entry is kept at the tenant where the person
would work; attempts with an address that nobody has belong to no tenant and go to the log alone.
"""

from __future__ import annotations

import logging

from django.db import transaction

from backoffice.kit import audit
from backoffice.kit.actor import Actor
from backoffice.kit.scope import path_of_tenant, unscoped
from tenants.models import User
from tenants.selectors import memberships_of
from tenants.services import invitations

log = logging.getLogger(__name__)

WHY = "signing in comes before any scope"


def record_sign_in(user: User, *, actor: Actor) -> None:
    """Somebody signed in."""
    _record(user, "sign_in.succeeded", actor)


def record_failure(email: str, *, actor: Actor, reason: str) -> None:
    """Somebody tried to. ``reason`` is a code: ``password`` or ``barred``."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        log.warning("sign-in refused: nobody has this address", extra={"ip": actor.ip})
        return
    _record(user, "sign_in.failed", actor, reason=reason)


@transaction.atomic
def set_password(user: User, password: str, *, actor: Actor) -> None:
    """Set a password, and end the sessions that were opened with the old one.

    Who has one is invited no longer, by whatever link he came to it.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    invitations.settle_invitations(user)
    _record(user, "sign_in.password_set", actor)


def _record(user: User, action: str, actor: Actor, reason: str = "") -> None:
    memberships = memberships_of(user)
    if not memberships:
        log.warning("%s: user %s works nowhere", action, user.pk, extra={"ip": actor.ip})
        return
    with unscoped(reason=WHY):
        path = path_of_tenant(memberships[0].tenant_id)
        audit.record(actor, action, user, path=path, reason=reason)
