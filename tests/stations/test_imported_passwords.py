"""Passwords that an import made are told for a short time, and kept nowhere after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit import clock, jobs
from backoffice.kit.models import ImportFile, Job
from stations.models import Station
from tests.factories.stations import make_agency, make_station
from tests.stations.browsing import browser, operator_of
from tests.stations.importing import HEADS, bring_in, send_rows
from tests.support.workbooks import content_of

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def station() -> Station:
    return make_station(make_agency(), code="HZ-01", name="East gate")


def ended(row: ImportFile) -> Job:
    assert row.job is not None
    return row.job


def test_passwords_of_new_piles_can_be_fetched_for_an_hour_and_then_are_nowhere(station: Station) -> None:
    client = browser(operator_of(station))
    done = bring_in(client, [HEADS, ("CP-1", "", "", "HZ-01", 1)])
    job, page = ended(done), reverse("imports.file", args=[done.public_id])
    stored: Any = job.file
    assert job.finished_at is not None and stored.storage.exists(stored.name)
    assert "for an hour" in client.get(page).content.decode()

    fetched = reverse("jobs.file", args=[job.public_id])
    with clock.frozen(job.finished_at + timedelta(minutes=59)):
        jobs.tidy()
        answer: Any = client.get(fetched)
        assert content_of(answer)
    with clock.frozen(job.finished_at + timedelta(minutes=61)):
        assert client.get(fetched).status_code == 404  # also where no sweep has come by yet
        jobs.tidy()
        shown = client.get(page).content.decode()
    assert not stored.storage.exists(stored.name) and Job.objects.get().state == "expired"
    assert fetched not in shown and "1 row was imported" in shown


def test_whoever_has_the_passwords_removes_their_file_at_once(
    station: Station, django_capture_on_commit_callbacks: Any
) -> None:
    client, beside = browser(operator_of(station)), browser(operator_of(station))
    done = bring_in(client, [HEADS, ("CP-1", "", "", "HZ-01", 1)])
    job = ended(done)
    stored: Any = job.file
    discard = reverse("jobs.discard", args=[job.public_id])
    assert beside.post(discard).status_code == 404 and stored.storage.exists(stored.name)
    assert discard in client.get(reverse("imports.file", args=[done.public_id])).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(discard)
    assert not stored.storage.exists(stored.name)
    assert client.get(reverse("jobs.file", args=[job.public_id])).status_code == 404


def test_a_password_that_is_refused_is_not_repeated(station: Station) -> None:
    client, typed = browser(operator_of(station)), "0123456789abcdef0123456789abcdeX"
    row = send_rows(client, [(*HEADS, "Password"), ("CP-1", "", "", "HZ-01", 1, typed)])
    assert row.faults[0][:4] == [2, "F2", "Password", "****"]
    assert typed not in client.get(reverse("imports.file", args=[row.public_id])).content.decode()
