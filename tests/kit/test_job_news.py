"""Jobs are told of on every page: while they run, and when they have ended until their owner has looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from backoffice.kit import clock, jobs, live
from backoffice.kit.models import Job, JobState
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member
from tests.kit.work import browser, now_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator, Role.OWNER)


@pytest.fixture
def client(member: Membership) -> Client:
    return browser(member)


def make_job(member: Membership, **over: Any) -> Job:
    ended = over.get("state") in jobs.ENDED
    usual = {
        "owner_ref": f"staff:{member.user_id}",
        "title": "Excel of Orders",
        "params": {"zone": "UTC"},
        "finished_at": clock.now() if ended else None,
    }
    job: Job = make_row(Job, member.tenant, **usual | over)
    return job


def told(client: Client) -> list[tuple[str, bool]]:
    return [(str(one.state), one.open) for one in client.get("/system/jobs/").context["frame"].jobs]


def test_a_running_job_is_in_the_top_bar_with_its_bar_and_moves_by_itself(
    client: Client, member: Membership
) -> None:
    make_job(member, state="running", done=30, total=120)

    page = client.get("/system/jobs/").content.decode()
    part = client.get("/jobs/tray/").content.decode()

    for text in (page, part):
        assert 'id="jobs-tray" data-live="jobs"' in text and 'value="25"' in text
        assert 'id="job-news" data-live="jobs"' in text
    assert "<html" not in part


def test_where_nothing_runs_no_stream_is_opened(client: Client) -> None:
    page = client.get("/tenants/").content.decode()

    assert 'id="jobs-tray"' in page and 'data-live="jobs"' not in page


@pytest.mark.parametrize(
    ("state", "words"), [("done", "download>"), ("failed", "The period is too long.")], ids=str
)
def test_how_it_ended_is_told_on_every_page_until_it_was_looked_at(
    state: str, words: str, client: Client, member: Membership
) -> None:
    error = "The period is too long." if state == "failed" else ""
    job = make_job(member, state=state, error=error, file="jobs/x.xlsx" if state == "done" else "")

    for address in ("/tenants/", "/piles/", "/personal/"):
        assert words in client.get(address).content.decode()
    client.get(f"/jobs/{job.public_id}/")

    assert now_is(job).seen_at is not None
    assert told(client) == []


def test_a_toast_that_is_closed_does_not_come_back(client: Client, member: Membership) -> None:
    job = make_job(member, state="done")

    answer = client.post(f"/jobs/{job.public_id}/seen", {"next": "/piles/"})
    seen_at = now_is(job).seen_at
    client.post(f"/jobs/{job.public_id}/seen")

    assert answer["Location"] == "/piles/"
    assert told(client) == [] and now_is(job).seen_at == seen_at


def test_a_job_that_still_runs_cannot_be_closed_away(client: Client, member: Membership) -> None:
    job = make_job(member, state="running")
    client.post(f"/jobs/{job.public_id}/seen")
    client.get(f"/jobs/{job.public_id}/")

    assert now_is(job).seen_at is None and told(client) == [("Running", True)]


def test_nobody_is_told_of_a_colleagues_job_or_closes_its_news(
    client: Client, member: Membership, forest: Forest
) -> None:
    job = make_job(member, state="done")
    colleague = browser(make_member(forest.operator, Role.OWNER))

    assert told(colleague) == []
    assert colleague.post(f"/jobs/{job.public_id}/seen").status_code == 404
    assert now_is(job).seen_at is None


def test_old_news_and_what_was_called_off_are_not_told(client: Client, member: Membership) -> None:
    make_job(member, state="done", finished_at=clock.now() - jobs.NEWS - timedelta(minutes=1))
    make_job(member, state="cancelled", finished_at=clock.now())
    make_job(member, state="expired", finished_at=clock.now())

    assert told(client) == []


def test_each_step_of_a_job_is_told_to_who_looks(
    member: Membership, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(live, "send", lambda events: sent.extend(event.ref for event in events))
    monkeypatch.setattr(jobs, "BEAT_S", 0.0)
    monkeypatch.setitem(jobs._kinds, "steps", lambda _work: iter([(1, 3), (2, 3), (3, 3)]))
    job = make_job(member, state="queued", kind="steps", membership_id=member.pk)

    with django_capture_on_commit_callbacks(execute=True):
        jobs.run(job.pk)

    assert now_is(job).state == JobState.DONE
    assert sent.count(f"job:{job.pk}") >= 5
    with unscoped(reason="a test looks"):
        assert Job.objects.count() == 1
