"""Firmware, diagnostics and logs over real sockets: the service asks, the pile fetches, leaves and reports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from backoffice.asgi import application
from ocpp_gateway import wire
from stations.models import Firmware, FirmwareJob, Pile as PileRow, UploadJob, UploadKind
from stations.services import updates, uploads
from stations.services.uploads import Wanted
from tests.factories.files import make_firmware, manufacturer_of, signing
from tests.factories.stations import ACTOR, make_model
from tests.support.asking import ask
from tests.support.pile import Fault, Pile
from tests.support.premises import Premises
from tests.support.waiting import until

CONTENT = b"\x7fELF" + bytes(200_000)


@pytest.fixture
async def files(premises: Premises) -> AsyncIterator[Files]:
    yield Files(premises)
    await sync_to_async(connections.close_all)()  # the one thread that serves tickets


class Files:
    """What the house does about files, and what it knows afterwards."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises

    async def pile(self, identity: str) -> Pile:
        pile = await self.premises.pile(identity)
        await self.premises.inside(self._give_model, self.premises.ids[identity])
        return pile

    async def update(self, identity: str, *, signed: bool = False) -> tuple[int, dict[str, Any]]:
        """Ask for an update, as staff do; its number and the request."""
        return await self._send(await self.premises.inside(self._update, identity, signed))

    async def fetch(self, identity: str, kind: UploadKind) -> tuple[int, dict[str, Any]]:
        """Ask for a log."""
        return await self._send(await self.premises.inside(self._fetch, identity, kind))

    async def state(self, table: str, job: int) -> tuple[str, str]:
        [row] = await self.premises.rows(f"SELECT state, reason FROM stations_{table} WHERE id = %s", [job])  # noqa: S608
        return row[0], row[1]

    async def becomes(self, table: str, job: int, *states: str) -> None:
        """An answer is kept with the next batch, which nothing else shows."""
        await self.premises.until_row(
            f"SELECT 1 FROM stations_{table} WHERE id = %s AND state = ANY(%s)",  # noqa: S608
            [job, list(states)],
        )

    async def _send(self, job: FirmwareJob | UploadJob) -> tuple[int, dict[str, Any]]:
        assert self.premises.gateway is not None and job.command is not None
        command = job.command
        self.premises.gateway.submit(
            wire.CommandOrder(
                command_id=command.pk,
                pile_id=command.pile_id,
                action=command.action,
                payload=command.payload,
                deadline=command.deadline,
            )
        )
        return job.pk, command.payload

    def _give_model(self, pile_id: int) -> None:
        maker = manufacturer_of(self.premises.station)
        model = make_model(maker)
        PileRow.objects.filter(pk=pile_id).update(model=model)
        make_firmware(maker, model, version="2.0", content=CONTENT + str(pile_id).encode(), signing=signing())

    def _update(self, identity: str, signed: bool) -> FirmwareJob:
        pile = PileRow.objects.get(identity=identity)
        firmware = Firmware.objects.get(pile_models=pile.model_id)
        return updates.start_update(pile, firmware=firmware, actor=ACTOR, signed=signed)

    def _fetch(self, identity: str, kind: UploadKind) -> UploadJob:
        pile = PileRow.objects.get(identity=identity)
        return uploads.start_upload(pile, wanted=Wanted(kind=kind), actor=ACTOR)


def path_of(location: str) -> str:
    return "/" + location.split("/", 3)[3]


async def tell(pile: Pile, *statuses: str, action: str = "FirmwareStatusNotification", **more: Any) -> None:
    for status in statuses:
        assert await pile.call(action, {"status": status, **more}) == {}


@pytest.mark.statement(84, 104)
async def test_tc_044_firmware_is_installed_or_fails_to_be(files: Files) -> None:
    pile = await files.pile("CP1")
    pile.replies["UpdateFirmware"] = {}
    await tell(pile, "Installed")  # 084: nobody asked for anything
    for said, ends in (
        (("Downloading", "DownloadFailed"), ("failed", "DownloadFailed")),  # TC_044_2
        (("Downloading", "Downloaded", "Installing", "InstallationFailed"), ("failed", "InstallationFailed")),
    ):
        job, request = await files.update("CP1")
        assert (await pile.expect("UpdateFirmware")).payload == request
        await tell(pile, *said)
        assert await files.state("firmwarejob", job) == ends

    job, request = await files.update("CP1")  # TC_044_1
    await pile.expect("UpdateFirmware")
    answer = await ask(application, "GET", path_of(request["location"]))
    assert answer.body == CONTENT + str(files.premises.ids["CP1"]).encode()
    await tell(pile, "Downloading", "Downloaded", "Installing")
    await pile.disconnect()
    pile = await files.premises.pile("CP1", boots=False)
    await pile.boot(firmwareVersion="2.0")
    assert await files.state("firmwarejob", job) == ("installed", "")
    await tell(pile, "Installed")
    assert await files.state("firmwarejob", job) == ("installed", "")
    await pile.disconnect()


