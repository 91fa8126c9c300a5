"""Presence: who is connected, whatever the order in which sockets open and close."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit import clock
from stations import intake
from stations.changes import PresenceChange
from stations.models import Gateway, Pile, PileEvent
from stations.selectors.traffic import GATEWAY_PULSE
from tests.factories.stations import Talk, make_pile

pytestmark = pytest.mark.usefixtures("everything")


def fresh(pile: Pile) -> Pile:
    return Pile.objects.get(pk=pile.pk)


def look_twice() -> list[PresenceChange]:
    """What two looks for gateways, one after the other, give up."""
    first = intake.drop_lost_gateways()
    with clock.frozen(clock.now() + timedelta(seconds=intake.LOOK_EVERY_S)):
        intake.see_gateway("held")
        return first + intake.drop_lost_gateways()


def kinds(pile: Pile) -> list[str]:
    return list(PileEvent.objects.filter(pile=pile).order_by("pk").values_list("kind", flat=True))


def test_a_pile_that_connects_is_online_at_its_gateway() -> None:
    pile = make_pile()
    [change] = intake.connect([Talk(pile, generation=7).connected(gateway="gw-2", remote="10.0.0.9")])

    row = fresh(pile)
    assert (row.online, row.generation, row.gateway, row.remote) == (True, 7, "gw-2", "10.0.0.9")
    assert change.online and change.place.pile_id == pile.pk
    assert kinds(pile) == ["connected"]


def test_connecting_twice_with_one_generation_changes_nothing() -> None:
    pile = make_pile()
    fact = Talk(pile).connected()
    intake.connect([fact])

    assert intake.connect([fact]) == []
    assert kinds(pile) == ["connected"]


@pytest.mark.statement(8)
def test_the_late_end_of_an_old_socket_leaves_the_pile_online() -> None:
    pile = make_pile()
    old, new = Talk(pile, generation=1), Talk(pile, generation=2)
    intake.connect([old.connected()])
    [change] = intake.connect([new.connected()])

    assert intake.disconnect([old.disconnected()]) == []
    assert fresh(pile).online
    assert change.takeovers == 1
    assert kinds(pile) == ["connected", "takeover"]


def test_a_superseded_socket_never_marks_the_pile_away() -> None:
    pile = make_pile()
    talk = Talk(pile)
    intake.connect([talk.connected()])

    assert intake.disconnect([talk.disconnected(superseded=True)]) == []
    assert fresh(pile).online


def test_an_older_connection_that_is_told_late_takes_nothing_over() -> None:
    pile = make_pile()
    intake.connect([Talk(pile, generation=5, gateway="gw-new").connected()])

    assert intake.connect([Talk(pile, generation=4, gateway="gw-old").connected()]) == []
    assert fresh(pile).gateway == "gw-new"


@pytest.mark.statement(10)
def test_a_pile_that_leaves_is_offline_once() -> None:
    pile = make_pile()
    talk = Talk(pile)
    intake.connect([talk.connected()])
    gone = talk.disconnected(code=1001)

    [change] = intake.disconnect([gone])
    assert intake.disconnect([gone]) == []
    assert not change.online and not fresh(pile).online
    assert fresh(pile).disconnected_at == gone.received_at
    assert kinds(pile) == ["connected", "disconnected"]


def test_two_connections_in_one_batch_leave_the_newest() -> None:
    pile = make_pile()
    first, second = Talk(pile, generation=1), Talk(pile, generation=2)

    [change] = intake.connect([second.connected(gateway="b"), first.connected(gateway="a")])
    assert (fresh(pile).generation, fresh(pile).gateway) == (2, "b")
    assert change.takeovers == 1


def test_many_takeovers_within_a_minute_are_counted() -> None:
    pile = make_pile()
    takeovers = [intake.connect([Talk(pile, generation=n).connected()])[0].takeovers for n in range(1, 6)]

    assert takeovers == [0, 1, 2, 3, 4]


@pytest.mark.statement(14)
def test_hearing_a_pile_moves_its_time_forward_only() -> None:
    pile, at = make_pile(), clock.now()
    intake.see({pile.pk: at})
    intake.see({pile.pk: at - timedelta(hours=1)})

    assert fresh(pile).last_seen_at == at


def test_a_restarted_gateway_holds_no_piles() -> None:
    here, elsewhere = make_pile(), make_pile()
    intake.connect([Talk(here, gateway="gw-1").connected(), Talk(elsewhere, gateway="gw-2").connected()])

    [change] = intake.start_gateway("gw-1")
    assert change.place.pile_id == here.pk and not change.online
    assert not fresh(here).online and fresh(elsewhere).online


def test_piles_of_a_gateway_that_is_not_heard_of_are_offline_and_the_others_are_not() -> None:
    lost, held, unknown = make_pile(), make_pile(), make_pile()
    talks = [Talk(lost, gateway="lost"), Talk(held, gateway="held"), Talk(unknown, gateway="untold")]
    intake.connect([talk.connected() for talk in talks])
    with clock.frozen(clock.ago(minutes=5)):
        intake.see_gateway("lost")
    intake.see_gateway("held")

    assert [change.place.pile_id for change in look_twice()] == [lost.pk]
    assert look_twice() == []
    assert [fresh(pile).online for pile in (lost, held, unknown)] == [False, True, True]


@pytest.mark.parametrize("phase", [0.1, 2.5, 4.9])
def test_a_gateway_that_dies_is_noticed_within_two_of_its_pulses(phase: float) -> None:
    """Wherever the looks fall; and one that is only late is not given up."""
    dead, late = make_pile(), make_pile()
    intake.connect([Talk(dead, gateway="dead").connected(), Talk(late, gateway="late").connected()])
    begun = clock.now()
    with clock.frozen(begun):
        intake.see_gateway("dead")
        intake.see_gateway("late")
    gone: dict[int, float] = {}
    second = phase
    while second <= 2 * GATEWAY_PULSE.total_seconds():
        with clock.frozen(begun + timedelta(seconds=second)):
            if second > 14:
                intake.see_gateway("late")
            for change in intake.drop_lost_gateways():
                gone[change.place.pile_id] = second
        second += intake.LOOK_EVERY_S

    assert list(gone) == [dead.pk]
    assert gone[dead.pk] > GATEWAY_PULSE.total_seconds() + 4


def test_a_database_that_was_away_makes_no_gateway_look_dead() -> None:
    """Whoever looks first after the outage only misses it; by the second look it has been heard."""
    pile = make_pile()
    intake.connect([Talk(pile, gateway="gw").connected()])
    with clock.frozen(clock.ago(minutes=2)):
        intake.see_gateway("gw")
    assert intake.drop_lost_gateways() == []
    assert intake.see_gateway("gw") is False
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        assert intake.drop_lost_gateways() == []
    assert fresh(pile).online


def test_a_gateway_that_is_gone_for_a_week_is_forgotten() -> None:
    with clock.frozen(clock.ago(days=8)):
        intake.see_gateway("long gone")
    intake.see_gateway("alive")
    intake.drop_lost_gateways()

    assert list(Gateway.objects.values_list("name", flat=True)) == ["alive"]


def test_a_gateway_that_was_given_up_for_lost_says_which_piles_it_still_holds() -> None:
    """A database that was away for a minute makes every gateway look lost."""
    held, left = make_pile(), make_pile()
    intake.connect([Talk(held, generation=3, gateway="gw").connected()])
    intake.connect([Talk(left, generation=4, gateway="gw").connected()])
    with clock.frozen(clock.ago(minutes=1)):
        intake.see_gateway("gw")
    assert len(look_twice()) == 2

    assert intake.see_gateway("gw") is False
    back = intake.still_here("gw", {held.pk: 3, left.pk: 3, 10**9: 1})

    assert [(change.place.pile_id, change.online) for change in back] == [(held.pk, True)]
    assert [fresh(pile).online for pile in (held, left)] == [True, False]
    assert kinds(held) == ["connected", "disconnected", "connected"]
    assert intake.still_here("gw", {held.pk: 3}) == []
    assert intake.see_gateway("gw") is True


def test_a_gateway_without_piles_holds_none() -> None:
    assert intake.still_here("gw", {}) == []


def test_what_a_gateway_holds_is_compared_with_the_rows() -> None:
    same, moved, given_up, elsewhere = (make_pile() for _ in range(4))
    for pile in (same, moved, given_up, elsewhere):
        intake.connect([Talk(pile, generation=3, gateway="gw").connected()])
    intake.connect([Talk(moved, generation=5, gateway="other").connected()])
    Pile.objects.filter(pk=given_up.pk).update(online=False)
    sessions = {same.pk: 3, moved.pk: 3, given_up.pk: 3, 10**9: 1}

    holdings = intake.compare_holdings(sessions)

    assert (holdings.newer, holdings.away) == ({moved.pk: 5}, {given_up.pk: 3})
    assert intake.compare_holdings({}) == intake.Holdings()


def test_a_pile_that_its_gateway_does_not_hold_is_gone_after_a_minute() -> None:
    """Its end was never stored: the database was away for too long."""
    ghost, held, fresh_one, elsewhere = (make_pile() for _ in range(4))
    with clock.frozen(clock.ago(minutes=5)):
        talks = [Talk(pile, gateway="gw") for pile in (ghost, held)]
        intake.connect([*(talk.connected() for talk in talks), Talk(elsewhere, gateway="other").connected()])
    intake.connect([Talk(fresh_one, gateway="gw").connected()])

    assert [change.place.pile_id for change in intake.drop_ghosts("gw", {held.pk: 0})] == [ghost.pk]
    assert [fresh(pile).online for pile in (ghost, held, fresh_one, elsewhere)] == [False, True, True, True]
    assert kinds(ghost) == ["connected", "disconnected"]
    assert intake.drop_ghosts("gw", {held.pk: 0}) == []
