"""Who may be kept a connector, who starts at it, and what ends it besides an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from drivers import services as drivers
from ocpp_gateway.wire import CommandState
from orders import intake as orders
from stations import intake
from stations.models import Command, Reservation, ReservationState
from stations.services import commands, reservations
from tests.factories.access import make_reservation, said, start_fact
from tests.factories.drivers import make_card, make_driver
from tests.factories.stations import ACTOR, Talk, later, make_online_pile, make_pile
from tests.stations.browsing import operator_of
from tests.stations.reserving import ACCEPTED, active, card_at, last, now_is

pytestmark = pytest.mark.usefixtures("everything")


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
