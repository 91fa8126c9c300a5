"""A site's power shared among its running sessions, and shared anew when one begins or ends."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ocpp_gateway.wire import CommandState
from orders import tasks as orders
from stations import tasks as stations
from stations.models import ChargingProfile, Command, LoadShare, ProfileState
from stations.selectors.charging import groups_to_share
from stations.services import loads, resharing
from tests.orders.loads import Yard, kilowatts, make_yard
from tests.support.together import errors, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def yard() -> Yard:
    return make_yard()


def test_the_first_car_gets_what_its_connector_can_give(yard: Yard) -> None:
    yard.start(1)

    assert yard.round() == {1: 60}
    assert (yard.answer(), yard.round(), yard.shares()) == (None, {}, {1: 60})


def test_four_cars_share_what_there_is(yard: Yard) -> None:
    for connector, wanted in ((1, 60), (2, 50), (3, Decimal("33.3")), (4, 25)):
        yard.start(connector)
        yard.settle()
        assert set(yard.shares().values()) == {wanted}
        assert sum(yard.shares().values()) <= 100


def test_what_is_lowered_is_accepted_before_anything_is_raised(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.start(2)

    assert yard.round() == {1: 50}
    assert yard.round() == {1: 50}
    yard.answer()
    assert yard.round() == {2: 50}


def test_a_car_that_leaves_gives_its_share_to_the_others(yard: Yard) -> None:
    for connector in (1, 2, 3):
        yard.start(connector)
    yard.settle()
    yard.stop(3)
    yard.settle()

    assert yard.shares() == {1: 50, 2: 50}


@pytest.mark.parametrize("begins", [True, False])
def test_a_start_or_stop_is_shared_within_ten_seconds(yard: Yard, begins: bool) -> None:
    """Rounds of the worker until the last pile was told, and how often it goes round."""
    for connector in (1, 2, 3):
        yard.start(connector)
    yard.settle()
    if begins:
        yard.start(4)
    else:
        yard.stop(3)
    rounds = yard.settle()

    assert len(set(yard.shares().values())) == 1
    assert orders.SCHEDULE[orders.follow_facts] + rounds * stations.SCHEDULE[stations.share_loads] <= 5


def test_nothing_is_told_twice_and_a_quiet_group_is_left_alone(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    before = yard.sent(), len(yard.history())

    with yard.site.present():
        assert groups_to_share() == []
        assert resharing.reshare(yard.group.pk) is False
    assert (yard.sent(), len(yard.history())) == before


def test_the_look_for_changes_costs_the_same_for_one_session_and_for_four(yard: Yard) -> None:
    counts = []
    for connector in (1, 2, 3, 4):
        yard.start(connector)
        yard.settle()
        with yard.site.present(), CaptureQueriesContext(connection) as queries:
            groups_to_share()
        counts.append(len(queries))
    assert counts[0] == counts[-1] <= 6


def test_many_starts_are_one_round(yard: Yard) -> None:
    for connector in (1, 2, 3, 4):
        yard.start(connector)
    before = len(yard.history())

    assert yard.round() == {1: 25, 2: 25, 3: 25, 4: 25}
    assert len(yard.history()) == before + 1


def test_a_refusal_leaves_the_pile_with_what_it_had_and_the_others_share_the_rest(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.start(2)
    yard.round()
    yard.answer("Rejected", connector=1)
    yard.answer(connector=2)
    yard.settle()

    assert yard.notes()[1] == "refused"
    assert yard.shares() == {1: 60, 2: 40}


def test_a_refusal_is_tried_again_later(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.start(2)
    yard.round()
    yard.answer("Rejected", connector=1)
    yard.settle()
    yard.site.wait(minutes=3)
    yard.settle()

    assert yard.shares() == {1: 50, 2: 50}


def test_without_an_answer_the_pile_counts_with_the_greater_of_old_and_new(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.start(2)
    yard.round()
    yard.lose(1)
    yard.answer()
    yard.settle()
    assert (yard.notes()[1], yard.shares()) == ("no_answer", {1: 60, 2: 40})

    yard.stop(2)
    yard.start(3)
    yard.settle()
    assert yard.shares() == {1: 60, 3: 40}


def test_an_answer_that_came_too_late_is_heard(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.start(2)
    yard.round()
    [lost] = [one for one in yard.unanswered() if one.connector_number == 1]
    yard.lose(1)
    yard.answer()
    yard.round()
    yard.site.charger.answers(lost, CommandState.ACCEPTED, answer={"status": "Accepted"}, late=True)
    yard.site.wait(seconds=40)
    yard.settle()

    assert yard.shares() == {1: 50, 2: 50}


def test_a_pile_that_cannot_be_heard_keeps_its_share_and_room_for_unheard_starts() -> None:
    yard = make_yard(safety=Decimal(5))
    yard.start(1)
    yard.settle()
    yard.site.wait(seconds=1)
    yard.site.charger.goes()
    before = yard.sent()
    yard.round()

    assert (yard.notes(), yard.sent(), yard.shares()) == ({1: "offline"}, before, {1: 60})
    yard.site.wait(seconds=1)
    yard.site.charger.comes()
    yard.settle()
    assert yard.notes() == {1: ""}


def test_a_share_runs_out_and_is_renewed_in_time(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.site.wait(minutes=31)
    assert yard.round() == {1: 60}
    yard.answer()
    yard.round()

    with yard.site.present():
        until = LoadShare.objects.get().obeys_until
    assert until == yard.site.now + timedelta(hours=1)


def test_what_ran_out_unheard_counts_as_the_safety_limit_again(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.site.charger.goes()
    yard.site.wait(hours=2)
    yard.round()

    with yard.site.present():
        assert LoadShare.objects.get().share == 10


def test_a_car_that_takes_less_gives_the_rest_to_those_who_want_it(yard: Yard) -> None:
    for connector in (1, 2):
        yard.start(connector)
    yard.follow()
    yard.settle()
    yard.site.wait(minutes=2)
    yard.site.charger.meters(yard.running[1], 1_000_500, power_w=20_000, connector=1)
    yard.site.charger.meters(yard.running[2], 1_000_900, power_w=50_000, connector=2)
    yard.settle()
    assert yard.shares() == {1: 40, 2: 60}

    yard.site.wait(minutes=2)
    yard.site.charger.meters(yard.running[1], 1_001_500, power_w=40_000, connector=1)
    yard.settle()
    assert yard.shares() == {1: 50, 2: 50}


def test_with_too_little_for_all_some_pause_and_others_have_their_turn() -> None:
    yard = make_yard(limit=Decimal(12), safety=Decimal(0))
    for connector in (1, 2, 3):
        yard.start(connector)
    yard.settle()
    first = yard.shares()
    assert sorted(first.values()) == [0, 6, 6]

    yard.site.wait(minutes=15)
    yard.settle()
    second = yard.shares()
    assert sorted(second.values()) == [0, 6, 6] and first != second


@pytest.mark.statement(58)
def test_a_start_that_was_kept_for_hours_gets_no_profile_before_a_sign_of_life(yard: Yard) -> None:
    kept = yard.site.charger.starts("CARD1", at=yard.site.now - timedelta(hours=3))
    before = yard.sent()
    yard.round()
    assert (yard.notes(), yard.sent()) == ({1: "no_sign"}, before)

    yard.site.charger.meters(kept.transaction_id, 1_000_500)
    yard.site.wait(seconds=31)
    assert yard.round() == {1: 60}


def test_a_pile_without_smart_charging_counts_with_all_it_can_give(yard: Yard) -> None:
    yard.site.wait(seconds=1)
    yard.edit(safety=Decimal(9))
    yard.round()
    [command] = yard.unanswered()
    said = {"code": "NotSupported", "description": "", "details": {}}
    yard.site.charger.answers(command, CommandState.ERROR, error="NotSupported", answer=said)
    yard.start(1)
    before = yard.sent()
    yard.round()

    assert (yard.notes(), yard.sent()) == ({1: "no_profiles"}, before)


def test_a_new_limit_is_shared_at_once_and_the_piles_get_a_new_safety_limit(yard: Yard) -> None:
    for connector in (1, 2):
        yard.start(connector)
    yard.settle()
    yard.site.wait(seconds=1)
    yard.edit(limit=Decimal(60), safety=Decimal(8))

    assert yard.round() == {0: 8, 1: 30, 2: 30}
    yard.answer()
    yard.settle()
    with yard.site.present():
        states = list(ChargingProfile.objects.order_by("pk").values_list("state", "note"))
    assert states == [(ProfileState.CLEARED, "replaced"), (ProfileState.INSTALLED, "")]


def test_switched_off_the_piles_forget_what_the_group_told_them(yard: Yard) -> None:
    yard.start(1)
    yard.settle()
    yard.site.wait(seconds=1)
    yard.edit(on=False)
    yard.round()

    with yard.site.present():
        cleared = Command.objects.filter(action="ClearChargingProfile").order_by("pk")
        assert len({command.payload["id"] for command in cleared}) == 2
        assert not LoadShare.objects.exists()
        for command in cleared:
            yard.site.charger.answers(command, CommandState.ACCEPTED, answer={"status": "Accepted"})
        assert ChargingProfile.objects.get().state == ProfileState.CLEARED
        assert groups_to_share() == []


def test_a_profile_of_a_share_is_for_the_charge_that_runs(yard: Yard) -> None:
    tx = yard.start(2)
    yard.round()
    [command] = yard.unanswered()
    profile = command.payload["csChargingProfiles"]

    assert (command.payload["connectorId"], profile["transactionId"]) == (2, tx)
    assert (profile["chargingProfilePurpose"], profile["chargingProfileKind"]) == ("TxProfile", "Relative")
    assert profile["chargingProfileId"] > 1_000_000_000 and kilowatts(command) == 60


def test_the_worker_is_nudged_when_the_business_hears_of_a_start_or_a_stop(
    yard: Yard, django_capture_on_commit_callbacks: Any
) -> None:
    def nudges() -> int:
        with django_capture_on_commit_callbacks() as callbacks:
            yard.follow()
        return sum(loads.TASK in getattr(one, "args", ()) for one in callbacks)

    yard.start(1)
    assert (nudges(), nudges()) == (1, 0)
    yard.stop(1)
    assert (nudges(), nudges()) == (1, 0)
    yard.edit(on=False)
    yard.start(2)
    assert nudges() == 0


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_are_shared_once() -> None:
    yard = make_yard()
    yard.start(1)
    yard.start(2)
    before = len(yard.history())
    assert not errors(together([resharing.share_loads] * 3))

    assert yard.asked() == {1: 50, 2: 50}
    assert len(yard.history()) == before + 1
