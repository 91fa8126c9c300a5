"""Logs are left over HTTP: whole or not at all, under harmless names, as far as there is room."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from pytest_django.fixtures import Settings

from backoffice.asgi import application
from stations.models import UploadedFile, UploadJob
from stations.transfer import exchange
from tests.factories.files import make_upload
from tests.stations.transferring import address, kept, landed, request

pytestmark = pytest.mark.usefixtures("one_pile", "everything")


@pytest.fixture
def upload() -> UploadJob:
    return make_upload()


@pytest.mark.parametrize(("method", "status"), [("PUT", 201), ("POST", 200)])
def test_a_file_is_left_as_it_is(method: str, status: int, upload: UploadJob) -> None:
    answer = request(method, address(upload) + "diag.tar.gz", body=[b"one", b"", b"two"])
    upload.refresh_from_db()

    assert (answer.status, kept(upload), upload.state) == (status, [("diag.tar.gz", b"onetwo")], "uploading")
    assert UploadedFile.objects.get(job=upload).remote == "192.0.2.1"
    assert landed() == []


NAMES = [
    ("", "upload.bin"),
    ("a/b/log.txt", "log.txt"),
    ("../../../etc/passwd", "passwd"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("....", "upload.bin"),
    ("a\x00b\r\nX-Evil: 1.log", "abX-Evil_ 1.log"),
    ("\u202egpj.exe", "gpj.exe"),
    ("日志.txt", "日志.txt"),
    ("x" * 500 + ".log", "x" * 116 + ".log"),
    ('a"b<c>|*?.log', "a_b_c_.log"),
]


def test_names_are_cleaned(upload: UploadJob) -> None:
    for number, (tail, _name) in enumerate(NAMES):
        assert request("PUT", address(upload) + tail, body=[str(number).encode()]).status == 201

    assert [name for name, _content in kept(upload)] == [name for _tail, name in NAMES]


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


NO_FILES: list[tuple[dict[str, str], list[bytes]]] = [
    ({"content-type": "multipart/form-data"}, form(("a", b"x"))),
    ({"content-type": "multipart/form-data; boundary=YY"}, form(("a", b"x"))),
    ({"content-type": "multipart/form-data; boundary=XX"}, [b"no form at all"]),
    ({"content-type": "multipart/form-data; boundary=XX"}, [b"--XX--\r\n"]),
    ({}, []),
    ({}, [b""]),
]


def test_what_is_no_file_is_refused(upload: UploadJob) -> None:
    for headers, body in NO_FILES:
        assert request("POST", address(upload), headers=headers, body=body).status == 400

    assert (kept(upload), landed()) == ([], [])


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
    ("headers", "breaks_off"),
    [({}, True), ({"content-length": "10"}, True), ({"content-length": "10"}, False)],
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


def test_a_disk_that_takes_no_more_is_said_and_nothing_is_left(upload: UploadJob) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 1024 * 1024, before[1]))
    try:
        answer = request("PUT", address(upload), body=[bytes(3 * 1024 * 1024)] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert (answer.status, kept(upload), landed()) == (507, [], [])
