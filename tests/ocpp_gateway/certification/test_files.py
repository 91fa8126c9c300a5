"""FirmwareManagement profile and secure firmware: what piles fetch from us, and what they leave with us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile
from django.db import connections

from backoffice.asgi import application
from stations.models import Firmware, FirmwareJob, UploadedFile, UploadJob, UploadKind
from stations.services import devices, firmware as library, updates, uploads
from stations.services.uploads import Wanted
from tests.factories.files import signing
from tests.support.acceptance import Acceptance
from tests.support.asking import ask
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]

_numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def served() -> AsyncIterator[None]:
    """The web process answers in a thread of its own."""
    yield
    await sync_to_async(connections.close_all)()


async def update(
    house: Acceptance, pile: Pile, *, signed: bool = False
) -> tuple[FirmwareJob, dict[str, Any]]:
    """The manufacturer releases a firmware, the operator's staff give it to a pile; the pile agrees."""
    maker = await house.manufacturer()
    content = ContentFile(f"firmware {next(_numbers)}".encode() * 1000, name="fw.bin")
    row: Firmware = await house.ask(
        library.upload_firmware,
        maker,
        desk=maker,
        file=content,
        version="2.0",
        pile_models=[(await house.inside(lambda: _model_of(house, pile)))],
        signing=signing(),
    )
    row = await house.ask(library.release_firmware, row, desk=maker)
    job = await house.ask(updates.start_update, await house.row(pile), firmware=row, signed=signed)
    asked = await pile.expect("SignedUpdateFirmware" if signed else "UpdateFirmware")
    await house.answered(job.command)
    return job, asked.payload


def _model_of(house: Acceptance, pile: Pile) -> Any:
    return devices.Pile.objects.select_related("model").get(pk=house.ids[pile.identity]).model


async def updatable(house: Acceptance) -> Pile:
    maker = await house.manufacturer()
    model = await house.ask(devices.save_model, maker, desk=maker, name=f"M{next(_numbers)}")
    pile = await house.charge_point(model=model)
    pile.replies["UpdateFirmware"] = {}
    return pile


async def tell(pile: Pile, *statuses: str, action: str = "FirmwareStatusNotification", **more: Any) -> None:
    """Each progress report is answered with nothing."""
    for status in statuses:
        assert await pile.call(action, {"status": status, **more}) == {}


async def outcome(house: Acceptance, job: FirmwareJob | UploadJob) -> tuple[str, str]:
    found = await house.inside(type(job).objects.get, pk=job.pk)
    return found.state, found.reason


async def fetched(location: str) -> bytes:
    answer = await ask(application, "GET", "/" + location.split("/", 3)[3])
    assert answer.status == 200
    return answer.body


async def left(location: str, name: str, content: bytes) -> None:
    path = "/" + location.split("/", 3)[3]
    assert (await ask(application, "PUT", path + name, body=[content])).status == 201


@pytest.mark.statement(84, 104)
async def test_tc_044_1_firmware_update(house: Acceptance, served: None) -> None:
    """The pile fetches the file from us, installs it and boots with the new version."""
    pile = await updatable(house)
    job, asked = await update(house, pile)
    assert await fetched(asked["location"]) == b"".join([b"firmware %d" % (next(_numbers) - 1)] * 1000)
    await tell(pile, "Downloading", "Downloaded", "Installing")
    await pile.disconnect()
    await pile.connect()
    assert (await pile.boot(firmwareVersion="2.0"))["status"] == "Accepted"
    await tell(pile, "Installed")
    assert await outcome(house, job) == ("installed", "")
    assert (await house.row(pile)).firmware == "2.0"
    await pile.disconnect()
    pile.check()


@pytest.mark.statement(104)
async def test_tc_044_2_firmware_update_download_fails(house: Acceptance) -> None:
    """The file could not be fetched: the update has failed, and why is kept."""
    async with await updatable(house) as pile:
        job, _ = await update(house, pile)
        await tell(pile, "Downloading", "DownloadFailed")
        assert await outcome(house, job) == ("failed", "DownloadFailed")


@pytest.mark.statement(104)
async def test_tc_044_3_firmware_update_installation_fails(house: Acceptance) -> None:
    """The file could not be installed: the update has failed, and why is kept."""
    async with await updatable(house) as pile:
        job, _ = await update(house, pile)
        await tell(pile, "Downloading", "Downloaded", "Installing", "InstallationFailed")
        assert await outcome(house, job) == ("failed", "InstallationFailed")


