"""What staff asked of piles, and what became of it; and connections that did not go well."""

from __future__ import annotations

from backoffice.demo_data.stories.stage import Stage, State
from backoffice.kit.perms import Role
from ocpp_gateway import wire
from stations import intake

ACCEPTED = {"status": "Accepted"}


def settings_looked_at(stage: Stage) -> None:
    """An engineer reads the settings, changes one, and is refused another."""
    engineer = stage.staff(Role.ENGINEER)
    settings = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    stage.asks("GetConfiguration", {}, State.ACCEPTED, {"configurationKey": settings}, engineer)
    stage.wait(minutes=2)
    change = {"key": "MeterValueSampleInterval", "value": "30"}
    stage.asks("ChangeConfiguration", change, State.ACCEPTED, ACCEPTED, engineer)
    stage.wait(minutes=1)
    change = {"key": "NumberOfConnectors", "value": "3"}
    stage.asks("ChangeConfiguration", change, State.REJECTED, {"status": "Rejected"}, engineer)
    stage.wait(minutes=1)
    wanted = {"requestedMessage": "StatusNotification"}
    stage.asks("TriggerMessage", wanted, State.ACCEPTED, ACCEPTED, engineer)
    stage.says(1, "Available")
    stage.wait(minutes=4)
    stage.asks("ClearCache", {}, State.TIMED_OUT, {}, engineer)


def restarted(stage: Stage) -> None:
    """A lock that does not open, a restart, and a pile that is back with it."""
    support = stage.staff(Role.SUPPORT)
    stage.asks("UnlockConnector", {"connectorId": 1}, State.REJECTED, {"status": "UnlockFailed"}, support, 1)
    stage.says(1, "Faulted", "ConnectorLockFailure", "LOCK-07", "Lock did not engage")
    stage.wait(minutes=3)
    stage.asks("Reset", {"type": "Soft"}, State.ACCEPTED, ACCEPTED, support)
    stage.wait(seconds=8)
    stage.goes()
    stage.wait(seconds=50)
    stage.comes()


def out_of_service(stage: Stage) -> None:
    """A connector is taken out of service, and stays so."""
    engineer = stage.staff(Role.ENGINEER)
    off = {"connectorId": 1, "type": "Inoperative"}
    stage.asks("ChangeAvailability", off, State.ACCEPTED, ACCEPTED, engineer, 1)
    stage.says(1, "Unavailable")


def wrong_key(stage: Stage) -> None:
    """Somebody knocks with another password."""
    hello = wire.Hello(
        identity=stage.pile.identity,
        user_name=stage.pile.identity,
        password=b"0000",
        remote="203.0.113.77",
        subprotocols=("ocpp1.6",),
        security_profile=1,
        at=stage.now,
    )
    with stage.present():
        intake.note_refusals([(hello, wire.RefusalReason.WRONG_CREDENTIALS)])


def leakage(stage: Stage) -> None:
    """S03: residual current, open."""
    stage.says(1, "Faulted", "GroundFailure", "RCD-1", "Residual current 38 mA")


def meter_broken(stage: Stage) -> None:
    """F03: the meter does not answer, open."""
    stage.says(1, "Faulted", "PowerMeterFailure", "M-02", "No answer from meter 电表无应答")


def hot_plug(stage: Stage) -> None:
    """S01 and a warning of the reader, open."""
    stage.says(1, "Faulted", "HighTemperature", "T-81", "Plug 92 °C 枪头过温")
    stage.says(0, "Available", "ReaderFailure", "RF-2", "Card reader does not answer")


def weak_signal(stage: Stage) -> None:
    """F02: a warning that comes again and again."""
    for _ in range(6):
        stage.says(0, "Available", "WeakSignal", "", "RSSI -109 dBm")
        stage.wait(minutes=4)
