"""How a pile gets in: Basic authentication and the WebSocket subprotocol, at a pile that staff registered."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from stations.models import Pile as Row
from tests.support.acceptance import Acceptance
from tests.support.handshakes import refusal
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


def _is_away(pile_id: int) -> bool:
    return not Row.objects.get(pk=pile_id).online


@pytest.mark.statement(3, 109, 110)
async def test_tc_085_basic_authentication(house: Acceptance) -> None:
    """The key as bytes and as digits opens; a wrong or no key, or another's name, gets 401 and no session."""
    pile = await house.charge_point()
    await pile.disconnect()
    await house.until(_is_away, house.ids[pile.identity])
    identity, key = pile.identity, bytes.fromhex(house.keys[pile.identity])
    for wrong in ({}, {"key": b"x" * 20}, {"key": key, "user": "SOMEBODY"}, {"key": key[:-1]}):
        assert await refusal(Pile(house.url, identity, **wrong)) == HTTPStatus.UNAUTHORIZED
    assert not (await house.row(pile)).online
    for right in (key, key.hex().encode(), key.hex().upper().encode()):
        async with Pile(house.url, identity, key=right) as again:
            await again.heartbeat()
            assert (await house.row(pile)).online
    assert (await house.row(pile)).key_form == "hex"


@pytest.mark.statement(4, 5)
@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("ocpp0.1",), None),
        (("ocpp0.1", "ocpp1.6"), "ocpp1.6"),
        (("ocpp1.6", "ocpp2.0.1"), "ocpp1.6"),
        (None, None),
    ],
    ids=["only-another", "ours-second", "ours-first", "none-offered"],
)
async def test_tc_088_subprotocol(
    house: Acceptance, offered: tuple[str, ...] | None, chosen: str | None
) -> None:
    """Ours is chosen wherever it stands; without it the socket opens without the header and closes at once."""
    known = await house.charge_point()
    await known.disconnect()
    key = bytes.fromhex(house.keys[known.identity])
    pile = Pile(house.url, known.identity, key=key, subprotocols=offered)
    await pile.connect()
    assert pile.socket is not None
    assert pile.socket.subprotocol == chosen
    if chosen is None:
        assert await pile.closed() == 1002
    else:
        await pile.heartbeat()
    await pile.disconnect()
