"""Sessions of staff: what a browser is remembered by, and ending them.

A session is a secret, so nothing outside this module sees its key: a person ends a session by the name that
``public_name`` gives it, and only one of his own.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import current_scope, path_of_tenant, scope_is_active, unscoped
from tenants.models import StaffSession, User
from tenants.selectors import memberships_of
from tenants.sessions import DEVICE

SEEN_EVERY_S = 120
"""A session that is used is written at most this often."""

AWAY_AFTER = timedelta(seconds=3 * SEEN_EVERY_S)
"""Somebody whose browsers were all silent for so long is not looking."""


def begin(session: SessionBase, *, address: str, browser: str) -> None:
    """Note what browser somebody signed in with, and since when."""
    now = clock.now().timestamp()
    session[DEVICE] = {"address": address[:45], "browser": browser[:300], "began": now, "seen": now}


def see(session: SessionBase, *, address: str) -> None:
    """Note that a session is used, now and then."""
    device: dict[str, Any] | None = session.get(DEVICE)
    now = clock.now().timestamp()
    if device is not None and now - device["seen"] >= SEEN_EVERY_S:
        session[DEVICE] = device | {"seen": now, "address": address[:45]}


def is_over(session: SessionBase, *, hours: int) -> bool:
    """Was the sign-in longer ago than that?"""
    device: dict[str, Any] | None = session.get(DEVICE)
    return device is not None and clock.now().timestamp() - device["began"] >= hours * 3600


def public_name(row: StaffSession) -> str:
    """What a session is called on pages: nobody gets from there to its key."""
    return salted_hmac("staff-session", row.session_key).hexdigest()[:24]


def end_session(user: User, name: str, *, actor: Actor) -> bool:
    """End the session of this name; False where the user has none."""
    rows = StaffSession.objects.filter(user=user)
    found = [row for row in rows if constant_time_compare(public_name(row), name)]
    return bool(_end(found, user, actor))


def end_sessions(user: User, *, actor: Actor, keep: str | None = None) -> int:
    """End every session of a user but the one with the key ``keep``; how many that were."""
    rows = StaffSession.objects.filter(user=user)
    return _end(list(rows.exclude(session_key=keep) if keep else rows), user, actor)


def is_away(user: User) -> bool:
    """Has no browser of the user been heard of for a while?"""
    recent = StaffSession.objects.filter(user=user, seen_at__gt=clock.now() - AWAY_AFTER)
    return not recent.filter(expire_date__gt=clock.now()).exists()


def forget_expired() -> int:
    """Delete the rows of sessions that are over."""
    gone, _each = StaffSession.objects.filter(expire_date__lt=clock.now()).delete()
    return gone


@transaction.atomic
def _end(rows: list[StaffSession], user: User, actor: Actor) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for row in rows:
        store(row.session_key).delete()
    if rows:
        _record(user, actor, len(rows))
    return len(rows)


def _record(user: User, actor: Actor, count: int) -> AuditEntry | None:
    if scope_is_active() and (tenant_id := current_scope().tenant_id) is not None:
        path = path_of_tenant(tenant_id)
        return audit.record(actor, "sign_in.sessions_ended", user, path=path, after={"sessions": count})
    memberships = memberships_of(user)
    if not memberships:
        return None
    with unscoped(reason="sessions may end where no scope is active"):
        path = path_of_tenant(memberships[0].tenant_id)
        return audit.record(actor, "sign_in.sessions_ended", user, path=path, after={"sessions": count})
