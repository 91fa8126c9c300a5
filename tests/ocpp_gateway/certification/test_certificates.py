"""Security extension over TLS: certificates of piles and roots, security profiles and the doors for them."""

from __future__ import annotations

import asyncio
import ssl
from http import HTTPStatus
from typing import Any

import pytest

from stations import selectors
from stations.models import Certificate, Pile as PileRow, SecurityUpgrade
from stations.pki import KeyKind
from stations.services import certificates, devices, signing, upgrades
from tests.support import certificates as made
from tests.support.acceptance import Acceptance
from tests.support.handshakes import refusal
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]

POLICY_VIOLATION = 1008
HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a" * 64,
    "issuerKeyHash": "b" * 64,
    "serialNumber": "1f",
}


class Keyholder:
    """A pile that makes a key when it is asked to, and takes the certificate that comes of it."""

    def __init__(self, house: Acceptance, pile: Pile, serial: str, kind: KeyKind) -> None:
        self.house, self.pile, self.serial, self.kind = house, pile, serial, kind
        self.given: list[str] = []
        self.asking: list[asyncio.Task[None]] = []
        pile.replies |= {"ExtendedTriggerMessage": self._ask, "CertificateSigned": self._take}

    async def served(self) -> str:
        """The worker's rounds until the certificate is there."""
        async with asyncio.timeout(10):
            while not self.given:
                await self.house.inside(signing.follow_requests)
                await asyncio.sleep(0.01)
        await asyncio.gather(*self.asking)
        return self.given[-1]

    async def _ask(self, payload: dict[str, Any]) -> dict[str, str]:
        assert payload["requestedMessage"] == "SignChargePointCertificate"
        owner = await self.house.read(selectors.cpo_name_of, self.house.station.tenant_id)
        csr = made.csr(self.serial, owner, self.kind)

        async def ask() -> None:
            assert await self.pile.call("SignCertificate", {"csr": csr}) == {"status": "Accepted"}

        self.asking.append(asyncio.create_task(ask()))
        return {"status": "Accepted"}

    def _take(self, payload: dict[str, Any]) -> dict[str, str]:
        self.given.append(payload["certificateChain"])
        return {"status": "Accepted"}


@pytest.mark.statement(115)
@pytest.mark.parametrize("kind", list(KeyKind))
async def test_tc_074_update_the_certificate_of_a_pile(house: Acceptance, kind: KeyKind) -> None:
    """Asked by staff, the pile makes a key and asks for a certificate, which is signed and sent and known."""
    serial = f"SN-74-{kind}"
    async with await house.charge_point(serial=serial) as pile:
        holder = Keyholder(house, pile, serial, kind)
        await house.ask(certificates.ask_to_renew, await house.row(pile), reason="tests")
        chain = await holder.served()
        assert chain.startswith("-----BEGIN CERTIFICATE-----")
        known = await house.until(_taken_by, house.ids[pile.identity])
        assert (known.common_name, known.key_type) == (serial, kind.value)
        assert known.pem.strip() in chain


def _taken_by(pile_id: int) -> Certificate | None:
    signing.follow_requests()
    return Certificate.objects.filter(pile=pile_id, installed_at__isnull=False).first()


async def install(house: Acceptance, use: str) -> None:
    root = made.root().certificate
    async with await house.charge_point() as pile:
        for said, state in (("Accepted", "accepted"), ("Rejected", "rejected"), ("Failed", "rejected")):
            pile.replies["InstallCertificate"] = {"status": said}
            sent = await house.ask(
                certificates.install_root, await house.row(pile), certificate=root, use=use, reason="tests"
            )
            asked = (await pile.expect("InstallCertificate")).payload
            assert asked["certificateType"] == use
            assert asked["certificate"].strip() == root.strip()
            command = await house.answered(sent)
            assert (command.state, command.answer) == (state, {"status": said})


async def test_tc_075_1_install_the_root_of_the_manufacturer(house: Acceptance) -> None:
    """A root for the signatures of firmware; each of the three answers is told apart."""
    await install(house, "ManufacturerRootCertificate")


async def test_tc_075_2_install_the_root_of_the_central_system(house: Acceptance) -> None:
    """A root for our own certificate; each of the three answers is told apart."""
    await install(house, "CentralSystemRootCertificate")


