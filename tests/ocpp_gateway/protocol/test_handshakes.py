"""Who gets in: paths, keys, subprotocols, broken and too many handshakes (OCPP-J 1.6 §3)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect

from ocpp_gateway import wire
from ocpp_gateway.policy import Policy
from tests.ocpp_gateway.conftest import KEY, QUICK, Site
from tests.support.handshakes import http, refusal
from tests.support.pile import Pile


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
@pytest.mark.quirk("path-spellings")
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
@pytest.mark.quirk("key-as-digits")
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
@pytest.mark.quirk("no-subprotocol")
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


@pytest.mark.quirk("no-subprotocol")
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
@pytest.mark.quirk("no-connection-upgrade")
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
    assert (await http(site.url, f"GET /ocpp/CP1 HTTP/1.1\r\n{lines}\r\n"))[0] == status
    assert len(site.gateway.registry) == 0


@pytest.mark.quirk("header-case")
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
