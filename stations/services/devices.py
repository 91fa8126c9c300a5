"""Piles, their connectors and their keys.

A pile's tenant is its station's. A key is shown once, to whoever made it, and stored as a hash. An
identity is unique over the whole system; who has a taken one is told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from stations import credentials, dispatch, hooks, keys, quirks
from stations.credentials import BadKey, new_key, seal
from stations.identities import Objection, objection_to
from stations.models import (
    Command,
    Connector,
    CustodyKind,
    Kind,
    Life,
    Pile,
    PileModel,
    QrToken,
    Station,
    StationStatus,
    UnclaimedPile,
)
from stations.services import commands, custody, local_lists, moving, sites, tokens
from stations.snapshots import compare
from stations.states import UNANSWERED
from tenants.models import Tenant
from tenants.services.quotas import require_room

MOST_CONNECTORS = 16
HIGHEST_NUMBER = 32_767


class PileFields(TypedDict, total=False):
    """What staff may set of a pile. ``quirks`` holds only what differs from its model."""

    name: str
    serial: str
    model: PileModel | None
    life: str
    warranty_until: date | None
    sim_expires_on: date | None
    quirks: Mapping[str, Any]


class ModelFields(TypedDict, total=False):
    """What a manufacturer says of a product. ``rated_kw`` is the whole pile's."""

    vendor: str
    kind: str
    connector_count: int
    connector_type: str
    rated_kw: Decimal
    quirks: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewPile:
    """``key`` is shown once; None where the pile needs none. ``tokens`` in the order of the connectors."""

    pile: Pile
    key: str | None
    tokens: tuple[QrToken, ...]


@transaction.atomic
def create_pile(
    station: Station,
    *,
    actor: Actor,
    identity: str,
    connectors: int | None = None,
    key: str | None = None,
    needs_key: bool = True,
    **fields: Unpack[PileFields],
) -> NewPile:
    """Register a pile on a station of the scope, with its connectors and their codes.

    ``connectors`` None: as many as the model has. ``key``: 32 to 40 hexadecimal digits, made when not
    given. Raises Refused: ``identity``, ``identity_taken``, ``connectors``, ``key``, ``quirks``,
    ``tenant_stopped``, ``station_closed``, ``quota``.
    """
    station = locks.locked(Station.objects.filter(pk=station.pk)).select_related("tenant").get()
    _require_open(station)
    require_room(station.tenant_id, terminals=1)
    _require_identity(identity)
    model = fields.get("model")
    count = connectors if connectors is not None else (model.connector_count if model else 1)
    if not 1 <= count <= MOST_CONNECTORS:
        message = _("A pile has 1 to %(most)d connectors.") % {"most": MOST_CONNECTORS}
        raise Refused(message, code="connectors", field="connectors")
    pile = Pile(
        tenant=station.tenant,
        station=station,
        identity=identity,
        name=identity,
        security_profile=1 if needs_key else 0,
        created_at=clock.now(),
    )
    _assign(pile, fields)
    if station.status == StationStatus.STORE:
        pile.life = Life.IN_STOCK
    key = (key or new_key()) if needs_key else None
    if key is not None:
        keys.set_key(pile, _sealed(key))
    pile.save()
    audit.record(actor, "pile.created", pile, after=audit.snapshot(pile))
    custody.note_custody([pile], CustodyKind.REGISTERED, actor=actor)
    codes = []
    for number in range(1, count + 1):
        connector = _create_connector(pile, number, registered=True)
        codes.append(tokens.issue_token(connector, actor=actor))
    compare([pile])
    with unscoped(reason="a claimed identity waits nowhere any more"):
        UnclaimedPile.objects.filter(identity=identity).delete()
    local_lists.mark_station(station)
    return NewPile(pile, key, tuple(codes))