async def test_tc_076_delete_a_certificate(house: Acceptance) -> None:
    """The pile tells its roots, one of them is deleted as it named it; that in use is not."""
    async with await house.charge_point() as pile:
        pile.replies["GetInstalledCertificateIds"] = {"status": "Accepted", "certificateHashData": [HASHES]}
        read = await house.ask(
            certificates.read_installed, await house.row(pile), use="CentralSystemRootCertificate"
        )
        [found] = (await house.answered(read)).answer["certificateHashData"]
        for said, state in (("Accepted", "accepted"), ("Failed", "rejected"), ("NotFound", "rejected")):
            pile.replies["DeleteCertificate"] = {"status": said}
            sent = await house.ask(
                certificates.delete_root, await house.row(pile), data=found, reason="tests"
            )
            command = await house.answered(sent)
            assert command.payload == {"certificateHashData": HASHES}
            assert (command.state, command.answer) == (state, {"status": said})


async def raised(house: Acceptance, pile: Pile, target: int, *, key: bool = False) -> SecurityUpgrade:
    """Staff raise the profile of a pile; until it has agreed to the last step."""
    upgrade: SecurityUpgrade = await house.ask(
        upgrades.start_upgrade, await house.row(pile), target=target, new_key=key
    )
    wanted = {"key": "SecurityProfile", "value": str(target)}
    async with asyncio.timeout(20):
        while wanted not in [command.payload for command in pile.commands]:
            await house.inside(upgrades.follow_upgrades)
            await house.inside(signing.follow_requests)
            await asyncio.sleep(0.01)
    await house.until(_agreed, house.ids[pile.identity])
    await house.inside(upgrades.follow_upgrades)
    return upgrade


def _agreed(pile_id: int) -> bool:
    change = selectors.commands_of(pile_id).filter(payload__key="SecurityProfile", state="accepted")
    return bool(change.exists())


async def state_of(house: Acceptance, upgrade: SecurityUpgrade) -> str:
    found = await house.inside(SecurityUpgrade.objects.get, pk=upgrade.pk)
    return str(found.state)


@pytest.mark.statement(13, 112)
async def test_tc_083_upgrade_the_security_profile(secured: Acceptance) -> None:
    """The pile agrees to profile 2, comes back over TLS, and is not let in over the open line any more."""
    house = secured
    pile = await house.charge_point()
    key = bytes.fromhex(house.keys[pile.identity])
    upgrade = await raised(house, pile, 2)
    await pile.disconnect()
    pile.check()
    async with Pile(house.secured[2], pile.identity, key=key, tls=made.client()) as again:
        await again.heartbeat()
        assert await state_of(house, upgrade) == "done"
        assert (await house.row(pile)).security_profile == 2
        assert await refusal(Pile(house.url, pile.identity, key=key)) == HTTPStatus.UNAUTHORIZED


