"""Files over FTP, with a real client: one login a job, which can leave files and do nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aioftp
import pytest
from asgiref.sync import async_to_sync
from pytest_django.fixtures import Settings

from backoffice.kit import clock
from stations import tickets
from stations.ftp.process import ports_of
from stations.ftp.server import MOST_GUESSES, MOST_OF_ONE, Hangups, UploadServer
from stations.models import UploadJob
from stations.tickets import Errand
from tests.factories.files import make_upload
from tests.stations.transferring import kept, landed
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("one_pile", "everything")


@pytest.fixture
def job(settings: Settings) -> UploadJob:
    settings.FTP_PORT = 2121
    return make_upload(scheme="ftp")


def login(job: UploadJob) -> tuple[str, str]:
    assert job.command is not None
    user, _, rest = job.command.payload["location"].removeprefix("ftp://").partition(":")
    return user, rest.partition("@")[0]


def with_server(scenario: Callable[[int], Awaitable[Any]], **over: Any) -> Any:
    """Run the scenario with the port of a server."""

    async def run() -> Any:
        server = UploadServer(**over)
        await server.start("127.0.0.1", 0)
        try:
            return await asyncio.wait_for(scenario(server.server_port), 20)
        finally:
            await until(lambda: not server.connections)
            await server.close()

    return async_to_sync(run)()


async def leave(client: aioftp.Client, name: str, *blocks: bytes) -> None:
    async with client.upload_stream(name) as stream:
        for block in blocks:
            await stream.write(block)


@pytest.mark.statement(104)
def test_a_pile_leaves_its_files(job: UploadJob) -> None:
    content = bytes(range(256)) * 2000

    async def scenario(port: int) -> None:
        async with aioftp.Client.context("127.0.0.1", port, *login(job)) as client:
            await client.change_directory("/logs")
            await leave(client, "diag.tar.gz", content[:1000], content[1000:])
            await leave(client, "../../../etc/cron.d/evil", b"x")

    with_server(scenario)
    job.refresh_from_db()
    assert kept(job) == [("diag.tar.gz", content), ("evil", b"x")]
    assert (job.state, landed()) == ("uploading", [])


def test_nobody_comes_in_without_the_ticket_of_a_job(job: UploadJob) -> None:
    user, password = login(job)
    other = make_upload()
    until = clock.now() + timedelta(hours=1)
    wrong = [
        (user, "guess"),
        (user, tickets.issue(Errand.UPLOAD, other.pk, until)),
        (user, tickets.issue(Errand.FIRMWARE, job.pk, until)),
        (user, tickets.issue(Errand.UPLOAD, job.pk, clock.ago(minutes=1))),
        (str(other.pk), password),
        ("anonymous", "me@example.com"),
        ("", ""),
        (f"{user}/../1", password),
        ("9" * 40, password),
    ]

    async def scenario(port: int) -> list[str]:
        codes = []
        for name, secret in wrong:
            client = aioftp.Client()
            await client.connect("127.0.0.1", port)
            try:
                await client.login(name, secret)
            except aioftp.StatusCodeError as refused:
                codes += map(str, refused.received_codes)
            client.close()
        return codes

    assert set(with_server(scenario)) <= {"530", "503"}
    assert (kept(job), kept(other)) == ([], [])


def test_a_job_that_expects_nothing_lets_nobody_in(job: UploadJob) -> None:
    UploadJob.objects.filter(pk=job.pk).update(state="nothing")

    async def scenario(port: int) -> None:
        with pytest.raises(aioftp.StatusCodeError):
            async with aioftp.Client.context("127.0.0.1", port, *login(job)):
                pass

    with_server(scenario)


def test_nothing_can_be_listed_read_or_changed(job: UploadJob) -> None:
    commands = (
        "LIST",
        "MLSD",
        "MLST x",
        "NLST",
        "RETR diag",
        "DELE diag",
        "RNFR diag",
        "RMD /",
        "APPE diag",
        "REST 5",
        "SITE CHMOD",
        "PORT 1",
    )

    async def scenario(port: int) -> set[str]:
        async with aioftp.Client.context("127.0.0.1", port, *login(job)) as client:
            await leave(client, "diag", b"secret")
            return {str((await client.command(command, "5xx"))[0]) for command in commands}

    assert with_server(scenario) == {"502"}
    assert kept(job) == [("diag", b"secret")]


def test_nothing_is_done_before_the_login(job: UploadJob) -> None:
    async def scenario(port: int) -> list[str]:
        client = aioftp.Client()
        await client.connect("127.0.0.1", port)
        codes = [
            str((await client.command(word, "5xx"))[0]) for word in ("STOR x", "EPSV", "PASV", "PWD", "CWD /")
        ]
        await client.command(f"USER {login(job)[0]}", "331")
        codes.append(str((await client.command("STOR x", "5xx"))[0]))
        client.close()
        return codes

    assert with_server(scenario) == ["503"] * 6
    assert kept(job) == []


def test_passwords_are_not_guessed_for_long(job: UploadJob) -> None:
    async def scenario(port: int) -> int:
        client = aioftp.Client()
        await client.connect("127.0.0.1", port)
        guesses = 0
        try:
            for _ in range(MOST_GUESSES + 3):
                await client.command(f"USER {login(job)[0]}", "331")
                await client.command("PASS guess", "530")
                guesses += 1
        except ConnectionError:
            pass
        client.close()
        return guesses

    assert with_server(scenario) == MOST_GUESSES


def test_one_job_holds_no_more_than_its_share_of_connections(job: UploadJob) -> None:
    async def scenario(port: int) -> str:
        clients = [aioftp.Client() for _ in range(MOST_OF_ONE + 1)]
        for client in clients:
            await client.connect("127.0.0.1", port)
        for client in clients[:-1]:
            await client.login(*login(job))
        code, _lines = await clients[-1].command(f"USER {login(job)[0]}", "530")
        for client in clients:
            client.close()
        return str(code)

    assert with_server(scenario) == "530"


def test_more_than_there_is_room_for_is_refused(job: UploadJob, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10

    async def scenario(port: int) -> list[str]:
        codes = []
        async with aioftp.Client.context("127.0.0.1", port, *login(job)) as client:
            for name, content in [("big", b"x" * 11), ("fits", b"x" * 10), ("more", b"x")]:
                try:
                    await leave(client, name, content)
                except aioftp.StatusCodeError as refused:
                    codes += map(str, refused.received_codes)
        return codes

    assert with_server(scenario) == ["552", "552"]
    assert (kept(job), landed()) == ([("fits", b"x" * 10)], [])


def test_of_a_file_that_is_broken_off_nothing_is_kept(job: UploadJob) -> None:
    async def scenario(port: int) -> None:
        client = aioftp.Client()
        await client.connect("127.0.0.1", port)
        await client.login(*login(job))
        stream = await client.get_stream("STOR half", "1xx")
        await stream.write(b"half of it")
        await until(landed)
        client.close()
        stream.close()

    with_server(scenario)
    assert (kept(job), landed()) == ([], [])


def test_nonsense_cuts_its_own_line_and_no_other(job: UploadJob) -> None:
    async def scenario(port: int) -> None:
        async with aioftp.Client.context("127.0.0.1", port, *login(job)) as client:
            for nonsense in (b"\xff\xfe\r\n", b"x" * 200_000 + b"\r\n", b""):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(nonsense)
                if not nonsense:
                    writer.write_eof()
                with suppress(ConnectionError):
                    await reader.read()
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()
            await leave(client, "diag", b"log")

    with_server(scenario)
    assert kept(job) == [("diag", b"log")]


def test_who_vanishes_is_no_error_in_the_log() -> None:
    def record(failure: Exception | None) -> logging.LogRecord:
        info = (type(failure), failure, None) if failure else None
        return logging.LogRecord("aioftp.server", logging.ERROR, "", 0, "caught", None, info)

    kept_records = [
        bool(Hangups().filter(record(failure)))
        for failure in (ConnectionResetError(), TimeoutError(), ValueError(), KeyError(), None)
    ]
    assert kept_records == [False, False, False, True, True]


def test_the_address_and_the_ports_for_data_are_those_of_the_settings(job: UploadJob) -> None:
    ports = ports_of("47750-47753")

    async def scenario(port: int) -> list[str]:
        async with aioftp.Client.context("127.0.0.1", port, *login(job)) as client:
            _code, lines = await client.command("PASV", "227")
            return [str(line) for line in lines]

    [line] = with_server(scenario, address="192.0.2.9", ports=ports)
    numbers = line[line.index("(") + 1 : line.index(")")].split(",")
    assert numbers[:4] == ["192", "0", "2", "9"]
    assert int(numbers[4]) * 256 + int(numbers[5]) in ports


def test_ports_that_make_no_sense_stop_the_start() -> None:
    for text in ("", "x", "5-1", "0-9", "65000-70000", "1-2-3"):
        with pytest.raises(ValueError):
            ports_of(text)
