"""Firmware, updates and uploads for tests; they go through the services."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.core.files.base import ContentFile
from django.db.models import QuerySet

from backoffice.kit import clock
from backoffice.kit.scope import path_of_tenant, unscoped
from ocpp_gateway import wire
from stations.landing import Landing
from stations.models import (
    Firmware,
    FirmwareJob,
    Pile,
    PileModel,
    Station,
    UploadedFile,
    UploadJob,
    UploadKind,
)
from stations.services import firmware as library, updates, uploads
from stations.services.firmware import Signing
from stations.services.uploads import Arrived, Wanted
from tenants.models import Tenant
from tests.factories.stations import ACTOR, make_model, make_online_pile

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CONTENT = bytes(range(256)) * 4096
"""1 MiB: more than one block."""

_numbers = count(1)
_shared: list[tuple[Pile, Firmware]] = []


@cache
def signer(kind: str = "ecdsa") -> tuple[str, str]:
    """A certificate of a manufacturer and its key, as PEM; the same for the whole run."""
    key: Key = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ecdsa"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Firmware signing")])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM).decode(), private.decode()


def signing(kind: str = "ecdsa") -> Signing:
    certificate, key = signer(kind)
    return Signing(certificate=certificate, private_key=key)


def manufacturer_of(row: Pile | Station | Tenant) -> Tenant:
    tenant_id = row.pk if isinstance(row, Tenant) else row.tenant_id
    return Tenant.objects.get(pk=path_of_tenant(tenant_id).manufacturer_id)


def make_firmware(
    manufacturer: Tenant, *models: PileModel, content: bytes = b"", released: bool = True, **over: Any
) -> Firmware:
    """A released firmware of some models; its content differs from all others unless it is given."""
    number = next(_numbers)
    file = ContentFile(content or f"firmware {number}".encode(), name=f"fw-{number}.bin")
    fields = {"version": f"9.{number}", "pile_models": models or [make_model(manufacturer)]} | over
    with unscoped(reason="test data"):
        row = library.upload_firmware(manufacturer, actor=ACTOR, file=file, **fields)
        return library.release_firmware(row, actor=ACTOR) if released else row


def make_updatable_pile(**over: Any) -> tuple[Pile, Firmware]:
    """A pile that is connected, and a firmware for it; ``over`` is the firmware's."""
    pile = make_online_pile()
    with unscoped(reason="test data"):
        maker = manufacturer_of(pile)
        model = make_model(maker)
        Pile.objects.filter(pk=pile.pk).update(model=model)
        return Pile.objects.get(pk=pile.pk), make_firmware(maker, model, **over)


@contextmanager
def one_pile() -> Iterator[None]:
    """Inside the block, the first update and the first upload of a test are those of one pile, made once.

    Making a pile with all above it takes longer than most of what is tested on it.
    """
    shared = make_updatable_pile(content=CONTENT, version="2.0", signing=signing())
    _shared.append(shared)
    try:
        yield
    finally:
        _shared.remove(shared)


def _free(taken: QuerySet[Any]) -> tuple[Pile, Firmware] | None:
    """The shared pile, unless it was used in this test already."""
    if not _shared or taken.filter(pile=_shared[-1][0]).exists():
        return None
    pile, firmware = _shared[-1]
    return Pile.objects.get(pk=pile.pk), Firmware.objects.get(pk=firmware.pk)


def make_update(*, signed: bool = False, **over: Any) -> FirmwareJob:
    """An update that was asked for; ``over`` is the firmware's."""
    with unscoped(reason="test data"):
        shared = None if over else _free(FirmwareJob.objects.all())
        proof = {"signing": signing()} if signed else {}
        pile, firmware = shared or make_updatable_pile(**proof | {"version": "2.0"} | over)
        return updates.start_update(pile, firmware=firmware, actor=ACTOR, signed=signed)


def make_upload(
    kind: UploadKind = UploadKind.DIAGNOSTICS, pile: Pile | None = None, **over: Any
) -> UploadJob:
    """An upload that was asked for."""
    with unscoped(reason="test data"):
        if pile is None:
            shared = _free(UploadJob.objects.all())
            pile = shared[0] if shared else make_online_pile()
        return uploads.start_upload(pile, wanted=Wanted(kind=kind, **over), actor=ACTOR)


def leave(job: UploadJob, content: bytes = b"log", name: str = "log.txt") -> UploadedFile | None:
    """A file as it is kept when it has arrived."""
    with Landing(len(content)) as landing:
        landing.write(content)
        landing.finish()
        return uploads.keep_file(
            job.pk,
            Arrived(path=landing.path, name=name, size=landing.size, sha256=landing.sha256),
        )


def updating(job: FirmwareJob, status: str, **over: Any) -> wire.FirmwareReported:
    """What the pile of an update reports of it."""
    fields = {
        "pile_id": job.pile_id,
        "generation": 1,
        "message_id": f"f{next(_numbers)}",
        "received_at": clock.now(),
        "action": "SignedFirmwareStatusNotification" if job.signed else "FirmwareStatusNotification",
        "status": status,
        "signed": job.signed,
        "request_id": job.pk if job.signed else None,
    }
    return wire.FirmwareReported(**fields | over)


def uploading(job: UploadJob, status: str, **over: Any) -> wire.UploadReported:
    """What the pile of an upload reports of it."""
    plain = job.kind == UploadKind.DIAGNOSTICS
    fields = {
        "pile_id": job.pile_id,
        "generation": 1,
        "message_id": f"u{next(_numbers)}",
        "received_at": clock.now(),
        "action": "DiagnosticsStatusNotification" if plain else "LogStatusNotification",
        "status": status,
        "diagnostics": plain,
        "request_id": None if plain else job.pk,
    }
    return wire.UploadReported(**fields | over)


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
