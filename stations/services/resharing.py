"""Sharing the power of a site anew, and telling its piles.

What each session may draw as far as the house knows is kept beside what it is to have. Shares are
lowered first and raised when the lowering was accepted. A pile that refused, did not answer or cannot
be heard keeps what it had, and the others share the rest; so does a charge for which there is no sign
of life. Looking twice sends nothing twice: one group is shared by one worker at a time, and what was
asked is asked again only when it is known to have failed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from backoffice.kit import clock, locks
from backoffice.kit.actor import timer
from backoffice.kit.errors import Refused
from backoffice.kit.scope import path_of_tenant
from ocpp_gateway.wire import CommandState
from stations import hooks
from stations.allotments import (
    RENEWED_AFTER,
    SHARE_IDS,
    VALID_FOR,
    amount_of,
    in_unit,
    most_of,
    safety_profile,
    share_profile,
)
from stations.models import (
    ChargingProfile,
    Command,
    Connector,
    LoadGroup,
    LoadShare,
    Pile,
    ProfileState,
    Reshare,
    letter_of,
)
from stations.profiles import Means, Profile
from stations.selectors.charging import groups_to_share, means_of, members_of, piles_without_profiles
from stations.services import loads, profile_checks, profiles
from stations.services.commands import Request, order_command
from stations.sessions import RunningSession
from stations.sharing import NOTHING, Claim, Told, demand_of, moves, share
from stations.states import UNANSWERED

log = logging.getLogger(__name__)

ACTOR = timer("load_group")
TRIED_AGAIN_AFTER = timedelta(minutes=2)
REFUSED_FOR = timedelta(hours=1)
"""A pile that refused its safety limit is asked again so much later."""

COUNTED_WHILE_AWAY = timedelta(days=1)
"""So long after a pile was last heard, charges that may begin there unheard are counted."""

TURN = timedelta(minutes=15)
MEASURED_WITHIN = timedelta(minutes=3)


def share_loads() -> int:
    """Share every group in which something changed; how many. One that fails holds up no other."""
    shared = 0
    for group_id in groups_to_share():
        try:
            shared += reshare(group_id)
        except Exception:
            log.exception("load group %s could not be shared", group_id)
    return shared


@transaction.atomic
def reshare(group_id: int) -> bool:
    """Share one group by what is known now. True where a pile was told something."""
    locks.hold(loads.lock_of(group_id))
    group = LoadGroup.objects.select_related("station").get(pk=group_id)
    site = _look(group)
    told = _share(group, site) if group.on else _let_go(group, site)
    group.shared_at = site.at
    group.save(update_fields=["shared_at"])
    loads.announce(group)
    return told


@dataclass(slots=True)
class _Site:
    """A group as it is at one instant. ``rows`` by transaction, ``untold`` is what a pile takes without a share."""

    at: datetime
    piles: dict[int, Pile]
    connectors: dict[tuple[int, int], Connector]
    sessions: dict[tuple[int, int], RunningSession]
    rows: list[LoadShare]
    safe: dict[int, list[ChargingProfile]]
    changed: bool

    def connector(self, row: LoadShare) -> Connector | None:
        return self.connectors.get((row.pile_id, row.connector_number))


def _look(group: LoadGroup) -> _Site:
    piles = {pile.pk: pile for pile in members_of(group)}
    connectors = {
        (pile.pk, one.number): one for pile in piles.values() for one in pile.connectors.all() if one.number
    }
    found = hooks.running_sessions(list(piles)) if group.on else ()
    sessions = {(session.pile_id, session.transaction_id): session for session in found}
    rows, changed = _keep_rows(group, sessions, piles)
    safe: dict[int, list[ChargingProfile]] = {}
    for held in ChargingProfile.objects.filter(group=group).select_related("pile").order_by("pk"):
        safe.setdefault(held.pile_id, []).append(held)
    return _Site(clock.now(), piles, connectors, sessions, rows, safe, changed)


def _keep_rows(
    group: LoadGroup, sessions: dict[tuple[int, int], RunningSession], piles: dict[int, Pile]
) -> tuple[list[LoadShare], bool]:
    """A row for each session that runs, and none for others; what became of commands is read into them."""
    known: dict[tuple[int, int], LoadShare] = {}
    gone: list[int] = []
    for row in locks.locked(LoadShare.objects.filter(group=group)).select_related("command", "pile"):
        key = (row.pile_id, row.transaction_id)
        if key in sessions or not group.on:
            known[key] = row
            row.group = group
            _hear(row)
        else:
            gone.append(row.pk)
            if row.pile_id not in piles:
                _take_back(row)
    LoadShare.objects.filter(pk__in=gone).delete()
    fresh = [key for key in sessions if key not in known]
    for key in fresh:
        session = sessions[key]
        known[key] = LoadShare.objects.create(
            tenant_id=group.tenant_id,
            group=group,
            pile_id=session.pile_id,
            connector_number=session.connector_number,
            transaction_id=session.transaction_id,
            began_at=session.started_at,
        )
    return [known[key] for key in sorted(known)], bool(gone or fresh)


def _hear(row: LoadShare) -> None:
    """What the pile said to the last amount. Without an answer it may take the new one or the old one."""
    command = row.command
    if row.asked is None or command is None:
        return
    state, late = CommandState(command.state), command.late_answer or {}
    if state is CommandState.ACCEPTED or late.get("state") == CommandState.ACCEPTED:
        row.obeys, row.obeys_until = row.asked, row.asked_until
        row.told_at = command.sent_at or command.created_at
        row.asked, row.asked_until, row.failed_at = None, None, None
    elif state not in UNANSWERED and row.failed_at is None:
        row.failed_at = command.answered_at or clock.now()
        if profiles.note_of(command) != "no_answer":
            row.asked, row.asked_until = None, None


def _share(group: LoadGroup, site: _Site) -> bool:
    _keep_safety(group, site)
    without = piles_without_profiles(site.piles)
    claims: list[Claim] = []
    told: list[Told] = []
    reserved = _unheard(group, site)
    for row in site.rows:
        pile, session = site.piles[row.pile_id], site.sessions[row.pile_id, row.transaction_id]
        row.note = _why_not(row, site, pile.pk in without)
        row.taken = _taken(group, session, site.at)
        state = _told(group, site, row)
        if row.note:
            row.share = max(state.taken_at_most, _untold(group, site, row))
            reserved += row.share
            continue
        steady = site.at - max(row.told_at or row.began_at, row.began_at)
        row.demand = demand_of(row.obeys, row.taken, steady=steady, before=row.demand)
        claims.append(Claim(row.pk, most_of(group, pile, site.connector(row)), row.demand))
        told.append(state)
    turn = int(site.at.timestamp() // TURN.total_seconds())
    shares = share(max(group.limit - reserved, NOTHING), claims, least=group.least, turn=turn)
    by_key = {row.pk: row for row in site.rows}
    for key, amount in shares.items():
        by_key[key].share = amount
    asked = moves(group.limit, told, shares, reserved=reserved)
    sent = [key for key, amount in asked.items() if _tell(by_key[key], site, amount)]
    for row in site.rows:
        row.save()
    if sent or site.changed:
        _remember(group, site, reserved, len(sent))
    return bool(sent)


def _why_not(row: LoadShare, site: _Site, is_without: bool) -> str:
    """Why a session cannot be told anything now, as a short code; "" where it can."""
    session = site.sessions[row.pile_id, row.transaction_id]
    failed = row.failed_at is not None and site.at - row.failed_at < TRIED_AGAIN_AFTER
    reasons = {
        "offline": not site.piles[row.pile_id].online,
        "no_profiles": is_without,
        "no_sign": not profile_checks.is_live(session, site.connector(row)),
        "refused": failed and row.asked is None,
        "no_answer": failed and row.asked is not None,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _told(group: LoadGroup, site: _Site, row: LoadShare) -> Told:
    in_force = row.obeys is not None and (row.obeys_until is None or row.obeys_until > site.at)
    obeys = row.obeys if row.obeys is not None and in_force else _untold(group, site, row)
    is_old = row.told_at is not None and site.at - row.told_at > RENEWED_AFTER
    return Told(
        row.pk,
        obeys,
        row.asked,
        is_waiting=row.asked is not None and row.failed_at is None,
        is_due=is_old,
    )


def _untold(group: LoadGroup, site: _Site, row: LoadShare) -> Decimal:
    """What a session takes that was told nothing, or whose share has run out."""
    most = most_of(group, site.piles[row.pile_id], site.connector(row))
    held = [one for one in site.safe.get(row.pile_id, ()) if one.state in profiles.OPEN]
    if all(one.state != ProfileState.INSTALLED for one in held):
        return most
    return min(most, max(amount_of(group, Profile.from_json(one.content)) for one in held))


def _unheard(group: LoadGroup, site: _Site) -> Decimal:
    """What charges may take that begin unheard, at connectors of piles that are away since not long ago."""
    busy = {(row.pile_id, row.connector_number) for row in site.rows}
    away = [
        key
        for key in site.connectors
        if key not in busy
        and not (pile := site.piles[key[0]]).online
        and pile.last_seen_at is not None
        and site.at - pile.last_seen_at < COUNTED_WHILE_AWAY
    ]
    return group.safety * len(away)


def _taken(group: LoadGroup, session: RunningSession, at: datetime) -> Decimal | None:
    fresh = session.sample_at is not None and at - session.sample_at < MEASURED_WITHIN
    return in_unit(group, Decimal(session.power_w)) if fresh and session.power_w is not None else None


def _tell(row: LoadShare, site: _Site, amount: Decimal) -> bool:
    until = site.at + VALID_FOR
    pile = site.piles[row.pile_id]
    profile = share_profile(row, amount, until=until, means=means_of(pile))
    command = _order(
        pile,
        "SetChargingProfile",
        {"connectorId": row.connector_number, "csChargingProfiles": profile.to_json()},
        row,
    )
    if command is None:
        row.failed_at = site.at
        return False
    if row.asked is not None:  # that may have been taken, although no answer came
        row.obeys, row.obeys_until = max(row.obeys or NOTHING, row.asked), row.asked_until
    row.asked, row.asked_until, row.command, row.failed_at = amount, until, command, None
    return True


def _order(pile: Pile, action: str, payload: dict[str, object], row: LoadShare) -> Command | None:
    """Ask the pile; None where it cannot be asked."""
    request = Request(
        action=action,
        payload=payload,
        connector_number=row.connector_number,
        reason="load_group",
        about=f"loadgroup:{row.group_id}",
    )
    try:
        with transaction.atomic():
            return order_command(pile, request, actor=ACTOR)
    except Refused as refused:
        log.info("share of transaction %s was not sent: %s", row.transaction_id, refused.code)
        return None


def _keep_safety(group: LoadGroup, site: _Site) -> None:
    """Each pile that can be heard has the safety limit, or is asked to take it; those that left forget it."""
    for pile_id in site.safe.keys() - site.piles.keys():
        _forget(site.safe[pile_id])
    for pile in site.piles.values():
        held = site.safe.get(pile.pk, [])
        if not pile.online or not _needs_safety(group, site, held[-1] if held else None):
            continue
        profile = safety_profile(group, group.created_at, means_of(pile))
        try:
            with transaction.atomic():
                row = profiles.set_profile(pile, profile=profile, connector=0, actor=ACTOR, group=group)
        except Refused as refused:
            log.info("safety limit of %s was not sent: %s", pile.identity, refused.code)
            continue
        site.safe.setdefault(pile.pk, []).append(row)


def _needs_safety(group: LoadGroup, site: _Site, held: ChargingProfile | None) -> bool:
    if held is None or held.state == ProfileState.CLEARED:
        return True
    now = Profile.from_json(held.content).schedule
    wanted = safety_profile(group, group.created_at, Means(units=frozenset({now.unit}))).schedule
    since = site.at - held.created_at
    if now.periods != wanted.periods:
        return True
    if held.state == ProfileState.REFUSED:
        return since > (TRIED_AGAIN_AFTER if held.note == "not_sent" else REFUSED_FOR)
    return held.state == ProfileState.WANTED and bool(held.note) and since > TRIED_AGAIN_AFTER


def _let_go(group: LoadGroup, site: _Site) -> bool:
    """The group is off: its piles forget what it told them, as far as they can be heard."""
    for row in site.rows:
        _take_back(row)
    LoadShare.objects.filter(group=group).delete()
    for held in site.safe.values():
        _forget(held)
    return bool(site.rows)


def _take_back(row: LoadShare) -> None:
    """A session is shared no more: its pile is asked to forget its share. Unheard, it ends by itself."""
    if (row.obeys is not None or row.asked is not None) and row.pile.online:
        _order(row.pile, "ClearChargingProfile", {"id": SHARE_IDS + row.pk}, row)


def _forget(held: Iterable[ChargingProfile]) -> None:
    """Safety limits are the group's no more, and cleared where they are in force."""
    for row in held:
        row.group = None
        row.save(update_fields=["group"])
        if row.state in profiles.OPEN:
            loads.forget_quietly(row, actor=ACTOR)


def _remember(group: LoadGroup, site: _Site, reserved: Decimal, told: int) -> None:
    Reshare.objects.create(
        **path_of_tenant(group.tenant_id).as_columns(),
        group=group,
        at=site.at,
        unit=group.unit,
        limit=group.limit,
        reserved=reserved,
        sessions=len(site.rows),
        told=told,
        shares=[
            {
                "pile": site.piles[row.pile_id].name,
                "letter": letter_of(row.connector_number),
                "share": str(row.share),
                "note": row.note,
            }
            for row in site.rows
        ],
    )
