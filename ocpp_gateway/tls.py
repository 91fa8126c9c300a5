"""TLS in front of the WebSocket server: certificates that change while sockets stay, and handshakes that fail.

TLS 1.2 with the four suites of the security white paper and TLS 1.3, no compression, no renegotiation
(A00.FR.312-324). A handshake is only begun for an address that behaves, takes a bounded time and a
bounded number of them run at once; one that fails is told, with the address and why, and costs nobody else.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from ocpp_gateway.certificate import ClientCertificate
from ocpp_gateway.policy import Policy

log = logging.getLogger(__name__)

SUITES: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-GCM-SHA384"
)
_OPTIONS: Final = ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE


class BadCertificates(Exception):
    """What should be served cannot be; the text says which file and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """PEM files: a (chain, key) for each kind of key, at most one RSA and one ECDSA; and whose clients to trust."""

    pairs: tuple[tuple[Path, Path], ...]
    client_roots: Path | None = None


class Contexts:
    """What new handshakes use. ``reload`` changes it; sockets that are open keep what they have.

    ``trouble`` says why what lies on the disk is not in use, "" where it is. ``expires_at`` is when the
    first of the served certificates ends.
    """

    def __init__(self, files: CertificateFiles, *, client_roots: str = "") -> None:
        """Raises BadCertificates: a gateway does not start with what it cannot serve."""
        self._files = files
        self._seen = self._read(client_roots)
        self.trouble = ""
        self._use(client_roots)

    def reload(self, client_roots: str = "") -> bool:
        """Look whether anything changed, and use it if it is good. ``client_roots``: PEM of our own authorities.

        Reads files: not for the event loop. Returns whether something else is used from now on.
        """
        try:
            seen = self._read(client_roots)
            if seen == self._seen and not self.trouble:
                return False
            self._use(client_roots)
        except BadCertificates as error:
            if str(error) != self.trouble:
                log.error("the certificates were not reloaded: %s", error)
            self.trouble = str(error)
            return False
        changed = seen != self._seen
        self._seen, self.trouble = seen, ""
        if changed:
            log.info("certificates reloaded", extra={"expires_at": self.expires_at.isoformat()})
        return changed

    def served_until(self) -> float:
        """Unix time at which the first of the certificates ends."""
        return self.expires_at.timestamp()

    def _read(self, client_roots: str) -> bytes:
        digest = hashlib.sha256(client_roots.encode())
        wanted = [path for pair in self._files.pairs for path in pair]
        for path in [*wanted, *([self._files.client_roots] if self._files.client_roots else [])]:
            try:
                digest.update(path.read_bytes())
            except OSError as error:
                raise BadCertificates(f"{path}: {error.strerror}") from None
        return digest.digest()

    def _use(self, client_roots: str) -> None:
        plain, mutual = _new_context(self._files.pairs), _new_context(self._files.pairs)
        mutual.verify_mode = ssl.CERT_REQUIRED
        try:
            if client_roots:
                mutual.load_verify_locations(cadata=client_roots)
            if self._files.client_roots:
                mutual.load_verify_locations(cafile=self._files.client_roots)
        except (ssl.SSLError, ValueError, OSError) as error:
            raise BadCertificates(f"the roots of clients: {error}") from None
        self.expires_at = min(_ends(chain) for chain, _ in self._files.pairs)
        self.plain, self.mutual = plain, mutual


def _new_context(pairs: Sequence[tuple[Path, Path]]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES)
    context.options |= _OPTIONS
    if not pairs:
        raise BadCertificates("no certificate is named")
    for chain, key in pairs:
        try:
            context.load_cert_chain(chain, key, password=_no_password)
        except (ssl.SSLError, ValueError, OSError) as error:
            raise BadCertificates(f"{chain}: {error}") from None
    return context


def _no_password() -> str:
    raise ValueError("the key is locked with a password")


