"""Commands through Redis to the gateway, each sent at most once, whatever becomes of Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis.asyncio
from django.conf import settings

from ocpp_gateway import bus as module
from ocpp_gateway.bus import Bus
from ocpp_gateway.wire import CommandOrder
from stations import dispatch
from tests.support.waiting import until

NAME = "bus-under-test"


def order(number: int, **over: Any) -> CommandOrder:
    return CommandOrder(
        command_id=number,
        pile_id=1,
        action="ClearCache",
        payload={},
        deadline=datetime.now(UTC) + timedelta(minutes=1),
        **over,
    )


class Ends:
    """Both ends of the stream: what arrived at the gateway, and what its database would say is waiting."""

    def __init__(self) -> None:
        self.arrived: list[CommandOrder] = []
        self.waiting: list[CommandOrder] = []
        self.moved: list[tuple[int, int]] = []
        self.doubted: list[int] = []
        self.refusing = 0
        self.redis = redis.asyncio.Redis.from_url(settings.REDIS_URL)

    def submit(self, one: CommandOrder) -> None:
        if self.refusing:
            self.refusing -= 1
            raise ZeroDivisionError
        self.arrived.append(one)

    def supersede(self, pile_id: int, generation: int) -> None:
        self.moved.append((pile_id, generation))

    def bus(self, stream: str) -> Bus:
        return Bus(
            settings.REDIS_URL,
            stream,
            submit=self.submit,
            supersede=self.supersede,
            doubt=self.doubted.append,
            queued=self.queued,
        )

    async def queued(self) -> list[CommandOrder]:
        return self.waiting

    async def push(self, one: CommandOrder) -> None:
        await asyncio.to_thread(dispatch.push, NAME, one)

    @property
    def numbers(self) -> list[int]:
        return [one.command_id for one in self.arrived]


@pytest.fixture
async def ends(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ends]:
    monkeypatch.setattr(module, "ASK_EVERY_S", 0.05)
    ends = Ends()
    stream = dispatch.stream_of(NAME)
    await ends.redis.delete(stream)
    bus = ends.bus(stream)
    bus.start()
    yield ends
    await bus.stop()
    await ends.redis.aclose()


async def test_a_command_arrives_as_it_was_sent_and_leaves_the_stream(ends: Ends) -> None:
    sent = order(1, timeout_s=7.5)
    await ends.push(sent)
    await until(lambda: ends.arrived)
    assert ends.arrived == [sent]
    assert await ends.redis.xlen(dispatch.stream_of(NAME)) == 0


@pytest.mark.statement(97)
async def test_what_no_gateway_fetches_does_not_stay(ends: Ends) -> None:
    """The stream is the only place where a new password of a pile stands in clear."""
    await asyncio.to_thread(dispatch.push, "nobody", order(1))
    left = await ends.redis.ttl(dispatch.stream_of("nobody"))
    assert 0 < left <= dispatch.KEPT_S
    await ends.redis.delete(dispatch.stream_of("nobody"))


@pytest.mark.statement(88)
async def test_a_command_that_comes_twice_is_sent_once(ends: Ends) -> None:
    one = order(1)
    ends.waiting = [one]
    await ends.push(one)
    await ends.push(one)
    await ends.push(order(2))
    await until(lambda: 2 in ends.numbers)
    await asyncio.sleep(0.2)
    assert ends.numbers == [1, 2]


@pytest.mark.statement(86)
async def test_a_command_that_the_stream_lost_is_found_in_its_row(ends: Ends) -> None:
    ends.waiting = [order(5)]
    await until(lambda: ends.numbers == [5])


async def test_entries_that_are_no_commands_are_passed_over(ends: Ends) -> None:
    stream = dispatch.stream_of(NAME)
    for field in (b"", b"[]", b"{}", b'{"deadline": 5}', b"\xff", json.dumps({"x": 1}).encode()):
        await ends.redis.xadd(stream, {"order": field})
    await ends.redis.xadd(stream, {"other": "field"})
    good = {"pile_id": 1, "action": "X", "payload": {}, "deadline": datetime.now(UTC).isoformat()}
    await ends.redis.xadd(stream, {"order": json.dumps({**good, "command_id": [1]})})
    await ends.push(order(9))
    await until(lambda: ends.numbers == [9])


async def test_a_pile_that_has_moved_on_is_told_of(ends: Ends) -> None:
    moves = [(NAME, 7, 12), ("another", 8, 13), (NAME, 9, 14)]
    await asyncio.to_thread(dispatch.tell_moved, moves)
    await until(lambda: ends.moved == [(7, 12), (9, 14)])
    for field in (b"", b"[]", b"[1]", b"{}", b"\xff", b'["x", 1]', b"[1, 2, 3]"):
        await ends.redis.xadd(dispatch.stream_of(NAME), {"moved": field})
    await ends.push(order(1))
    await until(lambda: ends.numbers == [1])
    assert ends.moved == [(7, 12), (9, 14)]
    await ends.redis.delete(dispatch.stream_of("another"))


async def test_a_pile_whose_proof_is_doubted_is_told_of(ends: Ends) -> None:
    stream = dispatch.stream_of(NAME)
    for field in (b"", b"[]", b"\xff", b"x"):
        await ends.redis.xadd(stream, {"doubted": field})
    await asyncio.to_thread(dispatch.tell_doubted, NAME, 7)
    await until(lambda: ends.doubted == [7])
    assert ends.arrived == [] and await ends.redis.xlen(stream) == 0


async def test_a_command_that_was_forgotten_is_taken_again() -> None:
    """It went to another gateway, and its pile came back."""
    ends = Ends()
    bus = ends.bus("nobody")
    for _ in range(2):
        bus._send(order(1))
    bus.forget(order(1))
    bus._send(order(1))
    assert ends.numbers == [1, 1]
    await ends.redis.aclose()


async def test_a_command_that_the_gateway_stumbles_over_holds_up_no_other(ends: Ends) -> None:
    ends.refusing = 1
    await ends.push(order(1))
    await ends.push(order(2))
    await until(lambda: ends.numbers == [2])


async def test_a_connection_that_is_cut_is_made_again(ends: Ends) -> None:
    await ends.push(order(1))
    await until(lambda: ends.numbers == [1])
    for number in (2, 3):
        await ends.redis.client_kill_filter(_type="normal", skipme=True)
        await ends.push(order(number))
    await until(lambda: ends.numbers == [1, 2, 3])


async def test_a_redis_that_forgets_everything_costs_nothing_that_has_a_row(ends: Ends) -> None:
    await ends.push(order(1))
    await until(lambda: ends.numbers == [1])
    await ends.redis.flushall()
    ends.waiting = [order(2)]
    await until(lambda: ends.numbers == [1, 2])
    await ends.push(order(3))
    await until(lambda: ends.numbers == [1, 2, 3])


async def test_a_stop_is_heard_although_a_cancellation_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[int] = []

    async def deaf(self: Bus) -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append(1)

    monkeypatch.setattr(Bus, "_listen", deaf)
    monkeypatch.setattr(module, "CANCEL_AGAIN_S", 0.05)
    ends = Ends()
    bus = ends.bus("nobody")
    bus.start()
    await asyncio.sleep(0)

    async with asyncio.timeout(10):
        await bus.stop()

    assert lost
