"""A pile that moves from one gateway to another, in the middle of whatever; and gateways that leave."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings

from backoffice.kit import clock
from ocpp_gateway import bus as bus_module, wire
from ocpp_gateway.process import look_at_holdings, say_alive
from stations import dispatch, intake
from stations.models import Pile as PileRow
from stations.services import devices, sweeps
from tests.factories.stations import ACTOR
from tests.support.fleet import Fleet
from tests.support.handshakes import http
from tests.support.pile import SILENCE, Pile
from tests.support.waiting import until

GENERATION = "SELECT generation FROM stations_pile WHERE identity = %s"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_module, "ASK_EVERY_S", 0.2)


async def half_open(fleet: Fleet, at: str) -> Pile:
    """A pile with a connection that it has given up and its gateway has not noticed."""
    old = await fleet.pile("CP1", at)
    old.replies["Reset"] = old.replies["ClearCache"] = SILENCE
    old.freeze()
    return old


@pytest.mark.statement(7, 8, 9, 86)
async def test_a_pile_that_moves_in_the_middle_of_a_command_takes_the_waiting_ones_along(
    fleet: Fleet,
) -> None:
    await fleet.start("g1", "g2")
    old = await half_open(fleet, "g1")
    in_flight = await fleet.command("CP1", "Reset", {"type": "Soft"})
    await fleet.until_state(in_flight, "sent")
    waiting = await fleet.command("CP1", "ClearCache")
    await until(lambda: fleet.nodes["g1"].gateway.registry.get(fleet.premises.ids["CP1"])._outbox._orders)

    new = await fleet.pile("CP1", "g2", boots=False)
    moved = asyncio.get_running_loop().time()
    assert await fleet.until_state(in_flight, "connection_lost") == "connection_lost"
    assert asyncio.get_running_loop().time() - moved < 1
    assert await fleet.until_state(waiting, "accepted") == "accepted"
    await until(lambda: not len(fleet.nodes["g1"].gateway.registry))
    old.socket.transport.resume_reading()
    assert await old.closed() == 4000

    assert await fleet.presence("CP1") == (True, "g2")
    assert [command.action for command in new.commands] == ["ClearCache"]
    assert [command.action for command in old.commands] == ["Reset"]
    await new.heartbeat()
    await new.disconnect()


@pytest.mark.statement(7, 48, 53)
async def test_a_session_goes_on_at_another_gateway(fleet: Fleet) -> None:
    await fleet.start("g1", "g2")
    card = await fleet.premises.card()
    pile = await fleet.pile("CP1", "g1")
    number = (await pile.start(1, card, meter=0, timestamp="2026-10-01T08:00:00Z"))["transactionId"]
    await pile.meter(1, 200, transaction=number, at="2026-10-01T08:01:00Z")

    other = await fleet.pile("CP1", "g2", boots=False)
    await other.meter(1, 200, transaction=number, at="2026-10-01T08:01:00Z")
    await other.meter(1, 400, transaction=number, at="2026-10-01T08:02:00Z")
    assert await pile.closed() == 4000
    back = await fleet.pile("CP1", "g1", boots=False)
    assert await back.stop(number, meter=500, timestamp="2026-10-01T08:03:00Z") == {}
    await back.disconnect()
    await fleet.premises.work()

    order = "SELECT charge_state, pay_state, energy_wh FROM orders_chargingorder WHERE transaction_id = %s"
    assert await fleet.premises.rows(order, [number]) == [("ended", "settled", 500)]
    samples = "SELECT count(*) FROM orders_sample WHERE transaction_id = %s"
    assert await fleet.premises.rows(samples, [number]) == [(2,)]


@pytest.mark.statement(8, 88)
async def test_a_move_that_valkey_lost_is_found_by_looking(fleet: Fleet) -> None:
    await fleet.start("g1", "g2")
    old = await half_open(fleet, "g1")
    await fleet.hush("g1")
    new = await fleet.pile("CP1", "g2", boots=False)
    node = fleet.nodes["g1"]
    assert len(node.gateway.registry) == 1

    await look_at_holdings(node.store, node.gateway)

    assert len(node.gateway.registry) == 0
    old.socket.transport.resume_reading()
    assert await old.closed() == 4000
    assert await fleet.presence("CP1") == (True, "g2")
    await new.disconnect()


@pytest.mark.statement(111)
async def test_a_key_that_was_replaced_while_valkey_was_away_is_found_by_looking(fleet: Fleet) -> None:
    await fleet.start("g1")
    pile = await fleet.pile("CP1", "g1")
    other = await fleet.pile("CP2", "g1")
    await fleet.hush("g1")
    row = await fleet.premises.inside(PileRow.objects.get, pk=fleet.premises.ids["CP1"])
    await fleet.premises.inside(devices.replace_key, row, actor=ACTOR)

    await fleet.nodes["g1"].proofs.look()

    assert await pile.closed() == 1008
    await other.heartbeat()
    assert await fleet.presence("CP2") == (True, "g1")


@pytest.mark.statement(88)
async def test_a_gateway_that_its_pile_has_left_sends_it_nothing(fleet: Fleet) -> None:
    """The row is the fence: whatever is in a stream, an older connection is granted no command."""
    await fleet.start("g1", "g2")
    old = await half_open(fleet, "g1")
    await fleet.hush("g1")
    [(before,)] = await fleet.premises.rows(GENERATION, ["CP1"])
    new = await fleet.pile("CP1", "g2", boots=False)
    await fleet.hush("g2")
    command = await fleet.command("CP1", "ClearCache")
    stale = wire.CommandOrder(
        command_id=command,
        pile_id=fleet.premises.ids["CP1"],
        action="ClearCache",
        payload={},
        deadline=clock.now() + timedelta(minutes=1),
        generation=before,
    )
    fleet.nodes["g1"].gateway.submit(stale)
    # It learns from the row that the pile has left it, and hands the command on.
    await until(lambda: not len(fleet.nodes["g1"].gateway.registry))
    assert old.commands == [] and new.commands == []
    fleet.nodes["g2"].bus.start()
    assert await fleet.until_state(command, "accepted") == "accepted"
    for node in fleet.nodes.values():
        node.gateway.submit(stale)
    await new.heartbeat()
    await asyncio.sleep(0.3)
    assert old.commands == [] and len(new.commands) == 1
    await new.disconnect()


@pytest.mark.statement(88)
async def test_an_order_for_a_newer_connection_tells_a_gateway_that_its_own_is_old(fleet: Fleet) -> None:
    await fleet.start("g1", "g2")
    old = await half_open(fleet, "g1")
    await fleet.hush("g1")
    new = await fleet.pile("CP1", "g2", boots=False)
    [(generation,)] = await fleet.premises.rows(GENERATION, ["CP1"])
    command = await fleet.command("CP1", "ClearCache")
    await fleet.until_state(command, "accepted")
    order = wire.CommandOrder(
        command_id=command,
        pile_id=fleet.premises.ids["CP1"],
        action="ClearCache",
        payload={},
        deadline=clock.now() + timedelta(minutes=1),
        generation=generation,
    )
    fleet.nodes["g1"].gateway.submit(order)
    assert len(fleet.nodes["g1"].gateway.registry) == 0
    await new.heartbeat()
    assert old.commands == [] and len(new.commands) == 1
    await new.disconnect()


@pytest.mark.statement(86, 87)
async def test_an_order_in_the_wrong_stream_finds_its_pile(fleet: Fleet) -> None:
    """The pile moved between the row and the stream."""
    await fleet.start("g1", "g2")
    await (await fleet.pile("CP1", "g1")).disconnect()
    pile = await fleet.pile("CP1", "g2", boots=False)
    await fleet.hush("g2")
    command = await fleet.command("CP1", "ClearCache")
    entries = await asyncio.to_thread(_take_stream, "g2")
    [order] = [entry for entry in entries if entry["command_id"] == command]
    lost = wire.CommandOrder(**{**order, "deadline": clock.now() + timedelta(minutes=1)})
    await asyncio.to_thread(dispatch.push, "g1", lost)
    fleet.nodes["g2"].bus.start()
    assert await fleet.until_state(command, "accepted") == "accepted"
    await pile.disconnect()
    await fleet.premises.until_row("SELECT 1 FROM stations_pile WHERE NOT online")
    # And where the pile is nowhere, it is refused at once.
    gone = await fleet.premises.inside(_another, command)
    await asyncio.to_thread(dispatch.push, "g1", replace(lost, command_id=gone))
    assert await fleet.until_state(gone, "refused", "expired") == "refused"


@pytest.mark.statement(86, 88)
async def test_of_two_that_ask_for_a_command_one_is_granted_it(fleet: Fleet) -> None:
    await fleet.start("g1")
    pile = await fleet.pile("CP1", "g1")
    [(generation,)] = await fleet.premises.rows(GENERATION, ["CP1"])
    store = fleet.nodes["g1"].store
    await fleet.hush("g1")
    command = await fleet.command("CP1", "ClearCache")
    asked = [store.claim(command, generation, f"m{number}") for number in range(6)]
    claims = await asyncio.gather(*asked)
    assert sorted(claims) == [wire.Claim.GONE] * 5 + [wire.Claim.GRANTED]
    winner = f"m{claims.index(wire.Claim.GRANTED)}"
    assert await store.claim(command, generation, winner) is wire.Claim.GRANTED
    row = "SELECT state, generation, message_id FROM stations_command WHERE id = %s"
    assert await fleet.premises.rows(row, [command]) == [("sent", generation, winner)]
    assert await store.claim(10**9, generation, "m") is wire.Claim.GONE
    other = await fleet.command("CP1", "Reset", {"type": "Soft"})
    assert await store.claim(other, generation - 1, "m") is wire.Claim.MOVED
    assert await fleet.until_state(other, "queued") == "queued"
    await pile.disconnect()


@pytest.mark.statement(6, 9, 86)
async def test_a_gateway_that_dies_leaves_nothing_waiting(fleet: Fleet) -> None:
    await fleet.start("g1", "g2")
    stays, moves = await fleet.pile("CP1", "g1"), await fleet.pile("CP2", "g1")
    stays.replies["Reset"] = moves.replies["Reset"] = SILENCE
    lost = [await fleet.command(identity, "Reset", {"type": "Soft"}) for identity in ("CP1", "CP2")]
    for command in lost:
        await fleet.until_state(command, "sent")
    await say_alive(fleet.nodes["g1"].store, fleet.nodes["g1"].gateway)
    await fleet.kill("g1")
    queued = await fleet.command("CP2", "ClearCache")
    moved = await fleet.pile("CP2", "g2", boots=False)
    # What was never sent is sent where the pile is now; what was in flight is lost with its connection.
    assert await fleet.until_state(queued, "accepted") == "accepted"
    assert await fleet.premises.inside(_look_later, 2) == {"CP2": True, "CP1": True}
    assert await fleet.until_state(lost[1], "connection_lost")
    assert await fleet.premises.inside(_look_later, 11) == {"CP2": True, "CP1": True}
    assert await fleet.premises.inside(_look_later, 20) == {"CP2": True, "CP1": False}
    assert await fleet.until_state(lost[0], "sent")
    await fleet.premises.inside(_look_later, 25)
    assert await fleet.until_state(lost[0], "connection_lost")
    assert [command.action for command in moved.commands] == ["ClearCache"]
    await moved.disconnect()


async def test_a_gateway_that_was_only_slow_gets_its_piles_back_but_for_those_that_left(
    fleet: Fleet,
) -> None:
    await fleet.start("g1", "g2")
    stays, moves = await fleet.pile("CP1", "g1"), await fleet.pile("CP2", "g1")
    node = fleet.nodes["g1"]
    await say_alive(node.store, node.gateway)
    await fleet.hush("g1")
    await fleet.premises.inside(_look_later, 11)
    assert await fleet.premises.inside(_look_later, 20) == {"CP1": False, "CP2": False}
    moved = await fleet.pile("CP2", "g2", boots=False)

    await say_alive(node.store, node.gateway)

    assert await moves.closed() == 4000
    assert [await fleet.presence(identity) for identity in ("CP1", "CP2")] == [(True, "g1"), (True, "g2")]
    await stays.heartbeat()
    for pile in (stays, moved):
        await pile.disconnect()


@pytest.mark.statement(86)
async def test_a_gateway_that_drains_is_seen_to_and_spreads_its_piles(fleet: Fleet) -> None:
    await fleet.start("g1", drain_rate=20.0)
    await fleet.start("g2")
    node, port = fleet.nodes["g1"], fleet.urls["g1"]
    piles = [await fleet.pile(f"CP{number}", "g1") for number in range(8)]
    enough = asyncio.Event()

    async def slowly(payload: dict[str, Any]) -> dict[str, str]:
        await enough.wait()
        return {"status": "Accepted"}

    piles[0].replies["Reset"] = slowly
    command = await fleet.command("CP0", "Reset", {"type": "Soft"})
    await fleet.until_state(command, "sent")
    loop = asyncio.get_running_loop()
    closed = [asyncio.create_task(_closed_at(pile)) for pile in piles]
    begun = loop.time()
    stop = asyncio.create_task(fleet.nodes.pop("g1").stop())
    await until(lambda: not node.gateway.health()[0])
    status, body = await http(port, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status == 503 and b'"draining"' in body
    refused = "GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    status, body = await http(port, refused + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    assert (status, body) == (503, b"draining\n")

    enough.set()
    ends = await asyncio.gather(*closed)
    await stop
    assert {code for code, _ in ends} == {1012}
    moments = sorted(at - begun for _, at in ends[1:])
    assert moments[-1] - moments[0] > 0.2
    assert await fleet.until_state(command, "accepted") == "accepted"
    assert await fleet.premises.rows("SELECT count(*) FROM stations_pile WHERE online") == [(0,)]
    assert await fleet.premises.rows("SELECT count(*) FROM stations_unclaimedpile") == [(0,)]
    back = await fleet.pile("CP1", "g2", boots=False)
    await back.disconnect()


async def _closed_at(pile: Pile) -> tuple[int, float]:
    return await pile.closed(), asyncio.get_running_loop().time()


def _take_stream(name: str) -> list[dict[str, Any]]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        entries = client.xrange(dispatch.stream_of(name))
        client.delete(dispatch.stream_of(name))
    return [json.loads(fields[b"order"]) for _, fields in entries if b"order" in fields]


def _another(command_id: int) -> int:
    """A copy of the command that has not left."""
    command = sweeps.Command.objects.get(pk=command_id)
    command.pk, command.state = None, "queued"
    command.save(force_insert=True)
    return int(command.pk)


def _look_later(seconds: float) -> dict[str, bool]:
    """What beat does, so many seconds from now; which piles are online after that."""
    with clock.frozen(clock.now() + timedelta(seconds=seconds)):
        intake.see_gateway("g2")
        intake.drop_lost_gateways()
        sweeps.lose_commands()
    return dict(intake.routing.Pile.objects.values_list("identity", "online"))
