"""Signatures of firmware: whether one fits its certificate and its file, and making one (white paper L01). Pure.

The signature is over the SHA-256 of the file: RSA with PKCS #1 v1.5 or PSS padding, or ECDSA.
"""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

LONGEST_CERTIFICATE = 5500
LONGEST_SIGNATURE = 800
"""Characters that SignedUpdateFirmware has room for."""

_HASHED = Prehashed(SHA256())
_PADDINGS = (padding.PKCS1v15(), padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO))


class Flaw(StrEnum):
    """What is wrong with a certificate, a signature or a key."""

    CERTIFICATE = "certificate"
    CERTIFICATE_LONG = "certificate_long"
    KEY_KIND = "key_kind"
    SIGNATURE = "signature"
    SIGNATURE_LONG = "signature_long"
    MISMATCH = "mismatch"
    KEY = "key"


class BadSigning(Exception):
    """``flaw`` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


def verify(certificate: str, signature: str, digest: bytes) -> None:
    """Raises BadSigning unless the base64 ``signature`` of the SHA-256 ``digest`` was made with the certificate's key."""
    key = _public_key(certificate)
    try:
        raw = base64.b64decode("".join(signature.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadSigning(Flaw.SIGNATURE) from None
    if not raw:
        raise BadSigning(Flaw.SIGNATURE)
    if len("".join(signature.split())) > LONGEST_SIGNATURE:
        raise BadSigning(Flaw.SIGNATURE_LONG)
    if not _fits(key, raw, digest):
        raise BadSigning(Flaw.MISMATCH)


def sign(private_key: str, digest: bytes) -> str:
    """A base64 signature of the digest; RSA with PKCS #1 v1.5, which every pile knows. Raises BadSigning."""
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSigning(Flaw.KEY) from None
    match key:
        case rsa.RSAPrivateKey():
            raw = key.sign(digest, padding.PKCS1v15(), _HASHED)
        case ec.EllipticCurvePrivateKey():
            raw = key.sign(digest, ec.ECDSA(_HASHED))
        case _:
            raise BadSigning(Flaw.KEY_KIND)
    return base64.b64encode(raw).decode()


def _public_key(certificate: str) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    if len(certificate) > LONGEST_CERTIFICATE:
        raise BadSigning(Flaw.CERTIFICATE_LONG)
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise BadSigning(Flaw.CERTIFICATE) from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise BadSigning(Flaw.KEY_KIND)
    return key


def _fits(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, raw: bytes, digest: bytes) -> bool:
    if isinstance(key, ec.EllipticCurvePublicKey):
        try:
            key.verify(raw, digest, ec.ECDSA(_HASHED))
        except InvalidSignature:
            return False
        return True
    for pad in _PADDINGS:
        try:
            key.verify(raw, digest, pad, _HASHED)
        except InvalidSignature:
            continue
        return True
    return False
