"""Two engineers, two lanes of the gateway and a pile that sends twice, all at the same moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import CommandState
from stations import intake, landing
from stations.models import Command, FirmwareJob, UploadedFile
from stations.services import file_sweeps, updates, uploads
from stations.services.uploads import Arrived
from tests.factories.files import make_updatable_pile, make_update, make_upload, updating
from tests.factories.stations import ACTOR, Talk, outcome
from tests.support.together import errors, together

pytestmark = pytest.mark.django_db(transaction=True)


def batch(action: Callable[[], Any]) -> Callable[[], Any]:
    """As the gateway's store does it: the whole batch in one transaction."""

    def run() -> Any:
        with transaction.atomic():
            return action()

    return run


def test_two_engineers_who_update_a_pile_at_once_begin_one_update() -> None:
    with unscoped(reason="tests"):
        pile, firmware = make_updatable_pile()
    results = together([lambda: updates.start_update(pile, firmware=firmware, actor=ACTOR)] * 3)

    assert sorted(type(one).__name__ for one in results) == ["FirmwareJob", "Refused", "Refused"]
    assert {one.code for one in results if isinstance(one, Refused)} == {"running"}
    with unscoped(reason="tests"):
        assert (FirmwareJob.objects.count(), Command.objects.count()) == (1, 1)


def test_an_answer_reports_a_boot_and_a_sweep_do_not_hinder_each_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with unscoped(reason="tests"):
        job = make_update()
        yesterday = clock.ago(days=1)
        FirmwareJob.objects.update(created_at=yesterday, retrieve_at=yesterday)
        talk = Talk(job.pile)
        facts = [updating(job, status) for status in ("Downloading", "Downloaded", "Installing")]
        answer = outcome(job.command, CommandState.ACCEPTED)  # type: ignore[arg-type]
        booted = talk.booted(firmware="2.0")
    results = together(
        [
            batch(lambda: intake.keep_outcomes([answer])),
            batch(lambda: intake.report_firmware(facts)),
            batch(lambda: intake.boot([booted])),
            batch(lambda: intake.report_firmware(list(reversed(facts)))),
            file_sweeps.ask_silent_updates,
        ]
    )

    assert errors(results) == []
    assert "could not be dealt with" not in caplog.text
    with unscoped(reason="tests"):
        job.refresh_from_db()
    assert (job.state, job.version_seen) == ("installed", "2.0")
    assert {word for _at, word in job.steps} == {
        "Accepted",
        "Downloading",
        "Downloaded",
        "Installing",
        "Boot 2.0",
    }


def test_a_file_that_arrives_twice_at_once_is_one() -> None:
    with unscoped(reason="tests"):
        job = make_upload()

    def leave() -> UploadedFile | None:
        with landing.Landing(3) as landed:
            landed.write(b"log")
            landed.finish()
            digest = hashlib.sha256(b"log").hexdigest()
            return uploads.keep_file(job.pk, Arrived(path=landed.path, name="log", size=3, sha256=digest))

    results = together([leave] * 3)

    assert errors(results) == []
    assert len({one.pk for one in results if one is not None}) == 1
    assert list(landing.folder().iterdir()) == []
