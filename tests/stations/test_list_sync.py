"""Bringing the lists of piles into step: what is sent follows from what is known, and nothing is sent twice in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from drivers import services as drivers
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import Command, ListState, LocalListPile, Pile
from stations.services import devices, list_sync, local_lists
from tests.factories.access import Keeper, make_list, said
from tests.factories.drivers import make_card, make_driver
from tests.factories.stations import ACTOR, Talk, later, make_online_pile, make_pile, make_station
from tests.stations.browsing import operator_of

pytestmark = pytest.mark.usefixtures("everything")


@pytest.mark.statement(98, 99)
def test_a_list_is_sent_in_chunks_each_after_the_one_before() -> None:
    keeper = Keeper.with_cards(5, at_once=2)
    keeper.round()
    assert [c.action for c in keeper.commands] == ["GetConfiguration"]
    list_sync.advance_piles()
    assert len(keeper.commands) == 1, "nothing leaves while an answer is awaited"
    keeper.live()

    sent = keeper.lists_sent
    assert [(one["updateType"], one["listVersion"], len(one["localAuthorizationList"])) for one in sent] == [
        ("Full", 8, 2),
        ("Differential", 9, 2),
        ("Differential", 10, 1),
    ]
    row = keeper.row
    assert (row.state, row.held_version, row.behind_by, row.wanted_count) == (ListState.IN_STEP, 10, 0, 5)
    assert keeper.has == set(keeper.tags)
    keeper.live()
    assert len(keeper.lists_sent) == 3, "a pile that is in step is left alone"


def test_a_card_that_is_blocked_or_added_reaches_the_pile_as_a_difference() -> None:
    keeper = Keeper.with_cards(3)
    keeper.live()
    drivers.block_card(keeper.cards[0], actor=ACTOR, reason="stolen")
    new = make_card(keeper.operator, driver=make_driver(keeper.operator))
    keeper.live()

    assert keeper.lists_sent[-1]["updateType"] == "Differential"
    assert len(keeper.lists_sent) == 2, "both changes travel together"
    entries = {e["idTag"]: e["idTagInfo"]["status"] for e in keeper.lists_sent[-1]["localAuthorizationList"]}
    assert entries == {keeper.cards[0].uid: "Blocked", new.uid: "Accepted"}


def test_a_blocked_driver_takes_all_his_cards_along() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    drivers.block_driver(keeper.cards[0].driver, actor=ACTOR, reason="unpaid")
    keeper.live()

    [entry] = keeper.lists_sent[-1]["localAuthorizationList"]
    assert entry == {"idTag": keeper.cards[0].uid, "idTagInfo": {"status": "Blocked"}}


@pytest.mark.statement(98)
@pytest.mark.parametrize("status", ["Failed", "VersionMismatch"])
def test_a_difference_that_is_refused_is_followed_by_the_version_and_a_full_list(status: str) -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    make_card(keeper.operator, driver=make_driver(keeper.operator))
    keeper.answers["SendLocalList"] = (CommandState.REJECTED, {"status": status})
    keeper.rounds(1)
    assert keeper.lists_sent[-1]["updateType"] == "Differential"
    del keeper.answers["SendLocalList"]
    keeper.live()

    assert [c.action for c in keeper.commands[-2:]] == ["GetLocalListVersion", "SendLocalList"]
    assert keeper.lists_sent[-1]["updateType"] == "Full"
    assert keeper.lists_sent[-1]["listVersion"] > keeper.lists_sent[-2]["listVersion"]
    assert keeper.row.state == ListState.IN_STEP


def test_a_full_list_that_is_refused_again_is_left_for_an_hour() -> None:
    keeper = Keeper.with_cards(2)
    keeper.answers["SendLocalList"] = (CommandState.REJECTED, {"status": "Failed"})
    keeper.live()

    row = keeper.row
    assert (row.state, row.problem) == (ListState.REFUSED, "Failed")
    assert row.due_at is not None and row.due_at > later(3000)
    assert len(keeper.lists_sent) == 2


@pytest.mark.parametrize(
    ("action", "state", "answer", "error"),
    [
        ("SendLocalList", CommandState.REJECTED, {"status": "NotSupported"}, ""),
        ("SendLocalList", CommandState.ERROR, {}, "NotImplemented"),
        ("GetLocalListVersion", CommandState.ACCEPTED, {"listVersion": -1}, ""),
        ("GetLocalListVersion", CommandState.ERROR, {}, "NotSupported"),
    ],
)
def test_a_pile_without_a_local_list_is_not_asked_again(
    action: str, state: CommandState, answer: dict[str, Any], error: str
) -> None:
    keeper = Keeper.with_cards(1)
    keeper.answers[action] = (state, answer, error)
    keeper.live()
    count = len(keeper.commands)
    assert (keeper.row.state, keeper.row.problem) == (ListState.UNSUPPORTED, "not_supported")

    make_card(keeper.operator, driver=make_driver(keeper.operator))
    keeper.live()
    intake.boot([Talk(keeper.pile).booted(firmware="1.0")])
    keeper.live()
    assert len(keeper.commands) == count
    intake.boot([Talk(keeper.pile).booted(firmware="2.0")])
    keeper.answers.clear()
    keeper.live()
    assert keeper.row.state == ListState.IN_STEP, "new firmware may have learned it"


def test_a_pile_that_does_not_name_the_profile_is_asked_only_when_staff_insist() -> None:
    keeper = Keeper.with_cards(1, profiles="Core,Reservation")
    keeper.live()
    assert (keeper.row.state, keeper.row.problem) == (ListState.UNSUPPORTED, "unsupported")
    assert [c.action for c in keeper.commands] == ["GetConfiguration"]

    list_sync.look_after(keeper.pile, how="full", actor=ACTOR)
    keeper.live()
    assert keeper.row.state == ListState.IN_STEP


@pytest.mark.parametrize("state", [CommandState.TIMED_OUT, CommandState.CONNECTION_LOST])
@pytest.mark.parametrize("was_taken", [True, False])
def test_after_silence_the_version_tells_whether_the_list_was_taken(
    state: CommandState, was_taken: bool
) -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    make_card(keeper.operator, driver=make_driver(keeper.operator))
    keeper.lose("SendLocalList", state, was_taken=was_taken)
    keeper.rounds(1)
    keeper.live()

    actions = [c.action for c in keeper.commands]
    assert actions[-1 if was_taken else -2] == "GetLocalListVersion"
    assert len(keeper.lists_sent) == (2 if was_taken else 3)
    assert keeper.row.state == ListState.IN_STEP
    assert len(keeper.has) == 3


def test_a_lost_full_list_that_was_not_taken_is_sent_full_again() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    list_sync.look_after(keeper.pile, how="full", actor=ACTOR)
    keeper.lose("SendLocalList", CommandState.TIMED_OUT, was_taken=False)
    keeper.rounds(1)
    keeper.live()

    assert [one["updateType"] for one in keeper.lists_sent] == ["Full", "Full", "Full"]
    assert keeper.row.state == ListState.IN_STEP


def test_a_version_that_is_not_ours_makes_the_list_be_sent_whole() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    keeper.version = 99
    list_sync.look_after(keeper.pile, how="version", actor=ACTOR)
    keeper.live()

    assert keeper.lists_sent[-1]["updateType"] == "Full"
    assert keeper.lists_sent[-1]["listVersion"] == 100
    assert keeper.row.reported_version == 99


@pytest.mark.parametrize("answer", [{}, {"listVersion": "?"}, {"listVersion": None}, {"listVersion": 2**40}])
def test_a_version_that_makes_no_sense_makes_the_list_be_sent_whole(answer: dict[str, Any]) -> None:
    keeper = Keeper.with_cards(1)
    keeper.answers["GetLocalListVersion"] = (CommandState.ACCEPTED, answer)
    keeper.live()

    assert keeper.lists_sent[-1]["updateType"] == "Full"
    assert keeper.row.state == ListState.IN_STEP


def test_a_pile_that_lost_its_list_is_noticed_when_it_boots() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    keeper.has, keeper.version = set(), 0
    intake.boot([Talk(keeper.pile).booted()])
    keeper.live()

    assert keeper.has == set(keeper.tags)
    assert keeper.commands[-2].action == "GetLocalListVersion"


def test_an_offline_pile_is_told_when_it_is_back_and_only_then() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    talk = Talk(keeper.pile)
    intake.disconnect([talk.disconnected()])
    drivers.block_card(keeper.cards[0], actor=ACTOR, reason="lost")
    count = len(keeper.commands)
    keeper.live()
    assert len(keeper.commands) == count
    assert (keeper.row.state, keeper.row.behind_by) == (ListState.BEHIND, 1)

    intake.connect([Talk(keeper.pile, generation=2).connected()])
    keeper.live()
    assert keeper.row.state == ListState.IN_STEP
    assert len(keeper.lists_sent) == 2


def test_a_conflict_is_answered_by_one_full_list_however_often_it_is_reported() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    talk = Talk(keeper.pile)
    with clock.frozen(later(3600)):
        intake.report_status([talk.status(0, "Available", error_code="LocalListConflict") for _ in range(3)])
        keeper.live()
        intake.report_status([talk.status(0, "Available", error_code="LocalListConflict")])
        keeper.live()
        assert [one["updateType"] for one in keeper.lists_sent] == ["Full", "Full"]
        assert keeper.row.must_fill
    with clock.frozen(later(3600 + 601)):
        keeper.live()
    assert len(keeper.lists_sent) == 3, "a pile that goes on is served again after ten minutes"


def test_what_a_pile_has_no_room_for_stays_off_its_list() -> None:
    keeper = Keeper.with_cards(4, in_all=3)
    drivers.block_card(keeper.cards[3], actor=ACTOR, reason="lost")
    keeper.live()

    row = keeper.row
    assert (row.wanted_count, row.left_out, row.state) == (3, 1, ListState.IN_STEP)
    assert keeper.has == {card.uid for card in keeper.cards[:3]}, "cards that work come first"


def test_a_list_that_is_cleared_stays_empty_until_it_is_sent_again() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    list_sync.look_after(keeper.pile, how="clear", actor=ACTOR, reason="moving out")
    keeper.live()
    assert (keeper.has, keeper.row.kept_empty) == (set(), True)
    make_card(keeper.operator, driver=make_driver(keeper.operator))
    keeper.live()
    assert keeper.has == set()

    list_sync.look_after(keeper.pile, how="differences", actor=ACTOR)
    keeper.live()
    assert len(keeper.has) == 3


def test_pressing_twice_makes_one_request() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    for _ in range(2):
        list_sync.look_after(keeper.pile, how="version", actor=ACTOR)

    assert [c.action for c in keeper.commands].count("GetLocalListVersion") == 2
    assert AuditEntry.objects.filter(action="local_list.asked").count() == 2


def test_a_late_answer_is_applied_to_nothing() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    make_card(keeper.operator, driver=make_driver(keeper.operator))
    keeper.lose("SendLocalList", CommandState.TIMED_OUT, was_taken=False)
    keeper.rounds(1)
    late = Command.objects.filter(action="SendLocalList").latest("pk")
    said(late, CommandState.ACCEPTED, {"status": "Accepted"}, late=True)
    keeper.live()

    assert keeper.lists_sent[-1]["listVersion"] == keeper.lists_sent[-2]["listVersion"] + 1
    assert keeper.row.state == ListState.IN_STEP


def test_a_list_without_one_is_nothing_to_send() -> None:
    pile = make_pile(make_station())
    with pytest.raises(Refused) as refused:
        list_sync.look_after(pile, how="full", actor=ACTOR)

    assert refused.value.code == "no_list"
    assert not LocalListPile.objects.exists()


def test_a_pile_of_a_station_that_changes_its_list_follows() -> None:
    keeper = Keeper.with_cards(3)
    keeper.live()
    other = make_list(keeper.operator, rule="picked", picked=[keeper.tags[0]])
    local_lists.assign_list(keeper.pile.station, local_list=other, actor=ACTOR)
    keeper.live()

    assert keeper.has == {keeper.tags[0]}
    local_lists.assign_list(keeper.pile.station, local_list=None, actor=ACTOR)
    keeper.live()
    assert keeper.has == set(keeper.tags), "the default counts again"


def test_a_pile_whose_list_is_deleted_is_emptied() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    local_lists.delete_list(keeper.list, actor=ACTOR, reason="not needed")
    keeper.live()

    assert keeper.has == set()
    assert keeper.row.list_id is None


def test_a_pile_that_moves_to_another_operator_forgets_the_cards_of_the_old_one() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    elsewhere = make_station()
    devices.move_pile(keeper.pile, to=elsewhere, actor=ACTOR, reason="sold")
    keeper.live()

    assert keeper.has == set()
    assert keeper.row.tenant_id == elsewhere.tenant_id != keeper.operator.pk


def test_a_new_pile_gets_the_list_of_its_station() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    new = make_pile(keeper.pile.station)
    list_sync.refresh_lists()

    row = LocalListPile.objects.get(pile=new)
    assert (row.list, row.behind_by, row.state) == (keeper.list, 2, ListState.UNKNOWN)


def test_a_list_is_built_anew_every_hour_whoever_forgot_to_say_so() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    keeper.cards[0].__class__.objects.filter(pk=keeper.cards[0].pk).update(status="lost")
    keeper.live()
    assert len(keeper.lists_sent) == 1
    with clock.frozen(later(3700)):
        keeper.live()

    assert len(keeper.lists_sent) == 2


def test_a_run_that_takes_long_leaves_the_rest_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper.with_cards(1)
    make_online_pile(keeper.pile.station)
    list_sync.refresh_lists()
    monkeypatch.setattr(list_sync, "A_RUN_S", 0.0)

    assert [list_sync.advance_piles() for _ in range(3)] == [1, 1, 0]
    assert Command.objects.values("pile").distinct().count() == 2


def test_a_retired_pile_is_left_alone() -> None:
    keeper = Keeper.with_cards(1)
    keeper.live()
    devices.retire_pile(keeper.pile, actor=ACTOR, reason="scrapped")
    with pytest.raises(Refused) as refused:
        list_sync.look_after(Pile.objects.get(pk=keeper.pile.pk), how="full", actor=ACTOR)

    assert refused.value.code == "retired"


def test_a_request_that_never_left_is_made_again() -> None:
    keeper = Keeper.with_cards(1)
    keeper.answers["SendLocalList"] = (CommandState.REFUSED, {}, "offline")
    keeper.rounds(1)
    keeper.round()
    assert (keeper.row.state, keeper.row.problem) == (ListState.BEHIND, "not_sent")
    keeper.answers.clear()
    with clock.frozen(later(120)):
        keeper.live()

    assert keeper.row.state == ListState.IN_STEP
    assert operator_of(keeper.pile) == keeper.operator
