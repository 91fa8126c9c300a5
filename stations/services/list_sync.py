"""Bringing the lists of piles into step, one message after the other (OCPP 1.6 §5.10, §5.15).

Each step follows from the row alone: what the pile is known to have, and what became of the last
request. A message leaves only when the one before it was taken; what was refused is followed by the
question for the version and a Full list; what nobody answered by the question for the version, which
tells whether it was taken. A worker that dies in between loses nothing, and an offline pile waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant
from ocpp_gateway.wire import CommandState
from stations import locallist
from stations.locallist import Entry, Limits, Taken
from stations.models import Command, Life, ListState, LocalList, LocalListPile, Pile
from stations.selectors import access, list_of_station
from stations.selectors.access import ListTerms
from stations.services.commands import Request, hold_pile, order_command
from stations.services.local_lists import leave_piles
from stations.states import LIST, UNANSWERED

log = logging.getLogger(__name__)

SYNC = timer("local_lists")
BATCH = 200
A_RUN_S = 2.0
"""After so many seconds a run leaves the others to the next one, or the timers behind it would wait for them."""

CHECKED_EVERY = timedelta(hours=1)
"""How often a list is built anew although nobody said that something changed."""

FIRST_WAIT, MOST_WAITS = timedelta(minutes=1), 6
LONGEST_WAIT = timedelta(hours=1)
REFUSALS = 2
"""So many refusals in a row, the last one of a Full list: the pile is left alone for an hour."""

ASKED_IN_VAIN = 3
"""A pile that does not answer so often when it is asked for its settings is sent short messages."""

COMPARED = ("wanted_count", "left_out", "behind_by", "state")

Wanted = Callable[[LocalListPile], list[Entry] | None]


def refresh_lists() -> int:
    """Look at the piles of each list that changed, or was not looked at for an hour."""
    due = LocalList.objects.filter(
        Q(stale_at__isnull=False) | Q(checked_at__isnull=True) | Q(checked_at__lt=clock.now() - CHECKED_EVERY)
    )
    return _each(list(due.order_by("pk").values_list("pk", flat=True)[:BATCH]), refresh_list)


def advance_piles() -> int:
    """Go on where a pile answered, or where it is time and the pile can be heard."""
    unanswered = [state.value for state in UNANSWERED]
    free = Q(command__isnull=True, due_at__lte=clock.now(), pile__online=True)
    answered = Q(command__isnull=False) & ~Q(command__state__in=unanswered)
    rows = LocalListPile.objects.filter(free | answered).order_by("due_at", "pk")
    entries = _Entries()
    return _each(list(rows.values_list("pk", flat=True)[:BATCH]), lambda pk: advance(pk, wanted=entries.of))


def refresh_list(list_id: int) -> None:
    """Find the piles that a list counts for, and compare each with it.

    The mark is taken off first: a change from then on sets it again. One that is being made holds this up.
    """
    rows = LocalList.objects.filter(pk=list_id)
    if rows.update(stale_at=None, checked_at=None):
        row = rows.get()
        here = list(access.piles_under(row))
        states = [LocalListPile(pile=pile, tenant_id=pile.tenant_id) for pile in here]
        LocalListPile.objects.bulk_create(states, ignore_conflicts=True)
        _compare_piles(row, {pile.pk for pile in here})
        rows.update(checked_at=clock.now())
        live.publish("lists", f"locallist:{row.pk}", path_of_tenant(row.tenant_id))


@transaction.atomic
def _compare_piles(row: LocalList, here: set[int]) -> None:
    entries = access.entries_of(row)
    states = list(locks.locked(LocalListPile.objects.filter(Q(pile__in=here) | Q(list=row))))
    leave_piles(state for state in states if state.list_id == row.pk and state.pile_id not in here)
    for state in states:
        if state.pile_id in here:
            if state.list_id != row.pk:
                state.list, state.kept_empty = row, False
            _compare(state, [] if state.kept_empty else entries)
            if state.state != ListState.UNSUPPORTED:
                state.due_at = clock.now()
            state.save(update_fields=[*COMPARED, "list", "kept_empty", "due_at"])


@transaction.atomic
def look_after(pile: Pile, *, how: str, actor: Actor, reason: str = "") -> LocalListPile:
    """What staff want of a pile's list now: ``build``, ``full``, ``differences``, ``version`` or ``clear``.

    A pile that cannot be heard is asked when it is back. Raises Refused: ``no_list``, ``retired``.
    """
    hold_pile(pile.pk)
    pile = Pile.objects.select_related("station").get(pk=pile.pk)
    if pile.life == Life.RETIRED:
        raise Refused(_("This pile is retired."), code="retired")
    LocalListPile.objects.get_or_create(pile=pile, defaults={"tenant_id": pile.tenant_id})
    row = locks.locked(LocalListPile.objects.filter(pile=pile)).get()
    before = audit.snapshot(row)
    if how in {"build", "full", "differences"}:
        row.list, row.kept_empty = list_of_station(pile.station), False
        if row.list is None:
            raise Refused(
                _("No local list counts for this terminal. Assign one to its station."), code="no_list"
            )
    row.kept_empty = row.kept_empty or how == "clear"
    row.must_fill = row.must_fill or how in {"full", "clear"}
    row.must_read = row.must_read or how == "version"
    if row.state == ListState.UNSUPPORTED:
        _enter(row, ListState.UNKNOWN)
        row.insisted, row.must_read = True, True
    row.waits, row.refusals, row.due_at = 0, 0, clock.now()
    row.save()
    after = {**audit.snapshot(row), "how": how}
    audit.record(actor, "local_list.asked", row, before=before, after=after, reason=reason)
    advance(row.pk, actor=actor)
    return LocalListPile.objects.get(pk=row.pk)


@transaction.atomic
def advance(row_id: int, *, actor: Actor = SYNC, wanted: Wanted | None = None) -> None:
    """Take what the last request brought, and make the next one. Does nothing while one is unanswered."""
    pile_id = LocalListPile.objects.values_list("pile", flat=True).get(pk=row_id)
    hold_pile(pile_id)
    row = locks.locked(LocalListPile.objects.filter(pk=row_id)).select_related("pile", "list").get()
    command = Command.objects.filter(pk=row.command_id).first() if row.command_id else None
    if command is not None:
        if CommandState(command.state) in UNANSWERED:
            return
        row.command = None
        _TAKE[command.action](row, command)
    entries = (wanted or _Entries().of)(row)
    terms = access.list_terms(row.pile_id)
    row.at_once, row.in_all = terms.limits.at_once, terms.limits.in_all
    _compare(row, entries)
    if row.due_at is not None and row.due_at <= clock.now():
        _go_on(row, entries, terms, actor)
    row.save()
    live.publish("piles", f"pile:{row.pile_id}", path_of_tenant(row.tenant_id))


class _Entries:
    """Who stands on each list, read once for all piles of a round. None where a pile is left alone."""

    def __init__(self) -> None:
        self._known: dict[int, list[Entry]] = {}

    def of(self, row: LocalListPile) -> list[Entry] | None:
        if row.kept_empty:
            return []
        if row.list is None:
            return None
        if row.list.pk not in self._known:
            self._known[row.list.pk] = access.entries_of(row.list)
        return self._known[row.list.pk]


def _compare(row: LocalListPile, entries: list[Entry] | None) -> None:
    """How far the pile is behind, as far as it is known."""
    if entries is None:
        return
    listing = locallist.listing(entries, Limits(row.at_once, row.in_all))
    row.wanted_count, row.left_out = len(listing.content), listing.left_out
    row.behind_by = locallist.behind_by(locallist.load(row.content), listing.content)
    if row.behind_by and row.state == ListState.IN_STEP:
        _enter(row, ListState.BEHIND)


def _go_on(row: LocalListPile, entries: list[Entry] | None, terms: ListTerms, actor: Actor) -> None:
    """Make the request that is due, if there is one. A pile that cannot be asked now stays due."""
    request = _next_request(row, entries, terms)
    if request is None:
        return
    try:
        command = order_command(row.pile, request, actor=actor)
    except Refused as refused:
        if refused.code == "unsupported":
            _lack(row, "unsupported")
        elif refused.code != "offline":
            _wait(row, "not_sent")
        return
    row.command = command
    if request.action == "GetConfiguration":
        row.settings_asked = True
    if request.action == "SendLocalList":
        row.version = command.payload["listVersion"]
        row.must_fill = False
        _enter(row, ListState.SENDING)


def _next_request(row: LocalListPile, entries: list[Entry] | None, terms: ListTerms) -> Request | None:
    if row.state == ListState.UNSUPPORTED or (entries is None and not row.must_read):
        row.due_at = None
        return None
    limits = terms.limits
    if not row.settings_asked and (limits.at_once is None or limits.in_all is None):
        return _request(row, "GetConfiguration", {"key": list(access.LIST_SETTINGS)})
    if row.must_read:
        return _request(row, "GetLocalListVersion", {})
    content = locallist.listing(entries or [], limits).content
    has = None if row.must_fill else locallist.load(row.content)
    message = locallist.next_message(has, content, version=row.version, chunk=limits.chunk)
    if message is not None:
        row.synced_at = None
        return _request(row, "SendLocalList", message.payload())
    _enter(row, ListState.IN_STEP)
    row.due_at, row.problem, row.synced_at = None, "", row.synced_at or clock.now()
    return None


def _request(row: LocalListPile, action: str, payload: Mapping[str, Any]) -> Request:
    return Request(action=action, payload=payload, about=audit.reference(row), anyway=row.insisted)


def _take_settings(row: LocalListPile, command: Command) -> None:
    """What it told is read from the command; one that told nothing gets short messages."""
    row.due_at = clock.now()
    taken = read(command)
    if taken in {Taken.NOT_SENT, Taken.NOBODY_KNOWS} and row.waits < ASKED_IN_VAIN:
        row.settings_asked = False
        _wait(row, _SILENCE[taken])


def _take_version(row: LocalListPile, command: Command) -> None:
    taken = read(command)
    if taken is Taken.LACKING:
        _lack(row, "not_supported")
    elif taken in {Taken.NOT_SENT, Taken.NOBODY_KNOWS}:
        _wait(row, _SILENCE[taken])
    else:
        version = locallist.read_version(command.answer) if taken is Taken.YES else None
        row.must_read, row.due_at = False, clock.now()
        _believe(row, version, command.answered_at)


def _believe(row: LocalListPile, version: int | None, at: datetime | None) -> None:
    """What a pile has follows from the version that it names. A version that is none tells nothing."""
    if version == locallist.UNSUPPORTED_VERSION:
        _lack(row, "not_supported")
        return
    doubt, row.doubt = row.doubt, None
    if version is not None:
        row.reported_version, row.reported_at = version, at
        row.version = max(row.version, version)
    if version == 0:
        row.content, row.held_version = {}, 0
    elif doubt is not None and version == doubt.payload["listVersion"]:
        _hold(row, doubt.payload)
    elif version is None or version != row.held_version:
        row.content, row.held_version = None, version
    elif doubt is not None and doubt.payload["updateType"] == "Full":
        row.must_fill = True
    if row.content is None and row.state == ListState.IN_STEP:
        _enter(row, ListState.BEHIND)


def _take_list(row: LocalListPile, command: Command) -> None:
    taken = read(command)
    row.due_at = clock.now()
    match taken:
        case Taken.YES:
            _hold(row, command.payload)
            row.waits, row.refusals, row.problem = 0, 0, ""
        case Taken.LACKING:
            _lack(row, "not_supported")
        case Taken.FAILED:
            _refuse(row, command)
        case Taken.NOBODY_KNOWS:
            row.doubt, row.must_read = command, True
            _wait(row, _SILENCE[taken])
            row.due_at = clock.now()
        case Taken.NOT_SENT:
            row.must_fill = row.must_fill or command.payload["updateType"] == "Full"
            _wait(row, _SILENCE[taken])


def _refuse(row: LocalListPile, command: Command) -> None:
    """Failed or VersionMismatch: ask for the version, then send it whole (OCPP 1.6 §7.47)."""
    row.refusals = min(row.refusals + 1, 100)
    row.must_read = row.must_fill = True
    row.problem = str(command.answer.get("status") or command.error or "Failed")[:40]
    _enter(row, ListState.BEHIND)
    if row.refusals >= REFUSALS and command.payload["updateType"] == "Full":
        _enter(row, ListState.REFUSED)
        row.due_at = clock.now() + LONGEST_WAIT


def _hold(row: LocalListPile, payload: Mapping[str, Any]) -> None:
    row.content = locallist.dump(locallist.applied(locallist.load(row.content), payload))
    row.held_version = payload["listVersion"]
    if payload["updateType"] == "Full":
        row.filled_at = clock.now()


def _lack(row: LocalListPile, problem: str) -> None:
    """The pile has no local list: it is not asked again."""
    if row.state != ListState.UNSUPPORTED:
        _enter(row, ListState.UNSUPPORTED)
    row.problem, row.due_at, row.must_read, row.doubt = problem, None, True, None


def _wait(row: LocalListPile, problem: str) -> None:
    row.due_at, row.problem = clock.now() + min(FIRST_WAIT * 2**row.waits, LONGEST_WAIT), problem
    row.waits = min(row.waits + 1, MOST_WAITS)
    if row.state == ListState.SENDING:
        _enter(row, ListState.BEHIND)


def _enter(row: LocalListPile, state: ListState) -> None:
    if row.state != state:
        row.state = move(LIST, row.state, state.value)


def read(command: Command) -> Taken:
    """What became of a request about a list."""
    return locallist.read_outcome(CommandState(command.state), command.answer, command.error)


_SILENCE = {Taken.NOT_SENT: "not_sent", Taken.NOBODY_KNOWS: "no_answer"}
_TAKE: Mapping[str, Callable[[LocalListPile, Command], None]] = {
    "GetConfiguration": _take_settings,
    "GetLocalListVersion": _take_version,
    "SendLocalList": _take_list,
}


def _each(ids: list[int], act: Callable[[int], None]) -> int:
    done, ends = 0, time.monotonic() + A_RUN_S
    for row_id in ids:
        try:
            act(row_id)
            done += 1
        except Exception:
            log.exception("local list %s could not be looked after", row_id)
        if time.monotonic() >= ends:
            break
    return done
