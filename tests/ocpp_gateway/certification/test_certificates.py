"""Security extension over TLS: certificates of both sides, roots, and the raise of the security profile."""

from __future__ import annotations

import asyncio
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from ocpp_gateway.tls import Contexts
from stations import pki, selectors
from stations.models import Certificate, SecurityUpgrade
from stations.pki import KeyKind
from stations.services import certificates, signing, upgrades
from tests.ocpp_gateway.protocol.test_tls import fails
from tests.support import certificates as made
from tests.support.acceptance import Acceptance
from tests.support.handshakes import refusal
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _served(settings: LazySettings, tmp_path: Path) -> None:
    settings.OCPP_TLS_PORT = settings.OCPP_MTLS_PORT = 1
    (tmp_path / "roots.pem").write_text(made.root().certificate)
    settings.OCPP_TLS_ROOTS = str(tmp_path / "roots.pem")


async def trust(house: Acceptance, contexts: Contexts) -> None:
    """What a gateway does every few seconds: trust the authorities that there are now."""
    roots = await house.inside(selectors.authority_roots)
    await asyncio.to_thread(contexts.reload, roots)


async def certified(house: Acceptance, kind: KeyKind, **over: Any) -> tuple[Pile, ssl.SSLContext]:
    """A pile that was asked for a request, sent one, and took its certificate."""
    identity = house.new_identity()
    pile = await house.charge_point(identity, serial=f"SN-{identity}", **over)
    row = await house.row(pile)
    command = await house.ask(certificates.ask_to_renew, row, reason="yearly")
    asked = (await pile.expect("ExtendedTriggerMessage")).payload
    assert asked == {"requestedMessage": "SignChargePointCertificate"}
    assert (await house.answered(command)).answer == {"status": "Accepted"}

    name = await house.inside(selectors.cpo_name_of, row.tenant_id)
    request = made.csr(f"SN-{identity}", name, kind)
    assert await pile.call("SignCertificate", {"csr": request}) == {"status": "Accepted"}
    await house.took_effect(command)
    await house.inside(signing.follow_requests)
    chain = (await pile.expect("CertificateSigned")).payload["certificateChain"]
    await house.until(_taken, row.pk)
    assert pki.facts_of(chain).common_name == f"SN-{identity}"
    return pile, made.client(chain, kind)


def _taken(pile_id: int) -> Certificate | None:
    signing.follow_requests()
    return Certificate.objects.filter(pile=pile_id, installed_at__isnull=False).first()


@pytest.mark.statement(115)
@pytest.mark.parametrize("kind", list(KeyKind))
async def test_tc_074_change_the_certificate_of_the_pile(house: Acceptance, kind: KeyKind) -> None:
    """Triggered, requested, signed, sent and taken, with either kind of key."""
    pile, _ = await certified(house, kind)
    await pile.disconnect()


async def root(house: Acceptance, use: str) -> tuple[Pile, dict[str, str]]:
    """A pile that was given a root and tells that it has it: the pile, and how it names the root."""
    pile = await house.charge_point()
    row = await house.row(pile)
    text = made.root().certificate
    command = await house.ask(certificates.install_root, row, certificate=text, use=use, reason="new root")
    assert (await pile.expect("InstallCertificate")).payload == {"certificateType": use, "certificate": text}
    assert (await house.answered(command)).answer == {"status": "Accepted"}
    identifier = pki.id_of(text, "SHA256")
    assert identifier is not None
    names = ("issuerNameHash", "issuerKeyHash", "serialNumber")
    data = {"hashAlgorithm": "SHA256", **dict(zip(names, identifier, strict=True))}
    pile.replies["GetInstalledCertificateIds"] = {"status": "Accepted", "certificateHashData": [data]}
    command = await house.ask(certificates.read_installed, row, use=use)
    await pile.expect("GetInstalledCertificateIds")
    await house.answered(command)
    [known] = (await house.read(selectors.installed_roots, row.pk))[use][1]
    assert known == data
    return pile, data