async def fetch(
    house: Acceptance, pile: Pile, kind: UploadKind, action: str
) -> tuple[UploadJob, dict[str, Any]]:
    """Staff ask for a log; the job and what the pile was asked."""
    job = await house.ask(uploads.start_upload, await house.row(pile), wanted=Wanted(kind=kind))
    asked = await pile.expect(action)
    await house.answered(job.command)
    return job, asked.payload


async def kept(house: Acceptance, job: UploadJob) -> list[tuple[str, int]]:
    return await house.inside(
        lambda: list(UploadedFile.objects.filter(job=job.pk).values_list("name", "size"))
    )


@pytest.mark.statement(104, 105)
async def test_tc_045_1_get_diagnostics(house: Acceptance, served: None) -> None:
    """The pile leaves its file with us; a pile that names no file has nothing to leave."""
    async with await house.charge_point() as pile:
        pile.replies["GetDiagnostics"] = {"fileName": "diag.tar.gz"}
        job, asked = await fetch(house, pile, UploadKind.DIAGNOSTICS, "GetDiagnostics")
        await tell(pile, "Uploading", action="DiagnosticsStatusNotification")
        await left(asked["location"], "diag.tar.gz", b"log" * 1000)
        await tell(pile, "Uploaded", action="DiagnosticsStatusNotification")
        assert await outcome(house, job) == ("uploaded", "")
        assert await kept(house, job) == [("diag.tar.gz", 3000)]
        pile.replies["GetDiagnostics"] = {}
        job, _ = await fetch(house, pile, UploadKind.DIAGNOSTICS, "GetDiagnostics")
        assert (await outcome(house, job))[0] == "nothing"


@pytest.mark.statement(104)
async def test_tc_045_2_get_diagnostics_upload_fails(house: Acceptance) -> None:
    """The pile could not leave its file: the job has failed, and why is kept."""
    async with await house.charge_point() as pile:
        pile.replies["GetDiagnostics"] = {"fileName": "diag.tar.gz"}
        job, _ = await fetch(house, pile, UploadKind.DIAGNOSTICS, "GetDiagnostics")
        await tell(pile, "Uploading", "UploadFailed", action="DiagnosticsStatusNotification")
        assert await outcome(house, job) == ("failed", "UploadFailed")
        assert await kept(house, job) == []


@pytest.mark.statement(84, 104)
async def test_tc_079_get_security_log(house: Acceptance, served: None) -> None:
    """The security log is asked for under a number, and its reports are told by that number."""
    async with await house.charge_point() as pile:
        pile.replies["GetLog"] = {"status": "Accepted", "filename": "security.log"}
        job, asked = await fetch(house, pile, UploadKind.SECURITY_LOG, "GetLog")
        assert (asked["logType"], asked["requestId"]) == ("SecurityLog", job.pk)
        await left(asked["log"]["remoteLocation"], "security.log", b"x" * 50)
        await tell(pile, "Uploading", "Uploaded", action="LogStatusNotification", requestId=job.pk)
        assert await outcome(house, job) == ("uploaded", "")
        assert await kept(house, job) == [("security.log", 50)]


async def secure(house: Acceptance, *said: str) -> tuple[str, str]:
    """A signed update to its end; what is known of it then."""
    async with await updatable(house) as pile:
        pile.replies["SignedUpdateFirmware"] = {"status": "Accepted"}
        job, asked = await update(house, pile, signed=True)
        assert asked["requestId"] == job.pk
        assert asked["firmware"]["signingCertificate"].startswith("-----BEGIN CERTIFICATE-----")
        assert asked["firmware"]["signature"]
        await tell(pile, *said, action="SignedFirmwareStatusNotification", requestId=job.pk)
        return await outcome(house, job)


@pytest.mark.statement(84, 104)
async def test_tc_080_secure_firmware_update(house: Acceptance) -> None:
    """The pile verifies the signature before it installs."""
    said = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed")
    assert await secure(house, *said) == ("installed", "")


@pytest.mark.statement(104)
async def test_tc_081_secure_firmware_update_invalid_signature(house: Acceptance) -> None:
    """The signature does not fit: nothing was installed."""
    assert await secure(house, "Downloading", "Downloaded", "InvalidSignature") == (
        "failed",
        "InvalidSignature",
    )
