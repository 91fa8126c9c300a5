"""Recorded calls, spoken once more to the gateway of today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ocpp_gateway import wire
from ocpp_gateway.replay import replay, replay_now

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
RECORD = wire.PileRecord(
    pile_id=1,
    identity="CP-1",
    registration=wire.Registration.PENDING,
    connectors=(1, 2),
    clock_zone="Asia/Shanghai",
)


def recorded(text: str, *, at: datetime = AT, inbound: bool = True, kind: str = "call") -> wire.FrameSeen:
    return wire.FrameSeen(
        pile_id=1,
        generation=7,
        at=at,
        inbound=inbound,
        kind=kind,
        message_id="m",
        action="",
        size=len(text),
        text=text,
    )


async def test_a_conversation_is_read_and_answered_as_today() -> None:
    start = '[2,"b","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":5,"timestamp":"2026-11-22T16:00:00"}]'
    spoken = await replay(
        RECORD,
        [
            recorded('[2,"a","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'),
            recorded('[3,"a",{"status":"Accepted"}]', inbound=False, kind="result"),
            recorded(start, at=AT + timedelta(seconds=3)),
            recorded('[3,"x",{"status":"Accepted"}]', kind="result"),
            recorded('[2,"c","NoSuchThing",{}]'),
            recorded("no json", kind="unknown"),
        ],
    )

    assert [one.answer.partition("{")[0] for one in spoken] == [
        '[3,"a",',
        '[3,"b",',
        '[4,"c","NotImplemented","",',
        "",
    ]
    started = spoken[1].fact
    assert isinstance(started, wire.TransactionStarted)
    assert (started.at, started.meter_start) == (AT, 5)
    assert spoken[1].remarks == ("no_zone:timestamp",)
    assert spoken[3].remarks == ("garbage:frame",)


def test_any_number_of_broken_frames_ends_in_time() -> None:
    broken = ["", "[", "[2]", '[2,"x"]', "\x00", "9" * 5000, '[2,"y","MeterValues",null]'] * 40
    spoken = replay_now(RECORD, [recorded(text) for text in broken])

    assert len(spoken) == len(broken)


def test_nothing_recorded_is_nothing_spoken() -> None:
    assert replay_now(RECORD, []) == []
