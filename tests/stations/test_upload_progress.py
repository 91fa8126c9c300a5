"""How far an upload is, by the table; and what asking for one takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django.fixtures import Settings

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from stations import intake, tickets
from stations.intake import keep_outcomes
from stations.models import UploadedFile, UploadJob, UploadKind
from stations.services import uploads
from stations.services.uploads import MOST_FILES, Wanted
from stations.states import UPLOAD_MOVES, UploadState
from stations.tickets import Errand
from tests.factories.files import leave, make_upload, uploading
from tests.factories.stations import ACTOR, make_command, make_online_pile, make_pile, outcome

pytestmark = pytest.mark.usefixtures("one_pile", "everything")

NOON = clock.parse("2026-03-01T12:00:00Z")


def report(job: UploadJob, *statuses: str, **over: Any) -> UploadJob:
    for status in statuses:
        at = (job.heard_at or job.created_at) + timedelta(seconds=1)
        intake.report_uploads([uploading(job, status, **{"received_at": at} | over)])
        job.refresh_from_db()
    return job


def answered(job: UploadJob, state: CommandState = CommandState.ACCEPTED, **over: Any) -> UploadJob:
    keep_outcomes([outcome(job.command, state, **over)])
    job.refresh_from_db()
    return job


@pytest.mark.statement(104)
@pytest.mark.parametrize(
    ("kind", "said", "states", "reason"),
    [
        (UploadKind.DIAGNOSTICS, ("Uploading", "Uploaded"), ["uploading", "uploaded"], ""),
        (UploadKind.SECURITY_LOG, ("Uploaded", "Uploading"), ["uploaded", "uploaded"], ""),
        (UploadKind.DIAGNOSTICS, ("Uploading", "UploadFailed"), ["uploading", "failed"], "UploadFailed"),
        (UploadKind.SECURITY_LOG, ("Uploading", "Uploaded"), ["uploading", "uploaded"], ""),
        (UploadKind.SECURITY_LOG, ("UploadFailure",), ["failed"], "UploadFailure"),
        (UploadKind.SECURITY_LOG, ("PermissionDenied", "Uploaded"), ["failed", "failed"], "PermissionDenied"),
        (UploadKind.DIAGNOSTICS_LOG, ("BadMessage",), ["failed"], "BadMessage"),
        (UploadKind.DIAGNOSTICS_LOG, ("NotSupportedOperation",), ["failed"], "NotSupportedOperation"),
        (UploadKind.DIAGNOSTICS_LOG, ("Bananas", "Idle"), ["requested", "requested"], ""),
    ],
)
def test_an_upload_follows_what_its_pile_reports(
    kind: UploadKind, said: Sequence[str], states: list[str], reason: str
) -> None:
    job = make_upload(kind)

    assert [report(job, status).state for status in said] == states
    assert (job.reason, [word for _at, word in job.steps]) == (reason, list(said))


@pytest.mark.statement(105)
@pytest.mark.parametrize(
    ("answer", "state", "name"),
    [
        ({"fileName": "diag.tar.gz"}, "requested", "diag.tar.gz"),
        ({}, "nothing", ""),
        ({"fileName": ""}, "nothing", ""),
        ({"fileName": None}, "nothing", ""),
        ({"fileName": 7}, "nothing", ""),
    ],
)
def test_a_pile_without_a_file_name_has_nothing_to_upload(
    answer: dict[str, Any], state: str, name: str
) -> None:
    job = answered(make_upload(), answer=answer)

    assert (job.state, job.said_name) == (state, name)
    assert (job.finished_at is not None) == (state == "nothing")


def test_a_log_without_a_file_name_is_still_awaited() -> None:
    job = answered(make_upload(UploadKind.SECURITY_LOG), answer={"status": "Accepted"})

    assert job.state == "requested"


def test_a_file_name_that_is_missing_ends_no_upload_that_began() -> None:
    job = answered(report(make_upload(), "Uploading"), answer={})

    assert job.state == "uploading"


@pytest.mark.parametrize(
    ("state", "over", "becomes", "reason"),
    [
        (CommandState.REJECTED, {"answer": {"status": "Rejected"}}, "failed", "Rejected"),
        (CommandState.ERROR, {"error": "NotSupported"}, "failed", "NotSupported"),
        (CommandState.EXPIRED, {"error": "never_sent"}, "failed", "not_sent"),
        (CommandState.TIMED_OUT, {}, "requested", ""),
    ],
)
def test_other_answers(state: CommandState, over: dict[str, Any], becomes: str, reason: str) -> None:
    job = answered(make_upload(UploadKind.SECURITY_LOG), state, **over)

    assert (job.state, job.reason) == (becomes, reason)


def test_a_log_that_replaces_another_ends_it() -> None:
    first = make_upload(UploadKind.SECURITY_LOG)
    second = make_upload(UploadKind.SECURITY_LOG, pile=first.pile)
    answered(second, answer={"status": "AcceptedCanceled"})
    first.refresh_from_db()

    assert (first.state, first.reason, second.state) == ("failed", "replaced", "requested")


def test_reports_of_logs_go_to_the_one_that_they_name_and_no_other() -> None:
    first = make_upload(UploadKind.SECURITY_LOG)
    second = make_upload(UploadKind.SECURITY_LOG, pile=first.pile)
    report(first, "Uploading")
    second.refresh_from_db()
    assert (first.state, second.state) == ("uploading", "requested")

    intake.report_uploads([uploading(make_upload(UploadKind.SECURITY_LOG), "Uploaded", request_id=first.pk)])
    first.refresh_from_db()
    assert first.state == "uploading"


@pytest.mark.statement(84)
def test_a_report_without_a_job_does_no_harm() -> None:
    job = report(make_upload(), "Uploaded")
    intake.report_uploads([uploading(job, "UploadFailed"), uploading(job, "Uploaded", pile_id=10**9)])
    job.refresh_from_db()

    assert job.state == "uploaded"


def test_diagnostics_are_asked_for_with_an_address_of_their_own() -> None:
    job = make_upload(since=NOON, until=NOON + timedelta(hours=1))
    payload = job.command.payload
    folder = f"{settings.FILES_URL}/files/uploads/"

    assert job.command.action == "GetDiagnostics"
    assert payload["startTime"] == "2026-03-01T12:00:00Z"
    assert payload["stopTime"] == "2026-03-01T13:00:00Z"
    assert payload["location"].startswith(folder) and payload["location"].endswith("/")
    ticket = tickets.read(Errand.UPLOAD, payload["location"].removeprefix(folder).strip("/"))
    assert (ticket.job_id, ticket.until) == (job.pk, job.address_until.replace(microsecond=0))
    assert AuditEntry.objects.filter(action="upload_job.started", object_ref=f"uploadjob:{job.pk}").exists()


def test_a_log_is_asked_for_with_its_number() -> None:
    job = make_upload(UploadKind.SECURITY_LOG, since=NOON)
    payload = job.command.payload

    assert (job.command.action, payload["logType"], payload["requestId"]) == (
        "GetLog",
        "SecurityLog",
        job.pk,
    )
    assert payload["log"]["oldestTimestamp"] == "2026-03-01T12:00:00Z"
    assert len(payload["log"]["remoteLocation"]) <= 512


@pytest.mark.parametrize(
    ("said", "ftp_port", "scheme"),
    [
        ("", 0, "http"),
        ("FTP,HTTP,HTTPS", 2121, "http"),
        ("FTP", 2121, "ftp"),
        (" ftp , FTPS", 2121, "ftp"),
        ("FTP", 0, None),
        ("FTPS", 2121, None),
    ],
)
def test_the_way_is_one_that_the_pile_says_it_can(
    said: str, ftp_port: int, scheme: str | None, settings: Settings
) -> None:
    settings.FTP_PORT = ftp_port
    pile = make_online_pile()
    if said:
        entry = {"key": "SupportedFileTransferProtocols", "readonly": True, "value": said}
        asked = make_command(pile, action="GetConfiguration")
        intake.keep_outcomes([outcome(asked, CommandState.ACCEPTED, answer={"configurationKey": [entry]})])
    if scheme is None:
        with pytest.raises(Refused) as refused:
            make_upload(pile=pile)
        assert refused.value.code == "scheme"
        assert not UploadJob.objects.filter(pile=pile).exists()
    else:
        job = make_upload(pile=pile)
        assert job.scheme == scheme
        assert job.command.payload["location"].startswith(f"{scheme}://")


def test_an_ftp_address_carries_the_login_of_the_job(settings: Settings) -> None:
    settings.FTP_PORT, settings.FTP_ADDRESS = 2121, "192.0.2.7"
    job = make_upload(scheme="ftp")
    login, _, host = job.command.payload["location"].removeprefix("ftp://").partition("@")

    assert host == "192.0.2.7:2121/"
    assert login.partition(":")[0] == str(job.pk)
    assert tickets.read(Errand.UPLOAD, login.partition(":")[2]).job_id == job.pk


def test_diagnostics_are_not_asked_for_twice_at_a_time() -> None:
    job = make_upload()
    with pytest.raises(Refused) as refused:
        make_upload(pile=job.pile)

    assert refused.value.code == "running"
    assert UploadJob.objects.filter(pile=job.pile).count() == 1
    report(job, "Uploaded")
    assert make_upload(pile=job.pile).state == "requested"


def test_nothing_is_begun_where_the_pile_cannot_be_asked() -> None:
    pile = make_pile()
    with pytest.raises(Refused) as refused:
        make_upload(pile=pile)

    assert refused.value.code == "offline"
    assert not UploadJob.objects.filter(pile=pile).exists()


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        uploads.start_upload(make_online_pile(), wanted=Wanted(since=NOON, until=NOON), actor=ACTOR)

    assert (refused.value.code, refused.value.field) == ("span", "until")


def test_a_file_is_kept_whole_under_a_name_of_ours() -> None:
    job = make_upload()
    row = leave(job, b"line\n" * 1000, "../../etc/passwd")
    job.refresh_from_db()

    assert row is not None
    assert (row.name, row.size, job.state) == ("passwd", 5000, "uploading")
    stored = Path(row.file.path)
    assert stored.read_bytes() == b"line\n" * 1000
    assert stored.parent == Path(settings.MEDIA_ROOT) / "uploads"


def test_the_same_file_again_is_one() -> None:
    job = make_upload()
    assert leave(job) == leave(job)
    leave(job, b"other")

    assert UploadedFile.objects.filter(job=job).count() == 2


def test_a_job_takes_no_more_than_its_room(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    job = make_upload()
    assert leave(job, b"1234567") is not None
    before = len(list((Path(settings.MEDIA_ROOT) / "uploads").iterdir()))

    assert leave(job, b"12345", "b") is None
    assert uploads.room_left(job.pk) == 3
    assert len(list((Path(settings.MEDIA_ROOT) / "uploads").iterdir())) == before


def test_a_job_takes_no_more_than_so_many_files() -> None:
    job = make_upload()
    for number in range(MOST_FILES):
        leave(job, str(number).encode())

    assert uploads.room_left(job.pk) == 0
    assert leave(job, b"one more") is None


def test_nothing_is_taken_for_a_job_that_there_is_not() -> None:
    job = make_upload()
    answered(job, answer={})

    assert uploads.room_left(job.pk) is None
    assert uploads.room_left(10**12) is None
    assert leave(job) is None


def test_a_file_that_comes_after_the_end_is_kept() -> None:
    job = report(make_upload(), "Uploaded")

    assert leave(job) is not None
    job.refresh_from_db()
    assert job.state == "uploaded"


def test_every_step_is_in_the_table() -> None:
    assert UPLOAD_MOVES.keys() == set(UploadState)
    assert json.dumps([word for state in UploadState for word in UPLOAD_MOVES[state]])
