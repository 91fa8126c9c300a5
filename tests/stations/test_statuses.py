"""StatusNotification: everything is kept, the newest report is the state."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit import clock
from backoffice.kit.scope import ScopeError, scoped_to
from ocpp_gateway.wire import StatusReported
from stations import intake
from stations.changes import StatusChange
from stations.models import Connector, ConnectorStatus, Pile, StatusEvent
from stations.states import CONNECTOR_MOVES
from tests.factories.stations import Talk, make_pile

pytestmark = pytest.mark.usefixtures("everything")


def connector(pile: Pile, number: int = 1) -> Connector:
    return Connector.objects.get(pile=pile, number=number)


def report(*facts: StatusReported) -> list[StatusChange]:
    return intake.report_status(facts)


def test_a_report_becomes_the_state_of_its_connector() -> None:
    pile = make_pile()
    [change] = report(
        Talk(pile).status(2, "Faulted", error_code="GroundFailure", vendor_error_code="0x17", info="leak")
    )

    row = connector(pile, 2)
    assert (row.status, row.error_code, row.vendor_error_code, row.info) == (
        "Faulted",
        "GroundFailure",
        "0x17",
        "leak",
    )
    assert change.newer and change.legal and change.changed and change.connector_id == row.pk
    assert connector(pile, 1).status == ""


def test_a_report_kept_twice_changes_nothing_and_is_told_once() -> None:
    pile = make_pile()
    fact = Talk(pile).status(1, "Preparing")

    assert len(report(fact)) == 1
    assert report(fact) == []
    assert report(fact, fact) == []
    assert StatusEvent.objects.filter(pile=pile).count() == 1


@pytest.mark.statement(78)
def test_an_older_report_is_kept_and_does_not_overwrite_a_newer_one() -> None:
    pile, now = make_pile(), clock.now()
    talk = Talk(pile)
    report(talk.status(1, "Charging", at=now - timedelta(seconds=5)))
    [late] = report(talk.status(1, "Preparing", at=now - timedelta(minutes=10)))

    assert connector(pile).status == "Charging"
    assert not late.newer and late.previous == "" and not late.changed
    assert StatusEvent.objects.filter(pile=pile, remarks="not_newest").count() == 1


def test_what_was_queued_while_a_pile_was_offline_is_applied_in_its_order() -> None:
    pile, now = make_pile(), clock.now()
    talk = Talk(pile)
    steps = ["Preparing", "Charging", "Finishing", "Available"]
    changes = report(
        *(talk.status(1, step, at=now - timedelta(minutes=30 - n)) for n, step in enumerate(steps))
    )

    assert [change.previous for change in changes] == ["", "Preparing", "Charging", "Finishing"]
    assert connector(pile).status == "Available"
    assert connector(pile).unplugged_at == now - timedelta(minutes=27)


def test_a_time_in_the_future_does_not_block_what_comes_after_it() -> None:
    pile, now = make_pile(), clock.now()
    talk = Talk(pile)
    report(talk.status(1, "Charging", at=now + timedelta(minutes=9)))
    report(talk.status(1, "Finishing", received_at=now + timedelta(seconds=2)))

    assert connector(pile).status == "Finishing"


def test_where_the_clock_of_a_pile_is_wrong_the_order_of_arrival_counts() -> None:
    pile, now = make_pile(), clock.now()
    talk = Talk(pile)
    report(talk.status(1, "Preparing"))
    report(talk.status(1, "Charging", at=now - timedelta(hours=6)))

    assert connector(pile).status == "Charging"
    assert Pile.objects.get(pk=pile.pk).clock_offset_s == 6 * 3600


def test_the_clock_is_measured_by_the_fastest_message() -> None:
    pile, now = make_pile(), clock.now()
    talk = Talk(pile)
    report(
        talk.status(1, "Available", at=now - timedelta(hours=1)),
        talk.status(1, "Preparing", at=now - timedelta(seconds=3)),
        talk.status(1, "Charging", at=now - timedelta(minutes=5)),
    )

    assert Pile.objects.get(pk=pile.pk).clock_offset_s == 3
    assert connector(pile).status == "Preparing"


def test_since_when_a_status_holds_is_not_moved_by_repeating_it() -> None:
    pile, now = make_pile(), clock.now()
    talk = Talk(pile)
    report(talk.status(1, "Available", at=now - timedelta(hours=2)))
    report(talk.status(1, "Available", at=now))

    row = connector(pile)
    assert (row.status_at, row.reported_at) == (now - timedelta(hours=2), now)


@pytest.mark.statement(79)
def test_connector_0_is_the_pile_and_leaves_the_connectors_alone() -> None:
    pile = make_pile()
    talk = Talk(pile)
    report(talk.status(1, "Available"))
    [change] = report(talk.status(0, "Faulted", error_code="InternalError"))

    row = Pile.objects.get(pk=pile.pk)
    assert (row.status, row.error_code) == ("Faulted", "InternalError")
    assert change.connector_id is None and change.newer
    assert connector(pile).status == "Available"
    assert not Connector.objects.filter(pile=pile, number=0).exists()


@pytest.mark.statement(77)
@pytest.mark.parametrize("old", CONNECTOR_MOVES)
def test_every_step_is_kept_and_the_illegal_ones_are_marked(old: str) -> None:
    pile = make_pile(connectors=len(CONNECTOR_MOVES))
    talk = Talk(pile)
    numbered = list(enumerate(CONNECTOR_MOVES, start=1))
    report(*(talk.status(number, old) for number, _ in numbered))
    changes = report(*(talk.status(number, new) for number, new in numbered))

    for (number, new), change in zip(numbered, changes, strict=True):
        assert connector(pile, number).status == new
        assert change.legal is (old == new or new in CONNECTOR_MOVES[old])
        assert StatusEvent.objects.get(pile=pile, message_id=change.fact.message_id).legal is change.legal


def test_the_table_of_steps_knows_every_status() -> None:
    assert set(CONNECTOR_MOVES) == set(ConnectorStatus.values)


@pytest.mark.statement(77)
@pytest.mark.parametrize("status", ["Occupied", "", "ava", "X" * 300])
def test_a_status_that_does_not_exist_is_kept_and_is_nobodys_state(status: str) -> None:
    pile = make_pile()
    talk = Talk(pile)
    report(talk.status(1, "Charging"))
    [change] = report(talk.status(1, status))

    assert connector(pile).status == "Charging"
    assert not change.newer and not change.legal
    assert StatusEvent.objects.filter(pile=pile).count() == 2


@pytest.mark.statement(81)
def test_a_connector_that_nobody_registered_is_created_and_marked() -> None:
    pile = make_pile(connectors=1)
    [change] = report(Talk(pile).status(2, "Available"))

    row = connector(pile, 2)
    assert not row.registered and row.tenant_id == pile.tenant_id
    assert change.connector_id == row.pk


@pytest.mark.parametrize("number", [-1, -(2**40), 100, 70_000, 2**31, 2**63])
def test_a_connector_number_that_no_pile_has_is_kept_as_history_only(number: int) -> None:
    pile = make_pile(connectors=1)
    [change] = report(Talk(pile).status(number, "Available"))

    assert change.connector_id is None and not change.newer
    assert StatusEvent.objects.filter(pile=pile).count() == 1
    assert Connector.objects.filter(pile=pile).count() == 1


def test_a_pile_cannot_make_up_connectors_without_end() -> None:
    pile = make_pile(connectors=1)
    talk = Talk(pile)
    report(*(talk.status(number, "Available") for number in range(1, 100)))
    report(*(talk.status(number, "Available") for number in range(1, 100)))

    assert Connector.objects.filter(pile=pile).count() == 32
    assert StatusEvent.objects.filter(pile=pile).count() == 198


def test_texts_longer_than_any_column_are_kept_as_far_as_they_fit() -> None:
    pile = make_pile()
    long = "x" * 500
    report(
        Talk(pile).status(
            1,
            "Available",
            error_code=long,
            info=long,
            vendor_error_code=long,
            message_id=long,
            remarks=(long,),
        )
    )

    assert len(StatusEvent.objects.get(pile=pile).info) == 300
    assert len(connector(pile).info) == 120


def test_facts_of_a_pile_that_does_not_exist_are_passed_over() -> None:
    pile = make_pile()
    [change] = report(Talk(Pile(pk=10**9)).status(1, "Available"), Talk(pile).status(1, "Available"))

    assert change.place.pile_id == pile.pk


def test_facts_carry_the_path_of_their_time() -> None:
    pile = make_pile()
    report(Talk(pile).status(1, "Available"))
    event = StatusEvent.objects.get(pile=pile)

    assert event.agency_id == pile.tenant_id
    assert None not in event.path.as_columns().values()


def test_raw_statements_run_only_where_the_scope_is_lifted() -> None:
    pile = make_pile()
    with scoped_to(pile.tenant_id, "agency", [pile.tenant_id]), pytest.raises(ScopeError):
        report(Talk(pile).status(1, "Available"))
    assert not StatusEvent.objects.filter(pile=pile).exists()