@transaction.atomic
def edit_pile(pile: Pile, *, actor: Actor, **fields: Unpack[PileFields]) -> Pile:
    """Change what is known of a pile. Raises Refused: ``quirks``, ``life``, ``retired``."""
    row = _lock(pile)
    _require_service(row)
    before = audit.snapshot(row)
    _assign(row, fields)
    row.save(update_fields=[*fields])
    if before["model_id"] != row.model_id:
        compare([row])
    custody.note_life(row, before["life"], actor=actor)
    audit.record(actor, "pile.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def move_pile(pile: Pile, *, to: Station, actor: Actor, reason: str) -> Pile:
    """Put a pile on another station of the scope. What happened keeps the path of its time."""
    station = locks.locked(Station.objects.filter(pk=to.pk)).select_related("tenant").get()
    _require_open(station)
    row = _lock(pile)
    _require_service(row)
    if row.station_id == station.pk:
        return row
    require_room(station.tenant_id, terminals=1, moved_from=row.tenant_id)
    before = audit.snapshot(row)
    moving.put_on_station([row], station, actor=actor, note=reason)
    audit.record(actor, "pile.moved", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def retire_pile(pile: Pile, *, actor: Actor, reason: str) -> Pile:
    """Take a pile out of service for good: it is shown out, not let in again, and its codes are dead.

    Raises Refused naming what still needs it.
    """
    row = _lock(pile)
    if row.life == Life.RETIRED:
        return row
    blockers = [str(answer) for answer in hooks.retiring_blockers(row.pk)]
    if blockers:
        message = _("%(name)s cannot be retired: %(blockers)s.")
        raise Refused(message % {"name": row.name, "blockers": enumerated(blockers)}, code="blocked")
    before = audit.snapshot(row)
    row.life = Life.RETIRED
    keys.set_key(row, credentials.NO_KEY)
    row.save()
    for connector in Connector.objects.filter(pile=row).order_by("pk"):
        tokens.revoke_tokens(connector, actor=actor, reason=reason)
    custody.note_custody([row], CustodyKind.RETIRED, actor=actor, note=reason)
    dispatch.doubt(row.gateway, row.pk)
    audit.record(actor, "pile.retired", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def replace_key(pile: Pile, *, actor: Actor, key: str | None = None, reason: str = "") -> str:
    """A new key at once; the old one is dead, and who came in with it is shown out. Returns the key, once.

    For piles that are set by hand.
    """
    row = _lock(pile)
    _require_service(row)
    key = key or new_key()
    keys.set_key(row, _sealed(key))
    row.security_profile = max(row.security_profile, 1)
    row.save()
    dispatch.doubt(row.gateway, row.pk)
    audit.record(actor, "pile.key_replaced", row, reason=reason)
    return key


@transaction.atomic
def rotate_key(pile: Pile, *, actor: Actor, reason: str = "", about: str = "") -> tuple[str, Command]:
    """Have the pile take a new key by ChangeConfiguration; both are valid until it is known which it uses.

    Returns the key, once. Raises Refused where the pile cannot be asked or has not yet answered the
    last time (security white paper A01), or where it is not known which of two keys it has.
    """
    row = _lock(pile)
    unanswered = Command.objects.filter(
        pile=row,
        action="ChangeConfiguration",
        payload__key=keys.KEY_NAME,
        state__in=[state.value for state in UNANSWERED],
    )
    if unanswered.exists():
        raise Refused(_("The pile has not answered to the last change of its password."), code="not_now")
    if row.next_key_undecided:
        # A third key would push out the one that the pile may have taken.
        message = _("It is not known yet which password the terminal has. It tells when it connects again.")
        raise Refused(message, code="undecided")
    key = new_key()
    keys.offer_key(row, seal(key))
    keys.save_keys(row)
    request = commands.Request(
        action="ChangeConfiguration",
        payload={"key": keys.KEY_NAME, "value": "***"},
        secret={"value": key},
        reason=reason,
        about=about,
    )
    return key, commands.order_command(row, request, actor=actor)


@transaction.atomic
def open_pile(pile: Pile, *, actor: Actor, reason: str) -> Pile:
    """Let a pile in without a key, from trusted networks only (security profile 0).

    Raises Refused for one that came with TLS: it would never come down by itself (white paper A05).
    """
    row = _lock(pile)
    _require_service(row)
    if row.security_profile > 1:
        raise Refused(_("A security profile is only ever raised."), code="not_higher")
    before = audit.snapshot(row)
    row.security_profile, row.next_profile = 0, None
    keys.set_key(row, credentials.NO_KEY)
    row.save()
    dispatch.doubt(row.gateway, row.pk)
    audit.record(actor, "pile.opened", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def edit_connector(
    connector: Connector, *, actor: Actor, type: str | None = None, rated_kw: Decimal | None = None
) -> Connector:
    """Change what is known of a connector; one that only the pile knew of is registered by it."""
    row = locks.locked(Connector.objects.filter(pk=connector.pk)).get()
    before = audit.snapshot(row)
    row.type, row.rated_kw, row.registered = type if type is not None else row.type, rated_kw, True
    row.save(update_fields=["type", "rated_kw", "registered"])
    audit.record(actor, "connector.edited", row, before=before, after=audit.snapshot(row))
    if row.number > 0:
        tokens.issue_token(row, actor=actor)
    return row


def ensure_connector(pile: Pile, number: int) -> Connector:
    """The connector of this number; made, and marked, where only the pile knows of it."""
    number = min(max(number, 0), HIGHEST_NUMBER)
    found = Connector.objects.filter(pile=pile, number=number).first()
    if found is not None:
        return found
    defaults = {"tenant_id": pile.tenant_id, "registered": False, "created_at": clock.now()}
    return Connector.objects.get_or_create(pile=pile, number=number, defaults=defaults)[0]


@transaction.atomic
def save_model(owner: Tenant, *, actor: Actor, name: str, **fields: Unpack[ModelFields]) -> PileModel:
    """Create a product of a manufacturer, or change the one of this name. Raises Refused: ``quirks``, ``name``."""
    name = name.strip()
    if not name:
        raise Refused(_("A model needs a name."), code="name", field="name")
    locks.hold(f"stations.model:{owner.pk}")
    row = PileModel.objects.filter(tenant=owner, name=name).first()
    before = audit.snapshot(row) if row is not None else None
    row = row or PileModel(
        tenant=owner, name=name, vendor=owner.name[:50], kind=Kind.DC, created_at=clock.now()
    )
    _require_quirks(fields.get("quirks"))
    for field, value in fields.items():
        setattr(row, field, value)
    row.save()
    action = "pile_model.edited" if before is not None else "pile_model.created"
    audit.record(actor, action, row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def dismiss_unclaimed(row: UnclaimedPile, *, actor: Actor, reason: str) -> None:
    """Take an identity off the list of those that wait; it comes back when it knocks again."""
    found = locks.locked(UnclaimedPile.objects.filter(pk=row.pk)).first()
    if found is not None:
        audit.record(actor, "unclaimed.dismissed", found, before=audit.snapshot(found), reason=reason)
        found.delete()


def _lock(pile: Pile) -> Pile:
    return locks.locked(Pile.objects.filter(pk=pile.pk)).select_related("tariff", "station").get()


def _create_connector(pile: Pile, number: int, *, registered: bool) -> Connector:
    model = pile.model
    return Connector.objects.create(
        tenant_id=pile.tenant_id,
        pile=pile,
        number=number,
        type=model.connector_type if model else "",
        registered=registered,
        created_at=clock.now(),
    )


def _assign(pile: Pile, fields: PileFields) -> None:
    _require_quirks(fields.get("quirks"))
    if fields.get("life") == Life.RETIRED:
        raise Refused(_("A pile is retired on its own page."), code="life", field="life")
    for name, value in fields.items():
        if name != "name" or value:
            setattr(pile, name, value)


def _require_quirks(settings: Mapping[str, Any] | None) -> None:
    for name, value in (settings or {}).items():
        if not quirks.is_sane(name, value):
            raise Refused(_("%(name)s cannot be set to this.") % {"name": name}, code="quirks", field=name)


def _require_open(station: Station) -> None:
    if station.status == StationStatus.STORE:
        sites.require_running(station.tenant)
        return
    sites.require_owner(station.tenant)
    if station.status == StationStatus.CLOSED:
        raise Refused(_("This station is closed."), code="station_closed", field="station")


def _require_service(pile: Pile) -> None:
    if pile.life == Life.RETIRED:
        raise Refused(_("This pile is retired."), code="retired")


def _require_identity(identity: str) -> None:
    match objection_to(identity):
        case Objection.EMPTY:
            raise Refused(_("A pile needs an identity."), code="identity", field="identity")
        case Objection.TOO_LONG:
            raise Refused(_("An identity has at most 48 characters."), code="identity", field="identity")
        case Objection.FORBIDDEN_CHARACTER:
            message = _("An identity has no colon, slash, question mark, hash or control character.")
            raise Refused(message, code="identity", field="identity")
    locks.hold(f"stations.identity:{identity}")
    with unscoped(reason="identities are unique over the whole system"):
        if Pile.objects.filter(identity=identity).exists():
            raise Refused(_("This identity is taken."), code="identity_taken", field="identity")


def _sealed(key: str) -> credentials.SealedKey:
    try:
        return seal(key)
    except BadKey:
        raise Refused(_("A password has 32 to 40 hexadecimal digits."), code="key", field="key") from None