@pytest.mark.statement(104, 105)
async def test_tc_045_diagnostics_are_uploaded_or_there_are_none(files: Files) -> None:
    pile = await files.pile("CP1")
    pile.replies["GetDiagnostics"] = {"fileName": "diag.tar.gz"}
    job, request = await files.fetch("CP1", UploadKind.DIAGNOSTICS)  # TC_045_1
    await pile.expect("GetDiagnostics")
    await tell(pile, "Uploading", action="DiagnosticsStatusNotification")
    answer = await ask(application, "PUT", path_of(request["location"]) + "diag.tar.gz", body=[b"log" * 9000])
    assert answer.status == 201
    await tell(pile, "Uploaded", action="DiagnosticsStatusNotification")
    assert await files.state("uploadjob", job) == ("uploaded", "")
    assert await files.premises.rows("SELECT name, size FROM stations_uploadedfile") == [
        ("diag.tar.gz", 27_000)
    ]

    job, _request = await files.fetch("CP1", UploadKind.DIAGNOSTICS)  # TC_045_2
    await pile.expect("GetDiagnostics")
    await tell(pile, "Uploading", "UploadFailed", action="DiagnosticsStatusNotification")
    assert await files.state("uploadjob", job) == ("failed", "UploadFailed")

    pile.replies["GetDiagnostics"] = {}
    job, _request = await files.fetch("CP1", UploadKind.DIAGNOSTICS)
    await files.becomes("uploadjob", job, "nothing")
    await pile.disconnect()


@pytest.mark.statement(84)
async def test_tc_079_a_security_log_is_uploaded(files: Files) -> None:
    pile = await files.pile("CP1")
    pile.replies["GetLog"] = {"status": "Accepted", "filename": "security.log"}
    job, request = await files.fetch("CP1", UploadKind.SECURITY_LOG)
    command = await pile.expect("GetLog")
    assert (command.payload["logType"], command.payload["requestId"]) == ("SecurityLog", job)
    await ask(application, "PUT", path_of(request["log"]["remoteLocation"]) + "security.log", body=[b"x"])
    said = {"action": "LogStatusNotification", "requestId": job}
    await tell(pile, "Uploading", **said)
    await tell(pile, "Idle", action="LogStatusNotification")
    await tell(pile, "Uploaded", **said)
    await tell(pile, "Uploaded", action="LogStatusNotification", requestId=job + 1)

    assert await files.state("uploadjob", job) == ("uploaded", "")
    await pile.disconnect()


async def test_tc_080_081_secure_firmware_is_installed_or_its_signature_is_wrong(files: Files) -> None:
    pile = await files.pile("CP1")
    pile.replies["UpdateFirmware"] = Fault("NotSupported")
    job, _request = await files.update("CP1")
    await files.becomes("firmwarejob", job, "failed")
    assert await files.state("firmwarejob", job) == ("failed", "wants_signed")
    await pile.expect("UpdateFirmware")

    pile.replies["SignedUpdateFirmware"] = {"status": "Accepted"}
    for last, ends in (
        ("Installed", ("installed", "")),
        ("InvalidSignature", ("failed", "InvalidSignature")),
    ):
        job, request = await files.update("CP1", signed=True)
        assert (await pile.expect("SignedUpdateFirmware")).payload == request
        said = {"action": "SignedFirmwareStatusNotification", "requestId": job}
        await tell(pile, "Downloading", "Downloaded", "SignatureVerified", "Installing", last, **said)
        assert await files.state("firmwarejob", job) == ends
    pile.replies["SignedUpdateFirmware"] = {"status": "InvalidCertificate"}
    job, _request = await files.update("CP1", signed=True)
    await files.becomes("firmwarejob", job, "failed")
    assert await files.state("firmwarejob", job) == ("failed", "InvalidCertificate")
    await until(lambda: not pile.violations)
    pile.check()
    await pile.disconnect()
