"""Security profiles 2 and 3 over real sockets: versions, suites, certificates, and what costs a failed attempt."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.exceptions import InvalidMessage

from ocpp_gateway import wire
from ocpp_gateway.server import Gateway, Listener
from ocpp_gateway.tls import BadCertificates, CertificateFiles, Contexts, TlsPort
from stations.pki import KeyKind
from tests.ocpp_gateway.conftest import KEY, QUICK, Site
from tests.support import certificates as made
from tests.support.handshakes import refusal
from tests.support.pile import Pile
from tests.support.waiting import until

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
RSA_SUITES = ("AES128-GCM-SHA256", "AES256-GCM-SHA384")
EC_SUITES = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")


class TlsSite(Site):
    """A port for each profile; ``urls`` by profile."""

    async def start(self) -> None:
        roots = made.root(KeyKind.EC).certificate + made.root(KeyKind.RSA).certificate
        self.contexts = Contexts(made.both_servers(), client_roots=roots)
        self.gateway = Gateway(
            self.central, name="g1", policy=QUICK, notes=lambda: {"tls": self.contexts.trouble}
        )
        ports = await self.gateway.start(
            [
                Listener(host="127.0.0.1", port=0),
                Listener(host="127.0.0.1", port=0, security_profile=2, tls=TlsPort(contexts=self.contexts)),
                Listener(
                    host="127.0.0.1",
                    port=0,
                    security_profile=3,
                    tls=TlsPort(contexts=self.contexts, mutual=True),
                ),
            ]
        )
        self.ports = dict(zip((1, 2, 3), ports, strict=True))
        self.urls = {
            profile: f"{'wss' if profile > 1 else 'ws'}://127.0.0.1:{port}/ocpp"
            for profile, port in self.ports.items()
        }

    def known(self, profile: int, tls: ssl.SSLContext | None, *, key: bytes | None = KEY) -> Pile:
        """A pile of this profile, known to the house."""
        if "CP1" not in self.central.piles:
            self.central.add_pile("CP1", key=key, security_profile=profile)
        return Pile(self.urls[profile], "CP1", key=key, tls=tls)

    async def failure(self) -> str:
        """Why TLS failed, as the house was told."""
        await until(lambda: self.central.refusals)
        [(hello, reason)] = self.central.refusals
        assert reason is wire.RefusalReason.TLS_FAILED and hello.remote == "127.0.0.1"
        return hello.detail


@pytest.fixture
async def site() -> AsyncIterator[TlsSite]:
    site = TlsSite(QUICK)
    await site.start()
    yield site
    await site.gateway.drain()


def secured(pile: Pile) -> ssl.SSLObject:
    assert pile.socket is not None
    found: ssl.SSLObject = pile.socket.transport.get_extra_info("ssl_object")
    return found


async def fails(pile: Pile) -> None:
    """With TLS 1.3 a client hears only after its part that it was not let in."""
    with pytest.raises((OSError, InvalidMessage)):
        await pile.connect()


@pytest.mark.statement(113)
@pytest.mark.parametrize("suite", [*RSA_SUITES, *EC_SUITES])
async def test_tc_086_each_of_the_four_suites_is_spoken(site: TlsSite, suite: str) -> None:
    async with site.known(2, made.client(suite=suite, version=TLS12)) as pile:
        await pile.heartbeat()
        tls = secured(pile)
        assert tls.cipher()[0] == suite and tls.version() == "TLSv1.2"  # type: ignore[index]
        assert tls.compression() is None


@pytest.mark.statement(113)
async def test_tls_1_3_is_spoken(site: TlsSite) -> None:
    async with site.known(2, made.client(version=TLS13)) as pile:
        await pile.heartbeat()
        assert secured(pile).version() == "TLSv1.3"


@pytest.mark.statement(113)
@pytest.mark.parametrize("kind", list(KeyKind))
async def test_a_pile_that_trusts_one_kind_of_key_gets_a_certificate_of_that_kind(
    site: TlsSite, kind: KeyKind
) -> None:
    suite = RSA_SUITES[0] if kind is KeyKind.RSA else EC_SUITES[0]
    async with site.known(2, made.client(suite=suite, version=TLS12, trusts=(kind,))) as pile:
        await pile.heartbeat()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
@pytest.mark.statement(113, 117)
async def test_tls_1_1_is_refused(site: TlsSite) -> None:
    old = made.client(suite="DEFAULT@SECLEVEL=0", version=ssl.TLSVersion.TLSv1_1)
    await fails(site.known(2, old))
    assert await site.failure() == "version"


@pytest.mark.statement(113, 117)
async def test_a_suite_that_is_not_ours_is_refused(site: TlsSite) -> None:
    await fails(site.known(2, made.client(suite="ECDHE-RSA-AES128-SHA256", version=TLS12)))
    assert await site.failure() == "suite"


@pytest.mark.statement(109, 110)
@pytest.mark.parametrize("sent", [KEY, KEY.hex().encode()])
async def test_a_password_is_as_good_over_tls_as_bytes_and_as_digits(site: TlsSite, sent: bytes) -> None:
    site.central.add_pile("CP1", key=KEY, security_profile=2)
    async with Pile(site.urls[2], "CP1", key=sent, tls=made.client()) as pile:
        await pile.heartbeat()
    assert site.central.hellos[0].security_profile == 2 and site.central.hellos[0].certificate is None


async def test_wrong_credentials_over_tls_get_401(site: TlsSite) -> None:
    site.central.add_pile("CP1", key=KEY, security_profile=2)
    pile = Pile(site.urls[2], "CP1", key=b"wrong", tls=made.client())
    assert await refusal(pile) == HTTPStatus.UNAUTHORIZED


@pytest.mark.statement(13)
async def test_a_pile_of_profile_2_is_refused_on_the_plain_port(site: TlsSite) -> None:
    site.central.add_pile("CP1", key=KEY, security_profile=2)
    assert await refusal(Pile(site.urls[1], "CP1", key=KEY)) == HTTPStatus.UNAUTHORIZED
    assert len(site.gateway.registry) == 0


@pytest.mark.statement(114)
@pytest.mark.parametrize("kind", list(KeyKind))
async def test_tc_087_the_house_is_told_what_the_certificate_says(site: TlsSite, kind: KeyKind) -> None:
    shown = made.certificate("SN-1", kind=kind)
    async with site.known(3, made.client(shown, kind), key=None) as pile:
        await pile.heartbeat()
    [hello] = site.central.hellos
    certificate = hello.certificate
    assert certificate is not None and hello.password is None
    assert (certificate.common_name, certificate.organizations) == ("SN-1", (made.OWNER,))
    assert certificate.not_after is not None and certificate.not_after > datetime.now(UTC)
    assert len(certificate.fingerprint) == 64 and certificate.serial_number


@pytest.mark.statement(114, 117)
@pytest.mark.parametrize(
    ("which", "why"),
    [("none", "no_certificate"), ("foreign", "foreign"), ("ended", "expired")],
)
@pytest.mark.parametrize("version", [TLS12, TLS13])
async def test_without_a_certificate_that_counts_nobody_comes_in(
    site: TlsSite, which: str, why: str, version: ssl.TLSVersion
) -> None:
    shown = {
        "none": "",
        "foreign": made.certificate("SN-1", by=made.root(KeyKind.EC, "Foreign")),
        "ended": made.certificate("SN-1", ended=True),
    }[which]
    pile = site.known(3, made.client(shown, version=version), key=None)
    await fails(pile)
    assert await site.failure() == why
    assert site.central.hellos == [] and len(site.gateway.registry) == 0


@pytest.mark.statement(117)
async def test_plain_http_on_a_port_with_tls_is_counted_and_closed(site: TlsSite) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.ports[2])
    writer.write(b"GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"HTTP/1.1" not in await reader.read()
    writer.close()
    assert await site.failure() == "plain_http"
    assert b'result="tls_failed"} 1.0' in site.gateway.metrics.render()


async def test_health_is_told_over_tls_too(site: TlsSite) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.ports[2], ssl=made.client())
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b'"status": "ok"' in await reader.read()
    writer.close()


async def test_a_failed_attempt_costs_the_neighbour_nothing(site: TlsSite) -> None:
    async with site.known(2, made.client()) as pile:
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", site.ports[2])
            writer.write(b"\x16\x03\x01\x00\x05hello")
            await reader.read()
            writer.close()
        assert len(site.central.refusals) == 5
        await pile.heartbeat()


class TestReload:
    """New handshakes get what is new; sockets stay; what is broken changes nothing."""

    @pytest.fixture
    async def site(self, tmp_path: Path) -> AsyncIterator[TlsSite]:
        site = TlsSite(QUICK)
        await site.start()
        chain, own = made.server(KeyKind.EC)
        self.chain, self.key = tmp_path / "chain.pem", tmp_path / "key.pem"
        shutil.copy(chain, self.chain)
        shutil.copy(own, self.key)
        site.contexts.__init__(CertificateFiles(pairs=((self.chain, self.key),)))  # type: ignore[misc]
        yield site
        await site.gateway.drain()

    async def served(self, site: TlsSite) -> bytes | None:
        pile = Pile(site.urls[2], "CP1", key=KEY, tls=made.client())
        async with pile:
            return secured(pile).getpeercert(binary_form=True)

    async def test_a_new_certificate_is_served_and_old_sockets_stay(self, site: TlsSite) -> None:
        async with site.known(2, made.client()) as pile:
            before = secured(pile).getpeercert(binary_form=True)
            for source, target in zip(made.server(KeyKind.EC, 1), (self.chain, self.key), strict=True):
                shutil.copy(source, target)
            assert site.contexts.reload()
            await pile.heartbeat()
        assert await self.served(site) != before

    async def test_a_broken_one_is_not_and_is_told(self, site: TlsSite) -> None:
        site.known(2, None)
        before = await self.served(site)
        self.chain.write_text("nothing of the kind")
        assert not site.contexts.reload()
        assert await self.served(site) == before
        well, said = site.gateway.health()
        assert well and "chain.pem" in str(said["notes"])

        shutil.copy(made.server(KeyKind.EC)[0], self.chain)
        site.contexts.reload()
        assert site.contexts.trouble == ""

    async def test_a_key_that_does_not_fit_is_not_served(self, site: TlsSite) -> None:
        shutil.copy(made.server(KeyKind.EC, 1)[1], self.key)
        assert not site.contexts.reload()
        assert "key values mismatch" in site.contexts.trouble.lower().replace("_", " ")

    async def test_nothing_new_changes_nothing(self, site: TlsSite) -> None:
        context = site.contexts.plain
        assert not site.contexts.reload()
        assert site.contexts.plain is context

    async def test_a_gateway_does_not_start_with_what_it_cannot_serve(self, site: TlsSite) -> None:
        for pairs in ((), ((self.chain, self.chain),), ((self.chain, self.key.with_suffix(".gone")),)):
            with pytest.raises(BadCertificates):
                Contexts(CertificateFiles(pairs=pairs))

    async def test_a_pile_of_an_authority_that_is_new_comes_in_after_a_reload(self, site: TlsSite) -> None:
        shown = made.certificate("SN-1")
        await fails(site.known(3, made.client(shown), key=None))
        assert site.contexts.reload(made.root().certificate)
        async with site.known(3, made.client(shown), key=None) as pile:
            await pile.heartbeat()
