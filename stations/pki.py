"""Certificates of piles, of the authorities that sign them, and of the gateway, as PEM texts. No Django, no clock.

Keys are RSA of at least 2048 bits or elliptic curves of at least 224, signatures SHA-256, every certificate
has a serial number, O and CN (OCPP 1.6 security white paper A00.FR.501-511).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LONGEST_CSR: Final = 5500
LONGEST_CHAIN: Final = 10_000
LONGEST_ROOT: Final = 5500
LONGEST_NAME: Final = 64
"""Characters of an O or a CN (RFC 5280, appendix A)."""

ROOT_DAYS: Final = 20 * 365
PILE_DAYS: Final = 365
SERVER_DAYS: Final = 365
_EARLIER: Final = timedelta(hours=1)
"""A pile whose clock is a little slow takes its certificate all the same."""

_SMALLEST_RSA, _LARGEST_RSA, _SMALLEST_EC = 2048, 4096, 224
_PEM = serialization.Encoding.PEM

_SUBJECT = frozenset(
    {
        NameOID.COMMON_NAME,
        NameOID.ORGANIZATION_NAME,
        NameOID.ORGANIZATIONAL_UNIT_NAME,
        NameOID.COUNTRY_NAME,
        NameOID.STATE_OR_PROVINCE_NAME,
        NameOID.LOCALITY_NAME,
        NameOID.SERIAL_NUMBER,
    }
)
_PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class KeyKind(StrEnum):
    RSA = "RSA"
    EC = "EC"


class Objection(StrEnum):
    """Why a request for a certificate is not signed."""

    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    SIGNATURE = "signature"
    WEAK_KEY = "weak_key"
    ODD_KEY = "odd_key"
    SUBJECT = "subject"
    WRONG_SERIAL = "wrong_serial"
    WRONG_NAME = "wrong_name"


class BadRequest(ValueError):
    """A request for a certificate that is not signed."""

    def __init__(self, objection: Objection) -> None:
        super().__init__(objection.value)
        self.objection = objection


class BadCertificate(ValueError):
    """A text that is no certificate, or not one for this purpose."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs: its certificate and its key, both PEM."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Csr:
    """A request whose signature shows that the pile has the key."""

    kind: KeyKind
    common_name: str
    organization: str
    subject: x509.Name
    public_key: _PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says of itself. Numbers and the SHA-256 fingerprint are lower-case hexadecimal digits."""

    subject: str
    issuer: str
    common_name: str
    organization: str
    serial_number: str
    fingerprint: str
    kind: str
    not_before: datetime
    not_after: datetime
    is_root: bool


def make_authority(name: str, *, organization: str, kind: KeyKind, at: datetime) -> Authority:
    """A root that signs with a key of this kind."""
    key = _new_key(kind)
    subject = _name(organization, name)
    certificate = (
        _builder(subject, subject, key.public_key(), at, ROOT_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(_text(certificate), _key_text(key))


def read_csr(text: str) -> Csr:
    """Raises BadRequest."""
    if len(text) > LONGEST_CSR:
        raise BadRequest(Objection.TOO_LONG)
    try:
        request = x509.load_pem_x509_csr(_unfolded(text).encode())
        key = request.public_key()
        signed = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature):
        raise BadRequest(Objection.UNREADABLE) from None
    if not signed:
        raise BadRequest(Objection.SIGNATURE)
    kind, usable = _strong(key)
    parts = [attribute.oid for attribute in request.subject]
    names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    owners = request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if not set(parts) <= _SUBJECT or len(names) != 1 or len(owners) != 1:
        raise BadRequest(Objection.SUBJECT)
    return Csr(kind, str(names[0].value), str(owners[0].value), request.subject, usable)


def check_subject(csr: Csr, *, serial: str, organization: str) -> None:
    """CN is the serial number of the pile, O who runs it (A00.FR.403-408). Raises BadRequest."""
    if not serial or csr.common_name != serial:
        raise BadRequest(Objection.WRONG_SERIAL)
    if csr.organization != organization:
        raise BadRequest(Objection.WRONG_NAME)


def issue(csr: Csr, by: Authority, *, at: datetime, days: int = PILE_DAYS) -> str:
    """The certificate of a pile, good for proving who it is and for nothing else."""
    root, key = _opened(by)
    builder = _builder(csr.subject, root.subject, csr.public_key, at, days)
    return _text(_as_leaf(builder, root, [ExtendedKeyUsageOID.CLIENT_AUTH]).sign(key, hashes.SHA256()))


def make_server(
    names: Sequence[str], by: Authority, *, kind: KeyKind, organization: str, at: datetime
) -> Authority:
    """The certificate of a gateway: CN is the first of its names, all of them are alternative names too."""
    root, key = _opened(by)
    own = _new_key(kind)
    builder = _builder(_name(organization, names[0]), root.subject, own.public_key(), at, SERVER_DAYS)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
    )
    leaf = _as_leaf(builder, root, [ExtendedKeyUsageOID.SERVER_AUTH], key_encipherment=kind is KeyKind.RSA)
    return Authority(_text(leaf.sign(key, hashes.SHA256())), _key_text(own))


def facts_of(text: str) -> CertificateFacts:
    """Of the first certificate in the text. Raises BadCertificate."""
    found = _read(text)
    return CertificateFacts(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        common_name=_first(found.subject, NameOID.COMMON_NAME),
        organization=_first(found.subject, NameOID.ORGANIZATION_NAME),
        serial_number=f"{found.serial_number:x}",
        fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        kind=KeyKind.RSA if isinstance(found.public_key(), rsa.RSAPublicKey) else KeyKind.EC,
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        is_root=found.subject == found.issuer,
    )


def certificates_in(text: str) -> list[str]:
    """Each certificate of a PEM file by itself. Raises BadCertificate."""
    try:
        return [_text(one) for one in x509.load_pem_x509_certificates(text.encode())]
    except ValueError:
        raise BadCertificate("no certificate") from None


_HASHES: Final = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}
CertificateId = tuple[str, str, str]
"""Hash of the issuer's name, hash of its key, serial number: lower-case digits without zeros in front of the number."""


