"""Links that show the big screen to whoever has them: made, revoked, opened, and counted.

A link says by itself what it shows: the scope of one tenant, fixed when it was made, and of that what its maker may
see at the moment it is opened. It is over when it expires or is revoked, when its maker works there no more or may not
share any more, when what it shows left his subtree, or is suspended. The token is kept by nobody: its hash is.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.reach import Scope
from backoffice.kit.scope import current_scope, outside, unscoped, within
from backoffice.kit.staff import Reader
from reports.models import ShareLink
from reports.permissions import ReportPerm
from tenants.models import Membership, Tenant
from tenants.selectors import Ancestor, Locality, lineage, locality_in, scope_in, stopped_in
from tenants.workplaces import workplace_of

DAYS_MOST = 90
LINKS_MOST = 50
"""In force at the same time, of one tenant."""

COUNTED_EVERY = timedelta(minutes=1)
_signer = Signer(sep=".", salt="share-link")


class LinkUnknown(Exception):
    """There never was such a link."""


class LinkOver(Exception):
    """There was one, and it shows nothing any more."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link as whoever made it gets it, once."""

    link: ShareLink
    token: str


@dataclass(frozen=True, slots=True)
class SharedScreen:
    """What an opened link shows: to a reader with the rights of its maker, in the scope of ``chain``'s last."""

    link: ShareLink
    chain: list[Ancestor]
    scope: Scope
    reader: Reader

    @property
    def locality(self) -> Locality:
        return locality_in(self.chain)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The scope, the language and the time zone of what is shown."""
        with ExitStack() as stack:
            stack.enter_context(within(self.scope))
            stack.enter_context(translation.override(self.locality.locale))
            stack.enter_context(timezone.override(ZoneInfo(self.locality.timezone)))
            yield


@transaction.atomic
def create_link(
    membership: Membership, *, tenant: Tenant, name: str, days: int, actor: Actor, once: str = ""
) -> NewLink:
    """A link to the big screen of a tenant of the member's subtree, for so many days.

    The same wish with the same ``once`` is the same link. Raises Refused: ``days``, ``many``, ``narrowed``; ScopeError for a
    tenant outside the scope.
    """
    if not 1 <= days <= DAYS_MOST:
        raise Refused(_("Between 1 and %(most)d days.") % {"most": DAYS_MOST}, code="days", field="days")
    tenant.assert_in_scope()
    if not current_scope().admits(membership.tenant_id):
        raise Refused(_("A link belongs to whom you work for: show everything first."), code="narrowed")
    locks.hold(f"share_links:{membership.tenant_id}")
    now = clock.now()
    token = _token_of(f"{membership.pk}:{tenant.pk}:{days}:{name}:{once or secrets.token_hex(16)}")
    made = ShareLink.objects.filter(token_hash=_hash_of(token)).first()
    if made is not None:
        return NewLink(made, token)
    in_force = ShareLink.objects.filter(tenant=membership.tenant_id, revoked_at=None, expires_at__gt=now)
    if in_force.count() >= LINKS_MOST:
        raise Refused(_("There are too many links in force; revoke one first."), code="many")
    row = ShareLink.objects.create(
        tenant_id=membership.tenant_id,
        membership=membership,
        shows=tenant,
        name=name,
        token_hash=_hash_of(token),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit.record(actor, "share_link.created", row, after=audit.snapshot(row))
    return NewLink(row, token)


@transaction.atomic
def revoke_link(link: ShareLink, *, actor: Actor, reason: str) -> ShareLink:
    """It shows nothing from now on. Raises Refused: ``revoked``."""
    row = locks.locked(ShareLink.objects.filter(pk=link.pk)).get()
    if row.revoked_at is not None:
        raise Refused(_("It is revoked already."), code="revoked")
    before = audit.snapshot(row)
    row.revoked_at, row.revoked_by = clock.now(), actor.label[:120]
    row.save(update_fields=["revoked_at", "revoked_by"])
    audit.record(actor, "share_link.revoked", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def open_link(token: str) -> SharedScreen:
    """What the holder of this token may see now. Raises LinkUnknown, LinkOver."""
    try:
        _signer.unsign(token)
    except BadSignature:
        raise LinkUnknown from None
    with unscoped(reason="a link says by itself what it shows"):
        row = ShareLink.objects.select_related("membership__user").filter(token_hash=_hash_of(token)).first()
    if row is None:
        raise LinkUnknown
    if row.revoked_at is not None or row.expires_at <= clock.now():
        raise LinkOver
    return _opened(row)


def count_use(screen: SharedScreen) -> None:
    """Remember that somebody looks, once a minute at most."""
    now = clock.now()
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - COUNTED_EVERY)
    with outside(), unscoped(reason="a link belongs to its maker, who is not here"):
        ShareLink.objects.filter(stale, pk=screen.link.pk).update(
            last_used_at=now, minutes_used=F("minutes_used") + 1
        )


def _opened(row: ShareLink) -> SharedScreen:
    user = row.membership.user
    place = workplace_of(user, preferred=row.membership_id) if user.is_active else None
    if place is None or place.membership.pk != row.membership_id:
        raise LinkOver
    if ReportPerm.SHARE not in place.grants or row.shows_id not in place.scope.owned:
        raise LinkOver
    chain = lineage(row.shows_id)
    if stopped_in(chain) is not None:
        raise LinkOver
    reader = Reader(place.actor(), place.grants, locality_in(chain).currency)
    return SharedScreen(row, chain, scope_in(chain), reader)


def _token_of(wish: str) -> str:
    """What only this house can make of a wish that has something random in it."""
    digest = salted_hmac("share-link-token", wish, algorithm="sha256").digest()
    return _signer.sign(urlsafe_b64encode(digest).decode().rstrip("="))


def _hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()