async def test_tc_075_1_install_a_root_of_the_manufacturer(house: Acceptance) -> None:
    """Installed, and told when asked."""
    pile, _ = await root(house, "ManufacturerRootCertificate")
    await pile.disconnect()


async def test_tc_075_2_install_a_root_of_the_central_system(house: Acceptance) -> None:
    """Installed, and told when asked."""
    pile, _ = await root(house, "CentralSystemRootCertificate")
    await pile.disconnect()


async def test_tc_076_delete_a_certificate(house: Acceptance) -> None:
    """By the hashes by which the pile named it."""
    pile, data = await root(house, "CentralSystemRootCertificate")
    row = await house.row(pile)
    command = await house.ask(certificates.delete_root, row, data=data, reason="old")
    assert (await pile.expect("DeleteCertificate")).payload == {"certificateHashData": data}
    assert (await house.answered(command)).answer == {"status": "Accepted"}
    await pile.disconnect()


@pytest.mark.statement(13, 112)
async def test_tc_083_raise_the_security_profile(house: Acceptance) -> None:
    """The pile agrees, comes back over TLS, and is let in no other way from then on."""
    pile = await house.charge_point()
    key = bytes.fromhex(house.keys[pile.identity])
    row = await house.row(pile)
    upgrade = await house.ask(
        upgrades.start_upgrade, row, target=2, new_key=False, install_roots=False, reason="policy"
    )
    wanted = {"key": "SecurityProfile", "value": "2"}
    await house.until(lambda: _follow(upgrade) and wanted in [one.payload for one in pile.commands])
    await house.until(lambda: _follow(upgrade) == "return")
    await pile.disconnect()
    async with Pile(house.secured[2], pile.identity, key=key, tls=made.client()) as again:
        await again.heartbeat()
    assert await house.inside(_follow, upgrade) == "done"
    assert await refusal(Pile(house.url, pile.identity, key=key)) == HTTPStatus.UNAUTHORIZED


def _follow(upgrade: SecurityUpgrade) -> str:
    upgrades.follow_upgrades()
    return SecurityUpgrade.objects.get(pk=upgrade.pk).state


@pytest.mark.statement(113)
@pytest.mark.parametrize("kind", list(KeyKind))
async def test_tc_086_tls_with_a_certificate_of_the_server(house: Acceptance, kind: KeyKind) -> None:
    """The pile checks our certificate, of the kind that it knows, and signs in with its password."""
    pile = await house.charge_point()
    await pile.disconnect()
    row = await house.row(pile)
    await house.ask(upgrades.set_profile, row, profile=2, reason="set on site")
    key = bytes.fromhex(house.keys[pile.identity])
    suite = "AES128-GCM-SHA256" if kind is KeyKind.RSA else "ECDHE-ECDSA-AES128-GCM-SHA256"
    tls = made.client(suite=suite, version=ssl.TLSVersion.TLSv1_2, trusts=(kind,))
    async with Pile(house.secured[2], pile.identity, key=key, tls=tls) as secured:
        await secured.heartbeat()


@pytest.mark.statement(114, 117)
async def test_tc_087_tls_with_a_certificate_of_the_pile(house: Acceptance, contexts: Contexts) -> None:
    """The certificate alone opens the door, for its pile; none, and another's, do not."""
    pile, tls = await certified(house, KeyKind.EC)
    await pile.disconnect()
    await trust(house, contexts)
    await house.ask(upgrades.set_profile, await house.row(pile), profile=3, reason="set on site")
    async with Pile(house.secured[3], pile.identity, tls=tls) as secured:
        await secured.heartbeat()
    await fails(Pile(house.secured[3], pile.identity, tls=made.client()))
    other = await house.charge_point(serial="SN-OTHER")
    await other.disconnect()
    await house.ask(upgrades.set_profile, await house.row(other), profile=3, reason="set on site")
    assert await refusal(Pile(house.secured[3], other.identity, tls=tls)) == HTTPStatus.FORBIDDEN
