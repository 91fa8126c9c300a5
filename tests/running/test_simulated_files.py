"""A simulated pile fetches firmware, restarts with it, and leaves its log; over a real socket where it does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backoffice.simulator import errands
from backoffice.simulator.files import Errand, version_of
from tests.running.test_simulator import Bench, make_machine

LOCATION = "http://127.0.0.1:1/files/firmware/ticket/hanglu-5.0.1.bin"


@pytest.fixture
def bench() -> Bench:
    made = Bench(make_machine())
    made.machine.connected(made.now)
    made.run()
    return made


def statuses(bench: Bench, action: str = "FirmwareStatusNotification") -> list[str]:
    return [payload["status"] for payload in bench.all_of(action)]


def fetched(bench: Bench, content: bytes | None) -> None:
    bench.machine.files.errands.popleft().went(content, bench.now)
    bench.run(12)


def restart(bench: Bench) -> None:
    assert bench.machine.restart_at is not None
    bench.machine.lost(bench.now)
    bench.machine.restarted(bench.now)
    bench.machine.connected(bench.now)
    bench.run(1)


def test_a_pile_updates_itself_and_restarts_with_the_new_version(bench: Bench) -> None:
    assert bench.ask("UpdateFirmware", location=LOCATION, retrieveDate="2026-03-10T04:00:05Z") == {}
    bench.run(4)
    assert not bench.machine.files.errands
    bench.run(2)
    fetched(bench, b"firmware")
    restart(bench)

    assert statuses(bench) == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert [boot["firmwareVersion"] for boot in bench.all_of("BootNotification")] == ["4.2.1", "5.0.1"]


def test_a_signed_update_names_its_request(bench: Bench) -> None:
    firmware = {
        "location": LOCATION,
        "retrieveDateTime": "2026-03-10T04:00:00Z",
        "signingCertificate": "PEM",
        "signature": "AAAA",
    }
    assert bench.ask("SignedUpdateFirmware", requestId=7, firmware=firmware) == {"status": "Accepted"}
    bench.run(1)
    fetched(bench, b"version: 6.1\n")
    restart(bench)
    said = bench.all_of("SignedFirmwareStatusNotification")

    assert [one["status"] for one in said] == [
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "Installing",
        "Installed",
    ]
    assert {one["requestId"] for one in said} == {7}
    assert bench.machine.files.firmware == "6.1"


@pytest.mark.parametrize("content", [None, b""])
def test_what_cannot_be_fetched_is_not_installed(content: bytes | None, bench: Bench) -> None:
    bench.ask("UpdateFirmware", location=LOCATION, retrieveDate="2026-03-10T04:00:00Z")
    bench.run(1)
    fetched(bench, content)

    assert statuses(bench) == ["Downloading", "DownloadFailed"]
    assert bench.machine.restart_at is None


def test_an_installation_waits_for_the_charge_to_end(bench: Bench) -> None:
    bench.ask("RemoteStartTransaction", idTag="Q1", connectorId=1)
    bench.run(30)
    bench.ask("UpdateFirmware", location=LOCATION, retrieveDate="2026-03-10T04:00:00Z")
    bench.run(1)
    fetched(bench, b"x")
    assert statuses(bench)[-1] == "Downloaded"
    bench.ask("RemoteStopTransaction", transactionId=bench.transaction)
    bench.run(12)

    assert statuses(bench)[-1] == "Installing"


def test_a_log_is_left_and_a_failure_said(bench: Bench) -> None:
    name = bench.ask("GetDiagnostics", location="http://127.0.0.1:1/up/")["fileName"]
    bench.run(1)
    errand = bench.machine.files.errands[0]
    assert errand.url == f"http://127.0.0.1:1/up/{name}"
    assert errand.content is not None and errand.content.startswith(bench.machine.spec.identity.encode())
    fetched(bench, b"")
    log = {"remoteLocation": "http://127.0.0.1:1/up/"}
    bench.ask("GetLog", logType="SecurityLog", requestId=9, log=log)
    bench.run(1)
    fetched(bench, None)

    assert statuses(bench, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]
    assert bench.all_of("LogStatusNotification")[-1] == {"status": "UploadFailure", "requestId": 9}


def test_asked_how_far_it_is_a_pile_says_so(bench: Bench) -> None:
    ask = {"requestedMessage": "FirmwareStatusNotification"}
    assert bench.ask("TriggerMessage", **ask) == {"status": "Accepted"}
    bench.run(1)
    bench.ask("UpdateFirmware", location=LOCATION, retrieveDate="2026-03-10T04:00:00Z")
    bench.run(1)
    bench.ask("TriggerMessage", **ask)
    bench.run(1)

    assert statuses(bench) == ["Idle", "Downloading", "Downloading"]


@pytest.mark.parametrize(
    ("content", "location", "version"),
    [
        (b"PK\x00version=4.3.0-rc1\n", "http://x/fw.bin", "4.3.0-rc1"),
        (b"\x00", "http://x/fw-4.4.bin", "4.4"),
        (b"\x00", "http://x/fw.bin", ""),
    ],
)
def test_a_firmware_says_what_it_is(content: bytes, location: str, version: str) -> None:
    assert version_of(content, location) == version


async def test_errands_are_done_over_a_socket() -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")),
            0,
        )
        seen.append(head.split(b" ")[0] + b" " + await reader.readexactly(length))
        status = b"404 Gone" if b"/gone" in head else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nfw")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def went(*_: Any) -> None:
        raise AssertionError("the pile is told by who runs it")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        assert await errands.run(Errand(f"{base}/fw", went)) == b"fw"
        assert await errands.run(Errand(f"{base}/log", went, b"log")) == b""
        assert await errands.run(Errand(f"{base}/gone", went)) is None
    assert await errands.run(Errand(f"{base}/fw", went)) is None
    assert await errands.run(Errand("ftp://127.0.0.1/fw", went)) is None

    assert seen == [b"GET ", b"PUT log", b"GET "]
