"""Handing stations and piles down, one level at a time: offered by one side, decided by the other.

The giver offers what is its own to a tenant of the next level. Until that one accepts, nothing changes: it may look
at the offer, not at what is offered. At the acceptance every row is looked at again under its lock, and all of them
change hands in one transaction, or none. Who offers again what is offered already is refused, so nothing is given
twice. What happened keeps the path of its time.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.audit import Change
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant, unscoped
from stations.models import Handed, Handover, HandoverItem, HandoverState, Pile, Station
from stations.selectors.handovers import Offered, may_give, offered, pile_blocks, station_blocks
from stations.services import moving, sites
from stations.states import HANDOVER, OfferState
from tenants.models import Tenant
from tenants.services.quotas import require_room

MOST_ROWS = 2_000
USUAL_DAYS, MOST_DAYS = 14, 90
NAMED = 5
CLOCK = timer("handovers")


@transaction.atomic
def offer(
    giver: Tenant,
    *,
    to: Tenant,
    what: str,
    keys: Collection[int],
    actor: Actor,
    note: str = "",
    days: int = USUAL_DAYS,
    token: str = "",
) -> Handover:
    """Offer stations or piles (by id) of a tenant to one of the next level. The same ``token`` gives the same offer.

    Raises Refused: ``wrong_level``, ``not_child``, ``tenant_stopped``, ``nothing``, ``too_many``, ``blocked``.
    """
    token = sha256(f"{giver.pk}:{actor.ref}:{token or secrets.token_hex(16)}".encode()).hexdigest()
    locks.hold(f"stations.handover:{giver.pk}")
    same = Handover.objects.filter(token=token).first()
    if same is not None:
        return same
    receiver = _receiver(giver, to, what)
    rows = _require_free(what, _rows(what, keys), giver, len(set(keys)))
    now = clock.now()
    row = Handover.objects.create(
        tenant=receiver,
        giver=giver,
        what=what,
        count=len(rows),
        terminals=sum(one.terminals for one in rows),
        note=note[:500],
        offered_by=actor.label[:120],
        offered_at=now,
        expires_at=now + timedelta(days=max(1, min(days, MOST_DAYS))),
        token=token,
    )
    HandoverItem.objects.bulk_create([_item(row, one) for one in rows], batch_size=1_000)
    audit.record(actor, "handover.offered", row, after=audit.snapshot(row), reason=note)
    _tell(row)
    return row


@transaction.atomic
def accept(
    handover: Handover, *, by: Tenant, count: int, actor: Actor, station: Station | None = None
) -> Handover:
    """Take what was offered: ``count`` is what the receiver counted. Twice changes nothing the second time.

    Piles go to a ``station`` of the receiver, or into its store; a station stays where it is. Raises Refused:
    ``not_yours``, ``over``, ``expired``, ``count``, ``changed``, ``quota``, ``tenant_stopped``, ``station_closed``.
    """
    row = _lock(handover)
    if row.tenant_id != by.pk:
        raise Refused(_("Only the receiver accepts."), code="not_yours")
    if row.state == HandoverState.ACCEPTED:
        return row
    _require_open(row)
    if count != row.count:
        message = _("You counted %(counted)d; %(offered)d are offered. Count again, or decline.")
        raise Refused(message % {"counted": count, "offered": row.count}, code="count", field="count")
    with unscoped(reason="what is handed over belongs to the level above until this commits"):
        receiver = Tenant.objects.get(pk=row.tenant_id)
        if receiver.parent_id != row.giver_id:
            raise Refused(_("The giver does not stand above you any more."), code="changed")
        sites.require_running(receiver)
        stations = row.count if row.what == Handed.STATIONS else 0
        require_room(receiver.pk, stations=stations, terminals=row.terminals, moved_from=row.giver_id)
        if row.what == Handed.STATIONS:
            _take_stations(row, receiver, actor)
        else:
            _take_piles(row, receiver, station, actor)
    return _turn(row, OfferState.ACCEPTED, actor, "handover.accepted")


@transaction.atomic
def decline(handover: Handover, *, by: Tenant, actor: Actor, reason: str) -> Handover:
    """Say no, and why. Raises Refused: ``not_yours``, ``over``."""
    row = _lock(handover)
    if row.tenant_id != by.pk:
        raise Refused(_("Only the receiver declines."), code="not_yours")
    if row.state == HandoverState.DECLINED:
        return row
    return _turn(row, OfferState.DECLINED, actor, "handover.declined", reason)


@transaction.atomic
def withdraw(handover: Handover, *, by: Tenant, actor: Actor, reason: str) -> Handover:
    """Take an offer back before it was decided. Raises Refused: ``not_yours``, ``over``."""
    row = _lock(handover)
    if row.giver_id != by.pk:
        raise Refused(_("Only the giver takes an offer back."), code="not_yours")
    if row.state == HandoverState.WITHDRAWN:
        return row
    return _turn(row, OfferState.WITHDRAWN, actor, "handover.withdrawn", reason)


def expire_due() -> None:
    """The sweep: offers that nobody decided in time are over. Needs a lifted scope."""
    due = Handover.objects.filter(state=HandoverState.OFFERED, expires_at__lte=clock.now())
    for handover in due.order_by("expires_at")[:100]:
        with transaction.atomic():
            row = _lock(handover)
            if row.state == HandoverState.OFFERED:
                _turn(row, OfferState.EXPIRED, CLOCK, "handover.expired")


def _receiver(giver: Tenant, to: Tenant, what: str) -> Tenant:
    if not may_give(what, giver.level):
        message = _("Operators hand over stations, and everybody but an agency terminals.")
        raise Refused(message, code="wrong_level", field="to")
    receiver = Tenant.objects.get(pk=to.pk)
    if receiver.parent_id != giver.pk:
        raise Refused(_("It can be handed over to the next level only."), code="not_child", field="to")
    sites.require_running(receiver)
    return receiver


def _rows(what: str, keys: Collection[int]) -> list[Pile] | list[Station]:
    """The rows of the scope, locked."""
    if what == Handed.STATIONS:
        return list(locks.locked(Station.objects.filter(pk__in=keys)))
    return list(locks.locked(Pile.objects.filter(pk__in=keys)).select_related("station", "model", "tariff"))


def _require_free(what: str, rows: list[Pile] | list[Station], giver: Tenant, wanted: int) -> list[Offered]:
    if not rows:
        raise Refused(_("There is nothing to hand over."), code="nothing")
    if wanted > MOST_ROWS:
        message = _("At most %(most)d are handed over at once.")
        raise Refused(message % {"most": MOST_ROWS}, code="too_many")
    if len(rows) < wanted:
        raise Refused(_("Some of it is not there any more. Pick it again."), code="changed")
    found = offered(what, rows, giver.pk)
    blocked = [f"{one.name}: {' '.join(one.blocked)}" for one in found if one.blocked]
    if blocked:
        raise Refused(_named(blocked), code="blocked")
    return found


def _require_open(row: Handover) -> None:
    if row.state != HandoverState.OFFERED:
        message = _("This offer is over: %(state)s.")
        raise Refused(message % {"state": row.get_state_display()}, code="over")
    if row.expires_at <= clock.now():
        raise Refused(_("This offer has expired."), code="expired")


def _take_piles(row: Handover, receiver: Tenant, station: Station | None, actor: Actor) -> None:
    place = sites.store_of(receiver, actor=actor) if station is None else _own_station(station, receiver)
    keys = _keys(row)
    piles = list(locks.locked(Pile.objects.filter(pk__in=keys)).select_related("station", "model", "tariff"))
    blocks = pile_blocks(piles, row.giver_id, but=row.pk)
    _require_unchanged(row, {pile.pk for pile in piles}, blocks)
    before = {pile.pk: audit.snapshot(pile) for pile in piles}
    moving.put_on_station(piles, place, actor=actor, note=row.note)
    changes = [Change(pile, before[pile.pk], audit.snapshot(pile)) for pile in piles]
    audit.record_all(actor, "pile.handed_over", changes, reason=row.note)


def _take_stations(row: Handover, receiver: Tenant, actor: Actor) -> None:
    sites.require_owner(receiver)
    stations = list(
        locks.locked(Station.objects.filter(pk__in=_keys(row))).select_related("tariff", "local_list")
    )
    blocks = station_blocks(stations, row.giver_id, but=row.pk)
    _require_unchanged(row, {station.pk for station in stations}, blocks)
    changes = []
    for station in stations:
        before = audit.snapshot(station)
        sites.give_station(station, receiver, actor=actor, note=row.note)
        changes.append(Change(station, before, audit.snapshot(station)))
    audit.record_all(actor, "station.handed_over", changes, reason=row.note)


def _own_station(station: Station, receiver: Tenant) -> Station:
    place = (
        locks.locked(Station.objects.filter(pk=station.pk, tenant=receiver)).select_related("tenant").first()
    )
    if place is None or place.status == "closed":
        raise Refused(_("This station is closed."), code="station_closed", field="station")
    return place


def _require_unchanged(row: Handover, there: set[int], blocks: dict[int, list[str]]) -> None:
    changed = [
        f"{item.name}: {' '.join(blocks.get(item.object_id) or [_('It is not there any more.')])}"
        for item in HandoverItem.objects.filter(handover=row).order_by("name", "pk")
        if item.object_id not in there or item.object_id in blocks
    ]
    if changed:
        raise Refused(_("Nothing was taken over.") + " " + _named(changed), code="changed")


def _turn(row: Handover, state: OfferState, actor: Actor, action: str, reason: str = "") -> Handover:
    if row.state != HandoverState.OFFERED:
        message = _("This offer is over: %(state)s.")
        raise Refused(message % {"state": row.get_state_display()}, code="over")
    before = audit.snapshot(row)
    row.state = move(HANDOVER, row.state, state)
    row.answer, row.decided_by, row.decided_at = reason[:500], actor.label[:120], clock.now()
    row.save(update_fields=["state", "answer", "decided_by", "decided_at"])
    HandoverItem.objects.filter(handover=row).update(open=False)
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    _tell(row)
    return row


def _item(row: Handover, one: Offered) -> HandoverItem:
    return HandoverItem(
        tenant_id=row.tenant_id,
        handover=row,
        what=row.what,
        object_id=one.key,
        code=one.code,
        name=one.name,
        serial=one.serial,
        model=one.model[:120],
        place=one.place[:120],
        terminals=one.terminals,
    )


def _keys(row: Handover) -> list[int]:
    return list(HandoverItem.objects.filter(handover=row).values_list("object_id", flat=True))


def _lock(handover: Handover) -> Handover:
    return locks.locked(Handover.objects.filter(pk=handover.pk)).get()


def _named(sentences: Sequence[str]) -> str:
    more = f" … (+{len(sentences) - NAMED})" if len(sentences) > NAMED else ""
    return enumerated(sentences[:NAMED]) + more


def _tell(row: Handover) -> None:
    live.publish("handovers", audit.reference(row), path_of_tenant(row.tenant_id))
