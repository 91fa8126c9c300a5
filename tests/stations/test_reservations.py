"""Reservations: what the pile says to them, what it does not say, and our own clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import Command, Reservation, ReservationState
from stations.services import reservations
from tests.factories.access import make_reservation, said
from tests.factories.stations import ACTOR, Talk, later, make_online_pile
from tests.stations.browsing import operator_of
from tests.stations.reserving import ACCEPTED, active, card_at, last, now_is

pytestmark = pytest.mark.usefixtures("everything")


@pytest.mark.statement(100)
def test_an_accepted_reservation_is_active_and_was_asked_as_the_schema_has_it() -> None:
    pile = make_online_pile()
    card = card_at(pile, parent_id_tag="FAMILY")
    row = make_reservation(pile, holder=card.uid.lower())
    command = last()

    assert command.payload == {
        "connectorId": 1,
        "expiryDate": clock.utc_text(row.expires_at),
        "idTag": card.uid,
        "parentIdTag": "FAMILY",
        "reservationId": row.pk,
    }
    assert now_is(row) == ReservationState.REQUESTED
    said(command, *ACCEPTED)
    assert now_is(row) == ReservationState.ACTIVE
    assert (row.driver_id, row.operator_id) == (card.driver_id, operator_of(pile).pk)
    assert AuditEntry.objects.filter(action="reservation.requested").count() == 1


@pytest.mark.statement(100)
@pytest.mark.parametrize("status", ["Occupied", "Faulted", "Unavailable", "Rejected"])
def test_each_other_answer_is_a_refusal_with_its_own_reason(status: str) -> None:
    row = make_reservation()
    said(last(), CommandState.REJECTED, {"status": status})

    assert (now_is(row), row.refusal) == (ReservationState.REFUSED, status)
    assert row.ended_at is not None


@pytest.mark.parametrize(
    ("state", "answer", "error", "refusal"),
    [
        (CommandState.ERROR, {}, "NotImplemented", "not_supported"),
        (CommandState.ERROR, {}, "NotSupported", "not_supported"),
        (CommandState.ERROR, {}, "InternalError", "error"),
        (CommandState.ERROR, {"a": 1}, "no_status", "error"),
        (CommandState.REJECTED, {"status": "Perhaps"}, "unknown_status", "Perhaps"),
        (CommandState.EXPIRED, {}, "", "not_sent"),
        (CommandState.REFUSED, {}, "offline", "not_sent"),
    ],
)
def test_what_else_a_pile_says_is_a_refusal_too(
    state: CommandState, answer: dict[str, Any], error: str, refusal: str
) -> None:
    row = make_reservation()
    said(last(), state, answer, error)

    assert (now_is(row), row.refusal) == (ReservationState.REFUSED, refusal)


@pytest.mark.statement(100)
def test_a_reservation_ends_by_our_clock_while_its_pile_is_offline() -> None:
    row = active()
    intake.disconnect([Talk(row.pile).disconnected()])
    with clock.frozen(row.expires_at + timedelta(seconds=1)):
        assert reservations.expire_due() == 1
        assert reservations.expire_due() == 0

    assert now_is(row) == ReservationState.EXPIRED


def test_a_reservation_lasts_until_its_last_second() -> None:
    row = active()
    with clock.frozen(row.expires_at - timedelta(seconds=1)):
        assert reservations.expire_due() == 0
    assert now_is(row) == ReservationState.ACTIVE


@pytest.mark.statement(101)
@pytest.mark.parametrize(("state", "status"), [("accepted", "Accepted"), ("rejected", "Rejected")])
def test_a_cancelled_reservation_is_over_whether_or_not_the_pile_knew_it(state: str, status: str) -> None:
    row = active()
    reservations.cancel(row, actor=ACTOR, reason="not needed")
    assert last("CancelReservation").payload == {"reservationId": row.pk}
    assert now_is(row) == ReservationState.ACTIVE
    said(last("CancelReservation"), CommandState(state), {"status": status})

    assert now_is(row) == ReservationState.CANCELLED


def test_cancelling_twice_asks_once() -> None:
    row = active()
    for _ in range(2):
        reservations.cancel(row, actor=ACTOR)

    assert Command.objects.filter(action="CancelReservation").count() == 1
    assert AuditEntry.objects.filter(action="reservation.cancelled").count() == 1


def test_an_offline_pile_is_told_of_a_cancellation_when_it_is_back() -> None:
    row = active()
    intake.disconnect([Talk(row.pile).disconnected()])
    reservations.cancel(row, actor=ACTOR)
    with clock.frozen(later(60)):
        assert reservations.ask_again() == 0
        intake.connect([Talk(row.pile, generation=2).connected()])
        assert reservations.ask_again() == 1
        said(last("CancelReservation"), *ACCEPTED)

    assert now_is(row) == ReservationState.CANCELLED


def test_a_cancellation_that_nobody_answers_is_asked_again() -> None:
    row = active()
    reservations.cancel(row, actor=ACTOR)
    said(last("CancelReservation"), CommandState.TIMED_OUT, {})
    with clock.frozen(later(60)):
        assert reservations.ask_again() == 1
    assert Command.objects.filter(action="CancelReservation").count() == 2


def test_a_pile_that_cannot_cancel_keeps_it_until_its_end() -> None:
    row = active()
    reservations.cancel(row, actor=ACTOR)
    said(last("CancelReservation"), CommandState.ERROR, {}, "NotImplemented")

    assert (now_is(row), row.remark, row.cancel_asked_at) == (ReservationState.ACTIVE, "not_cancelled", None)


@pytest.mark.parametrize("state", [CommandState.TIMED_OUT, CommandState.CONNECTION_LOST])
def test_after_silence_the_same_reservation_is_asked_for_again(state: CommandState) -> None:
    row = make_reservation()
    said(last(), state, {})
    assert now_is(row) == ReservationState.REQUESTED
    assert reservations.ask_again() == 0
    with clock.frozen(later(20)):
        assert reservations.ask_again() == 1
        assert last().payload["reservationId"] == row.pk
        said(last(), *ACCEPTED)

    assert now_is(row) == ReservationState.ACTIVE
    assert Command.objects.filter(action="ReserveNow").count() == 2


def test_three_silences_are_a_refusal_until_the_connector_says_otherwise() -> None:
    row = make_reservation()
    for number in range(1, 4):
        said(last(), CommandState.TIMED_OUT, {})
        with clock.frozen(later(60 * number)):
            reservations.ask_again()
    assert (now_is(row), row.refusal) == (ReservationState.REFUSED, "no_answer")
    assert Command.objects.filter(action="ReserveNow").count() == 3

    intake.report_status([Talk(row.pile).status(1, "Reserved")])
    assert (now_is(row), row.refusal) == (ReservationState.ACTIVE, "")


@pytest.mark.parametrize("first", ["silence", "status"])
def test_a_connector_that_reports_itself_reserved_settles_a_silence(first: str) -> None:
    row = make_reservation()
    talk = Talk(row.pile)
    if first == "status":
        intake.report_status([talk.status(1, "Reserved")])
    said(last(), CommandState.TIMED_OUT, {})
    if first == "silence":
        intake.report_status([talk.status(1, "Reserved")])

    assert now_is(row) == ReservationState.ACTIVE
    with clock.frozen(later(60)):
        assert reservations.ask_again() == 0


def test_a_pile_that_took_it_and_calls_itself_occupied_the_second_time_has_it() -> None:
    row = make_reservation()
    said(last(), CommandState.TIMED_OUT, {})
    with clock.frozen(later(20)):
        reservations.ask_again()
        Reservation.objects.filter(pk=row.pk).update(due_at=None)
        intake.report_status([Talk(row.pile).status(1, "Reserved")])
        said(last(), CommandState.REJECTED, {"status": "Occupied"})

    assert now_is(row) == ReservationState.ACTIVE


def test_another_end_replaces_it_under_the_same_number() -> None:
    row = active()
    old, until = row.expires_at, later(7200).replace(microsecond=0)
    reservations.extend(row, expires_at=until, actor=ACTOR)
    command = last()
    assert (command.payload["reservationId"], command.payload["expiryDate"]) == (
        row.pk,
        clock.utc_text(until),
    )
    assert (now_is(row), row.expires_at) == (ReservationState.ACTIVE, old)
    said(command, *ACCEPTED)

    assert (now_is(row), row.expires_at) == (ReservationState.ACTIVE, until)


def test_a_refused_new_end_leaves_the_old_one() -> None:
    row = active()
    old = row.expires_at
    reservations.extend(row, expires_at=later(7200), actor=ACTOR)
    said(last(), CommandState.REJECTED, {"status": "Rejected"})

    assert (now_is(row), row.expires_at, row.remark) == (ReservationState.ACTIVE, old, "kept_end")


def test_a_second_new_end_waits_for_the_answer_to_the_first() -> None:
    row = active()
    reservations.extend(row, expires_at=later(7200), actor=ACTOR)
    with pytest.raises(Refused) as refused:
        reservations.extend(row, expires_at=later(9000), actor=ACTOR)

    assert refused.value.code == "unanswered"
    assert Command.objects.filter(action="ReserveNow").count() == 2
