"""API tokens: a program fetches lists as Excel in a person's name.

The secret is shown once and only its hash is kept; it has 256 random bits, so a fast hash is enough. What a token
opens is the lists that it names, with no more than the rights that list and its Excel need, as far as the person
has them now. Nothing can be changed with one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.lists import Resource, registered
from backoffice.kit.perms import Grants
from backoffice.kit.scope import unscoped
from tenants.models import ApiToken, Membership

MOST = 10
"""Tokens that one person may have at one tenant."""

LASTS_DAYS = (30, 90, 365)
PER_MINUTE = 30
"""Requests with one token."""

WRONG_PER_MINUTE = 20
"""Requests from one address with what is no token."""

USED_EVERY = timedelta(minutes=1)
"""The last use is written at most this often."""

WORD = "ph_"
PREFIX_LENGTH = 11


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token with its secret, which nothing remembers."""

    row: ApiToken
    secret: str


def offered_lists(grants: Grants) -> list[Resource]:
    """The lists that somebody may take away as Excel."""
    return [
        one
        for one in registered()
        if one.export is not None and one.export in grants and (one.view is None or one.view in grants)
    ]


def reach(lists: Iterable[str]) -> Grants:
    """The rights that these lists need to be looked at and taken away, and no others."""
    names = set(lists)
    perms = {perm for one in registered() if one.name in names for perm in (one.view, one.export)}
    return frozenset(perm for perm in perms if perm is not None)


@transaction.atomic
def issue_token(
    membership: Membership, *, name: str, lists: Iterable[str], days: int, grants: Grants, actor: Actor
) -> Issued:
    """A new token for some of the lists that the person may take away. Raises Refused."""
    offered = {one.name for one in offered_lists(grants)}
    wanted = sorted(set(lists))
    if not wanted or not offered.issuperset(wanted):
        raise Refused(
            _("Choose among the lists that you may take away yourself."), code="lists", field="lists"
        )
    if days not in LASTS_DAYS:
        raise Refused(_("This is not one of the choices."), code="days", field="days")
    locks.hold(f"tokens:{membership.pk}")
    now = clock.now()
    own = ApiToken.objects.filter(membership=membership, revoked_at=None, expires_at__gt=now)
    if own.count() >= MOST:
        raise Refused(_("You have %(most)s tokens; revoke one first.") % {"most": MOST}, code="many")
    secret = WORD + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        tenant_id=membership.tenant_id,
        membership=membership,
        name=name.strip(),
        prefix=secret[:PREFIX_LENGTH],
        token_hash=_hash(secret),
        lists=wanted,
        expires_at=now + timedelta(days=days),
        created_at=now,
    )
    audit.record(actor, "api_token.issued", row, after=audit.snapshot(row))
    return Issued(row, secret)


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: Actor) -> ApiToken:
    """The token opens nothing any more, from this moment on."""
    row = locks.locked(ApiToken.objects.filter(pk=token.pk)).get()
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        row.save(update_fields=["revoked_at"])
        audit.record(actor, "api_token.revoked", row, after={"revoked_at": row.revoked_at})
    return row


def token_of(secret: str) -> ApiToken | None:
    """The token with this secret, if it holds now."""
    if not secret.startswith(WORD) or not (secret.isascii() and secret.isprintable()):
        return None
    with unscoped(reason="a token comes before any scope"):
        row = (
            ApiToken.objects.filter(prefix=secret[:PREFIX_LENGTH])
            .select_related("membership__user", "membership__tenant")
            .first()
        )
    if (
        row is None
        or not constant_time_compare(row.token_hash, _hash(secret))
        or not row.holds_at(clock.now())
    ):
        return None
    return row


def held_token(pk: int) -> ApiToken | None:
    """A token by its key, if it holds now: what a job that one began asks."""
    with unscoped(reason="a job finds the token that began it"):
        row = ApiToken.objects.filter(pk=pk).first()
    return row if row is not None and row.holds_at(clock.now()) else None


def note_use(token: ApiToken, *, address: str) -> None:
    """Remember when a token was used last, and from where."""
    now = clock.now()
    with unscoped(reason="a token comes before any scope"):
        rows = ApiToken.objects.filter(
            Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY), pk=token.pk
        )
        rows.update(last_used_at=now, last_address=address[:45])


def may_go_on(key: str, most: int) -> bool:
    """Count one request under a key; False when there were ``most`` within this minute."""
    counted = f"api:{key}:{int(clock.now().timestamp()) // 60}"
    cache.add(counted, 0, 120)
    return cache.incr(counted) <= most


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
