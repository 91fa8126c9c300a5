"""Sockets: who is connected, long and broken messages, liveness (OCPP-J 1.6 §5)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_gateway import wire
from ocpp_gateway.policy import Policy
from tests.ocpp_gateway.conftest import QUICK, Site
from tests.support.pile import SILENCE
from tests.support.waiting import until


@pytest.mark.statement(7, 8, 10)
@pytest.mark.quirk("second-socket")
async def test_the_newest_connection_wins_and_a_late_close_changes_nothing(site: Site) -> None:
    old = site.pile()
    await old.connect()
    await old.heartbeat()
    new = site.pile()
    await new.connect()
    assert await old.closed() == 4000
    await new.heartbeat()
    [left] = await site.central.stored(wire.Disconnected)
    first, second = site.central.of(wire.Connected)
    assert (left.generation, left.superseded) == (first.generation, True)
    assert second.generation > first.generation
    assert (await site.run("CP1", "ClearCache")).state is wire.CommandState.ACCEPTED
    assert len(new.commands) == 1
    await new.disconnect()
    left = (await site.central.stored(wire.Disconnected, 2))[-1]
    assert (left.generation, left.superseded) == (second.generation, False)


@pytest.mark.statement(7, 9)
@pytest.mark.quirk("second-socket")
async def test_a_half_open_socket_does_not_lock_its_pile_out(site: Site) -> None:
    old = site.pile()
    await old.connect()
    old.replies["Reset"] = SILENCE
    in_flight = site.send("CP1", "Reset", {"type": "Hard"})
    waiting = site.send("CP1", "ClearCache")
    await old.expect("Reset")
    old.freeze()
    async with site.pile() as new:
        async with asyncio.timeout(1):
            assert (await site.central.concluded(in_flight)).state is wire.CommandState.CONNECTION_LOST
        assert (await site.central.concluded(waiting)).state is wire.CommandState.ACCEPTED
        await new.expect("ClearCache")
        await new.heartbeat()
    await old.cut()


async def test_a_pile_that_another_gateway_has_is_closed_here(site: Site) -> None:
    pile = site.pile()
    record = site.central.piles["CP1"].record
    await pile.connect()
    await pile.heartbeat()
    site.gateway.registry.supersede(record.pile_id, generation=0)
    await pile.heartbeat()
    site.gateway.registry.supersede(record.pile_id, generation=99)
    assert await pile.closed() == 4000
    assert site.gateway.registry.get(record.pile_id) is None


async def test_ten_connections_at_once_leave_one(site: Site) -> None:
    piles = [site.pile() for _ in range(10)]
    await asyncio.gather(*(pile.connect() for pile in piles))
    await site.central.stored(wire.Disconnected, 9)
    assert len(site.gateway.registry) == 1
    assert sum(fact.superseded for fact in site.central.of(wire.Disconnected)) == 9
    [session] = site.gateway.registry
    assert session.generation == max(fact.generation for fact in site.central.of(wire.Connected))
    for pile in piles:
        await pile.disconnect()


@pytest.mark.statement(11)
@pytest.mark.quirk("huge-stop")
async def test_a_message_of_two_mebibytes_is_accepted(site: Site) -> None:
    samples = [
        {"timestamp": "2026-11-20T08:00:00Z", "sampledValue": [{"value": str(number), "unit": "Wh"}]}
        for number in range(24_000)
    ]
    async with site.pile() as pile:
        payload = {"transactionId": 1, "meterStop": 5, "timestamp": pile.time(), "transactionData": samples}
        assert len(json.dumps(payload)) > 2 * 1024 * 1024
        assert await pile.call("StopTransaction", payload, within_s=30) == {}
    [stop] = site.central.of(wire.TransactionStopped)
    assert len(stop.readings) == 24_000
    frame = next(frame for frame in site.central.frames if frame.action == "StopTransaction")
    assert len(frame.text) == 64 * 1024
    assert frame.size > 2 * 1024 * 1024


@pytest.mark.statement(11)
async def test_a_message_in_fragments_is_accepted(site: Site) -> None:
    async with site.pile() as pile:
        answer = pile.expect_answer("f", "Heartbeat")
        assert pile.socket is not None
        await pile.socket.send(["[2,", '"f","Heart', 'beat"', ",{}]"])
        assert (await answer)[0] == 3


async def test_a_binary_frame_is_a_protocol_error(site: Site) -> None:
    async with site.pile() as pile:
        await pile.send(b'[2,"a","Heartbeat",{}]', binary=True)
        assert await pile.closed() == 1003


async def test_a_binary_message_in_fragments_is_one_too(site: Site) -> None:
    async with site.pile() as pile:
        assert pile.socket is not None
        await pile.socket.send([b"[2,", b'"a","Heartbeat",{}]'])
        assert await pile.closed() == 1003
    [left] = await site.central.stored(wire.Disconnected)
    assert left.code == 1003


class TestPings:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(
            QUICK, ping_interval_s=0.1, ping_timeout_s=0.1, sweep_interval_s=0.05, silent_heartbeats=1
        )

    @pytest.mark.statement(10)
    async def test_a_pile_that_answers_no_ping_is_dropped_and_goes_offline_once(self, site: Site) -> None:
        pile = site.pile()
        await pile.connect()
        pile.freeze()
        [left] = await site.central.stored(wire.Disconnected)
        assert left.code == 1011
        await until(lambda: not len(site.gateway.registry))
        await pile.cut()
        assert len(site.central.of(wire.Disconnected)) == 1

    @pytest.mark.statement(9, 10)
    @pytest.mark.quirk("silent-peer")
    async def test_a_command_to_a_peer_that_answers_no_ping_fails_with_its_socket(self, site: Site) -> None:
        pile = site.pile()
        await pile.connect()
        pile.freeze()
        outcome = await site.run("CP1", "ClearCache")
        assert outcome.state is wire.CommandState.CONNECTION_LOST
        await pile.cut()

    async def test_a_pile_that_answers_pings_stays(self, site: Site) -> None:
        async with site.pile() as pile, site.pile("MUTE", ping=False, heartbeat_interval_s=1) as other:
            await other.closed()
            await pile.heartbeat()

    @pytest.mark.statement(14)
    @pytest.mark.quirk("no-pongs")
    async def test_a_pile_that_is_not_pinged_is_dropped_when_it_is_silent(self, site: Site) -> None:
        silent = site.pile("CP1", ping=False, heartbeat_interval_s=1)
        lively = site.pile("CP2", ping=False, heartbeat_interval_s=1)
        await silent.connect()
        await lively.connect()
        closed = asyncio.create_task(silent.closed())
        while not closed.done():
            await lively.status(1)
            await asyncio.sleep(0.2)
        assert closed.result() == 1011
        await lively.heartbeat()
        await lively.disconnect()

    @pytest.mark.statement(114)
    async def test_a_connection_ends_with_the_certificate_that_opened_it(self, site: Site) -> None:
        at = datetime.now(UTC)
        ending, lasting = site.pile("CP1"), site.pile("CP2")
        site.central.piles["CP1"].ends_at = at + timedelta(seconds=0.3)
        site.central.piles["CP2"].ends_at = at + timedelta(days=1)
        await ending.connect()
        await lasting.connect()
        await ending.heartbeat()
        assert await ending.closed() == 1008
        assert datetime.now(UTC) > at + timedelta(seconds=0.3)
        [left] = await site.central.stored(wire.Disconnected)
        assert (left.code, left.reason) == (1008, "expired_certificate")
        await lasting.heartbeat()
        await lasting.disconnect()
