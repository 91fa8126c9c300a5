"""What became of reservations: the answers of piles, silence, and what connectors show (OCPP 1.6 §5.13, §5.1).

Each step is in the table of ``states.py`` or it is not taken. Callers hold the lock of the row and save
it; nothing here sends anything, it only says when to ask again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from backoffice.kit import clock, live, locks
from backoffice.kit.machines import move
from ocpp_gateway.wire import CommandState
from stations.models import Command, Connector, Reservation, ReservationState
from stations.states import NEVER_SENT, RESERVATION, UNKNOWN_OUTCOME

AGAIN_AFTER: Final = timedelta(seconds=15)
"""How long after silence a pile is asked again, times the number of times it was asked before."""

ATTEMPTS: Final = 3
NO_ANSWER: Final = "no_answer"
_LACKING: Final = frozenset({"NotImplemented", "NotSupported"})


def hear_of_command(command: Command) -> None:
    """What a pile said to a reservation, or that it said nothing (a listener of this room)."""
    take = {"ReserveNow": _take_reserve, "CancelReservation": _take_cancel}.get(command.action)
    kind, _colon, key = command.about.partition(":")
    if take is None or kind != "reservation" or not key.isdigit():
        return
    row = locks.locked(Reservation.objects.filter(pk=int(key), pile=command.pile_id)).first()
    if row is None:
        return
    take(row, command)
    row.save()
    tell(row)


def end(row: Reservation, state: ReservationState, *, remark: str = "") -> None:
    """Move a locked reservation to where it ends."""
    row.state = move(RESERVATION, row.state, state.value)
    row.ended_at, row.due_at, row.asked_expires_at = clock.now(), None, None
    row.remark = remark or row.remark


def is_seen(row: Reservation) -> bool:
    """Whether the connector has reported itself reserved since the pile was asked."""
    return Connector.objects.filter(
        pile=row.pile_id, number=row.connector_number, status="Reserved", status_at__gte=row.created_at
    ).exists()


def confirm(row: Reservation) -> None:
    """The pile keeps it."""
    if row.state == ReservationState.REQUESTED:
        row.state = move(RESERVATION, row.state, ReservationState.ACTIVE.value)
    row.expires_at = row.asked_expires_at or row.expires_at
    row.asked_expires_at, row.attempts = None, 0
    row.due_at = clock.now() if row.cancel_asked_at is not None else None


def tell(row: Reservation) -> None:
    """Let the pages that show it look again."""
    live.publish("reservations", f"reservation:{row.pk}", row.path)
    live.publish("piles", f"pile:{row.pile_id}", row.path)


def _take_reserve(row: Reservation, command: Command) -> None:
    state = CommandState(command.state)
    if not row.is_open:
        return
    if state in {CommandState.ACCEPTED, CommandState.EFFECT_SEEN}:
        confirm(row)
    elif state in UNKNOWN_OUTCOME:
        _wonder(row)
    elif state in NEVER_SENT and row.attempts > 1:
        row.due_at = clock.now() + AGAIN_AFTER
    elif row.attempts > 1 and command.answer.get("status") == "Occupied" and is_seen(row):
        confirm(row)  # by itself: the pile took the request that it did not answer
    else:
        _be_refused(row, _refusal(command))


def _be_refused(row: Reservation, refusal: str) -> None:
    """Of a new one nothing is left; one that was to get another end keeps the old one."""
    row.refusal = refusal
    if row.state == ReservationState.REQUESTED:
        end(row, ReservationState.REFUSED)
    else:
        row.asked_expires_at, row.attempts, row.due_at = None, 0, None
        row.remark = "kept_end"


def _wonder(row: Reservation) -> None:
    """Nobody knows. The connector may tell, or the same question again."""
    if row.state == ReservationState.REQUESTED and is_seen(row):
        confirm(row)
    elif row.attempts >= ATTEMPTS:
        _be_refused(row, NO_ANSWER)
    else:
        row.due_at = clock.now() + AGAIN_AFTER * row.attempts


def _take_cancel(row: Reservation, command: Command) -> None:
    """Accepted and Rejected ("no such reservation") both end it (OCPP 1.6 §5.1)."""
    state = CommandState(command.state)
    if not row.is_open:
        return
    if state in {CommandState.ACCEPTED, CommandState.REJECTED}:
        end(row, ReservationState.CANCELLED, remark="" if state is CommandState.ACCEPTED else "not_known")
    elif state is CommandState.ERROR:
        row.cancel_asked_at, row.due_at, row.remark = None, None, "not_cancelled"
    else:
        row.due_at = clock.now() + AGAIN_AFTER


def _refusal(command: Command) -> str:
    state = CommandState(command.state)
    if state in NEVER_SENT:
        return "not_sent"
    if state is CommandState.ERROR:
        return "not_supported" if command.error in _LACKING else "error"
    return str(command.answer.get("status") or "error")[:30]
