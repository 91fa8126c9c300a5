"""The firmware library: files of the manufacturer, for its models, signed or not.

A file that is in the library fits its signature; a draft is given to nobody, and one that was
withdrawn is neither given nor fetched any more.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.file_names import clean_name
from backoffice.kit.frame import Words
from stations import selectors, signatures
from stations.models import Firmware, FirmwareState, PileModel
from stations.signatures import BadSigning, Flaw
from tenants.models import Tenant

BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What proves a file: its certificate, and the signature or the key to make one with. The key is kept nowhere."""

    certificate: str = ""
    signature: str = ""
    private_key: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.certificate.strip() or self.signature.strip() or self.private_key.strip())


@transaction.atomic
def upload_firmware(
    owner: Tenant,
    *,
    actor: Actor,
    file: File[bytes],
    version: str,
    pile_models: Sequence[PileModel],
    notes: str = "",
    signing: Signing | None = None,
) -> Firmware:
    """Put a file into the library, as a draft.

    Raises Refused: ``empty``, ``too_large``, ``version``, ``models``, ``duplicate``, ``signing``.
    """
    if not version.strip():
        raise Refused(_("Which version is it?"), code="version", field="version")
    if not pile_models:
        raise Refused(_("Which models is it for?"), code="models", field="pile_models")
    _require_size(file.size)
    digest = _digest(file)
    locks.hold(f"stations.firmware:{owner.pk}")
    twin = selectors.duplicates_of(pile_models, digest.hex()).first()
    if twin is not None:
        message = _("This file is in the library already, as version %(version)s.")
        raise Refused(message % {"version": twin.version}, code="duplicate", field="file")
    certificate, signature = _proof(signing or Signing(), digest)
    row = Firmware(
        tenant=owner,
        version=version.strip(),
        file_name=clean_name(file.name or "", "firmware"),
        size=file.size,
        sha256=digest.hex(),
        notes=notes,
        certificate=certificate,
        signature=signature,
        uploaded_by=actor.label[:120],
        created_at=clock.now(),
    )
    row.file.save(secrets.token_hex(16), file, save=False)
    try:
        row.save()
    except Exception:
        row.file.storage.delete(str(row.file.name))
        raise
    row.pile_models.set(pile_models)
    audit.record(actor, "firmware.uploaded", row, after=_told(row))
    return row


@transaction.atomic
def release_firmware(firmware: Firmware, *, actor: Actor) -> Firmware:
    """From now on it may be given to piles."""
    return _become(firmware, FirmwareState.RELEASED, actor, "firmware.released", "")


@transaction.atomic
def withdraw_firmware(firmware: Firmware, *, actor: Actor, reason: str) -> Firmware:
    """From now on nobody is given it, and who still fetches it gets nothing."""
    return _become(firmware, FirmwareState.WITHDRAWN, actor, "firmware.withdrawn", reason)


def _become(firmware: Firmware, state: FirmwareState, actor: Actor, action: str, reason: str) -> Firmware:
    row = locks.locked(Firmware.objects.writable().filter(pk=firmware.pk)).get()
    if row.state == state:
        return row
    if row.state == FirmwareState.WITHDRAWN:
        raise Refused(_("This firmware was withdrawn: upload it again."), code="withdrawn")
    before = _told(row)
    row.state = state
    row.save(update_fields=["state"])
    audit.record(actor, action, row, before=before, after=_told(row), reason=reason)
    return row


def _told(row: Firmware) -> dict[str, Any]:
    """What goes on record: the name under which the file is stored, not the file."""
    return audit.snapshot(row) | {"file": row.file.name}


def _require_size(size: int) -> None:
    if not size:
        raise Refused(_("The file is empty."), code="empty", field="file")
    if size > settings.FIRMWARE_MAX_BYTES:
        most = settings.FIRMWARE_MAX_BYTES // BLOCK
        raise Refused(_("A file has at most %(most)d MiB.") % {"most": most}, code="too_large", field="file")


def _digest(file: File[bytes]) -> bytes:
    found = hashlib.sha256()
    for block in file.chunks(BLOCK):
        found.update(block)
    file.seek(0)
    return found.digest()


def _proof(signing: Signing, digest: bytes) -> tuple[str, str]:
    """The certificate and the signature to keep; both empty where there is none."""
    if signing.is_empty:
        return "", ""
    certificate = signing.certificate.strip()
    try:
        signature = "".join(signing.signature.split()) or signatures.sign(signing.private_key, digest)
        signatures.verify(certificate, signature, digest)
    except BadSigning as bad:
        words, field = _flaw(bad.flaw)
        raise Refused(words, code="signing", field=field) from None
    return certificate, signature


def _flaw(flaw: Flaw) -> tuple[Words, str]:
    match flaw:
        case Flaw.CERTIFICATE:
            return _("This is no certificate in PEM form."), "certificate"
        case Flaw.CERTIFICATE_LONG:
            return _("A certificate has at most 5500 characters."), "certificate"
        case Flaw.KEY_KIND:
            return _("Signatures are made with RSA or ECDSA."), "certificate"
        case Flaw.SIGNATURE:
            return _("A signature is written in base64."), "signature"
        case Flaw.SIGNATURE_LONG:
            return _("A signature has at most 800 characters."), "signature"
        case Flaw.KEY:
            return _("This is no private key in PEM form without a password."), "private_key"
        case Flaw.MISMATCH:
            return _("The signature does not fit the certificate and the file."), "signature"
