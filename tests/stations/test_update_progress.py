"""How far an update is: by the table, in whatever order and however often a pile says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from backoffice.kit import clock
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.intake import keep_outcomes
from stations.models import FirmwareJob, Pile, PileEvent
from stations.services import updates
from stations.states import UPDATE_MOVES, UPDATE_REPORTS, UpdateState
from stations.updating import MOST_STEPS, same_version
from tests.factories.files import make_update, updating
from tests.factories.stations import ACTOR, Talk, outcome

pytestmark = pytest.mark.usefixtures("one_pile", "everything")

PLAIN = ("Downloading", "Downloaded", "Installing", "Installed")
SIGNED = (
    "DownloadScheduled",
    "Downloading",
    "DownloadPaused",
    "Downloading",
    "Downloaded",
    "SignatureVerified",
    "InstallScheduled",
    "Installing",
    "InstallRebooting",
    "Installed",
)


def report(job: FirmwareJob, *statuses: str, **over: Any) -> FirmwareJob:
    """Each status a second after the last."""
    for status in statuses:
        at = (job.heard_at or job.created_at) + timedelta(seconds=1)
        intake.report_firmware([updating(job, status, **{"received_at": at} | over)])
        job.refresh_from_db()
    return job


def boot(job: FirmwareJob, version: str, *, seconds: int = 1) -> FirmwareJob:
    at = (job.heard_at or job.created_at) + timedelta(seconds=seconds)
    intake.boot([Talk(Pile.objects.get(pk=job.pile_id)).booted(firmware=version, received_at=at)])
    job.refresh_from_db()
    return job


def words(job: FirmwareJob) -> list[str]:
    return [word for _at, word in job.steps]


@pytest.mark.statement(104)
@pytest.mark.parametrize(
    ("signed", "said", "states"),
    [
        (False, PLAIN, ["downloading", "downloaded", "installing", "installed"]),
        (False, ("Downloading", "DownloadFailed"), ["downloading", "failed"]),
        (False, ("Installing", "InstallationFailed"), ["installing", "failed"]),
        (False, ("Installed",), ["installed"]),
        (
            True,
            SIGNED,
            [
                "requested",
                "downloading",
                "downloading",
                "downloading",
                "downloaded",
                "verified",
                "verified",
                "installing",
                "rebooting",
                "installed",
            ],
        ),
        (True, ("Downloaded", "InvalidSignature"), ["downloaded", "failed"]),
        (True, ("InstallRebooting", "InstallVerificationFailed"), ["rebooting", "failed"]),
    ],
)
def test_an_update_follows_what_its_pile_reports(
    signed: bool, said: Sequence[str], states: list[str]
) -> None:
    job = make_update(signed=signed)

    assert [report(job, status).state for status in said] == states
    assert words(job) == list(said)
    assert job.reason == (said[-1] if states[-1] == "failed" else "")
    assert (job.finished_at is not None) == (states[-1] in {"failed", "installed"})


@pytest.mark.parametrize("order", [*permutations(PLAIN[:3])])
def test_steps_that_come_in_disorder_never_lead_back(order: Sequence[str]) -> None:
    job = report(make_update(), *order)

    assert job.state == "installing"
    assert sorted(words(job)) == sorted(order)
    assert report(job, "Installed").state == "installed"


@pytest.mark.parametrize("end", ["Installed", "InstallationFailed"])
def test_nothing_moves_an_update_that_is_over(end: str) -> None:
    job = report(make_update(signed=True), "Downloading", end)
    state, finished = job.state, job.finished_at
    report(job, "Downloading", "DownloadFailed", "Installing", "Installed", "Idle")

    assert (job.state, job.finished_at) == (state, finished)


def test_the_same_report_twice_is_one() -> None:
    job = make_update()
    fact = updating(job, "Downloading")
    intake.report_firmware([fact, fact])
    intake.report_firmware([fact])
    job.refresh_from_db()

    assert words(job) == ["Downloading"]


def test_a_pile_that_repeats_itself_for_ever_fills_no_table() -> None:
    job = report(make_update(), *["Downloading"] * (MOST_STEPS + 20))

    assert len(job.steps) == MOST_STEPS
    assert report(job, "Installed").state == "installed"


@pytest.mark.statement(84)
@pytest.mark.parametrize("status", ["Downloading", "Idle", "Bananas", ""])
def test_a_report_without_a_job_does_no_harm(status: str) -> None:
    job = report(make_update(signed=True), "Installed")
    stranger = updating(job, status, pile_id=10**9, request_id=7)
    intake.report_firmware([updating(job, status, request_id=10**12), stranger])
    job.refresh_from_db()

    assert (job.state, words(job)) == ("installed", ["Installed"])


def test_an_unknown_status_is_kept_and_moves_nothing() -> None:
    job = report(make_update(), "Downloading", "Bananas", "")

    assert (job.state, words(job)) == ("downloading", ["Downloading", "Bananas", "?"])


def test_a_plain_report_is_about_the_newest_open_update() -> None:
    older = report(make_update(), "Downloading", "DownloadFailed")
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        newer = updates.start_update(older.pile, firmware=older.firmware, actor=ACTOR)
    report(newer, "Downloading")
    older.refresh_from_db()

    assert (older.state, newer.state) == ("failed", "downloading")


def test_a_signed_update_may_be_reported_in_the_plain_way() -> None:
    job = report(make_update(signed=True), "Downloading", signed=False, request_id=None)

    assert job.state == "downloading"


def test_a_restart_may_come_before_the_pile_says_installed() -> None:
    job = report(make_update(), "Installing")
    boot(job, "v2.0")

    assert (job.state, job.version_seen) == ("installed", "v2.0")
    assert report(job, "Installed").state == "installed"


def test_a_restart_with_another_version_is_shown_and_ends_nothing() -> None:
    job = boot(report(make_update(), "Installing"), "1.0")
    assert (job.state, job.version_seen) == ("installing", "1.0")

    assert boot(report(job, "Installed"), "1.0").version_seen == "1.0"
    assert boot(job, "2.0", seconds=90).version_seen == "1.0"  # that was another update


def test_installed_and_a_boot_afterwards_are_compared() -> None:
    job = boot(report(make_update(), *PLAIN), "2.0")

    assert (job.state, job.version_seen) == ("installed", "2.0")


def test_a_boot_from_before_the_update_says_nothing_of_it() -> None:
    job = make_update()
    talk = Talk(job.pile)
    intake.boot([talk.booted(firmware="2.0", received_at=job.created_at - timedelta(minutes=1))])
    job.refresh_from_db()

    assert (job.state, job.version_seen, job.steps) == ("requested", "", [])


@pytest.mark.parametrize(
    ("state", "answer", "error", "becomes", "reason"),
    [
        (CommandState.ACCEPTED, {}, "", "requested", ""),
        (CommandState.ERROR, {}, "NotSupported", "failed", "wants_signed"),
        (CommandState.ERROR, {}, "InternalError", "failed", "InternalError"),
        (CommandState.TIMED_OUT, {}, "", "requested", ""),
        (CommandState.CONNECTION_LOST, {}, "", "requested", ""),
        (CommandState.REFUSED, {}, "offline", "failed", "not_sent"),
        (CommandState.EXPIRED, {}, "never_sent", "failed", "not_sent"),
    ],
)
def test_the_answer_to_a_plain_request(
    state: CommandState, answer: dict[str, Any], error: str, becomes: str, reason: str
) -> None:
    job = make_update()
    keep_outcomes([outcome(job.command, state, answer=answer, error=error)])
    job.refresh_from_db()

    assert (job.state, job.reason) == (becomes, reason)


@pytest.mark.parametrize(
    ("status", "agreed"),
    [
        ("Accepted", True),
        ("AcceptedCanceled", True),
        ("Rejected", False),
        ("InvalidCertificate", False),
        ("RevokedCertificate", False),
    ],
)
def test_the_answer_to_a_signed_request(status: str, agreed: bool) -> None:
    job = make_update(signed=True)
    state = CommandState.ACCEPTED if agreed else CommandState.REJECTED
    keep_outcomes([outcome(job.command, state, answer={"status": status})])
    job.refresh_from_db()

    assert (job.state, job.reason) == (("requested", "") if agreed else ("failed", status))
    assert words(job) == [status]


def test_reports_may_come_before_the_answer() -> None:
    job = report(make_update(), "Downloading")
    keep_outcomes([outcome(job.command, CommandState.ACCEPTED)])
    job.refresh_from_db()

    assert job.state == "downloading"


def test_a_lost_answer_leaves_all_open() -> None:
    job = make_update()
    keep_outcomes([outcome(job.command, CommandState.TIMED_OUT)])

    assert report(job, *PLAIN).state == "installed"


@pytest.mark.parametrize(
    ("status", "older", "newer"),
    [
        ("AcceptedCanceled", ("failed", "replaced"), "requested"),
        ("Rejected", ("downloading", ""), "failed"),
    ],
)
def test_a_second_signed_update_replaces_the_first_only_where_the_pile_says_so(
    status: str, older: tuple[str, str], newer: str
) -> None:
    first = report(make_update(signed=True), "Downloading")
    other = make_update(signed=True).firmware
    other.pile_models.set(first.firmware.pile_models.all())
    second = updates.start_update(first.pile, firmware=other, actor=ACTOR, signed=True)
    state = CommandState.REJECTED if status == "Rejected" else CommandState.ACCEPTED
    keep_outcomes([outcome(second.command, state, answer={"status": status})])
    first.refresh_from_db()
    second.refresh_from_db()

    assert ((first.state, first.reason), second.state) == (older, newer)


def test_every_step_is_in_the_table() -> None:
    assert UPDATE_MOVES.keys() == set(UpdateState)
    assert set(UPDATE_REPORTS.values()) <= set(UpdateState)
    for state, onward in UPDATE_MOVES.items():
        assert state not in onward


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2.0", " v2.0 ", True),
        ("V2.0-RC1", "2.0-rc1", True),
        ("2.0", "2.0.1", False),
        ("", "", False),
        ("vega", "ega", False),
    ],
)
def test_versions_are_compared_as_people_write_them(one: str, other: str, same: bool) -> None:
    assert same_version(one, other) is same


def test_what_was_reported_is_kept_as_an_event_too(django_assert_max_num_queries: Any) -> None:
    job = make_update()
    facts = [updating(job, status) for status in PLAIN]
    intake.note(facts)
    with django_assert_max_num_queries(12):
        intake.report_firmware(facts)

    assert PileEvent.objects.filter(kind="FirmwareStatusNotification").count() == len(PLAIN)
