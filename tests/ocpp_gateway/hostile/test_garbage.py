"""Frames that are no OCPP, sockets that are no WebSockets: survived, counted, and no neighbour's trouble."""

from __future__ import annotations

import asyncio
import json
import random
import struct
from base64 import b64encode
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ocpp_gateway import wire
from ocpp_gateway.policy import Policy
from tests.ocpp_gateway.conftest import KEY, QUICK, Site
from tests.support.garbage import GARBAGE, NONSENSE
from tests.support.mutations import HANDSHAKE
from tests.support.pile import Pile
from tests.support.waiting import until


@pytest.mark.statement(21, 26)
async def test_garbage_closes_nothing_and_changes_nothing(site: Site) -> None:
    async with site.pile() as pile:
        for message in GARBAGE:
            await pile.send(message)
        await pile.heartbeat()
    assert {type(fact) for fact in site.central.facts} <= {wire.Connected, wire.Heartbeat, wire.Disconnected}
    inbound = [frame for frame in site.central.frames if frame.inbound]
    assert len(inbound) == len(GARBAGE) + 1
    assert all(frame.text.encode() and "\x00" not in frame.text for frame in inbound[2:-2])


@pytest.mark.statement(26)
@pytest.mark.parametrize(("message", "code"), [("not json", 1007), ("{}", 1002), (b"\xff\xff", 1007)])
async def test_a_pile_that_sends_nothing_but_garbage_is_closed_in_the_end(
    site: Site, message: str | bytes, code: int
) -> None:
    pile = site.pile()
    await pile.connect()
    for _ in range(QUICK.garbage_per_minute + 1):
        await pile.send(message)
    assert await pile.closed() == code
    async with site.pile("CP2") as other:
        await other.heartbeat()


@pytest.mark.statement(24)
async def test_broken_calls_with_an_id_are_refused_in_their_turn(site: Site) -> None:
    async with site.pile() as pile:
        for id_, frame in (
            ("1", [2, "1", "Heartbeat"]),
            ("2", [2, "2", "Heartbeat", 5]),
            ("3", [2, "3", 5, {}]),
        ):
            answer = await pile.ask(frame, id_)
            assert (answer[0], answer[2]) == (4, "FormationViolation")
        assert (await pile.ask([2, 17, "Heartbeat", {}], 17, "Heartbeat"))[0] == 3


@pytest.mark.parametrize("payload", NONSENSE)
@pytest.mark.parametrize(
    "action", ["MeterValues", "StartTransaction", "StopTransaction", "StatusNotification", "BootNotification"]
)
async def test_a_report_with_nonsense_in_its_fields_is_stored_and_answered(
    site: Site, action: str, payload: dict[str, object]
) -> None:
    async with site.pile() as pile:
        await pile.call(action, payload)
    fact = site.central.facts[1]
    assert fact.remarks
    assert "\x00" not in repr(fact)
    json.loads(fact.raw)


@pytest.mark.statement(26)
async def test_a_message_of_ten_megabytes_closes_its_own_socket_only(site: Site) -> None:
    async with site.pile("CP2") as neighbour:
        pile = site.pile("CP1")
        await pile.connect()
        big = asyncio.create_task(pile.send('[2,"a","DataTransfer",{"data":"' + "x" * 10_000_000 + '"}]'))
        while not big.done():
            await neighbour.heartbeat()
        assert await pile.closed() == 1009
        await asyncio.gather(big, return_exceptions=True)
        await neighbour.heartbeat()
        [left] = await site.central.stored(wire.Disconnected)
    assert left.code == 1009


async def test_random_mutations_of_good_frames_kill_nothing(site: Site) -> None:
    rng = random.Random(20261122)
    good = [
        b'[2,"a","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-11-22T08:00:00Z","sampledValue":[{"value":"1","unit":"kWh"}]}]}]',
        b'[2,"b","StopTransaction",{"transactionId":1,"meterStop":5,"timestamp":"2026-11-22T08:00:00Z"}]',
        b'[2,"c","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
        b'[3,"d",{"status":"Accepted"}]',
        b'[4,"e","InternalError","",{}]',
    ]
    pile = site.pile()
    await pile.connect()
    for _ in range(1500):
        frame = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 6)):
            where = rng.randrange(len(frame))
            match rng.randrange(3):
                case 0:
                    frame[where] = rng.randrange(256)
                case 1:
                    del frame[where]
                case _:
                    frame.insert(where, rng.choice(b'[]{}",:\\0\xff\x00'))
        try:
            await pile.send(bytes(frame))
        except ConnectionClosed:
            await pile.connect()
    await pile.disconnect()
    await until(lambda: not len(site.gateway.registry))
    for fact in site.central.facts:
        assert "\x00" not in repr(fact)
        repr(fact).encode()
    async with site.pile() as pile:
        await pile.heartbeat()


def masked(opcode: int, payload: bytes, *, rsv: int = 0) -> bytes:
    """A client's WebSocket frame with a mask of zeros."""
    return struct.pack("!BBI", 0x80 | rsv | opcode, 0x80 | len(payload), 0) + payload


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (masked(1, b"x", rsv=0x40), 1002),
        (masked(3, b"x"), 1002),
        (masked(0, b"x"), 1002),
        (b"\x81\x01x", 1002),
        (b"\xff" * 64, 1002),
    ],
)
@pytest.mark.quirk("reserved-bits")
async def test_a_frame_that_breaks_the_websocket_protocol_closes_its_socket(
    site: Site, data: bytes, code: int
) -> None:
    pile = site.pile()
    await pile.connect()
    assert pile.socket is not None
    pile.socket.transport.write(data)
    assert await pile.closed() == code
    async with site.pile() as again:
        await again.heartbeat()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"POST /ocpp/CP1 HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 20_000,
    ],
)
async def test_what_is_no_handshake_gets_nowhere(site: Site, data: bytes) -> None:
    host, port = site.url.removeprefix("ws://").partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    writer.write_eof()
    response = await reader.read()
    assert b" 101 " not in response
    writer.close()
    async with site.pile() as pile:
        await pile.heartbeat()
    assert len(site.central.hellos) == 1


class TestSlowHandshakes:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, open_timeout_s=0.1)

    async def test_a_peer_that_never_finishes_its_handshake_is_cut_off(self, site: Site) -> None:
        host, port = site.url.removeprefix("ws://").partition("/")[0].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\n")
        assert await reader.read() == b""
        writer.close()


async def test_an_authorization_header_of_nonsense_is_a_401(site: Site) -> None:
    site.pile()
    pile = Pile(site.url, "CP1", key=KEY)
    pile.headers["Authorization"] = "Basic \u00e9\u00e9"
    with pytest.raises(InvalidStatus) as caught:
        await pile.connect()
    assert caught.value.response.status_code == 401


@pytest.mark.parametrize("after", [b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n"], ids=["bytes", "request"])
async def test_what_stands_behind_a_handshake_that_is_refused_is_no_fault_of_ours(
    site: Site, caplog: pytest.LogCaptureFixture, after: bytes
) -> None:
    """It ends the connection before the refusal does."""
    wrong = HANDSHAKE.format(identity="CP1", credentials=b64encode(b"CP1:wrong").decode())
    host, port = site.url.removeprefix("ws://").partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(wrong.encode() + after)
    await reader.read()
    writer.close()
    await writer.wait_closed()
    async with site.pile("CP2") as other:
        await other.heartbeat()
    assert "unexpected internal error" not in caplog.text
