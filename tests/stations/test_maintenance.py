"""Maintenance windows: piles go out of operation and come back, and what became of each is told as it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from stations import intake, selectors
from stations.maintenance import AGAIN_AFTER, GIVE_UP_AFTER, MOST_TRIES, Note
from stations.models import Command, Intent, Maintenance, MaintenancePile, MaintenanceState, Pile, Station
from stations.selectors import maintenance as of_windows
from stations.services import commands, devices, maintenance, sites
from stations.services.maintenance_sweeps import keep_maintenance
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.stations import ACTOR, Talk, make_online_pile, make_pile, make_station, outcome
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("everything")

HOUR = timedelta(hours=1)


@pytest.fixture
def start() -> datetime:
    return clock.now().replace(microsecond=0)


@pytest.fixture
def station(everything: None) -> Station:
    return make_station()


def plan(station: Station, start: datetime, *, hours: float = 2, **over: Any) -> Maintenance:
    fields = {"starts_at": start, "ends_at": start + hours * HOUR, "reason": "new cables"} | over
    return maintenance.plan_maintenance(station, actor=ACTOR, **fields)


def at(moment: datetime) -> None:
    """What the sweep does at that time; twice, because twice changes nothing more."""
    with clock.frozen(moment):
        keep_maintenance()
        keep_maintenance()


def answer(state: CommandState = CommandState.ACCEPTED, **over: Any) -> None:
    """Every command that waits gets this answer."""
    for command in Command.objects.filter(state="queued").order_by("pk"):
        intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, state, **over)])


def accepted(status: str = "Accepted") -> None:
    answer(answer={"status": status})


def asked(pile: Pile) -> list[str]:
    rows = Command.objects.filter(pile=pile, action="ChangeAvailability").order_by("pk")
    return [row.payload["type"] for row in rows]


def item(pile: Pile) -> MaintenancePile:
    return MaintenancePile.objects.get(pile=pile)


def refused(*args: Any, **over: Any) -> str:
    before = AuditEntry.objects.count(), Maintenance.objects.count()
    with pytest.raises(Refused) as refusal:
        plan(*args, **over)
    assert (AuditEntry.objects.count(), Maintenance.objects.count()) == before
    return refusal.value.code


def test_piles_go_out_at_the_start_and_come_back_at_the_end(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    window = plan(station, start + HOUR)
    at(start)
    assert asked(pile) == [] and selectors.maintenance_at(pile) is None

    at(start + HOUR)
    assert asked(pile) == [Intent.INOPERATIVE]
    assert selectors.maintenance_at(pile) == window
    accepted("Scheduled")
    at(start + 2 * HOUR)
    assert asked(pile) == [Intent.INOPERATIVE] and item(pile).settled

    at(start + 3 * HOUR)
    assert asked(pile) == [Intent.INOPERATIVE, Intent.OPERATIVE]
    assert selectors.maintenance_at(pile) is None
    accepted("Scheduled")
    at(start + 3 * HOUR)
    window.refresh_from_db()
    assert window.state == MaintenanceState.DONE and window.ended_at is not None
    assert Pile.objects.get(pk=pile.pk).intent == Intent.OPERATIVE
    commands_sent = Command.objects.filter(about=f"maintenance:{window.pk}")
    assert {row.actor_label for row in commands_sent} == {"maintenance"} and commands_sent.count() == 2


def test_only_the_chosen_piles_go_out(station: Station, start: datetime) -> None:
    chosen, other = make_online_pile(station), make_online_pile(station)
    plan(station, start, piles=[chosen])
    at(start)

    assert asked(chosen) == [Intent.INOPERATIVE] and asked(other) == []
    assert selectors.maintenance_at(other) is None
    assert set(Pile.objects.filter(selectors.worked_on("pk"))) == {chosen}


@pytest.mark.parametrize(
    ("from_h", "to_h", "code"),
    [(-1, 1, "past"), (-3, -2, "past"), (1, 1, "span"), (2, 1, "span"), (1, 24 * 91, "long")],
)
def test_windows_that_cannot_be_are_refused(
    station: Station, start: datetime, from_h: int, to_h: int, code: str
) -> None:
    assert refused(station, start + from_h * HOUR, ends_at=start + to_h * HOUR) == code


def test_a_window_says_why_and_names_piles_that_stand_there(station: Station, start: datetime) -> None:
    assert refused(station, start, reason="  ") == "reason"
    assert refused(station, start, piles=[make_pile()]) == "members"
    sites.close_station(station, actor=ACTOR, reason="x")
    assert refused(station, start) == "closed"


def test_a_pile_that_was_out_before_stays_out(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    commands.send_command(
        pile, action="ChangeAvailability", payload={"connectorId": 0, "type": "Inoperative"}, actor=ACTOR
    )
    accepted()
    plan(station, start)
    at(start)
    at(start + 2 * HOUR)

    assert Intent.OPERATIVE not in asked(pile)
    assert (item(pile).note, item(pile).settled) == (Note.WAS_OUT, True)


def test_what_somebody_took_out_by_hand_meanwhile_stays_out(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    plan(station, start)
    at(start)
    accepted()
    commands.send_command(
        pile, action="ChangeAvailability", payload={"connectorId": 0, "type": "Inoperative"}, actor=ACTOR
    )
    accepted()
    at(start + 2 * HOUR)

    assert Intent.OPERATIVE not in asked(pile) and item(pile).note == Note.BY_HAND


def test_of_windows_that_overlap_the_last_one_brings_the_pile_back(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    first, second = plan(station, start), plan(station, start + HOUR, piles=[pile])
    at(start)
    accepted()
    at(start + HOUR)
    accepted()
    at(start + 2 * HOUR)
    notes = dict(MaintenancePile.objects.values_list("window", "note"))
    assert Intent.OPERATIVE not in asked(pile) and notes[first.pk] == Note.OTHER

    at(start + 3 * HOUR)
    assert asked(pile)[-1] == Intent.OPERATIVE
    accepted("Scheduled")
    at(start + 3 * HOUR)
    assert set(Maintenance.objects.values_list("state", flat=True)) == {MaintenanceState.DONE}
    assert second.pk != first.pk


def test_a_pile_that_cannot_be_heard_is_told_when_it_is_back(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    talk = Talk(pile)
    intake.disconnect([talk.disconnected()])
    plan(station, start)
    at(start)
    assert asked(pile) == [] and item(pile).note == Note.OFFLINE

    Pile.objects.filter(pk=pile.pk).update(online=True)
    at(start + HOUR)
    assert asked(pile) == [Intent.INOPERATIVE]
    accepted()
    Pile.objects.filter(pk=pile.pk).update(online=False)
    at(start + 2 * HOUR)
    assert Maintenance.objects.get().state == MaintenanceState.ENDING and item(pile).note == Note.OFFLINE

    at(start + 2 * HOUR + GIVE_UP_AFTER)
    assert Maintenance.objects.get().state == MaintenanceState.DONE
    assert item(pile).note == Note.GIVEN_UP and Intent.OPERATIVE not in asked(pile)


def test_a_pile_that_was_never_told_is_not_asked_to_come_back(station: Station, start: datetime) -> None:
    pile = make_pile(station)
    plan(station, start)
    at(start)
    at(start + 2 * HOUR)

    assert asked(pile) == [] and item(pile).note == Note.NEVER_OUT
    assert Maintenance.objects.get().state == MaintenanceState.DONE


def test_a_pile_that_refuses_is_believed_after_a_few_times(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    plan(station, start)
    for number in range(MOST_TRIES + 2):
        at(start + number * AGAIN_AFTER)
        answer(CommandState.REJECTED, answer={"status": "Rejected"})

    assert len(asked(pile)) == MOST_TRIES
    assert (item(pile).note, item(pile).settled) == (Note.REFUSED, True)


def test_one_that_is_cancelled_before_it_begins_asks_nobody(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    window = plan(station, start + HOUR)
    maintenance.cancel_maintenance(window, actor=ACTOR, reason="rain")
    at(start + HOUR)

    assert asked(pile) == [] and Maintenance.objects.get().state == MaintenanceState.CANCELLED
    with pytest.raises(Refused, match="over"):
        maintenance.cancel_maintenance(window, actor=ACTOR, reason="again")


def test_one_that_is_ended_early_brings_its_piles_back_now(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    window = plan(station, start)
    at(start)
    accepted()
    maintenance.cancel_maintenance(window, actor=ACTOR, reason="done early")
    assert selectors.maintenance_at(pile) is None
    at(start + timedelta(minutes=5))

    assert asked(pile) == [Intent.INOPERATIVE, Intent.OPERATIVE]


def test_a_window_that_nobody_kept_was_missed(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    plan(station, start)
    at(start + 3 * HOUR)

    assert Maintenance.objects.get().state == MaintenanceState.MISSED and asked(pile) == []


def test_a_pile_that_leaves_the_station_meanwhile_comes_back(station: Station, start: datetime) -> None:
    pile = make_online_pile(station)
    plan(station, start)
    at(start)
    accepted()
    devices.move_pile(pile, to=make_station(), actor=ACTOR, reason="swap")
    at(start + HOUR)

    assert asked(pile) == [Intent.INOPERATIVE, Intent.OPERATIVE]


def test_a_pile_that_comes_to_the_station_meanwhile_goes_out_too(station: Station, start: datetime) -> None:
    plan(station, start)
    at(start)
    late = make_online_pile(station)
    at(start + HOUR)

    assert asked(late) == [Intent.INOPERATIVE]


def test_a_station_that_changes_hands_takes_its_windows_along(station: Station, start: datetime) -> None:
    window = plan(station, start + HOUR)
    owner = make_tenant(Tenant.objects.get(pk=station.tenant.parent_id))
    sites.transfer_station(station, to=owner, actor=ACTOR, reason="sold")

    with scope_of(owner.pk):
        assert list(of_windows.maintenances_of(station)) == [window]
    with scope_of(station.tenant_id):
        assert not of_windows.maintenances().exists()


def test_a_sibling_cannot_set_or_end_a_window(station: Station, start: datetime) -> None:
    window = plan(station, start)
    other = make_station()
    with scope_of(other.tenant_id):
        with pytest.raises(Station.DoesNotExist):
            plan(station, start)
        with pytest.raises(Maintenance.DoesNotExist):
            maintenance.cancel_maintenance(window, actor=ACTOR, reason="x")
    assert Maintenance.objects.get().state == MaintenanceState.PLANNED
