"""The library: what may come in, what proves it, and who is given what."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings as configured
from django.core.files.base import ContentFile
from pytest_django.fixtures import Settings

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from stations import selectors, signatures
from stations.models import Command, Firmware, FirmwareJob, FirmwareState, Pile
from stations.services import devices, firmware as library, updates
from stations.services.firmware import Signing
from stations.signatures import BadSigning, Flaw
from tenants.selectors import scope_of
from tests.factories.files import (
    base64_of,
    make_firmware,
    make_updatable_pile,
    make_update,
    manufacturer_of,
    signer,
    signing,
)
from tests.factories.stations import ACTOR, make_model
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("one_pile", "everything")

DIGEST = hashlib.sha256(b"firmware").digest()


def upload(**over: Any) -> Firmware:
    owner = over.pop("owner", None) or make_tenant()
    fields: dict[str, Any] = {
        "file": ContentFile(over.pop("content", b"firmware"), name="fw.bin"),
        "version": "2.0",
        "pile_models": [make_model(owner)],
    }
    return library.upload_firmware(owner, actor=ACTOR, **fields | over)


def refusal(**over: Any) -> tuple[str, str]:
    """The code and the field of the refusal; nothing was written, no file is left."""
    folder = Path(configured.MEDIA_ROOT) / "firmware"
    before = Firmware.objects.count(), len(list(folder.glob("*")))
    with pytest.raises(Refused) as refused:
        upload(**over)
    assert (Firmware.objects.count(), len(list(folder.glob("*")))) == before
    return refused.value.code, refused.value.field


def test_a_file_comes_in_as_a_draft_with_its_hash() -> None:
    row = upload(notes="faster")

    assert (row.state, row.size, row.sha256) == (FirmwareState.DRAFT, 8, DIGEST.hex())
    assert Path(row.file.path).read_bytes() == b"firmware"
    entry = AuditEntry.objects.get(action="firmware.uploaded", object_ref=f"firmware:{row.pk}")
    assert entry.after["sha256"] == DIGEST.hex()


def test_what_cannot_be_firmware_stays_outside(settings: Settings) -> None:
    settings.FIRMWARE_MAX_BYTES = 10

    assert refusal(content=b"") == ("empty", "file")
    assert refusal(content=b"x" * 11) == ("too_large", "file")
    assert refusal(version=" ") == ("version", "version")
    assert refusal(pile_models=[]) == ("models", "pile_models")


def test_the_same_file_for_the_same_model_is_refused_until_it_is_withdrawn() -> None:
    owner = make_tenant()
    one, other = make_model(owner), make_model(owner)
    row = upload(owner=owner, pile_models=[one])

    assert refusal(owner=owner, pile_models=[other, one]) == ("duplicate", "file")
    assert upload(owner=owner, pile_models=[other]).pk != row.pk
    library.withdraw_firmware(row, actor=ACTOR, reason="it bricks piles")
    assert upload(owner=owner, pile_models=[one], version="2.1").version == "2.1"


def test_withdrawn_is_for_good() -> None:
    row = library.withdraw_firmware(upload(), actor=ACTOR, reason="it bricks piles")
    assert library.withdraw_firmware(row, actor=ACTOR, reason="twice").state == FirmwareState.WITHDRAWN
    with pytest.raises(Refused) as refused:
        library.release_firmware(row, actor=ACTOR)

    assert refused.value.code == "withdrawn"
    assert AuditEntry.objects.filter(action="firmware.withdrawn").count() == 1


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_signature_is_made_or_verified(kind: str) -> None:
    certificate, key = signer(kind)
    made = upload(signing=Signing(certificate=certificate, private_key=key))
    given = Signing(certificate=certificate, signature=f" {made.signature[:40]}\n{made.signature[40:]} ")
    again = upload(signing=given)

    assert made.is_signed
    signatures.verify(made.certificate, made.signature, DIGEST)
    assert (again.signature, again.certificate) == (made.signature, certificate.strip())
    assert key not in str(AuditEntry.objects.filter(action="firmware.uploaded").values())


def test_both_paddings_of_rsa_are_known() -> None:
    certificate, key = signer("rsa")
    private: Any = load_pem_private_key(key.encode(), None)
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH)
    raw = private.sign(DIGEST, pss, Prehashed(SHA256()))

    signatures.verify(certificate, base64_of(raw), DIGEST)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_signature_of_another_file_or_another_key_does_not_fit(kind: str) -> None:
    certificate, key = signer(kind)
    other = signatures.sign(key, hashlib.sha256(b"other").digest())
    foreign = signatures.sign(signer("ecdsa" if kind == "rsa" else "rsa")[1], DIGEST)

    for signature in (other, foreign):
        given = Signing(certificate=certificate, signature=signature)
        assert refusal(signing=given) == ("signing", "signature")


def test_what_is_no_certificate_no_signature_or_no_key_is_named() -> None:
    certificate, key = signer()
    good = signatures.sign(key, DIGEST)

    for given, flaw in [
        (("", good), Flaw.CERTIFICATE),
        (("no certificate", good), Flaw.CERTIFICATE),
        ((key, good), Flaw.CERTIFICATE),
        (("x" * 5501, good), Flaw.CERTIFICATE_LONG),
        ((certificate, ""), Flaw.SIGNATURE),
        ((certificate, "not base64!"), Flaw.SIGNATURE),
        ((certificate, "签名"), Flaw.SIGNATURE),
        ((certificate, base64_of(b"x" * 700)), Flaw.SIGNATURE_LONG),
        ((certificate, base64_of(b"x" * 70)), Flaw.MISMATCH),
    ]:
        with pytest.raises(BadSigning) as bad:
            signatures.verify(*given, DIGEST)
        assert bad.value.flaw is flaw
    for bad_key in ("", "no key", certificate, ed25519_key()):
        with pytest.raises(BadSigning) as bad:
            signatures.sign(bad_key, DIGEST)
        assert bad.value.flaw in {Flaw.KEY, Flaw.KEY_KIND}


def ed25519_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes_raw().hex()


def test_a_draft_or_a_withdrawn_one_is_given_to_nobody() -> None:
    pile, row = make_updatable_pile(released=False)
    assert asked(pile, row) == "state"
    library.release_firmware(row, actor=ACTOR)
    assert list(selectors.firmware_for(pile)) == [row]
    library.withdraw_firmware(row, actor=ACTOR, reason="it bricks piles")

    assert asked(pile, row) == "state"
    assert list(selectors.firmware_for(pile)) == []


def asked(pile: Pile, row: Firmware, **over: Any) -> str:
    """The code of the refusal; nothing was begun and nothing sent."""
    before = FirmwareJob.objects.count(), Command.objects.count()
    with pytest.raises(Refused) as refused:
        updates.start_update(pile, firmware=row, actor=ACTOR, **over)
    assert (FirmwareJob.objects.count(), Command.objects.count()) == before
    return refused.value.code


def test_a_pile_is_given_only_what_fits_it() -> None:
    pile, row = make_updatable_pile()
    other = make_firmware(manufacturer_of(pile))
    assert asked(pile, other) == "model"
    assert asked(pile, row, signed=True) == "unsigned"
    Pile.objects.filter(pk=pile.pk).update(firmware=f"v{row.version}")
    assert asked(pile, row) == "version"
    Pile.objects.filter(pk=pile.pk).update(model=None, firmware="1.0")
    assert asked(pile, row) == "model"


def test_a_pile_has_one_update_at_a_time() -> None:
    job = make_update()
    assert asked(job.pile, job.firmware) == "running"
    assert asked(job.pile, job.firmware, signed=True) == "running"
    FirmwareJob.objects.filter(pk=job.pk).update(state="stalled")
    again = updates.start_update(job.pile, firmware=job.firmware, actor=ACTOR)
    job.refresh_from_db()

    assert (job.state, job.reason, again.state) == ("failed", "replaced", "requested")


def test_a_model_that_refused_a_plain_update_is_told_that_it_wants_a_signed_one() -> None:
    job = make_update()
    Command.objects.filter(pk=job.command_id).update(
        state="error", error="NotSupported", answered_at=clock.now(), latency_ms=5
    )
    FirmwareJob.objects.filter(pk=job.pk).update(state="failed")

    assert asked(job.pile, job.firmware) == "wants_signed"
    assert updates.start_update(job.pile, firmware=job.firmware, actor=ACTOR, signed=True).signed


def test_a_pile_that_cannot_be_asked_has_no_update() -> None:
    pile, row = make_updatable_pile()
    Pile.objects.filter(pk=pile.pk).update(online=False)
    assert asked(pile, row) == "offline"
    devices.retire_pile(pile, actor=ACTOR, reason="scrapped")
    assert asked(pile, row) == "retired"


def test_a_plain_request_as_it_leaves() -> None:
    pile, row = make_updatable_pile()
    start = clock.parse("2099-01-02T03:04:05.678Z")
    plan = updates.Plan(retrieve_at=start, retries=99, retry_interval_s=30)
    job = updates.start_update(pile, firmware=row, actor=ACTOR, plan=plan, reason="faster")

    assert job.command is not None
    payload = dict(job.command.payload)
    assert payload.pop("location").endswith(f"/{row.file_name}")
    assert payload == {"retrieveDate": "2099-01-02T03:04:05Z", "retries": 10, "retryInterval": 30}
    assert (job.command.action, job.command.reason) == ("UpdateFirmware", "faster")
    assert job.address_until == start + timedelta(days=updates.ADDRESS_DAYS)


def test_a_signed_request_as_it_leaves() -> None:
    pile, row = make_updatable_pile(signing=signing("rsa"))
    plan = updates.Plan(install_at=clock.parse("2099-01-02T03:04:05Z"))
    job = updates.start_update(pile, firmware=row, actor=ACTOR, signed=True, plan=plan)

    assert job.command is not None and job.command.action == "SignedUpdateFirmware"
    payload = job.command.payload
    assert payload["requestId"] == job.pk
    assert payload["firmware"]["installDateTime"] == "2099-01-02T03:04:05Z"
    assert payload["firmware"]["signature"] == row.signature
    assert payload["firmware"]["signingCertificate"] == row.certificate


def test_a_start_in_the_past_is_now() -> None:
    pile, row = make_updatable_pile()
    job = updates.start_update(
        pile, firmware=row, actor=ACTOR, plan=updates.Plan(retrieve_at=clock.ago(days=9))
    )

    assert job.retrieve_at == job.created_at


def test_the_library_is_read_below_and_written_by_its_owner_alone() -> None:
    pile, row = make_updatable_pile(released=False)
    with scope_of(pile.tenant_id):
        assert list(selectors.firmware_list()) == [row]
        with pytest.raises(Firmware.DoesNotExist):
            library.release_firmware(row, actor=ACTOR)
    row.refresh_from_db()

    assert row.state == FirmwareState.DRAFT
