"""What time does to updates and uploads: asked once, then stalled; files go when their time is over."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from stations import intake, landing
from stations.models import Command, FirmwareJob, Pile, UploadedFile, UploadJob, UploadKind
from stations.services import file_sweeps, updates, uploads
from stations.states import ASKED_PATIENCE_S, UPDATE_PATIENCE_S, UPLOAD_PATIENCE_S, UpdateState
from tenants.models import Tenant
from tenants.rules import Retention
from tenants.services.settings import change_settings
from tests.factories.files import leave, make_update, make_upload, updating, uploading
from tests.factories.stations import ACTOR, Talk

pytestmark = pytest.mark.usefixtures("one_pile", "everything")

Job = FirmwareJob | UploadJob
MINUTE = timedelta(minutes=1)


def sweep() -> None:
    for each in (
        file_sweeps.ask_silent_updates,
        file_sweeps.stall_updates,
        file_sweeps.ask_silent_uploads,
        file_sweeps.stall_uploads,
    ):
        each()


def asked(job: Job) -> list[str]:
    """The messages that its pile was asked for."""
    triggers = Command.objects.filter(pile=job.pile_id, action__endswith="TriggerMessage").order_by("pk")
    return [f"{one.action} {one.payload['requestedMessage']}" for one in triggers]


MAKERS: list[tuple[Callable[[], Job], timedelta, str]] = [
    (
        make_update,
        timedelta(seconds=UPDATE_PATIENCE_S[UpdateState.REQUESTED]),
        "TriggerMessage FirmwareStatusNotification",
    ),
    (
        lambda: make_update(signed=True),
        timedelta(seconds=UPDATE_PATIENCE_S[UpdateState.REQUESTED]),
        "ExtendedTriggerMessage FirmwareStatusNotification",
    ),
    (
        make_upload,
        timedelta(seconds=UPLOAD_PATIENCE_S),
        "TriggerMessage DiagnosticsStatusNotification",
    ),
    (
        lambda: make_upload(UploadKind.SECURITY_LOG),
        timedelta(seconds=UPLOAD_PATIENCE_S),
        "ExtendedTriggerMessage LogStatusNotification",
    ),
]


@pytest.mark.statement(104)
@pytest.mark.parametrize(("make", "patience", "question"), MAKERS)
def test_a_silent_pile_is_asked_once_and_then_counts_as_stalled(
    make: Callable[[], Job], patience: timedelta, question: str
) -> None:
    job = make()
    with clock.frozen(job.created_at + patience - MINUTE):
        sweep()
        assert asked(job) == []
    silent = job.created_at + patience + MINUTE
    with clock.frozen(silent):
        sweep()
        sweep()
        assert asked(job) == [question]
    with clock.frozen(silent + timedelta(seconds=ASKED_PATIENCE_S) + MINUTE):
        sweep()
        job.refresh_from_db()
        assert (job.state, job.finished_at) == ("stalled", None)
        sweep()
    assert asked(job) == [question]


def test_a_pile_that_answers_to_the_question_is_waited_for_again() -> None:
    job = make_update()
    silent = job.created_at + timedelta(hours=2)
    with clock.frozen(silent):
        sweep()
        intake.report_firmware([updating(job, "Downloading", received_at=silent + MINUTE)])
    with clock.frozen(silent + timedelta(minutes=30)):
        sweep()
        job.refresh_from_db()
        assert job.state == "downloading"
    with clock.frozen(silent + timedelta(hours=3)):
        sweep()
        assert len(asked(job)) == 2


def test_idle_after_a_question_ends_an_update() -> None:
    job = make_update()
    silent = job.created_at + timedelta(hours=2)
    with clock.frozen(silent):
        sweep()
    intake.report_firmware([updating(job, "Idle", received_at=silent + MINUTE)])
    job.refresh_from_db()

    assert (job.state, job.reason) == ("failed", "Idle")


def test_idle_of_a_pile_that_runs_the_version_is_a_success() -> None:
    job = make_update()
    silent = job.created_at + timedelta(hours=2)
    Pile.objects.filter(pk=job.pile_id).update(firmware="2.0", booted_at=job.created_at + MINUTE)
    with clock.frozen(silent):
        sweep()
    intake.report_firmware([updating(job, "Idle", received_at=silent + MINUTE)])
    job.refresh_from_db()

    assert (job.state, job.version_seen) == ("installed", "2.0")


def test_a_pile_that_cannot_be_asked_is_stalled_all_the_same_and_may_come_back() -> None:
    job = make_update()
    pile = Pile.objects.get(pk=job.pile_id)
    intake.disconnect([Talk(pile).disconnected()])
    silent = job.created_at + timedelta(hours=2)
    with clock.frozen(silent):
        sweep()
    with clock.frozen(silent + timedelta(hours=1)):
        sweep()
        job.refresh_from_db()
        assert job.state == "stalled"
        assert asked(job) == []
    intake.report_firmware([updating(job, "Installed", received_at=silent + timedelta(hours=2))])
    job.refresh_from_db()
    assert job.state == "installed"


def test_an_update_that_starts_later_is_not_silent_before() -> None:
    pile_job = make_update()
    intake.report_firmware([updating(pile_job, "DownloadFailed")])
    start = clock.now() + timedelta(days=2)
    job = updates.start_update(
        pile_job.pile, firmware=pile_job.firmware, actor=ACTOR, plan=updates.Plan(retrieve_at=start)
    )
    with clock.frozen(start - MINUTE):
        sweep()
    assert asked(job) == []
    with clock.frozen(start + timedelta(hours=1)):
        sweep()
    assert len(asked(job)) == 1


def test_a_download_counts_as_a_word() -> None:
    job = make_update()
    with clock.frozen(job.created_at + timedelta(minutes=29)):
        updates.count_download(job.pk)
    with clock.frozen(job.created_at + timedelta(minutes=50)):
        sweep()
        assert asked(job) == []


def test_an_upload_whose_file_is_here_is_done_also_without_a_word() -> None:
    job = make_upload()
    assert leave(job) is not None
    silent = job.created_at + timedelta(hours=2)
    with clock.frozen(silent):
        sweep()
    with clock.frozen(silent + timedelta(hours=1)):
        sweep()
    job.refresh_from_db()

    assert (job.state, job.reason) == ("uploaded", "")


def test_an_upload_that_is_over_is_left_alone() -> None:
    job = make_upload()
    intake.report_uploads([uploading(job, "Uploaded")])
    with clock.frozen(job.created_at + timedelta(days=2)):
        sweep()
    job.refresh_from_db()

    assert (job.state, asked(job)) == ("uploaded", [])


def test_files_go_when_their_time_is_over_and_the_row_stays() -> None:
    job = make_upload()
    old = leave(job, b"old")
    assert old is not None
    path = Path(old.file.path)
    with clock.frozen(clock.now() + timedelta(days=settings.UPLOADS_KEPT_DAYS - 1)):
        assert file_sweeps.forget_files() == 0
        new = leave(job, b"new", "new.txt")
    with clock.frozen(clock.now() + timedelta(days=settings.UPLOADS_KEPT_DAYS + 1)):
        assert file_sweeps.forget_files() == 1
        assert file_sweeps.forget_files() == 0
    old.refresh_from_db()

    assert not path.exists()
    assert (old.name, bool(old.file), old.removed_at is not None) == ("log.txt", False, True)
    assert list(UploadedFile.objects.filter(removed_at__isnull=True)) == [new]


def test_files_go_earlier_where_their_tenant_keeps_them_for_less() -> None:
    job = make_upload()
    assert leave(job, b"old") is not None
    owner = Tenant.objects.get(pk=job.path.owner_id)
    change_settings(owner, Retention, {"files_days": 3}, actor=ACTOR)
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert file_sweeps.forget_files() == 0
    with clock.frozen(clock.now() + timedelta(days=4)):
        assert file_sweeps.forget_files() == 1


def test_what_landed_and_was_never_kept_goes_after_a_day() -> None:
    young, old = landing.Landing(9), landing.Landing(9)
    for one in (young, old):
        one.write(b"x")
        one.finish()
    yesterday = clock.ago(days=2).timestamp()
    os.utime(old.path, (yesterday, yesterday))
    assert file_sweeps.clear_landing() == 1

    assert (young.path.exists(), old.path.exists()) == (True, False)
    young.discard()


def test_staff_may_ask_how_far_it_is_as_long_as_it_is_not_over() -> None:
    update, upload = make_update(), make_upload()
    updates.ask_progress(update, actor=ACTOR)
    uploads.ask_progress(upload, actor=ACTOR)

    assert asked(update) == [
        "TriggerMessage FirmwareStatusNotification",
        "TriggerMessage DiagnosticsStatusNotification",
    ]
    intake.report_firmware([updating(update, "Installed")])
    intake.report_uploads([uploading(upload, "Uploaded")])
    for ask, job in ((updates.ask_progress, update), (uploads.ask_progress, upload)):
        with pytest.raises(Refused) as refused:
            ask(job, actor=ACTOR)
        assert refused.value.code == "over"
