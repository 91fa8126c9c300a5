"""A simulated pile keeps a list of cards and connectors free, as OCPP 1.6 has it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backoffice.simulator.access import remember_list
from backoffice.simulator.machine import stamp
from backoffice.simulator.outlet import Fault
from stations.locallist import Entry, Message
from tests.running.test_simulator import Bench, bench, car

__all__ = ["bench"]


def entry(tag: str, status: str = "Accepted") -> dict[str, Any]:
    return {"idTag": tag, "idTagInfo": {"status": status}}


def send(bench: Bench, version: int, kind: str, *entries: dict[str, Any]) -> str:
    reply = bench.ask(
        "SendLocalList", listVersion=version, updateType=kind, localAuthorizationList=list(entries)
    )
    return str(reply["status"])


def reserve(
    bench: Bench, *, number: int = 7, tag: str = "CARD", connector: int = 1, minutes: float = 30
) -> str:
    reply = bench.ask(
        "ReserveNow",
        connectorId=connector,
        expiryDate=stamp(bench.now + timedelta(minutes=minutes)),
        idTag=tag,
        parentIdTag="FAMILY",
        reservationId=number,
    )
    bench.run(1)
    return str(reply["status"])


def test_a_list_is_taken_whole_and_in_differences(bench: Bench) -> None:
    assert bench.ask("GetLocalListVersion") == {"listVersion": 0}
    assert send(bench, 3, "Full", entry("A"), entry("B")) == "Accepted"
    assert send(bench, 4, "Differential", {"idTag": "a"}, entry("C", "Blocked")) == "Accepted"
    assert bench.ask("GetLocalListVersion") == {"listVersion": 4}
    assert sorted(bench.machine.cards) == ["B", "C"]
    assert send(bench, 4, "Differential", entry("D")) == "VersionMismatch"
    assert send(bench, 5, "Differential", *(entry(f"T{number}") for number in range(21))) == "Failed"
    assert send(bench, 6, "Full") == "Accepted"
    assert bench.ask("GetLocalListVersion") == {"listVersion": 0}


def test_a_list_outlasts_the_end_of_the_simulation(bench: Bench) -> None:
    kept = Message(True, 9, (), (Entry("a", expires_at="2030-01-01T00:00:00Z"), Entry("B", "Blocked")))
    remember_list(bench.machine, kept.payload())

    assert bench.ask("GetLocalListVersion") == {"listVersion": 9}
    assert sorted(bench.machine.cards) == ["A", "B"]
    assert send(bench, 10, "Differential", entry("C")) == "Accepted"


def test_a_list_is_never_longer_than_the_pile_has_room_for(bench: Bench) -> None:
    for version in range(1, 11):
        tags = [entry(f"T{version}-{number}") for number in range(20)]
        assert send(bench, version, "Differential", *tags) == "Accepted"
    assert send(bench, 11, "Differential", entry("ONE-MORE")) == "Failed"


@pytest.mark.parametrize(("status", "starts"), [("Accepted", 1), ("Blocked", 0)])
def test_a_pile_without_a_connection_lets_the_cards_of_its_list_charge(
    bench: Bench, status: str, starts: int
) -> None:
    send(bench, 1, "Full", entry("CARD", status))
    bench.machine.lost(bench.now)
    outlet = bench.machine.outlets[0]
    bench.machine.plug(outlet, car())
    bench.machine.present_card(outlet, "card", bench.now)
    bench.run(1)
    bench.machine.connected(bench.now)
    bench.run(1)

    assert len(bench.all_of("StartTransaction")) == starts


def test_a_connector_is_reserved_until_its_time_is_over(bench: Bench) -> None:
    assert reserve(bench) == "Accepted"
    assert bench.statuses()[-1] == "Reserved"
    assert reserve(bench, number=8, tag="OTHER") == "Occupied"
    assert reserve(bench, minutes=60) == "Accepted", "the same number replaces"
    bench.run(31 * 60, step=60)
    assert bench.statuses()[-1] == "Reserved"
    bench.run(31 * 60, step=60)
    assert bench.statuses()[-1] == "Available"


def test_a_reservation_is_cancelled_once(bench: Bench) -> None:
    reserve(bench)
    assert bench.ask("CancelReservation", reservationId=7) == {"status": "Accepted"}
    assert bench.ask("CancelReservation", reservationId=7) == {"status": "Rejected"}
    bench.run(1)
    assert bench.statuses()[-1] == "Available"


def test_only_the_card_that_it_is_for_starts_and_says_so(bench: Bench) -> None:
    reserve(bench)
    outlet = bench.machine.outlets[0]
    assert bench.ask("RemoteStartTransaction", idTag="OTHER", connectorId=1) == {"status": "Rejected"}
    bench.machine.plug(outlet, car())
    bench.machine.present_card(outlet, "OTHER", bench.now)
    bench.run(2)
    assert bench.all_of("StartTransaction") == []
    bench.machine.present_card(outlet, "CARD", bench.now)
    bench.run(2)

    [start] = bench.all_of("StartTransaction")
    assert start["reservationId"] == 7
    assert outlet.kept is None


def test_a_fault_ends_a_reservation(bench: Bench) -> None:
    reserve(bench)
    outlet = bench.machine.outlets[0]
    outlet.fault = Fault("GroundFailure")
    bench.run(1)
    outlet.fault = None
    bench.run(1)
    assert bench.statuses()[-2:] == ["Faulted", "Available"]


@pytest.mark.parametrize(
    ("change", "answer"), [("broken", "Faulted"), ("closed", "Unavailable"), ("busy", "Occupied")]
)
def test_a_connector_that_is_not_free_is_not_reserved(bench: Bench, change: str, answer: str) -> None:
    outlet = bench.machine.outlets[0]
    if change == "broken":
        outlet.fault = Fault("GroundFailure")
    outlet.is_operative = change != "closed"
    outlet.car = car() if change == "busy" else None

    assert reserve(bench) == answer
    assert reserve(bench, connector=9) == "Rejected"