@pytest.mark.statement(113)
@pytest.mark.parametrize(
    ("kind", "suite"),
    [
        (KeyKind.EC, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (KeyKind.EC, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (KeyKind.RSA, "AES128-GCM-SHA256"),
        (KeyKind.RSA, "AES256-GCM-SHA384"),
    ],
)
async def test_tc_086_tls_server_certificate(secured: Acceptance, kind: KeyKind, suite: str) -> None:
    """A pile that knows one suite and one root is served with the certificate for it, and does as it is asked."""
    house = secured
    pile = await house.charge_point()
    await pile.disconnect()
    await house.ask(upgrades.set_profile, await house.row(pile), profile=2, reason="set on site")
    key, tls = (
        bytes.fromhex(house.keys[pile.identity]),
        made.client(suite=suite, version=ssl.TLSVersion.TLSv1_2, trusts=(kind,)),
    )
    async with Pile(house.secured[2], pile.identity, key=key, tls=tls) as again:
        await again.heartbeat()
        assert (await house.run(again, "ClearCache")).state == "accepted"
    wrong = Pile(house.secured[2], pile.identity, key=b"x" * 20, tls=tls)
    assert await refusal(wrong) == HTTPStatus.UNAUTHORIZED


@pytest.mark.quirk("pinned-root")
async def test_a_pile_that_trusts_no_root_of_ours_any_more_goes_back_to_the_open_line(
    secured: Acceptance,
) -> None:
    """Its root is pinned in its firmware: only who stands at the pile can set it back, and says so here."""
    house = secured
    pile = await house.charge_point()
    await pile.disconnect()
    key = bytes.fromhex(house.keys[pile.identity])
    for profile, status in ((2, HTTPStatus.UNAUTHORIZED), (1, None)):
        await house.ask(upgrades.set_profile, await house.row(pile), profile=profile, reason="set on site")
        plain = Pile(house.url, pile.identity, key=key)
        if status is not None:
            assert await refusal(plain) == status
            continue
        async with plain:
            await plain.heartbeat()


@pytest.mark.statement(114)
async def test_tc_087_tls_client_certificate(secured: Acceptance) -> None:
    """The pile proves who it is by the certificate that it asked us for; without it, or with another's, not."""
    house = secured
    serial = "SN-87"
    pile = await house.charge_point(serial=serial)
    holder = Keyholder(house, pile, serial, KeyKind.EC)
    upgrade = await raised(house, pile, 3)
    chain = await holder.served()
    await pile.disconnect()
    pile.check()
    assert house.tls is not None
    roots = await house.inside(selectors.authority_roots)
    await asyncio.to_thread(house.tls.reload, roots)
    mine = made.client(chain, KeyKind.EC)
    async with Pile(house.secured[3], pile.identity, tls=mine) as again:
        await again.heartbeat()
        assert await state_of(house, upgrade) == "done"
        command = await house.run(again, "ClearCache")
        assert command.state == "accepted"
    other = await house.charge_point(serial="SN-88")
    await other.disconnect()
    await house.inside(PileRow.objects.filter(pk=house.ids[other.identity]).update, security_profile=3)
    assert await refusal(Pile(house.secured[3], other.identity, tls=mine)) == HTTPStatus.FORBIDDEN


async def in_profile_3(house: Acceptance, serial: str) -> tuple[Pile, ssl.SSLContext]:
    """A pile that got its certificate from us and is connected with it, and its side of TLS."""
    pile = await house.charge_point(serial=serial)
    holder = Keyholder(house, pile, serial, KeyKind.EC)
    await raised(house, pile, 3)
    chain = await holder.served()
    await pile.disconnect()
    assert house.tls is not None
    await asyncio.to_thread(house.tls.reload, await house.inside(selectors.authority_roots))
    mine = made.client(chain, KeyKind.EC)
    secured = Pile(house.secured[3], pile.identity, tls=mine)
    await secured.connect()
    await secured.heartbeat()
    return secured, mine


@pytest.mark.statement(114)
async def test_a_certificate_that_staff_revoke_ends_the_connection_that_it_opened(
    secured: Acceptance,
) -> None:
    """Not only the next one: whoever came in with it is shown out at once, and his neighbour stays."""
    house = secured
    pile, mine = await in_profile_3(house, "SN-114")
    neighbour, _ = await in_profile_3(house, "SN-115")
    certificate = await house.inside(selectors.certificate_of, await house.row(pile))

    await house.ask(certificates.revoke_certificate, certificate, reason="board stolen")

    assert await pile.closed(2.0) == POLICY_VIOLATION
    assert pile.socket is not None and pile.socket.close_reason == "revoked_certificate"
    again = Pile(house.secured[3], pile.identity, tls=mine)
    assert await refusal(again) == HTTPStatus.FORBIDDEN
    await neighbour.heartbeat()
    await neighbour.disconnect()
    await house.until(_is_away, house.ids[pile.identity])


@pytest.mark.statement(111)
async def test_a_pile_that_took_a_new_password_comes_back_with_it_over_tls(secured: Acceptance) -> None:
    """It need not end its connection by itself: what it was opened with is dead."""
    house = secured
    pile = await house.charge_point()
    await pile.disconnect()
    await house.until(_is_away, house.ids[pile.identity])
    await house.ask(upgrades.set_profile, await house.row(pile), profile=2, reason="set on site")
    old = bytes.fromhex(house.keys[pile.identity])
    over_tls = Pile(house.secured[2], pile.identity, key=old, tls=made.client())
    await over_tls.connect()
    await over_tls.heartbeat()
    await house.until(_is_here, house.ids[pile.identity])

    key, command = await house.ask(devices.rotate_key, await house.row(pile), reason="yearly")

    assert await over_tls.closed(2.0) == POLICY_VIOLATION
    assert (await house.answered(command)).state == "accepted"
    over_tls.check()
    assert await refusal(Pile(house.secured[2], pile.identity, key=old, tls=made.client())) == 401
    new = Pile(house.secured[2], pile.identity, key=bytes.fromhex(key), tls=made.client())
    await house.until(_is_away, house.ids[pile.identity])
    async with new:
        await new.heartbeat()
        await house.until(_is_here, house.ids[pile.identity])
        assert (await house.run(new, "ClearCache")).state == "accepted"


def _is_here(pile_id: int) -> bool:
    return PileRow.objects.filter(pk=pile_id, online=True).exists()


def _is_away(pile_id: int) -> bool:
    return PileRow.objects.filter(pk=pile_id, online=False).exists()