def id_of(text: str, algorithm: str) -> CertificateId | None:
    """How a pile names an installed root (white paper M03); None where there is no such algorithm or certificate."""
    try:
        root = _read(text)
        named = ocsp.OCSPRequestBuilder().add_certificate(root, root, _HASHES[algorithm.upper()]).build()
    except (BadCertificate, KeyError):
        return None
    return named.issuer_name_hash.hex(), named.issuer_key_hash.hex(), f"{named.serial_number:x}"


def id_from(data: dict[str, str]) -> CertificateId:
    """The same out of the ``certificateHashData`` of a pile."""
    number = data.get("serialNumber", "").lower().lstrip("0")
    return data.get("issuerNameHash", "").lower(), data.get("issuerKeyHash", "").lower(), number


def is_named(text: str, data: Mapping[str, object]) -> bool:
    """Whether the ``certificateHashData`` of a pile, of whatever shape, names this certificate."""
    said = {name: str(value) for name, value in data.items()}
    named = id_of(text, said.get("hashAlgorithm", ""))
    return named is not None and named == id_from(said)


def _strong(key: object) -> tuple[KeyKind, _PublicKey]:
    if isinstance(key, rsa.RSAPublicKey):
        if not _SMALLEST_RSA <= key.key_size <= _LARGEST_RSA:
            raise BadRequest(Objection.WEAK_KEY)
        return KeyKind.RSA, key
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.key_size < _SMALLEST_EC:
            raise BadRequest(Objection.WEAK_KEY)
        return KeyKind.EC, key
    raise BadRequest(Objection.ODD_KEY)


def _unfolded(text: str) -> str:
    """Some piles write the ends of lines as two characters."""
    return text.strip().replace("\\n", "\n").replace("\\r", "")


def _new_key(kind: KeyKind) -> _PrivateKey:
    if kind is KeyKind.RSA:
        return rsa.generate_private_key(65537, _SMALLEST_RSA)
    return ec.generate_private_key(ec.SECP256R1())


def _name(organization: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:LONGEST_NAME]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:LONGEST_NAME]),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _PublicKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _EARLIER)
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _as_leaf(
    builder: x509.CertificateBuilder,
    root: x509.Certificate,
    purposes: Iterable[x509.ObjectIdentifier],
    *,
    key_encipherment: bool = False,
) -> x509.CertificateBuilder:
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, key_encipherment=key_encipherment), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
    )


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _opened(by: Authority) -> tuple[x509.Certificate, _PrivateKey]:
    key = serialization.load_pem_private_key(by.key.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadCertificate("the authority's key is of no kind that signs")
    return _read(by.certificate), key


def _read(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(text.encode())[0]
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate("no certificate") from None


def _first(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    return "".join(str(one.value) for one in name.get_attributes_for_oid(kind)[:1])


def _text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(_PEM).decode()


def _key_text(key: _PrivateKey) -> str:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
