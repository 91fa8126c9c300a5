"""Reservations: what the pile says to them, what it does not say, and our own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from drivers import services as drivers
from ocpp_gateway.wire import CommandState
from orders import intake as orders
from stations import intake
from stations.models import Command, Pile, Reservation, ReservationState
from stations.services import commands, reservations
from tests.factories.access import make_reservation, said, start_fact
from tests.factories.drivers import make_card, make_driver
from tests.factories.stations import ACTOR, Talk, later, make_online_pile, make_pile
from tests.stations.browsing import operator_of

pytestmark = pytest.mark.usefixtures("everything")

ACCEPTED = CommandState.ACCEPTED, {"status": "Accepted"}


def card_at(pile: Pile, **over: Any) -> Any:
    operator = operator_of(pile)
    return make_card(operator, **{"driver": make_driver(operator)} | over)


def last(action: str = "ReserveNow") -> Command:
    return Command.objects.filter(action=action).latest("pk")


def now_is(row: Reservation) -> ReservationState:
    row.refresh_from_db()
    return ReservationState(row.state)


def active(pile: Pile | None = None, **over: Any) -> Reservation:
    row = make_reservation(pile, **over)
    said(last(), *ACCEPTED)
    row.refresh_from_db()
    return row


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


@pytest.mark.statement(54)
@pytest.mark.parametrize("by", ["number", "tag", "group"])
def test_a_start_by_whom_it_is_for_uses_it(by: str) -> None:
    pile = make_online_pile()
    card, friend = card_at(pile, parent_id_tag="FAMILY"), card_at(pile, parent_id_tag="family")
    row = active(pile, holder=card.uid)
    tag = {"number": "SOMEBODY", "tag": card.uid.lower(), "group": friend.uid}[by]
    number = row.pk if by == "number" else None
    [answer] = orders.start([start_fact(pile, 1, tag, reservation_id=number)])

    assert (now_is(row), row.transaction_number) == (ReservationState.USED, answer.transaction_id)


@pytest.mark.parametrize(
    "over",
    [{"connector": 2}, {"tag": "OTHER"}, {"number": 0, "tag": "OTHER"}, {"number": 999_999}, {"number": -1}],
)
def test_a_start_that_is_another_matter_leaves_it(over: dict[str, Any]) -> None:
    pile = make_online_pile()
    row = active(pile)
    tag = over.get("tag", row.id_tag)
    orders.start([start_fact(pile, over.get("connector", 1), tag, reservation_id=over.get("number"))])

    assert now_is(row) == ReservationState.ACTIVE


def test_a_start_at_another_pile_leaves_it() -> None:
    row = active()
    orders.start([start_fact(make_online_pile(), 1, row.id_tag, reservation_id=row.pk)])

    assert now_is(row) == ReservationState.ACTIVE


def test_a_start_from_before_the_reservation_leaves_it() -> None:
    row = active()
    orders.start([start_fact(row.pile, 1, row.id_tag, at=clock.ago(hours=3))])

    assert now_is(row) == ReservationState.ACTIVE


def test_a_start_that_an_offline_pile_tells_later_used_what_had_expired_for_us() -> None:
    row = active()
    at = later(60)
    with clock.frozen(row.expires_at + timedelta(hours=1)):
        reservations.expire_due()
        orders.start([start_fact(row.pile, 1, row.id_tag, at=at, reservation_id=row.pk)])

    assert (now_is(row), row.remark) == (ReservationState.USED, "late_use")


@pytest.mark.parametrize(
    ("connector", "status"), [(1, "Faulted"), (1, "Unavailable"), (0, "Faulted"), (0, "Unavailable")]
)
def test_a_connector_that_goes_out_of_order_ends_it(connector: int, status: str) -> None:
    row = active()
    intake.report_status([Talk(row.pile).status(connector, status)])

    assert (now_is(row), row.remark) == (ReservationState.INVALIDATED, status)


def test_the_other_connector_may_go_out_of_order() -> None:
    row = active()
    intake.report_status([Talk(row.pile).status(2, "Faulted")])

    assert now_is(row) == ReservationState.ACTIVE


@pytest.mark.parametrize(("minutes_left", "ends"), [(2, "expired"), (30, "invalidated")])
def test_a_connector_that_is_free_again_ended_it_by_itself(minutes_left: int, ends: str) -> None:
    row = active()
    talk = Talk(row.pile)
    intake.report_status([talk.status(1, "Reserved")])
    with clock.frozen(row.expires_at - timedelta(minutes=minutes_left)):
        intake.report_status([talk.status(1, "Available")])

    assert now_is(row) == ReservationState(ends)


def test_a_connector_is_reserved_once() -> None:
    row = active()
    with pytest.raises(Refused) as refused:
        make_reservation(row.pile)

    assert refused.value.code == "reserved"
    assert Reservation.objects.count() == 1


def test_pressing_twice_is_one_reservation() -> None:
    pile = make_online_pile()
    card, until = card_at(pile), later(3600)
    first, second = (make_reservation(pile, holder=card.uid, expires_at=until) for _ in range(2))

    assert first == second
    assert Command.objects.filter(action="ReserveNow").count() == 1


def test_a_driver_is_found_by_phone_and_has_a_card_that_works() -> None:
    pile = make_online_pile()
    card = card_at(pile)
    row = make_reservation(pile, holder=card.driver.phone)
    assert (row.id_tag, row.driver) == (card.uid, card.driver)


@pytest.mark.parametrize(
    ("whose", "code"),
    [
        ("nobody", "holder"),
        ("cardless", "no_card"),
        ("blocked", "blocked"),
        ("free", "blocked"),
        ("foreign", "holder"),
    ],
)
def test_whom_nothing_is_reserved_for(whose: str, code: str) -> None:
    pile = make_online_pile()
    operator = operator_of(pile)
    holders = {
        "nobody": lambda: "04FFFFFF",
        "cardless": lambda: make_driver(operator).phone,
        "blocked": lambda: drivers.block_card(card_at(pile), actor=ACTOR, reason="lost").uid,
        "free": lambda: make_card(operator).uid,
        "foreign": lambda: card_at(make_online_pile()).uid,
    }
    with pytest.raises(Refused) as refused:
        make_reservation(pile, holder=holders[whose]())

    assert (refused.value.code, refused.value.field) == (code, "holder")
    assert not Reservation.objects.exists() and not Command.objects.exists()


@pytest.mark.parametrize("seconds", [-60, 0, 24 * 3600 + 60])
def test_a_reservation_ends_in_time(seconds: int) -> None:
    with pytest.raises(Refused) as refused:
        make_reservation(expires_at=later(seconds))

    assert refused.value.field == "expires_at"
    assert not Command.objects.exists()


def test_an_offline_pile_is_not_asked_to_reserve() -> None:
    pile = make_pile()
    with pytest.raises(Refused) as refused:
        make_reservation(pile)

    assert refused.value.code == "offline"
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("told", "allowed"), [(None, False), ("false", False), ("true", True), ("TRUE", True)]
)
def test_any_connector_is_reserved_only_where_the_pile_can(told: str | None, allowed: bool) -> None:
    pile = make_online_pile()
    if told is not None:
        command = commands.send_command(pile, action="GetConfiguration", payload={}, actor=ACTOR)
        key = {"key": "reserveConnectorZeroSupported", "readonly": True, "value": told}
        said(command, CommandState.ACCEPTED, {"configurationKey": [key], "unknownKey": []})
    if allowed:
        assert make_reservation(pile, connector=0).connector_number == 0
        return
    with pytest.raises(Refused) as refused:
        make_reservation(pile, connector=0)
    assert refused.value.code == "connector_zero"
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("is_reported", [True, False])
def test_a_reserved_connector_starts_for_its_card_and_its_group_only(is_reported: bool) -> None:
    pile = make_online_pile()
    card, friend, other = (card_at(pile, parent_id_tag=group) for group in ("FAMILY", "FAMILY", ""))
    active(pile, holder=card.uid)
    if is_reported:
        intake.report_status([Talk(pile).status(1, "Reserved")])
    with pytest.raises(Refused) as refused:
        commands.send_command(pile, action="RemoteStartTransaction", payload=start_of(other.uid), actor=ACTOR)
    assert refused.value.code == "reserved"
    assert not Command.objects.filter(action="RemoteStartTransaction").exists()

    for tag in (card.uid.lower(), friend.uid):
        commands.send_command(pile, action="RemoteStartTransaction", payload=start_of(tag), actor=ACTOR)
    assert Command.objects.filter(action="RemoteStartTransaction").count() == 2


def start_of(tag: str) -> dict[str, Any]:
    return {"connectorId": 1, "idTag": tag}


def test_what_nobody_here_reserved_is_reserved_all_the_same() -> None:
    pile = make_online_pile()
    intake.report_status([Talk(pile).status(1, "Reserved")])
    with pytest.raises(Refused) as refused:
        commands.send_command(pile, action="RemoteStartTransaction", payload=start_of("A"), actor=ACTOR)

    assert refused.value.code == "reserved"


@pytest.mark.parametrize("over", [{"cancel": True}, {"extend": True}])
def test_what_is_over_is_not_changed(over: dict[str, bool]) -> None:
    row = active()
    with clock.frozen(row.expires_at + timedelta(seconds=1)):
        reservations.expire_due()
        with pytest.raises(Refused) as refused:
            if "cancel" in over:
                reservations.cancel(row, actor=ACTOR)
            else:
                reservations.extend(row, expires_at=row.expires_at + timedelta(hours=1), actor=ACTOR)

    assert refused.value.code == "over"
    assert now_is(row) == ReservationState.EXPIRED


def test_a_late_answer_changes_nothing() -> None:
    row = make_reservation()
    command = last()
    said(command, CommandState.REJECTED, {"status": "Occupied"})
    said(command, CommandState.ACCEPTED, {"status": "Accepted"}, late=True)

    assert now_is(row) == ReservationState.REFUSED


def test_an_answer_that_comes_twice_counts_once() -> None:
    row = make_reservation()
    command = last()
    said(command, *ACCEPTED)
    said(command, CommandState.REJECTED, {"status": "Faulted"})

    assert now_is(row) == ReservationState.ACTIVE


def test_an_answer_to_what_is_over_changes_nothing() -> None:
    row = make_reservation()
    with clock.frozen(row.expires_at + timedelta(seconds=1)):
        reservations.expire_due()
        said(last(), *ACCEPTED)

    assert now_is(row) == ReservationState.EXPIRED


def test_numbers_are_not_of_other_things() -> None:
    row = make_reservation()
    for about in ("reservation:", "reservation:x", f"order:{row.pk}", "reservation:99999999999"):
        Command.objects.filter(pk=last().pk).update(about=about, state="queued")
        said(last(), CommandState.REJECTED, {"status": "Rejected"})

    assert now_is(row) == ReservationState.REQUESTED
    assert isinstance(row.created_at, datetime)
