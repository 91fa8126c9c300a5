"""From profile 1 to profile 3 over real sockets, the real store and real certificates; and who is not let in."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import LazySettings

from ocpp_gateway.tls import Contexts
from stations import selectors
from stations.models import Pile as PileRow, SecurityUpgrade
from stations.pki import KeyKind
from stations.services import certificates, signing, upgrades
from tests.factories.stations import ACTOR
from tests.ocpp_gateway.protocol.test_tls import fails
from tests.support import certificates as made
from tests.support.handshakes import refusal
from tests.support.pile import Pile
from tests.support.premises import Premises

SERIAL = "SN-77"


@pytest.fixture
async def premises(built: Premises, settings: LazySettings) -> AsyncIterator[Premises]:
    """With a gateway that speaks TLS."""
    settings.OCPP_TLS_PORT = settings.OCPP_MTLS_PORT = 1
    await built.open(tls=Contexts(made.both_servers()))
    yield built
    await built.close()


def contexts(premises: Premises) -> Contexts:
    assert premises.gateway is not None
    return premises.gateway._tls_doors[0]._port.contexts


async def pass_on(premises: Premises, target: int, pile: Pile, upgrade: SecurityUpgrade) -> None:
    """What the worker and the bus do, until the pile has been asked to change its profile."""
    wanted = {"key": "SecurityProfile", "value": str(target)}
    async with asyncio.timeout(20):
        while wanted not in [command.payload for command in pile.commands]:
            await premises.inside(upgrades.follow_upgrades)
            await premises.inside(signing.follow_requests)
            await premises.hand_over()
            await asyncio.sleep(0.02)
    await premises.until_row(
        "SELECT 1 FROM stations_command WHERE payload ->> 'key' = 'SecurityProfile' AND state = 'accepted'"
    )
    await premises.inside(upgrades.follow_upgrades)


async def state_of(premises: Premises, upgrade: SecurityUpgrade) -> str:
    [(state,)] = await premises.rows("SELECT state FROM stations_securityupgrade WHERE id = %s", [upgrade.pk])
    return str(state)


async def pile_row(premises: Premises, identity: str) -> PileRow:
    row: PileRow = await premises.inside(PileRow.objects.get, pk=premises.ids[identity])
    return row


@pytest.mark.statement(13, 112, 114, 115)
@pytest.mark.parametrize("kind", list(KeyKind))
async def test_a_pile_climbs_to_profile_3_with_the_certificate_that_it_asked_for(
    premises: Premises, kind: KeyKind
) -> None:
    pile = await premises.pile("CP1", serial=SERIAL)
    row = await pile_row(premises, "CP1")
    operator = await premises.inside(selectors.cpo_name_of, row.tenant_id)
    given: list[str] = []

    async def ask_for_one(payload: dict[str, Any]) -> dict[str, str]:
        async def ask() -> None:
            answer = await pile.call("SignCertificate", {"csr": made.csr(SERIAL, operator, kind)})
            assert answer == {"status": "Accepted"}

        asking.append(asyncio.create_task(ask()))
        return {"status": "Accepted"}

    def take(payload: dict[str, Any]) -> dict[str, str]:
        given.append(payload["certificateChain"])
        return {"status": "Accepted"}

    asking: list[asyncio.Task[None]] = []
    pile.replies |= {"ExtendedTriggerMessage": ask_for_one, "CertificateSigned": take}
    upgrade = await premises.inside(upgrades.start_upgrade, row, actor=ACTOR, target=3, new_key=False)
    await pass_on(premises, 3, pile, upgrade)
    await asyncio.gather(*asking)
    await pile.disconnect()
    pile.check()

    roots = await premises.inside(selectors.authority_roots)
    assert await asyncio.to_thread(contexts(premises).reload, roots)
    tls = made.client(given[0], kind)
    async with Pile(premises.secured[3], "CP1", tls=tls) as secured:
        await secured.heartbeat()
    assert await state_of(premises, upgrade) == "done"

    old = Pile(premises.url, "CP1", key=bytes.fromhex(premises.keys["CP1"]))
    assert await refusal(old) == HTTPStatus.UNAUTHORIZED
    other = await premises.pile("CP2", serial="SN-78")
    await other.disconnect()
    await premises.inside(PileRow.objects.filter(identity="CP2").update, security_profile=3)
    assert await refusal(Pile(premises.secured[3], "CP2", tls=tls)) == HTTPStatus.FORBIDDEN

    certificate = await premises.inside(selectors.certificate_of, row)
    await premises.inside(certificates.revoke_certificate, certificate, actor=ACTOR, reason="stolen")
    assert await refusal(Pile(premises.secured[3], "CP1", tls=tls)) == HTTPStatus.FORBIDDEN
    events = await premises.until_row(
        "SELECT type, count FROM stations_securityevent WHERE source = 'central' ORDER BY type"
    )
    assert dict(events) == {"revoked_certificate": 1, "wrong_certificate": 1, "wrong_profile": 1}


@pytest.mark.statement(13, 109, 112)
async def test_a_pile_climbs_to_profile_2_and_its_password_goes_along(premises: Premises) -> None:
    pile = await premises.pile("CP1", serial=SERIAL)
    row = await pile_row(premises, "CP1")
    key = bytes.fromhex(premises.keys["CP1"])
    assert await refusal(Pile(premises.secured[2], "CP1", key=key, tls=made.client())) == 401
    upgrade = await premises.inside(upgrades.start_upgrade, row, actor=ACTOR, target=2, new_key=False)
    await pass_on(premises, 2, pile, upgrade)
    assert await state_of(premises, upgrade) == "return"
    async with Pile(premises.secured[2], "CP1", key=key, tls=made.client()) as secured:
        await secured.heartbeat()
    assert await state_of(premises, upgrade) == "done"
    assert await refusal(Pile(premises.url, "CP1", key=key)) == HTTPStatus.UNAUTHORIZED
    await pile.disconnect()


@pytest.mark.statement(117)
async def test_a_tls_handshake_that_fails_is_kept_as_a_security_event(premises: Premises) -> None:
    old = made.client(suite="ECDHE-RSA-AES128-SHA256", version=ssl.TLSVersion.TLSv1_2)
    for _ in range(2):
        await fails(Pile(premises.secured[2], "CP1", tls=old))
    kept = "SELECT info, remote FROM stations_securityevent WHERE type = 'tls_failed' AND count = 2"
    assert await premises.until_row(kept) == [("suite", "127.0.0.1")]