def _ends(chain: Path) -> datetime:
    try:
        return x509.load_pem_x509_certificates(chain.read_bytes())[0].not_valid_after_utc
    except (ValueError, OSError) as error:
        raise BadCertificates(f"{chain}: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPort:
    """What a listener needs to speak TLS. ``mutual`` asks piles for a certificate (security profile 3)."""

    contexts: Contexts
    mutual: bool = False

    @property
    def context(self) -> ssl.SSLContext:
        return self.contexts.mutual if self.mutual else self.contexts.plain


class TlsDoor:
    """TLS handshakes of one listener.

    ``allow`` is asked whether an address may begin one; ``failed`` is told the address and why one came to nothing,
    ``turned_away`` counts those that were not begun.
    """

    def __init__(
        self,
        port: TlsPort,
        policy: Policy,
        *,
        allow: Callable[[str], bool],
        failed: Callable[[str, str], None],
        turned_away: Callable[[], None],
    ) -> None:
        self._port, self._policy = port, policy
        self._allow, self._failed, self._turned_away = allow, failed, turned_away
        self._running: dict[asyncio.Task[None], asyncio.BaseTransport] = {}
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._running)

    def secure(
        self,
        transport: asyncio.Transport,
        protocol: asyncio.Protocol,
        made: Callable[[asyncio.BaseTransport], None],
    ) -> None:
        """Shake hands, then let ``made`` have the secured transport and ``protocol`` what comes through it."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        full = (
            len(self._running) >= self._policy.tls_handshakes
            or self._by_address[address] >= self._policy.tls_handshakes_per_address
        )
        gate = _Gate()
        transport.set_protocol(gate)
        if full or not self._allow(address):
            self._turned_away()
            transport.abort()
            return
        transport.pause_reading()
        task = asyncio.get_running_loop().create_task(
            self._shake_hands(transport, gate, protocol, made, address)
        )
        self._running[task] = transport
        self._by_address[address] += 1
        task.add_done_callback(lambda done: self._ended(done, address))

    def close(self) -> None:
        """Give up the handshakes that are not through."""
        for task, transport in list(self._running.items()):
            task.cancel()
            if isinstance(transport, asyncio.Transport):
                transport.abort()

    def _ended(self, task: asyncio.Task[None], address: str) -> None:
        self._running.pop(task, None)
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    async def _shake_hands(
        self,
        transport: asyncio.Transport,
        gate: _Gate,
        protocol: asyncio.Protocol,
        made: Callable[[asyncio.BaseTransport], None],
        address: str,
    ) -> None:
        loop = asyncio.get_running_loop()
        if gate.lost:
            self._failed(address, "closed")
            return
        if gate.waiting:  # said before there was anybody to hear it: TLS gets it as soon as it is there
            loop.call_soon(_pass_on, transport, gate.take())
        try:
            secured = await loop.start_tls(
                transport,
                gate,
                self._port.context,
                server_side=True,
                ssl_handshake_timeout=self._policy.tls_handshake_s,
                ssl_shutdown_timeout=self._policy.close_timeout_s,
            )
        except OSError as error:  # what TLS says is wrong is one too
            transport.abort()
            self._failed(address, reason_of(error))
            return
        if secured is None or gate.lost:
            self._failed(address, "closed")
            return
        secured.set_protocol(protocol)
        made(secured)
        if gate.waiting:
            protocol.data_received(gate.take())


def _pass_on(transport: asyncio.Transport, data: bytes) -> None:
    """Hand what was received already to the TLS that now has the transport, as the loop would."""
    receiver: Any = transport.get_protocol()  # a BufferedProtocol, though the loops do not say so
    while data:
        buffer = receiver.get_buffer(len(data))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        receiver.buffer_updated(size)
        data = data[size:]


class _Gate(asyncio.Protocol):
    """Keeps what arrives while nobody can read it: before TLS has the socket, and after its handshake."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.waiting.append(bytes(data))

    def take(self) -> bytes:
        """What waits, once."""
        data = b"".join(self.waiting)
        self.waiting.clear()
        return data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


_VERIFYING: Final = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    19: "foreign",
    20: "foreign",
    21: "foreign",
}
"""X509_V_ERR_* of OpenSSL: what can be wrong with the certificate of a pile."""

_WORDS: Final = {
    "HTTP_REQUEST": "plain_http",
    "HTTPS_PROXY_REQUEST": "plain_http",
    "WRONG_VERSION_NUMBER": "no_tls",
    "UNSUPPORTED_PROTOCOL": "version",
    "NO_SHARED_CIPHER": "suite",
    "NO_SUITABLE_SIGNATURE_ALGORITHM": "suite",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no_certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "distrusts_us",
    "SSLV3_ALERT_BAD_CERTIFICATE": "distrusts_us",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "distrusts_us",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "distrusts_us",
    "TLSV1_ALERT_PROTOCOL_VERSION": "version",
}


def reason_of(error: OSError) -> str:
    """Why a handshake came to nothing, as one of a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFYING.get(error.verify_code, "bad_certificate")
    if isinstance(error, ssl.SSLError):
        return _WORDS.get(error.reason or "", "tls")
    return "closed" if isinstance(error, ConnectionResetError | BrokenPipeError) else "timeout"


def peer_certificate(transport: asyncio.BaseTransport) -> ClientCertificate | None:
    """What the pile's certificate says of it; None where it showed none. Its chain was verified by TLS."""
    secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    encoded = secured.getpeercert(binary_form=True) if secured is not None else None
    return None if encoded is None else read_certificate(encoded)


def read_certificate(encoded: bytes) -> ClientCertificate:
    """Read DER. One that is odd says nothing of itself, which matches no pile."""
    fingerprint = hashlib.sha256(encoded).hexdigest()
    try:
        found = x509.load_der_x509_certificate(encoded)
        return ClientCertificate(
            fingerprint=fingerprint,
            common_name="".join(_names(found.subject, NameOID.COMMON_NAME)[:1]),
            organizations=tuple(_names(found.subject, NameOID.ORGANIZATION_NAME)),
            issuer=found.issuer.rfc4514_string(),
            serial_number=f"{found.serial_number:x}",
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
        )
    except ValueError:
        return ClientCertificate(fingerprint=fingerprint)


def _names(name: x509.Name, kind: x509.ObjectIdentifier) -> list[str]:
    return [str(one.value) for one in name.get_attributes_for_oid(kind)]
