"""A simulated pile does what OCPP 1.6 says, with no socket and no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from backoffice.simulator.cars import Car
from backoffice.simulator.commands import NotDone, answer
from backoffice.simulator.configuration import Configuration
from backoffice.simulator.habits import Habits, Wallets
from backoffice.simulator.machine import Left, Machine, Spec
from backoffice.simulator.outlet import Fault
from tests.support.conformance import check_schema

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


@dataclass
class Bench:
    """A machine whose central system accepts everything; ``said`` is what it has said."""

    machine: Machine
    now: datetime = NOON
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    verdict: str = "Accepted"
    transaction: int = 70

    def run(self, seconds: float = 0, step: float = 0.5) -> list[tuple[str, dict[str, Any]]]:
        """Let time pass; what was said meanwhile."""
        before = len(self.said)
        until = self.now + timedelta(seconds=seconds)
        while True:
            self.machine.tick(self.now)
            while (call := self.machine.next_call(self.now)) is not None:
                check_schema(*call)
                self.said.append(call)
                self.machine.answered(self._answer(*call), self.now)
            if self.now >= until:
                return self.said[before:]
            self.now += timedelta(seconds=step)

    def ask(self, action: str, **payload: Any) -> Any:
        reply = answer(self.machine, action, payload, self.now, Random(1))
        if not isinstance(reply, NotDone):
            check_schema(f"{action}Response", reply)
        return reply

    def statuses(self, number: int = 1) -> list[str]:
        return [
            payload["status"]
            for action, payload in self.said
            if action == "StatusNotification" and payload["connectorId"] == number
        ]

    def all_of(self, action: str) -> list[dict[str, Any]]:
        return [payload for said, payload in self.said if said == action]

    def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        match action:
            case "BootNotification":
                return {"status": "Accepted", "interval": 300, "currentTime": NOON.isoformat()}
            case "Authorize":
                return {"idTagInfo": {"status": self.verdict}}
            case "StartTransaction":
                self.transaction += 1
                return {"transactionId": self.transaction, "idTagInfo": {"status": self.verdict}}
            case _:
                return {}


def make_machine(*, direct: bool = True, left: tuple[Left, ...] = ()) -> Machine:
    spec = Spec("HZ01001", "Hanglu", "HL-DC120D", "H1", 120_000, direct, (1_000, 2_000))
    return Machine(spec, Configuration(2, "ab" * 20), left)


@pytest.fixture
def bench() -> Bench:
    made = Bench(make_machine())
    made.machine.connected(made.now)
    made.run()
    return made


def car(soc: float = 0.3) -> Car:
    return Car(60_000, 150_000, soc)


def test_a_pile_boots_before_anything_else_and_says_how_each_connector_is(bench: Bench) -> None:
    assert [action for action, _ in bench.said] == ["BootNotification", *["StatusNotification"] * 3]
    assert [payload["connectorId"] for payload in bench.all_of("StatusNotification")] == [0, 1, 2]


def test_a_pile_that_is_not_accepted_says_nothing_but_that_it_booted() -> None:
    machine = make_machine()
    machine.connected(NOON)
    assert machine.next_call(NOON) is not None
    machine.answered({"status": "Pending", "interval": 20}, NOON)
    machine.tick(NOON + timedelta(seconds=19))
    assert machine.next_call(NOON + timedelta(seconds=19)) is None
    call = machine.next_call(NOON + timedelta(seconds=20))
    assert call is not None
    assert call[0] == "BootNotification"


def test_one_call_at_a_time(bench: Bench) -> None:
    bench.machine.heartbeat()
    bench.machine.heartbeat()
    assert bench.machine.next_call(bench.now) == ("Heartbeat", {})
    assert bench.machine.next_call(bench.now) is None


def test_after_a_remote_start_a_car_comes_and_charges_until_it_is_stopped(bench: Bench) -> None:
    assert bench.ask("RemoteStartTransaction", idTag="Q1", connectorId=1) == {"status": "Accepted"}
    bench.run(9)
    assert bench.all_of("StartTransaction") == []
    bench.run(60)
    (start,) = bench.all_of("StartTransaction")
    assert (start["idTag"], start["connectorId"], start["meterStart"]) == ("Q1", 1, 1_000)
    assert bench.statuses() == ["Available", "Preparing", "Charging"]

    bench.run(600)
    assert bench.ask("RemoteStopTransaction", transactionId=71) == {"status": "Accepted"}
    bench.run(60)
    (stop,) = bench.all_of("StopTransaction")
    assert (stop["transactionId"], stop["reason"]) == (71, "Remote")
    assert stop["meterStop"] > 8_000
    assert bench.statuses() == ["Available", "Preparing", "Charging", "Finishing", "Available"]


def test_readings_come_at_their_interval_rise_and_never_pass_what_can_flow(bench: Bench) -> None:
    bench.ask("RemoteStartTransaction", idTag="Q1", connectorId=1)
    bench.run(900)
    readings = bench.all_of("MeterValues")
    periodic = [
        {value["measurand"]: float(value["value"]) for value in one["meterValue"][0]["sampledValue"]}
        for one in readings
        if one["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Periodic"
    ]
    registers = [one["Energy.Active.Import.Register"] for one in periodic]
    assert 85 <= len(periodic) <= 90
    assert registers == sorted(registers)
    assert max(one["Power.Active.Import"] for one in periodic) <= 60_000
    assert registers[-1] - 1_000 <= 60_000 * 900 / 3600
    assert {one["transactionId"] for one in readings if "transactionId" in one} == {71}
    assert periodic[-1]["SoC"] > periodic[0]["SoC"]


def test_on_the_quarter_of_an_hour_every_connector_says_its_register(bench: Bench) -> None:
    bench.run(901)
    aligned = bench.all_of("MeterValues")
    assert [one["connectorId"] for one in aligned] == [1, 2]
    assert {one["meterValue"][0]["timestamp"] for one in aligned} == {"2026-03-10T04:15:00.000Z"}


def test_a_full_car_is_suspended_and_its_power_falls_before(bench: Bench) -> None:
    outlet = bench.machine.outlets[0]
    bench.machine.plug(outlet, car(0.7))
    bench.machine.start(outlet, "CARD", bench.now)
    bench.run(60)
    fast = outlet.power_w
    bench.run(3_600, step=5)
    assert 0 < fast <= 60_000
    assert outlet.status == "SuspendedEV"
    assert outlet.power_w == 0
    assert outlet.register == pytest.approx(1_000 + 0.3 * 60_000, abs=60)


def test_a_card_that_is_refused_starts_nothing(bench: Bench) -> None:
    bench.verdict = "Blocked"
    outlet = bench.machine.outlets[0]
    bench.machine.plug(outlet, car())
    bench.machine.present_card(outlet, "CARD", bench.now)
    bench.run(5)
    assert len(bench.all_of("Authorize")) == 1
    assert bench.all_of("StartTransaction") == []


def test_a_start_that_is_refused_ends_at_once(bench: Bench) -> None:
    bench.machine.plug(bench.machine.outlets[0], car())
    bench.verdict = "Invalid"
    bench.machine.start(bench.machine.outlets[0], "CARD", bench.now)
    bench.run(2)
    (stop,) = bench.all_of("StopTransaction")
    assert stop["reason"] == "DeAuthorized"


def test_what_was_charged_offline_is_told_afterwards_in_its_order(bench: Bench) -> None:
    outlet = bench.machine.outlets[0]
    bench.machine.plug(outlet, car())
    bench.machine.start(outlet, "CARD", bench.now)
    bench.run(30)
    bench.machine.lost(bench.now)
    assert bench.run(120) == []
    bench.machine.unplug(outlet, bench.now)
    bench.run(5)

    bench.machine.connected(bench.now)
    told = bench.run(1)

    actions = [action for action, _ in told]
    assert "BootNotification" not in actions
    assert actions.index("StopTransaction") == 12  # after the readings of two minutes
    assert set(actions[:12]) == {"MeterValues"}
    assert actions[13:] == ["StatusNotification"] * 3
    assert told[12][1]["reason"] == "EVDisconnected"


def test_a_transaction_message_without_an_answer_is_sent_again_the_same(bench: Bench) -> None:
    machine, outlet = bench.machine, bench.machine.outlets[0]
    machine.plug(outlet, car())
    machine.start(outlet, "CARD", bench.now)
    first = machine.next_call(bench.now)
    machine.failed(bench.now)
    assert machine.next_call(bench.now + timedelta(seconds=19)) is None
    assert machine.next_call(bench.now + timedelta(seconds=20)) == first
    machine.lost(bench.now)
    machine.connected(bench.now + timedelta(seconds=60))
    assert machine.next_call(bench.now + timedelta(seconds=60)) == first


def test_a_pile_that_lost_its_power_stops_what_ran_at_the_last_reading() -> None:
    left = (Left(2, 44, 9_876, NOON - timedelta(hours=3)),)
    bench = Bench(make_machine(left=left))
    bench.machine.connected(bench.now)
    bench.run(1)
    (stop,) = bench.all_of("StopTransaction")
    assert stop == {
        "transactionId": 44,
        "meterStop": 9_876,
        "timestamp": "2026-03-10T01:00:00.000Z",
        "reason": "PowerLoss",
    }


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_a_reset_stops_what_runs_restarts_and_boots(bench: Bench, kind: str) -> None:
    bench.ask("RemoteStartTransaction", idTag="Q1", connectorId=1)
    bench.run(30)
    assert bench.ask("Reset", type=kind) == {"status": "Accepted"}
    bench.run(1)
    assert bench.all_of("StopTransaction")[0]["reason"] == f"{kind}Reset"
    assert bench.machine.restart_at is not None

    bench.machine.lost(bench.now)
    bench.machine.restarted(bench.now)
    bench.machine.connected(bench.now)
    assert bench.run(1)[0][0] == "BootNotification"


def test_a_connector_in_use_goes_out_of_service_when_it_is_free(bench: Bench) -> None:
    assert bench.ask("ChangeAvailability", connectorId=2, type="Inoperative") == {"status": "Accepted"}
    bench.ask("RemoteStartTransaction", idTag="Q1", connectorId=1)
    bench.run(30)
    assert bench.statuses(2)[-1] == "Unavailable"
    assert bench.ask("ChangeAvailability", connectorId=1, type="Inoperative") == {"status": "Scheduled"}
    assert bench.ask("RemoteStartTransaction", idTag="Q2", connectorId=2) == {"status": "Rejected"}
    bench.ask("RemoteStopTransaction", transactionId=71)
    bench.run(60)
    assert bench.statuses(1)[-1] == "Unavailable"
    assert bench.ask("ChangeAvailability", connectorId=9, type="Operative") == {"status": "Rejected"}


def test_unlocking_ends_the_charge_first(bench: Bench) -> None:
    bench.ask("RemoteStartTransaction", idTag="Q1", connectorId=1)
    bench.run(30)
    assert bench.ask("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
    assert bench.ask("UnlockConnector", connectorId=7) == {"status": "NotSupported"}
    bench.run(2)
    assert bench.all_of("StopTransaction")[0]["reason"] == "UnlockCommand"


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "30", "Accepted"),
        ("MeterValueSampleInterval", "often", "Rejected"),
        ("WebSocketPingInterval", "30", "RebootRequired"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("Colour", "green", "NotSupported"),
        ("LocalPreAuthorize", "maybe", "Rejected"),
        ("AuthorizationKey", "cd" * 20, "Accepted"),
        ("AuthorizationKey", "short", "Rejected"),
    ],
)
def test_settings_change_as_far_as_they_may(bench: Bench, key: str, value: str, status: str) -> None:
    assert bench.ask("ChangeConfiguration", key=key, value=value) == {"status": status}


def test_settings_are_read_without_the_key(bench: Bench) -> None:
    everything = bench.ask("GetConfiguration")
    names = {one["key"] for one in everything["configurationKey"]}
    assert {"NumberOfConnectors", "HeartbeatInterval"} <= names
    assert "AuthorizationKey" not in names
    asked = bench.ask("GetConfiguration", key=["HeartbeatInterval", "Colour"])
    assert asked["unknownKey"] == ["Colour"]


@pytest.mark.parametrize(
    ("wanted", "connector", "status", "count"),
    [
        ("StatusNotification", None, "Accepted", 3),
        ("MeterValues", 2, "Accepted", 1),
        ("Heartbeat", None, "Accepted", 1),
        ("FirmwareStatusNotification", None, "Accepted", 1),
        ("BootNotification", None, "NotImplemented", 0),
        ("StatusNotification", 8, "Rejected", 0),
    ],
)
def test_a_trigger_is_answered_before_it_is_followed(
    bench: Bench, wanted: str, connector: int | None, status: str, count: int
) -> None:
    more = {} if connector is None else {"connectorId": connector}
    assert bench.ask("TriggerMessage", requestedMessage=wanted, **more) == {"status": status}
    assert len([1 for action, _ in bench.run(1) if action == wanted]) == count


def test_what_is_not_known_is_not_implemented_and_nonsense_is_said_to_be(bench: Bench) -> None:
    assert bench.ask("OpenSesame", connectorId=1).code == "NotImplemented"
    assert bench.ask("Reset", type="Gentle").code == "FormationViolation"
    assert bench.ask("RemoteStopTransaction").code == "FormationViolation"
    assert bench.ask("RemoteStopTransaction", transactionId=5) == {"status": "Rejected"}
    assert bench.ask("DataTransfer", vendorId="Else") == {"status": "UnknownVendorId"}
    assert bench.ask("ClearCache") == {"status": "Accepted"}


def test_a_fault_is_reported_and_reported_over(bench: Bench) -> None:
    outlet = bench.machine.outlets[0]
    outlet.fault = Fault("GroundFailure", "RCD-1", "Residual current")
    bench.run(1)
    outlet.fault = Fault("WeakSignal", blocking=False)
    bench.run(1)
    outlet.fault = None
    bench.run(1)
    told = [(one["status"], one["errorCode"]) for one in bench.all_of("StatusNotification")[-3:]]
    assert told == [("Faulted", "GroundFailure"), ("Available", "WeakSignal"), ("Available", "NoError")]


def test_an_hour_of_habits_is_charges_that_all_end_and_cards_that_come_back() -> None:
    bench = Bench(make_machine())
    cards = Wallets(["CARD1", "CARD2", "CARD3"])
    bench.machine.connected(bench.now)
    Habits(bench.machine, cards, Random(5), kept_free=(1,)).begin(bench.now)
    bench.run(2 * 3_600, step=2)
    started = [one["connectorId"] for one in bench.all_of("StartTransaction")]
    running = [one for one in bench.machine.outlets if one.session]
    assert set(started) == {2}
    assert len(started) >= 3
    assert len(bench.all_of("StopTransaction")) == len(started) - len(running)
    assert len(cards.free) >= 3 - len(bench.machine.outlets)


def test_a_fault_from_before_passes_where_people_come() -> None:
    bench = Bench(make_machine())
    bench.machine.outlets[1].fault = Fault("PowerMeterFailure")
    bench.machine.connected(bench.now)
    Habits(bench.machine, Wallets(), Random(5)).begin(bench.now)
    bench.run(2)
    assert bench.statuses(2) == ["Faulted"]
    bench.run(400)
    assert bench.statuses(2)[:2] == ["Faulted", "Available"]
