"""Files over HTTP: firmware is fetched, whole or in parts; logs are left, whole or not at all."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from asgiref.sync import async_to_sync
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings

from backoffice.asgi import application
from backoffice.kit import clock
from stations import intake, landing, tickets
from stations.models import FirmwareJob, UploadedFile, UploadJob
from stations.services import firmware as library, uploads
from stations.tickets import Errand
from stations.transfer import exchange
from stations.transfer.limits import MOST_A_MINUTE, MOST_OF_ONE, Limits
from tests.factories.files import make_update, make_upload, updating
from tests.factories.stations import ACTOR
from tests.support.asking import Answer, ask

pytestmark = pytest.mark.usefixtures("everything")

CONTENT = bytes(range(256)) * 4096  # 1 MiB: more than one block


def request(method: str, path: str, **over: Any) -> Answer:
    answer: Answer = async_to_sync(ask)(application, method, path, **over)
    return answer


@pytest.fixture
def update() -> FirmwareJob:
    return make_update(content=CONTENT, version="2.0")


@pytest.fixture
def upload() -> UploadJob:
    return make_upload()


def address(job: FirmwareJob | UploadJob) -> str:
    assert job.command is not None
    return urlsplit(job.command.payload["location"]).path


def kept(job: UploadJob) -> list[tuple[str, bytes]]:
    rows = UploadedFile.objects.filter(job=job).order_by("pk")
    return [(row.name, Path(row.file.path).read_bytes()) for row in rows]


def landed() -> list[Path]:
    return list(landing.folder().iterdir())


def test_firmware_is_fetched_whole(update: FirmwareJob) -> None:
    answer = request("GET", address(update))
    update.refresh_from_db()

    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert (update.downloads, update.state) == (1, "requested")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=1000-", 1000, len(CONTENT) - 1),
        ("bytes=-10", len(CONTENT) - 10, len(CONTENT) - 1),
        (f"bytes=5-{10**12}", 5, len(CONTENT) - 1),
    ],
)
def test_firmware_is_fetched_in_parts(asked: str, first: int, last: int, update: FirmwareJob) -> None:
    answer = request("GET", address(update), headers={"range": asked})

    assert (answer.status, answer.body) == (206, CONTENT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,5-9", ""])
def test_a_part_that_makes_no_sense_is_the_whole(asked: str, update: FirmwareJob) -> None:
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
    [("POST", make_update, "GET, HEAD"), ("DELETE", make_update, "GET, HEAD"), ("GET", make_upload, "PUT, POST")],
)
def test_other_methods_are_refused(method: str, maker: Any, allowed: str) -> None:
    answer = request(method, address(maker()))

    assert (answer.status, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(("method", "status"), [("PUT", 201), ("POST", 200)])
def test_a_file_is_left_as_it_is(method: str, status: int, upload: UploadJob) -> None:
    answer = request(method, address(upload) + "diag.tar.gz", body=[b"one", b"", b"two"])
    upload.refresh_from_db()

    assert (answer.status, kept(upload), upload.state) == (status, [("diag.tar.gz", b"onetwo")], "uploading")
    assert UploadedFile.objects.get(job=upload).remote == "192.0.2.1"
    assert landed() == []


@pytest.mark.parametrize(
    ("tail", "name"),
    [
        ("", "upload.bin"),
        ("a/b/log.txt", "log.txt"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("....", "upload.bin"),
        ("a\x00b\r\nX-Evil: 1.log", "abX-Evil_ 1.log"),
        ("‮gpj.exe", "gpj.exe"),
        ("日志.txt", "日志.txt"),
        ("x" * 500 + ".log", "x" * 116 + ".log"),
        ('a"b<c>|*?.log', "a_b_c_.log"),
    ],
)
def test_names_are_cleaned(tail: str, name: str, upload: UploadJob) -> None:
    request("PUT", address(upload) + tail, body=[b"x"])

    assert [one for one, _content in kept(upload)] == [name]


def test_several_files_may_come_in_a_form(upload: UploadJob) -> None:
    answer = request(
        "POST",
        address(upload),
        headers={"content-type": "multipart/form-data; boundary=XX"},
        body=form(("../a.log", b"first"), ("b.log", b"\x00\xff" * 70_000), ("empty", b"")),
    )

    assert answer.status == 200
    assert kept(upload) == [("a.log", b"first"), ("b.log", b"\x00\xff" * 70_000)]
    assert landed() == []


def form(*files: tuple[str, bytes]) -> list[bytes]:
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n'.encode()
        + b"Content-Type: application/octet-stream\r\n\r\n"
        + content
        + b"\r\n"
        for name, content in files
    ]
    return [*parts, b"--XX--\r\n"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "multipart/form-data"}, form(("a", b"x"))),
        ({"content-type": "multipart/form-data; boundary=YY"}, form(("a", b"x"))),
        ({"content-type": "multipart/form-data; boundary=XX"}, [b"no form at all"]),
        ({"content-type": "multipart/form-data; boundary=XX"}, [b"--XX--\r\n"]),
        ({}, []),
        ({}, [b""]),
    ],
)
def test_what_is_no_file_is_refused(headers: dict[str, str], body: list[bytes], upload: UploadJob) -> None:
    answer = request("POST", address(upload), headers=headers, body=body)

    assert (answer.status, kept(upload), landed()) == (400, [], [])


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("as_form", [True, False])
def test_more_than_there_is_room_for_is_refused(
    said: bool, as_form: bool, upload: UploadJob, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    content = form(("big", b"x" * 200_000)) if as_form else [b"x" * 50_000] * 4
    headers = {"content-length": str(sum(map(len, content)))} if said else {}
    if as_form:
        headers["content-type"] = "multipart/form-data; boundary=XX"
    answer = request("POST", address(upload), headers=headers, body=content)
    upload.refresh_from_db()

    assert (answer.status, kept(upload), landed(), upload.state) == (413, [], [], "requested")


def test_a_file_of_exactly_the_room_is_taken_and_then_no_more(upload: UploadJob, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 4
    first = request("PUT", address(upload) + "a", body=[b"1234"])
    second = request("PUT", address(upload) + "b", body=[b"5"])

    assert (first.status, second.status, kept(upload)) == (201, 413, [("a", b"1234")])


@pytest.mark.parametrize(
    ("headers", "breaks_off"), [({}, True), ({"content-length": "10"}, True), ({"content-length": "10"}, False)]
)
def test_of_a_file_that_breaks_off_nothing_is_kept(
    headers: dict[str, str], breaks_off: bool, upload: UploadJob
) -> None:
    request("PUT", address(upload), headers=headers, body=[b"half"], breaks_off=breaks_off)

    assert (kept(upload), landed()) == ([], [])


def test_a_pile_that_falls_silent_is_not_waited_for(
    upload: UploadJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "SILENT_S", 0.02)

    async def scenario() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(30)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            statuses.append(message.get("status"))

        scope = {"type": "http", "method": "PUT", "path": address(upload), "headers": [], "client": None}
        await application(scope, receive, send)

    statuses: list[Any] = []
    async_to_sync(scenario)()
    assert (statuses[0], kept(upload), landed()) == (400, [], [])


def test_the_same_file_left_twice_is_one(upload: UploadJob) -> None:
    answers = [request("PUT", address(upload) + "a", body=[b"log"]).status for _ in range(2)]

    assert (answers, kept(upload)) == ([201, 201], [("a", b"log")])


def test_nothing_is_taken_where_the_pile_had_nothing(upload: UploadJob) -> None:
    UploadJob.objects.filter(pk=upload.pk).update(state="nothing")

    assert request("PUT", address(upload), body=[b"x"]).status == 410
    assert kept(upload) == []


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


def test_pages_answer_beside_files_and_a_real_client_is_served(update: FirmwareJob, upload: UploadJob) -> None:
    """Over a real socket: uvicorn, and the client of the standard library in a thread."""

    async def scenario() -> tuple[bytes, int, int]:
        server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            body = await asyncio.to_thread(fetch, f"{base}{address(update)}")
            _, put = await asyncio.to_thread(leave, f"{base}{address(upload)}real.log", CONTENT)
            _, too_much = await asyncio.to_thread(leave, f"{base}/files/uploads/x/y", b"z")
        finally:
            server.should_exit = True
            await running
        return body, put, too_much

    body, put, refused = async_to_sync(scenario)()
    assert (body, put, refused) == (CONTENT, 201, 404)
    assert kept(upload) == [("real.log", CONTENT)]


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        whole: bytes = answer.read()
        return whole


def leave(url: str, content: bytes) -> tuple[bytes, int]:
    put = urllib.request.Request(url, data=content, method="PUT")
    try:
        with urllib.request.urlopen(put, timeout=10) as answer:
            return answer.read(), answer.status
    except urllib.error.HTTPError as error:
        return error.read(), error.code


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
    assert SimpleUploadedFile("x", b"").size == 0
    assert uploads.room_left(10**12) is None
