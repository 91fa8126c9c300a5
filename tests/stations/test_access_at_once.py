"""Lists and reservations, when staff, worker and gateway come at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from django.db import transaction

from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from drivers import services as drivers
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import Command, ListState, LocalList, Reservation, ReservationState
from stations.services import devices, list_sync, local_lists, reservations
from tests.factories.access import Keeper, make_reservation, said, start_fact
from tests.factories.drivers import make_card, make_driver
from tests.factories.stations import ACTOR, Talk, later, make_online_pile, make_station
from tests.stations.browsing import operator_of
from tests.support.together import errors, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("lifted")]


@pytest.fixture
def lifted(transactional_db: None) -> Iterator[None]:
    """The scope of timers."""
    with unscoped(reason="tests"):
        yield


def test_of_many_who_reserve_one_connector_one_gets_it() -> None:
    pile = make_online_pile()
    operator = operator_of(pile)
    holders = [make_card(operator, driver=make_driver(operator)).uid for _ in range(4)]
    results = together(partial(make_reservation, pile, holder=holder) for holder in holders)

    assert [type(error) for error in errors(results)] == [Refused] * 3
    assert Reservation.objects.count() == Command.objects.filter(action="ReserveNow").count() == 1


def test_many_clicks_for_one_card_are_one_reservation() -> None:
    pile = make_online_pile()
    operator = operator_of(pile)
    holder, until = make_card(operator, driver=make_driver(operator)).uid, later(3600)
    results = together(partial(make_reservation, pile, holder=holder, expires_at=until) for _ in range(4))

    assert errors(results) == [] and len({row.pk for row in results}) == 1
    assert Command.objects.filter(action="ReserveNow").count() == 1


def test_a_start_a_cancellation_and_the_clock_end_a_reservation_once() -> None:
    row = make_reservation()
    command = Command.objects.get()
    said(command, CommandState.ACCEPTED, {"status": "Accepted"})
    fact = start_fact(row.pile, 1, row.id_tag, reservation_id=row.pk)
    started = intake.Started(
        pile_id=row.pile_id,
        connector=1,
        id_tag=row.id_tag,
        parent="",
        at=fact.at,
        reservation_id=row.pk,
        transaction_id=7,
    )

    def start() -> None:
        with transaction.atomic():
            intake.use_reservations([started])

    def fault() -> None:
        with transaction.atomic():
            intake.report_status([Talk(row.pile).status(1, "Faulted")])

    results = together(
        [
            start,
            fault,
            partial(reservations.cancel, row, actor=ACTOR),
            reservations.expire_due,
            reservations.ask_again,
        ]
    )
    assert all(isinstance(error, Refused) for error in errors(results))
    row.refresh_from_db()
    assert row.state == ReservationState.USED, "energy flowed: that is what became of it"


def test_workers_and_staff_at_one_pile_make_one_request() -> None:
    keeper = Keeper.with_cards(2)
    list_sync.refresh_lists()
    row = keeper.row
    results = together(
        [
            *(partial(list_sync.advance, row.pk) for _ in range(3)),
            *(partial(list_sync.look_after, keeper.pile, how="full", actor=ACTOR) for _ in range(2)),
        ]
    )
    assert errors(results) == []
    assert [command.action for command in keeper.commands] == ["GetConfiguration"]


def test_cards_that_change_while_lists_are_built_are_on_them_in_the_end() -> None:
    keeper = Keeper.with_cards(4)
    keeper.live()
    blocking = [partial(drivers.block_card, card, actor=ACTOR, reason="stolen") for card in keeper.cards]
    results = together([*blocking, list_sync.refresh_lists, list_sync.refresh_lists])
    assert errors(results) == []
    keeper.live()

    sent = [entry for one in keeper.lists_sent[1:] for entry in one["localAuthorizationList"]]
    assert {entry["idTag"] for entry in sent if entry["idTagInfo"]["status"] == "Blocked"} == set(keeper.tags)
    assert keeper.row.state == ListState.IN_STEP


def test_moving_editing_booting_and_building_at_once_do_not_deadlock() -> None:
    keeper = Keeper.with_cards(2)
    others = [make_online_pile(keeper.pile.station) for _ in range(3)]
    elsewhere = make_station(keeper.pile.station.tenant)
    list_sync.refresh_lists()

    def boot() -> None:
        with transaction.atomic():
            intake.boot([Talk(pile).booted() for pile in others])

    for _ in range(3):
        LocalList.objects.update(stale_at=later(0))
        results = together(
            [
                boot,
                list_sync.refresh_lists,
                list_sync.advance_piles,
                partial(local_lists.edit_list, keeper.list, actor=ACTOR, name="Another"),
                partial(devices.move_pile, others[0], to=elsewhere, actor=ACTOR, reason="moved"),
                partial(list_sync.look_after, others[1], how="version", actor=ACTOR),
            ]
        )
        assert errors(results) == []
        elsewhere = make_station(keeper.pile.station.tenant)
