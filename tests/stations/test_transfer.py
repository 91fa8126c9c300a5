"""Files over HTTP: firmware is fetched, whole or in parts; logs are left, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from asgiref.sync import async_to_sync
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from backoffice.asgi import application
from backoffice.kit import clock
from stations import intake, tickets
from stations.models import FirmwareJob, UploadJob
from stations.services import firmware as library
from stations.tickets import Errand
from stations.transfer import exchange
from stations.transfer.limits import MOST_A_MINUTE, MOST_OF_ONE, Limits
from tests.factories.files import CONTENT, make_update, make_upload, updating
from tests.factories.stations import ACTOR
from tests.stations.transferring import address, kept, landed, request
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("one_pile", "everything")


@pytest.fixture
def update() -> FirmwareJob:
    return make_update()


@pytest.fixture
def upload() -> UploadJob:
    return make_upload()


def test_firmware_is_fetched_whole(update: FirmwareJob) -> None:
    answer = request("GET", address(update))
    update.refresh_from_db()

    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert (update.downloads, update.state) == (1, "requested")


PARTS = [
    ("bytes=0-99", 0, 99),
    ("bytes=1000-", 1000, len(CONTENT) - 1),
    ("bytes=-10", len(CONTENT) - 10, len(CONTENT) - 1),
    (f"bytes=5-{10**12}", 5, len(CONTENT) - 1),
]


def test_firmware_is_fetched_in_parts(update: FirmwareJob) -> None:
    for asked, first, last in PARTS:
        answer = request("GET", address(update), headers={"range": asked})
        assert (answer.status, answer.body) == (206, CONTENT[first : last + 1])
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
        assert answer.headers["content-length"] == str(last - first + 1)


def test_a_part_that_makes_no_sense_is_the_whole(update: FirmwareJob) -> None:
    for asked in ["bytes=9-5", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,5-9", ""]:
        answer = request("GET", address(update), headers={"range": asked})
        assert (answer.status, len(answer.body)) == (200, len(CONTENT))


@pytest.mark.parametrize("asked", [f"bytes={len(CONTENT)}-", "bytes=-0"])
def test_a_part_outside_of_the_file_is_refused(asked: str, update: FirmwareJob) -> None:
    answer = request("GET", address(update), headers={"range": asked})
    update.refresh_from_db()

    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")
    assert update.downloads == 0


def test_a_part_of_another_file_than_before_is_the_whole(update: FirmwareJob) -> None:
    tag = request("HEAD", address(update)).headers["etag"]
    same = request("GET", address(update), headers={"range": "bytes=0-1", "if-range": tag})
    other = request("GET", address(update), headers={"range": "bytes=0-1", "if-range": '"x"'})

    assert (same.status, other.status) == (206, 200)


def test_head_tells_the_size_and_counts_nothing(update: FirmwareJob) -> None:
    answer = request("HEAD", address(update))
    update.refresh_from_db()

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert update.downloads == 0


def test_whoever_hangs_up_is_sent_no_more(update: FirmwareJob) -> None:
    sent: list[bytes] = []

    async def scenario() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message.get("body", b""))
            await asyncio.sleep(0)

        scope = {"type": "http", "method": "GET", "path": address(update), "headers": [], "client": None}
        await application(scope, receive, send)

    async_to_sync(scenario)()
    assert len(b"".join(sent)) < len(CONTENT)


@pytest.mark.parametrize("tail", ["", "/", "/x/../../..", "/%2e%2e", "/other-name.bin"])
def test_the_name_behind_the_ticket_means_nothing(tail: str, update: FirmwareJob) -> None:
    ticket = address(update).split("/")[3]

    assert request("GET", f"/files/firmware/{ticket}{tail}").body == CONTENT


def forged(job: FirmwareJob | UploadJob) -> Iterable[str]:
    ticket = address(job).split("/")[3]
    body, _, signature = ticket.partition(".")
    yield f"{body}.{signature[:-1]}"
    yield f"{body}x.{signature}"
    yield body
    yield ""
    yield "."
    yield "x" * 5000
    yield tickets.issue(Errand.UPLOAD if isinstance(job, FirmwareJob) else Errand.FIRMWARE, job.pk, later())


def later() -> Any:
    return clock.now() + timedelta(hours=1)


def test_a_ticket_that_is_not_ours_opens_nothing(update: FirmwareJob, upload: UploadJob) -> None:
    for ticket in forged(update):
        assert request("GET", f"/files/firmware/{ticket}/f").status == 404
    for ticket in forged(upload):
        assert request("PUT", f"/files/uploads/{ticket}/f", body=[b"x"]).status == 404
    update.refresh_from_db()

    assert (update.downloads, kept(upload), landed()) == (0, [], [])


@pytest.mark.parametrize("path", ["/files/", "/files/firmware", "/files/../healthz", "/files/x/y/z"])
def test_there_is_nothing_else_below_files(path: str) -> None:
    assert request("GET", path).status == 404


def test_an_address_expires(update: FirmwareJob, upload: UploadJob) -> None:
    with clock.frozen(update.address_until - timedelta(minutes=1)):
        assert request("GET", address(update)).status == 200
    with clock.frozen(update.address_until + timedelta(minutes=1)):
        assert request("GET", address(update)).status == 410
        assert request("PUT", address(upload), body=[b"x"]).status == 410
    assert kept(upload) == []


def test_firmware_that_was_withdrawn_is_not_fetched_any_more(update: FirmwareJob) -> None:
    library.withdraw_firmware(update.firmware, actor=ACTOR, reason="it bricks piles")

    assert request("GET", address(update)).status == 410


def test_firmware_is_not_fetched_once_the_update_is_over(update: FirmwareJob) -> None:
    intake.report_firmware([updating(update, "Installed")])

    assert request("GET", address(update)).status == 410


@pytest.mark.parametrize(
    ("method", "maker", "allowed"),
    [
        ("POST", make_update, "GET, HEAD"),
        ("DELETE", make_update, "GET, HEAD"),
        ("GET", make_upload, "PUT, POST"),
    ],
)
def test_other_methods_are_refused(method: str, maker: Any, allowed: str) -> None:
    answer = request(method, address(maker()))

    assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_one_ticket_is_bounded_and_does_not_bound_others() -> None:
    now = 0.0
    limits = Limits(lambda: now)
    held = [limits.one_more("a") for _ in range(MOST_OF_ONE)]
    for one in held:
        one.__enter__()
    with pytest.raises(exchange.Refusal) as refused, limits.one_more("a"):
        raise AssertionError("let in")
    assert (refused.value.status, refused.value.headers["retry-after"]) == (429, "60")
    with limits.one_more("b"):
        pass
    for one in held:
        one.__exit__(None, None, None)
    for _ in range(MOST_A_MINUTE - MOST_OF_ONE - 1):
        with limits.one_more("a"):
            pass
    with pytest.raises(exchange.Refusal), limits.one_more("a"):
        raise AssertionError("let in")
    now = 61.0
    with limits.one_more("a"):
        pass


def test_a_real_client_is_served_over_a_real_socket(update: FirmwareJob, upload: UploadJob) -> None:
    """Over a real socket: uvicorn, and the client of the standard library in a thread."""

    async def scenario() -> list[tuple[int, bytes]]:
        server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
        running = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            return [
                await asyncio.to_thread(spoken, port, "GET", address(update)),
                await asyncio.to_thread(spoken, port, "PUT", f"{address(upload)}real.log", CONTENT),
                await asyncio.to_thread(spoken, port, "PUT", "/files/uploads/x/y", b"z"),
            ]
        finally:
            server.should_exit = True
            await running

    got, put, refused = async_to_sync(scenario)()
    assert (got, put[0], refused[0]) == ((200, CONTENT), 201, 404)
    assert kept(upload) == [("real.log", CONTENT)]


def spoken(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """A request by the client of the standard library."""
    client = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request(method, path, body=body)
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def test_addresses_are_of_the_setting_and_fit_into_the_messages(settings: Settings) -> None:
    settings.FILES_URL = "http://files.example:8080"
    job = make_update()
    location = job.command.payload["location"] if job.command else ""

    assert location.startswith("http://files.example:8080/files/firmware/")
    assert len(location) <= 512
    assert location.isascii() and " " not in location


def test_what_is_stored_lies_where_the_house_keeps_its_files(update: FirmwareJob) -> None:
    path = Path(update.firmware.file.path)

    assert path.is_relative_to(Path(configured.MEDIA_ROOT) / "firmware")
    assert path.name != update.firmware.file_name
