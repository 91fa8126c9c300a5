"""Handshakes, sockets and who is connected (OCPP-J 1.6 §3, §5)."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ocpp_gateway import wire
from ocpp_gateway.policy import Policy
from tests.ocpp_gateway.conftest import KEY, QUICK, Site
from tests.support.pile import SILENCE, Pile
from tests.support.waiting import until


async def refusal(pile: Pile) -> HTTPStatus:
    with pytest.raises(InvalidStatus) as caught:
        await pile.connect()
    return HTTPStatus(caught.value.response.status_code)


async def http(site: Site, request: str) -> tuple[int, bytes]:
    host, port = site.url.removeprefix("ws://").partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    response = await reader.read()
    writer.close()
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.statement(1)
@pytest.mark.parametrize(
    ("identity", "path"),
    [
        ("RDAM 123", "RDAM%20123"),
        ("CP1", "/CP1"),
        ("CP1", "CP1/"),
        ("CP1", "../CP1"),
        ("桩1", "%E6%A1%A91"),
        ("TACW1142021G1020.1", "TACW1142021G1020.1"),
    ],
)
async def test_the_identity_comes_from_the_path(site: Site, identity: str, path: str) -> None:
    site.central.add_pile(identity, key=KEY)
    async with Pile(site.url, identity, key=KEY, path=path) as pile:
        await pile.heartbeat()
    assert site.central.hellos[0].identity == identity


@pytest.mark.statement(2, 117)
@pytest.mark.parametrize("path", ["NOBODY", "%zz", "%ff", "", "a%2Fb"])
async def test_an_unknown_or_broken_identity_gets_404(site: Site, path: str) -> None:
    assert await refusal(Pile(site.url, "CP1", key=KEY, path=path)) == HTTPStatus.NOT_FOUND
    [(hello, reason)] = site.central.refusals
    assert reason is (
        wire.RefusalReason.UNKNOWN_IDENTITY if path == "NOBODY" else wire.RefusalReason.BAD_IDENTITY
    )
    assert hello.remote == "127.0.0.1"


@pytest.mark.statement(2)
async def test_the_case_of_an_identity_matters(site: Site) -> None:
    site.central.add_pile("CP1", key=KEY)
    assert await refusal(Pile(site.url, "cp1", key=KEY)) == HTTPStatus.NOT_FOUND


@pytest.mark.statement(3, 110)
@pytest.mark.parametrize(
    ("key", "user"),
    [(None, None), (b"wrong", None), (KEY + b"x", None), (KEY, "CP2"), (b"", None), (KEY, "cp1")],
)
async def test_tc_085_wrong_credentials_get_401(site: Site, key: bytes | None, user: str | None) -> None:
    site.central.add_pile("CP1", key=KEY)
    assert await refusal(Pile(site.url, "CP1", key=key, user=user)) == HTTPStatus.UNAUTHORIZED
    assert len(site.gateway.registry) == 0
    assert site.central.facts == []


@pytest.mark.statement(109)
@pytest.mark.parametrize("sent", [KEY, KEY.hex().encode(), KEY.hex().upper().encode()])
async def test_tc_085_a_key_is_accepted_as_bytes_and_as_digits(site: Site, sent: bytes) -> None:
    site.central.add_pile("CP1", key=KEY)
    async with Pile(site.url, "CP1", key=sent) as pile:
        await pile.heartbeat()


@pytest.mark.statement(109)
async def test_a_key_need_not_be_utf_8(site: Site) -> None:
    key = bytes(range(236, 256))
    site.central.add_pile("CP1", key=key)
    async with Pile(site.url, "CP1", key=key) as pile:
        await pile.heartbeat()


async def test_an_open_pile_needs_no_key(site: Site) -> None:
    site.central.add_pile("CP1", security_profile=0)
    async with Pile(site.url, "CP1") as pile:
        await pile.heartbeat()


@pytest.mark.statement(13)
async def test_a_pile_for_tls_is_refused_here(site: Site) -> None:
    site.central.add_pile("CP1", key=KEY, security_profile=2)
    assert await refusal(Pile(site.url, "CP1", key=KEY)) == HTTPStatus.UNAUTHORIZED


async def test_nobody_gets_in_when_the_house_cannot_be_asked(site: Site) -> None:
    pile = site.pile()
    site.central.down = True
    assert await refusal(pile) == HTTPStatus.SERVICE_UNAVAILABLE
    site.central.down = False
    async with pile:
        await pile.heartbeat()


@pytest.mark.statement(4)
@pytest.mark.parametrize("offered", [("ocpp1.6",), ("ocpp0.1", "ocpp1.6"), ("ocpp1.6", "ocpp2.0.1")])
async def test_tc_088_our_subprotocol_is_chosen_in_any_position(site: Site, offered: tuple[str, ...]) -> None:
    site.central.add_pile("CP1", key=KEY)
    async with Pile(site.url, "CP1", key=KEY, subprotocols=offered) as pile:
        assert pile.socket is not None
        assert pile.socket.subprotocol == "ocpp1.6"
        await pile.heartbeat()


@pytest.mark.statement(5)
@pytest.mark.parametrize("offered", [("ocpp0.1",), ("OCPP1.6",), None])
async def test_tc_088_without_our_subprotocol_the_socket_opens_and_closes(
    site: Site, offered: tuple[str, ...] | None
) -> None:
    site.central.add_pile("CP1", key=KEY)
    pile = Pile(site.url, "CP1", key=KEY, subprotocols=offered)
    await pile.connect()
    assert pile.socket is not None
    assert pile.socket.subprotocol is None
    assert await pile.closed() == 1002
    assert site.central.facts == []


async def test_a_pile_without_the_subprotocol_may_be_excepted(site: Site) -> None:
    site.central.add_pile("CP1", key=KEY, require_subprotocol=False)
    async with Pile(site.url, "CP1", key=KEY, subprotocols=None) as pile:
        await pile.heartbeat()


async def test_a_failed_subprotocol_leaves_the_live_connection_alone(site: Site) -> None:
    async with site.pile() as pile:
        other = Pile(site.url, "CP1", key=KEY, subprotocols=("ocpp2.0.1",))
        await other.connect()
        await other.closed()
        await pile.heartbeat()
        assert (await site.run("CP1", "ClearCache")).state is wire.CommandState.ACCEPTED


@pytest.mark.statement(12)
async def test_compression_is_not_negotiated(site: Site) -> None:
    site.central.add_pile("CP1", security_profile=0)
    async with connect(f"{site.url}/CP1", subprotocols=["ocpp1.6"], compression="deflate") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


@pytest.mark.parametrize(
    ("drop", "status"),
    [("Connection", 400), ("Upgrade", 426), ("Sec-WebSocket-Key", 400), ("Sec-WebSocket-Version", 400)],
)
async def test_a_broken_handshake_is_refused_cleanly(site: Site, drop: str, status: int) -> None:
    site.pile()
    headers = {
        "Host": "x",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": base64.b64encode(b"0" * 16).decode(),
        "Sec-WebSocket-Version": "13",
        "authorization": "Basic " + base64.b64encode(b"CP1:" + KEY).decode(),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != drop)
    assert (await http(site, f"GET /ocpp/CP1 HTTP/1.1\r\n{lines}\r\n"))[0] == status
    assert len(site.gateway.registry) == 0


async def test_header_names_have_no_case(site: Site) -> None:
    site.pile()
    credentials = base64.b64encode(b"CP1:" + KEY).decode()
    async with connect(
        f"{site.url}/CP1",
        subprotocols=["ocpp1.6"],
        additional_headers={"authorization": f"basic {credentials}"},
    ) as socket:
        await socket.send('[2,"a","Heartbeat",{}]')
        assert json.loads(await socket.recv())[0] == 3


@pytest.mark.statement(7, 8, 10)
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

    async def test_a_pile_that_answers_pings_stays(self, site: Site) -> None:
        async with site.pile() as pile, site.pile("MUTE", ping=False, heartbeat_interval_s=1) as other:
            await other.closed()
            await pile.heartbeat()

    @pytest.mark.statement(14)
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


async def test_health_and_metrics_are_on_the_same_port(site: Site) -> None:
    async with site.pile() as pile:
        await pile.heartbeat()
        status, body = await http(site, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status == 200
        assert json.loads(body) == {"status": "ok", "gateway": "g1", "connections": 1, "parts": {}}
        status, body = await http(site, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status == 200
        text = body.decode()
        assert "ocpp_gateway_connections 1.0" in text
        assert 'ocpp_gateway_frames_total{action="Heartbeat",direction="in",kind="call"} 1.0' in text
        assert 'ocpp_gateway_answer_seconds_count{action="Heartbeat"} 1.0' in text
    assert (await refusal(Pile(site.url, "NOBODY"))) == HTTPStatus.NOT_FOUND
    assert (
        'ocpp_gateway_handshakes_total{result="unknown_identity"} 1.0'
        in site.gateway.metrics.render().decode()
    )


async def test_health_tells_what_is_wrong_behind_the_port(site: Site) -> None:
    site.gateway._parts = lambda: {"database": "ok", "valkey": "unreachable"}
    status, body = await http(site, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 503
    assert json.loads(body)["parts"] == {"database": "ok", "valkey": "unreachable"}


class TestReconnectLoops:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, handshake_burst=3, handshake_rate=0.01, refusal_burst=4, refusal_rate=0.01)

    @pytest.mark.statement(15)
    async def test_a_pile_in_a_loop_is_slowed_and_its_neighbour_is_not(self, site: Site) -> None:
        pile = site.pile()
        for _ in range(3):
            await pile.connect()
            await pile.disconnect()
        assert await refusal(pile) == HTTPStatus.TOO_MANY_REQUESTS
        assert site.central.refusals[-1][1] is wire.RefusalReason.THROTTLED
        assert len(site.central.hellos) == 3
        async with site.pile("CP2") as other:
            await other.heartbeat()

    @pytest.mark.statement(15)
    async def test_guessing_is_stopped_but_not_for_a_known_pile(self, site: Site) -> None:
        pile = site.pile()
        await pile.connect()
        await pile.disconnect()
        statuses = [await refusal(Pile(site.url, f"GUESS{number}")) for number in range(6)]
        assert statuses == [HTTPStatus.NOT_FOUND] * 4 + [HTTPStatus.TOO_MANY_REQUESTS] * 2
        async with pile:
            await pile.heartbeat()


class TestFrames:
    @pytest.mark.statement(27)
    async def test_every_frame_is_kept_once_in_both_directions(self, site: Site) -> None:
        async with site.pile() as pile:
            await pile.call("Heartbeat", message_id="h1")
            outcome = await site.run("CP1", "ClearCache")
            await pile.send("garbage")
            await pile.send([9, "u", {}])
            await pile.heartbeat()
        seen = [(f.inbound, f.kind, f.action, f.message_id) for f in site.central.frames][:6]
        call = outcome.message_id
        assert seen == [
            (True, "call", "Heartbeat", "h1"),
            (False, "result", "Heartbeat", "h1"),
            (False, "call", "ClearCache", call),
            (True, "result", "ClearCache", call),
            (True, "unknown", "", ""),
            (True, "unknown", "", "u"),
        ]
        result = site.central.frames[3]
        assert result.latency_ms is not None
        assert json.loads(result.text) == [3, call, {"status": "Accepted"}]
        assert result.size == len(result.text)

    async def test_what_the_reader_had_to_forgive_is_on_the_frame(self, site: Site) -> None:
        async with site.pile() as pile:
            await pile.status(1, "charging", timestamp="2024-04-26T14:35:02")
        [frame] = [frame for frame in site.central.frames if frame.inbound]
        assert frame.remarks == ("no_zone:timestamp", "enum:status")
        assert site.central.facts[1].remarks == frame.remarks

    @pytest.mark.statement(97, 109)
    async def test_the_authorization_header_is_nowhere(self, site: Site, caplog: Any) -> None:
        caplog.set_level("DEBUG")
        logging.getLogger("websockets.client").setLevel("INFO")
        async with site.pile() as pile:
            await pile.heartbeat()
        kept = repr((site.central.facts, site.central.frames)) + caplog.text
        assert base64.b64encode(b"CP1:" + KEY).decode() not in kept
        assert repr(KEY)[2:-1] not in kept


class TestDraining:
    async def test_what_is_in_flight_is_finished_and_the_socket_closes_with_1012(self, site: Site) -> None:
        async with site.pile() as pile:
            release = asyncio.Event()

            async def slow(payload: dict[str, Any]) -> dict[str, Any]:
                await release.wait()
                return {"status": "Accepted"}

            pile.replies["ClearCache"] = slow
            number = site.send("CP1", "ClearCache")
            behind = site.send("CP1", "ClearCache")
            await pile.expect("ClearCache")
            site.central.hold()
            stop = pile.expect_answer("s", "StopTransaction")
            await pile.send(
                [2, "s", "StopTransaction", {"transactionId": 1, "meterStop": 1, "timestamp": pile.time()}]
            )
            await until(lambda: any(session.waiting for session in site.gateway.registry))
            drain = asyncio.create_task(site.gateway.drain())
            assert (await site.central.concluded(behind)).error == "gateway_restarting"
            assert not site.gateway.health()[0]
            release.set()
            site.central.release()
            assert (await stop) == [3, "s", {}]
            assert (await site.central.concluded(number)).state is wire.CommandState.ACCEPTED
            assert await pile.closed() == 1012
            await drain
        assert len(site.central.of(wire.Disconnected)) == 1

    async def test_no_pile_gets_in_while_draining(self, site: Site) -> None:
        pile = site.pile()
        await site.gateway.drain()
        with pytest.raises(OSError):
            await pile.connect()

    async def test_draining_twice_and_with_nobody_is_harmless(self, site: Site) -> None:
        await site.gateway.drain()
        await site.gateway.drain()
