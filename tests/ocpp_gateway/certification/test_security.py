"""Security extension over an open line: passwords and security events."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from stations.services import devices
from tests.support.acceptance import Acceptance
from tests.support.handshakes import refusal
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


@pytest.mark.statement(97, 111)
async def test_tc_073_update_the_password(house: Acceptance) -> None:
    """The pile takes the new password and comes back with it; the old one is dead, and none stands anywhere."""
    pile = await house.charge_point()
    old = bytes.fromhex(house.keys[pile.identity])
    new, command = await house.ask(devices.rotate_key, await house.row(pile), reason="yearly")
    asked = (await pile.expect("ChangeConfiguration")).payload
    assert asked == {"key": "AuthorizationKey", "value": new}
    assert 32 <= len(new) <= 40
    assert (await house.answered(command)).answer == {"status": "Accepted"}
    await pile.disconnect()
    assert await refusal(Pile(house.url, pile.identity, key=old)) == HTTPStatus.UNAUTHORIZED
    async with Pile(house.url, pile.identity, key=bytes.fromhex(new)) as again:
        await again.heartbeat()
    kept = "SELECT count(*) FROM stations_{} t WHERE t::text ILIKE %s"
    for table in ("frame", "command", "pile"):
        assert await house.rows(kept.format(table), [f"%{new}%"]) == [(0,)]


async def event(house: Acceptance, type_: str, **fields: Any) -> list[tuple[Any, ...]]:
    """A security event is answered; what is kept of it."""
    async with await house.charge_point() as pile:
        said = {"type": type_, "timestamp": pile.time(), **fields}
        assert await pile.call("SecurityEventNotification", said) == {}
        return await house.rows(
            "SELECT data ->> 'raw' FROM stations_pileevent WHERE pile_id = %s AND data::text LIKE %s",
            [house.ids[pile.identity], f"%{type_}%"],
        )


@pytest.mark.statement(85)
async def test_tc_077_invalid_charge_point_certificate_event(house: Acceptance) -> None:
    """A pile reports that the certificate it was sent is not valid: answered and kept."""
    assert len(await event(house, "InvalidChargePointCertificate", techInfo="expired")) == 1


@pytest.mark.statement(85)
async def test_tc_078_invalid_central_system_certificate_event(house: Acceptance) -> None:
    """A pile reports that our certificate is not valid for it: answered and kept."""
    assert len(await event(house, "InvalidCentralSystemCertificate")) == 1
