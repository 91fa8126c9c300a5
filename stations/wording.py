"""What became of lists and reservations, and how connectors stand, in words for people. Whatever else a pile says is shown as it said it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.frame import Words
from stations.maintenance import Note
from stations.models import LocalListPile, Reservation, ReservationState
from stations.standing import Standing

STANDINGS: Mapping[Standing, Words] = {
    Standing.FAULT: gettext_lazy("Fault"),
    Standing.OFFLINE: gettext_lazy("Offline"),
    Standing.CLOSED: gettext_lazy("Out of operation"),
    Standing.WAITING: gettext_lazy("Waiting"),
    Standing.CHARGING: gettext_lazy("Charging"),
    Standing.IDLE: gettext_lazy("Idle"),
}
REFUSALS: Mapping[str, Words] = {
    "Occupied": gettext_lazy("The connector is in use, or reserved already."),
    "Faulted": gettext_lazy("The connector is out of order."),
    "Unavailable": gettext_lazy("The connector is out of service."),
    "Rejected": gettext_lazy("The terminal takes no reservations."),
    "not_supported": gettext_lazy("The terminal does not know reservations."),
    "no_answer": gettext_lazy("The terminal did not answer, and does not show the connector as reserved."),
    "not_sent": gettext_lazy("The request never left."),
    "error": gettext_lazy("The terminal answered with an error."),
}
REMARKS: Mapping[str, Words] = {
    "Faulted": gettext_lazy("The connector went out of order."),
    "Unavailable": gettext_lazy("The connector went out of service."),
    "given_up": gettext_lazy("The terminal gave it up by itself."),
    "kept_end": gettext_lazy("The terminal did not take the new end: the old one counts."),
    "late_use": gettext_lazy("Used all the same: the terminal told of it later."),
    "not_cancelled": gettext_lazy("The terminal cannot cancel it: it lasts until its end."),
    "not_known": gettext_lazy("The terminal had no such reservation any more."),
}
PROBLEMS: Mapping[str, Words] = {
    "Failed": gettext_lazy("The terminal could not take the list."),
    "VersionMismatch": gettext_lazy("The terminal had another version than we thought."),
    "no_answer": gettext_lazy("The terminal did not answer. Its version tells whether it took the list."),
    "not_sent": gettext_lazy("The request did not leave. It is made again."),
    "not_supported": gettext_lazy("The terminal has no local list."),
    "unsupported": gettext_lazy("The terminal, or its model, says that it has no local list."),
}

MAINTENANCE: Mapping[str, Words] = {
    Note.OFFLINE: gettext_lazy("Cannot be heard: it is told when it is back."),
    Note.REFUSED: gettext_lazy("The terminal refuses."),
    Note.WAS_OUT: gettext_lazy("Was out of operation before, and stays so."),
    Note.OTHER: gettext_lazy("Another window goes on."),
    Note.BY_HAND: gettext_lazy("Taken out of operation by hand since, and stays so."),
    Note.NEVER_OUT: gettext_lazy("It was never told: it was in operation all the time."),
    Note.GIVEN_UP: gettext_lazy("It could not be told for a day. Bring it back by hand."),
    Note.RETIRED: gettext_lazy("Retired."),
}


def refusal_words(code: str) -> Words:
    """Why a reservation came to nothing."""
    return REFUSALS.get(code, code)


def problem_words(code: str) -> Words:
    """Why a list is not in step."""
    return PROBLEMS.get(code, code)


def reservation_note(row: Reservation) -> Words:
    """What there is to say of a reservation beside its state."""
    if row.state == ReservationState.REFUSED:
        return refusal_words(row.refusal)
    if row.is_open and row.cancel_asked_at is not None:
        return _("Being cancelled: the terminal has not said so yet.")
    if row.is_open and row.state == ReservationState.ACTIVE and row.asked_expires_at is not None:
        return _("Asked for another end; the terminal has not answered yet.")
    if row.transaction_number is not None:
        return _("By transaction %(number)s.") % {"number": row.transaction_number}
    return remark_words(row.remark)


def remark_words(code: str) -> Words:
    """How a reservation ended, or why it did not."""
    return REMARKS.get(code, code)


def list_note(row: LocalListPile) -> Words:
    """What there is to say of a pile's list beside its state."""
    if row.problem:
        return problem_words(row.problem)
    if row.must_fill:
        return _("The whole list is sent next.")
    if row.kept_empty:
        return _("Kept empty.")
    return ""


def maintenance_note(code: str) -> Words:
    """Why a pile is as it is in a maintenance window."""
    return MAINTENANCE.get(code, code)
