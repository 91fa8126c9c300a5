"""What piles show about their local lists and about reservations.

Called with what is new in a batch, after its piles were locked. Reports that say nothing about either
cost no query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from backoffice.kit import clock, locks
from backoffice.kit.machines import move
from drivers.tags import fold_tag
from stations.changes import StatusChange
from stations.intake.batch import have_any
from stations.models import ListState, LocalListPile, Reservation, ReservationState
from stations.models.access import OPEN_RESERVATIONS
from stations.reserving import NO_ANSWER, confirm, end, tell
from stations.states import RESERVATION_LATE

CONFLICT = "LocalListConflict"
FULL_AGAIN_AFTER = timedelta(minutes=10)
"""A pile that reports one conflict after the other gets its list whole no more often than this."""

OUT = frozenset({"Faulted", "Unavailable"})
CLOCKS_APART = timedelta(minutes=5)
"""A reservation that a pile ends so shortly before its time is over by the pile's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A transaction that began. ``parent`` is the group of its tag, "" for none; 0 is no reservation."""

    pile_id: int
    connector: int
    id_tag: str
    parent: str
    at: datetime
    reservation_id: int | None
    transaction_id: int


def of_boots(boots: Iterable[tuple[int, bool]]) -> None:
    """Piles that started anew may have lost their list; with new firmware they may have learned to keep one.

    ``(pile_id, is_new_firmware)`` each.
    """
    renewed = dict(boots)
    if not have_any(LocalListPile, renewed):
        return
    for row in locks.locked(LocalListPile.objects.filter(pile__in=renewed)).defer("content"):
        if row.state == ListState.UNSUPPORTED:
            if not renewed[row.pile_id]:
                continue
            row.state = ListState.UNKNOWN
        row.must_read = True
        if renewed[row.pile_id]:
            row.settings_asked = row.insisted = False
        row.waits, row.due_at = 0, clock.now()
        row.save(update_fields=["state", "must_read", "settings_asked", "insisted", "waits", "due_at"])


def of_statuses(changes: Sequence[StatusChange]) -> None:
    """Conflicts of lists, and what became of connectors that were reserved."""
    conflicts = {change.place.pile_id for change in changes if change.fact.error_code == CONFLICT}
    if conflicts:
        _fill_again(conflicts)
    telling = [change for change in changes if _tells_of_reservations(change)]
    if not telling:
        return
    pile_ids = {change.place.pile_id for change in telling}
    mine = Q(state__in=OPEN_RESERVATIONS) | Q(
        state=ReservationState.REFUSED, refusal=NO_ANSWER, expires_at__gt=clock.now()
    )
    for row in locks.locked(Reservation.objects.filter(mine, pile__in=pile_ids)):
        for change in telling:
            if change.place.pile_id == row.pile_id and _take_status(row, change):
                row.save()
                tell(row)


def use_reservations(starts: Sequence[Started]) -> None:
    """A start by the tag or group that a connector is kept for, or that names the reservation, uses it (§5.13)."""
    if not have_any(Reservation, {start.pile_id for start in starts}):
        return
    named = {start.reservation_id for start in starts if start.reservation_id}
    wanted = Q(state__in=OPEN_RESERVATIONS) | Q(pk__in=[one for one in named if 0 < one < 2**31])
    piles = {start.pile_id for start in starts}
    for row in locks.locked(Reservation.objects.filter(wanted, pile__in=piles)):
        start = next((start for start in starts if _is_used_by(row, start)), None)
        if start is not None and row.state != ReservationState.USED:
            _use(row, start)


def _fill_again(pile_ids: set[int]) -> None:
    """The list must be sent whole, once however often the pile says so (OCPP 1.6 §3.5.2)."""
    now = clock.now()
    rows = LocalListPile.objects.filter(pile__in=pile_ids).exclude(state=ListState.UNSUPPORTED)
    for row in locks.locked(rows).defer("content"):
        row.conflict_at = now
        if not row.must_fill:
            row.must_fill = True
            earliest = now if row.filled_at is None else max(now, row.filled_at + FULL_AGAIN_AFTER)
            row.due_at = row.due_at or earliest
        row.save(update_fields=["conflict_at", "must_fill", "due_at"])


def _tells_of_reservations(change: StatusChange) -> bool:
    return change.newer and (change.fact.status in OUT or "Reserved" in {change.fact.status, change.previous})


def _take_status(row: Reservation, change: StatusChange) -> bool:
    """What a connector's status says about a locked reservation; whether it says anything."""
    number, status = change.fact.connector, change.fact.status
    if status in OUT and row.state == ReservationState.ACTIVE and number in {0, row.connector_number}:
        end(row, ReservationState.INVALIDATED, remark=status)
        return True
    if number != row.connector_number or change.fact.received_at < row.created_at:
        return False
    if status == "Reserved" and change.changed:
        return _see_reserved(row)
    if status == "Available" and change.previous == "Reserved" and row.state == ReservationState.ACTIVE:
        return _see_free(row)
    return False


def _see_reserved(row: Reservation) -> bool:
    """The pile took a request that it did not answer."""
    if row.state == ReservationState.REFUSED:
        others = Reservation.objects.filter(
            pile=row.pile_id, connector_number=row.connector_number, state__in=OPEN_RESERVATIONS
        )
        if others.exists():
            return False
        row.state = move(RESERVATION_LATE, row.state, ReservationState.ACTIVE.value)
        row.refusal, row.ended_at, row.attempts = "", None, 0
        return True
    if row.state == ReservationState.REQUESTED and row.due_at is not None:
        confirm(row)
        return True
    return False


def _see_free(row: Reservation) -> bool:
    """The pile ended it by itself: its time is over by the pile's clock, or it gave it up."""
    if row.cancel_asked_at is not None or row.asked_expires_at is not None:
        return False
    if row.expires_at - clock.now() <= CLOCKS_APART:
        end(row, ReservationState.EXPIRED)
    else:
        end(row, ReservationState.INVALIDATED, remark="given_up")
    return True


def _is_used_by(row: Reservation, start: Started) -> bool:
    if row.pile_id != start.pile_id:
        return False
    if start.reservation_id:
        return start.reservation_id == row.pk
    here = row.connector_number in {0, start.connector} and start.at >= row.created_at
    return here and row.is_open and row.is_for(fold_tag(start.id_tag), start.parent)


def _use(row: Reservation, start: Started) -> None:
    late = not row.is_open
    if late:
        row.state = move(RESERVATION_LATE, row.state, ReservationState.USED.value)
        row.remark = "late_use"
    else:
        end(row, ReservationState.USED)
    row.transaction_number = start.transaction_id
    row.save()
    tell(row)
