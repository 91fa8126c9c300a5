"""What those who run a gateway rely on: health, metrics, the record of frames, the way down."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from websockets.exceptions import InvalidHandshake

from ocpp_gateway import wire
from tests.ocpp_gateway.conftest import KEY, QUICK, Site
from tests.support.handshakes import http, refusal
from tests.support.pile import Pile
from tests.support.waiting import until


async def test_health_and_metrics_are_on_the_same_port(site: Site) -> None:
    async with site.pile() as pile:
        await pile.heartbeat()
        status, body = await http(site.url, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status == 200
        assert json.loads(body) == {"status": "ok", "gateway": "g1", "connections": 1, "parts": {}}
        status, body = await http(site.url, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
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
    status, body = await http(site.url, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 503
    assert json.loads(body)["parts"] == {"database": "ok", "valkey": "unreachable"}


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

    async def test_a_pile_whose_handshake_was_under_way_is_sent_away(self, site: Site) -> None:
        pile = site.pile()
        site.central.hold()
        connecting = asyncio.create_task(pile.connect())
        await until(lambda: site.central.asked)
        drain = asyncio.create_task(site.gateway.drain())
        await asyncio.sleep(0)
        site.central.release()
        with suppress(OSError, InvalidHandshake):
            await connecting
            assert await pile.closed() in {1001, 1012}
        await drain
        assert site.central.facts == []

    async def test_piles_are_sent_away_one_after_the_other(self, site: Site) -> None:
        piles = [site.pile(f"CP{number}") for number in range(20)]
        for pile in piles:
            await pile.connect()
        begun = asyncio.get_running_loop().time()
        drain = asyncio.create_task(site.gateway.drain())
        assert await piles[0].closed() == 1012
        assert len(site.gateway.registry) > 10
        assert await refusal(site.pile("CP99")) == HTTPStatus.SERVICE_UNAVAILABLE
        assert [await pile.closed() for pile in piles] == [1012] * 20
        await drain
        assert asyncio.get_running_loop().time() - begun > 0.9 * 20 / QUICK.drain_rate
        assert site.central.refusals == []

    async def test_draining_twice_and_with_nobody_is_harmless(self, site: Site) -> None:
        await site.gateway.drain()
        await site.gateway.drain()


async def test_a_port_that_is_listened_on_several_times_is_one_port_and_is_given_up_whole() -> None:
    site = Site(replace(QUICK, acceptors=4))
    await site.start()
    piles = [site.pile(f"CP{number}") for number in range(12)]
    await asyncio.gather(*(pile.connect() for pile in piles))
    await asyncio.gather(*(pile.heartbeat() for pile in piles))
    assert len(site.gateway.registry) == 12
    assert await refusal(Pile(site.url, "NOBODY")) == HTTPStatus.NOT_FOUND
    await site.gateway.drain()
    assert [await pile.closed() for pile in piles] == [1012] * 12
    with pytest.raises(OSError):
        await Pile(site.url, "CP1", key=KEY).connect()
