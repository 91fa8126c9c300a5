"""Too much of everything: bounded, and felt by nobody else."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from http import HTTPStatus

import pytest
from websockets.exceptions import ConnectionClosed

from ocpp_gateway import wire
from ocpp_gateway.connection import PileConnection
from ocpp_gateway.policy import Policy
from tests.ocpp_gateway.conftest import QUICK, Site
from tests.support.handshakes import refusal
from tests.support.pile import Pile
from tests.support.waiting import until


class TestFrames:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, frame_rate=50, frame_burst=100)

    async def test_a_thousand_frames_in_a_second_are_slowed_and_the_neighbour_is_not(
        self, site: Site
    ) -> None:
        loop = asyncio.get_running_loop()
        async with site.pile("CP2") as neighbour:
            pile = site.pile("CP1")
            await pile.connect()
            pile_id = site.central.piles["CP1"].record.pile_id
            began = loop.time()
            flood = asyncio.create_task(_flood(pile, 3000))
            for _ in range(100):
                await neighbour.heartbeat()
            answered = sum(fact.pile_id == pile_id for fact in site.central.of(wire.Heartbeat))
            assert answered <= 100 + 50 * (loop.time() - began) + 2
            await until(
                lambda: "ocpp_gateway_throttles_total 0.0" not in site.gateway.metrics.render().decode()
            )
            assert all(session.waiting <= QUICK.inbox_messages for session in site.gateway.registry)
            flood.cancel()
            await asyncio.wait({flood})
            await pile.cut()

    async def test_a_long_message_costs_more_than_a_short_one(self, site: Site) -> None:
        async with site.pile() as pile:
            for _ in range(3):
                await pile.call("DataTransfer", {"vendorId": "v", "data": "x" * 500_000})
            assert "ocpp_gateway_throttles_total 0.0" not in site.gateway.metrics.render().decode()


class TestBursts:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, frame_rate=2000, frame_burst=100, inbox_messages=8)

    async def test_a_burst_is_answered_to_the_last_frame_in_its_order(self, site: Site) -> None:
        async with site.pile() as pile:
            answers = [pile.expect_answer(str(number), "MeterValues") for number in range(1000)]
            for number in range(1000):
                await pile.send([2, str(number), "MeterValues", {"connectorId": 1, "transactionId": number}])
            frames = [await answer for answer in answers]
        assert all(frame[0] == 3 for frame in frames)
        assert [fact.transaction_id for fact in site.central.of(wire.MeterReported)] == list(range(1000))


async def _flood(pile, count: int) -> None:
    for number in range(count):
        pile.expect_answer(str(number), "Heartbeat")
        await pile.send([2, str(number), "Heartbeat", {}])


class TestSlowReaders:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, frame_rate=100_000, frame_burst=100_000)

    async def test_a_pile_that_reads_no_answers_costs_bounded_memory(self, site: Site) -> None:
        connections: list[PileConnection] = []
        pile = site.pile("CP1", ping=False)
        await pile.connect()
        await pile.heartbeat()
        [session] = site.gateway.registry
        connection = session._channel.link
        assert isinstance(connection, PileConnection)
        connections.append(connection)
        pile.freeze()
        assert pile.socket is not None
        sent = 0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                while True:
                    await pile.send([2, f"{sent:036}", "Heartbeat", {}])
                    sent += 1
        assert sent > 1000
        assert session.waiting <= QUICK.inbox_messages
        assert connection.transport.get_write_buffer_size() < 128 * 1024
        assert len(connection.recv_messages.frames) < 20_000
        async with site.pile("CP2") as neighbour:
            await neighbour.heartbeat()
        await pile.cut()
        await site.central.stored(wire.Disconnected, 2)


async def fill(site: Site, pile: Pile) -> PileConnection:
    """A pile that asks and reads nothing, until its gateway has no room for answers; that end of its socket."""
    [connection] = [
        session._channel.link for session in site.gateway.registry if session.pile.identity == pile.identity
    ]
    assert isinstance(connection, PileConnection)
    site.central.vendors["v"] = {"much": "x" * 60_000}
    pile.freeze()
    number = 0
    while connection.unread_since is None:
        pile.expect_answer(f"f{number}", "DataTransfer")
        await pile.send([2, f"f{number}", "DataTransfer", {"vendorId": "v", "messageId": "much"}])
        number += 1
        await asyncio.sleep(0.005)
    return connection


class TestNonReaders:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(
            QUICK,
            frame_rate=100_000,
            frame_burst=100_000,
            unread_s=0.3,
            sweep_interval_s=0.05,
            close_timeout_s=0.2,
            ping_interval_s=0.1,
        )

    async def test_a_pile_that_reads_nothing_is_cut_off_whatever_it_sends(self, site: Site) -> None:
        pile = site.pile("CP1")
        await pile.connect()
        await pile.heartbeat()
        connection = await fill(site, pile)
        commands = [site.send("CP1", "ClearCache") for _ in range(3)]
        assert connection.transport.get_write_buffer_size() < 128 * 1024
        async with site.pile("CP2") as neighbour:
            await neighbour.heartbeat()
            [left] = await site.central.stored(wire.Disconnected)
        assert (left.code, left.reason) == (1008, "unread")
        states = {(await site.central.concluded(command)).state.value for command in commands}
        assert states == {"connection_lost", "refused"}
        assert 'closes_total{cause="unread"} 1.0' in site.gateway.metrics.render().decode()
        await pile.cut()


class TestNonReadersThatLeave:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(
            QUICK,
            frame_rate=100_000,
            frame_burst=100_000,
            close_timeout_s=0.2,
            drain_s=0.5,
        )

    async def test_a_pile_that_reads_slowly_stays(self, site: Site) -> None:
        async with site.pile("CP1") as pile:
            connection = await fill(site, pile)
            transport: asyncio.Transport = pile.socket.transport  # type: ignore[union-attr]
            transport.resume_reading()
            await until(lambda: connection.unread_since is None)
            await pile.heartbeat()
        [left] = await site.central.stored(wire.Disconnected)
        assert left.code == 1000

    async def test_a_pile_that_reads_nothing_holds_up_neither_its_successor_nor_the_end(
        self, site: Site
    ) -> None:
        old, other = site.pile("CP1"), site.pile("CP2")
        for pile in (old, other):
            await pile.connect()
            await fill(site, pile)
        async with site.pile("CP1") as new:
            await new.heartbeat()
            async with asyncio.timeout(10):
                assert (await site.central.stored(wire.Disconnected))[0].superseded
                await asyncio.gather(site.gateway.drain(), new.closed())
        assert len(site.central.of(wire.Disconnected)) == 3
        for pile in (old, other):
            await pile.cut()


class TestHandshakes:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, refusal_burst=20, refusal_rate=0.01, open_timeout_s=2.0)

    @pytest.mark.statement(15)
    async def test_a_flood_of_strangers_is_turned_away_and_the_neighbours_go_on(self, site: Site) -> None:
        host, port = site.url.removeprefix("ws://").partition("/")[0].split(":")
        known = site.pile("CP1")
        await known.connect()
        await known.disconnect()
        statuses: list[HTTPStatus] = []

        async def strangers(first: int) -> None:
            for number in range(first, first + 30):
                statuses.append(await refusal(Pile(site.url, f"STRANGER{number}")))

        async with site.pile("CP2") as neighbour:
            mute = [await asyncio.open_connection(host, int(port)) for _ in range(100)]
            flood = asyncio.gather(*(strangers(1000 * number) for number in range(10)))
            beats = 0
            while not flood.done():
                await neighbour.heartbeat()
                beats += 1
            await flood
            await known.connect()
            await known.heartbeat()
            await known.disconnect()
            for _, writer in mute:
                writer.close()
        assert beats > 10
        assert set(statuses) == {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
        assert statuses.count(HTTPStatus.NOT_FOUND) <= 20 + 10
        strange = [hello for hello in site.central.hellos if hello.identity.startswith("STRANGER")]
        assert len(strange) == statuses.count(HTTPStatus.NOT_FOUND)


class TestPings:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, pings_per_minute=50)

    async def test_a_flood_of_pings_closes_its_socket(self, site: Site) -> None:
        pile = site.pile()
        await pile.connect()
        assert pile.socket is not None
        with pytest.raises(ConnectionClosed):
            while True:
                await pile.socket.ping()
                await asyncio.sleep(0)
        assert await pile.closed() == 1008
        async with site.pile("CP2") as neighbour:
            await neighbour.heartbeat()


@pytest.mark.statement(11, 26)
async def test_a_message_that_takes_long_to_read_holds_up_no_neighbour(site: Site) -> None:
    """Four megabytes of readings, of which most are nonsense: seconds of work, and only their pile waits.

    Another program may take the processor away at the wrong moment, but not three times in a row.
    """
    async with site.pile("CP1") as pile, site.pile("CP2") as neighbour:
        waits = []
        while len(waits) < 3 and (not waits or waits[-1] >= 1 / 2):
            waits.append(await longest_wait_beside_a_huge_message(pile, neighbour, f"big-{len(waits)}"))
        assert waits[-1] < 1 / 2, waits


async def longest_wait_beside_a_huge_message(pile: Pile, neighbour: Pile, number: str) -> float:
    """The longest of the neighbour's heartbeats, as a share of the time that the message takes."""
    sample = [{"timestamp": "2026-11-20T08:00:00Z", "sampledValue": [{"value": float("nan"), "unit": "Wh"}]}]
    data = {"transactionId": 1, "meterStop": 5, "timestamp": "2026-11-20T08:00:00Z"}
    text = json.dumps([2, number, "StopTransaction", {**data, "transactionData": sample * 42_000}])
    assert len(text) < 4 * 1024 * 1024
    answer = pile.expect_answer(number, "StopTransaction")
    await pile.send(text)
    loop = asyncio.get_running_loop()
    began, longest, beats = loop.time(), 0.0, 0
    while not answer.done():
        before = loop.time()
        await neighbour.heartbeat()
        longest, beats = max(longest, loop.time() - before), beats + 1
    assert (await answer)[0] == 3
    assert beats > 10
    return longest / (loop.time() - began)


async def test_a_hundred_piles_that_vanish_at_once_all_go_offline(site: Site) -> None:
    piles = [site.pile(f"CP{number}") for number in range(100)]
    await asyncio.gather(*(pile.connect() for pile in piles))
    for pile in piles:
        await pile.cut()
    assert len(await site.central.stored(wire.Disconnected, 100)) == 100
    await until(lambda: not len(site.gateway.registry))
