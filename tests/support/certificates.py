"""Keys and certificates for tests, each made once in a run, and TLS clients that show or trust them.

Making an RSA key takes a second on a busy machine; nothing here is secret.
"""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ocpp_gateway.tls import CertificateFiles
from stations import pki
from stations.pki import Authority, KeyKind

OWNER = "Hanglu Power"
PEM = serialization.Encoding.PEM


@cache
def folder() -> Path:
    """A folder of this process for what OpenSSL reads from files."""
    return Path(tempfile.mkdtemp(prefix="pilehouse-tls-"))


def root(kind: KeyKind = KeyKind.EC, name: str = "Tests") -> Authority:
    """Who signs: the same for the same words."""
    return _root(kind, name)


@cache
def _root(kind: KeyKind, name: str) -> Authority:
    return pki.make_authority(f"{name} {kind}", organization=name, kind=kind, at=datetime.now(UTC))


@cache
def key(kind: KeyKind, size: int) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """A key of a pile; of the usual ``size`` where that is 0."""
    if kind is KeyKind.RSA:
        return rsa.generate_private_key(65537, size or 2048)
    return ec.generate_private_key(ec.SECP192R1() if size == 192 else ec.SECP256R1())


def key_text(kind: KeyKind = KeyKind.EC) -> str:
    encoding = serialization.PrivateFormat.PKCS8
    return key(kind, 0).private_bytes(PEM, encoding, serialization.NoEncryption()).decode()


def csr(
    serial: str | None,
    organization: str | None = OWNER,
    kind: KeyKind = KeyKind.EC,
    *,
    size: int = 0,
    more: tuple[tuple[x509.ObjectIdentifier, str], ...] = (),
) -> str:
    """What a pile asks for, as PEM."""
    named = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, serial), *more]
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in named if text is not None])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key(kind, size), hashes.SHA256()).public_bytes(PEM).decode()


def certificate(
    serial: str,
    organization: str = OWNER,
    kind: KeyKind = KeyKind.EC,
    *,
    by: Authority | None = None,
    ended: bool = False,
) -> str:
    """The certificate of a pile; one that ``ended`` did so yesterday."""
    at = datetime.now(UTC) - timedelta(days=pki.PILE_DAYS + 1 if ended else 0)
    return pki.issue(pki.read_csr(csr(serial, organization, kind)), by or root(), at=at)


def server(kind: KeyKind, number: int = 0) -> tuple[Path, Path]:
    """Files of a gateway's certificate and key; another ``number`` is another certificate."""
    return _server(kind, number)


@cache
def _server(kind: KeyKind, number: int) -> tuple[Path, Path]:
    made = pki.make_server(
        ["localhost", "127.0.0.1"], root(kind), kind=kind, organization="Tests", at=datetime.now(UTC)
    )
    chain, own = folder() / f"server-{kind}-{number}.pem", folder() / f"server-{kind}-{number}.key"
    chain.write_text(made.certificate)
    own.write_text(made.key)
    return chain, own


def both_servers() -> CertificateFiles:
    return CertificateFiles(pairs=(server(KeyKind.RSA), server(KeyKind.EC)))


def client(
    shown: str = "",
    kind: KeyKind = KeyKind.EC,
    *,
    suite: str = "",
    version: ssl.TLSVersion | None = None,
    trusts: tuple[KeyKind, ...] = (KeyKind.RSA, KeyKind.EC),
) -> ssl.SSLContext:
    """A pile's side of TLS. ``suite`` is one of TLS 1.2, ``version`` the only one that it speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for one in trusts:
        context.load_verify_locations(cadata=root(one).certificate)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if suite:
        context.set_ciphers(suite)
    if shown:
        name = f"{hash((shown, kind)) & 0xFFFFFFFF:x}"
        chain, own = folder() / f"client-{name}.pem", folder() / f"client-{name}.key"
        chain.write_text(shown)
        own.write_text(key_text(kind))
        context.load_cert_chain(chain, own)
    return context
