"""Jobs: run once, seen by their owner alone, with the rights of now; whatever stops them leaves nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, connections
from django.utils import timezone, translation

from backoffice.kit import clock, jobs, locks, tasks
from backoffice.kit.errors import Refused
from backoffice.kit.export import Head, Sheet
from backoffice.kit.models import Job, JobState
from backoffice.kit.perms import Role
from backoffice.kit.scope import current_scope, unscoped
from tenants.models import Membership
from tenants.selectors import scope_of
from tests.factories.tenants import Forest, make_forest, make_member
from tests.kit.work import Function, browser, change, count_to, nothing, now_is, owner, sweep
from tests.support.workbooks import content_of, rows_of


@pytest.fixture
def forest(db: None) -> Forest:
    return make_forest()


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator, Role.OWNER)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the workers were asked to run."""
    asked: list[int] = []
    monkeypatch.setattr(tasks, "nudge", lambda _task, pk: asked.append(pk))
    return asked


@pytest.fixture
def start(member: Membership, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """Queue a job whose work is the given generator function."""

    def begin(function: Function, **params: Any) -> Job:
        monkeypatch.setitem(jobs._kinds, "test", function)
        with scope_of(member.tenant_id):
            return jobs.start_job(
                "test",
                title="Test",
                params=params,
                actor=owner(member),
                tenant_id=member.tenant_id,
                membership_id=member.pk,
                file_name="test.xlsx",
            )

    return begin


def test_a_job_counts_its_rows_and_keeps_its_file_for_a_week(
    start: Callable[..., Job], member: Membership
) -> None:
    job = start(count_to(12))

    jobs.run(job.pk)

    done = now_is(job)
    assert (done.state, done.done, done.total, done.error) == (JobState.DONE, 12, 12, "")
    assert done.expires_at is not None and done.expires_at - clock.now() > timedelta(days=6.9)
    answer = browser(member).get(f"/jobs/{job.public_id}/file")
    assert 'filename="test.xlsx"' in answer["Content-Disposition"]
    assert rows_of(content_of(answer))[1:] == [[str(number)] for number in range(12)]


def test_a_job_works_in_its_owners_scope_language_and_zone(
    start: Callable[..., Job], member: Membership
) -> None:
    seen: list[Any] = []

    def work(work: jobs.Work) -> Iterator[jobs.Step]:
        seen.extend(
            [
                current_scope().tenant_id,
                translation.get_language(),
                timezone.get_current_timezone_name(),
                work.params["x"],
            ]
        )
        yield 1

    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        job = start(work, x=7)
    jobs.run(job.pk)

    assert seen == [member.tenant_id, "zh-hans", "Asia/Shanghai", 7]


def test_a_job_runs_once_however_often_it_is_asked_for(start: Callable[..., Job]) -> None:
    runs: list[int] = []

    def work(_work: jobs.Work) -> Iterator[jobs.Step]:
        runs.append(1)
        yield 1

    job = start(work)
    for _again in range(3):
        jobs.run(job.pk)

    assert runs == [1]


def test_the_same_job_asked_for_twice_is_one_until_it_is_done(
    start: Callable[..., Job], told: list[int]
) -> None:
    first, second, other = start(nothing, x=1), start(nothing, x=1), start(nothing, x=2)

    assert first.pk == second.pk != other.pk
    assert told == [first.pk, other.pk]
    jobs.run(first.pk)
    assert start(nothing, x=1).pk not in {first.pk, other.pk}


def test_nobody_has_too_many_jobs_at_once(start: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_OPEN", 2)
    start(nothing, x=1)
    start(nothing, x=2)

    with pytest.raises(Refused):
        start(nothing, x=3)


def test_the_rights_are_those_of_now(start: Callable[..., Job], member: Membership) -> None:
    grants: list[Any] = []

    def work(work: jobs.Work) -> Iterator[jobs.Step]:
        grants.append(work.reader.grants)
        yield 1

    job = start(work)
    with unscoped(reason="test"):
        Membership.objects.filter(pk=member.pk).update(role=Role.AUDITOR)
    jobs.run(job.pk)

    assert now_is(job).state == JobState.DONE
    assert not [perm for perm in grants[0] if perm.endswith(".manage")]


def test_a_job_of_somebody_who_no_longer_works_there_is_refused(
    start: Callable[..., Job], member: Membership
) -> None:
    job = start(nothing)
    with unscoped(reason="test"):
        Membership.objects.filter(pk=member.pk).update(is_active=False)

    jobs.run(job.pk)

    assert now_is(job).state == JobState.FAILED
    assert "not work there" in now_is(job).error


def test_a_queued_job_is_cancelled_at_once_and_never_runs(
    start: Callable[..., Job], member: Membership
) -> None:
    job = start(lambda _work: pytest.fail("it ran"))
    browser(member).post(f"/jobs/{job.public_id}/cancel")

    jobs.run(job.pk)

    assert now_is(job).state == JobState.CANCELLED


def test_a_running_job_stops_at_its_next_row_and_leaves_no_file(
    start: Callable[..., Job], member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BEAT_S", 0.0)
    written: list[int] = []

    def work(work: jobs.Work) -> Iterator[jobs.Step]:
        def rows() -> Iterator[list[str]]:
            for number in range(100):
                if number == 5:
                    jobs.cancel_job(work.job, actor=owner(member))
                written.append(number)
                yield [str(number)]

        yield Sheet("Rows", [Head("Number")], rows())

    job = start(work)
    jobs.run(job.pk)

    ended = now_is(job)
    assert (ended.state, ended.file.name) == (JobState.CANCELLED, "")
    assert max(written) < 7


def test_what_a_job_changed_for_good_is_done_though_it_is_called_off_then(
    start: Callable[..., Job], member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BEAT_S", 0.0)

    def work(work: jobs.Work) -> Iterator[jobs.Step]:
        with scope_of(member.tenant_id):
            jobs.cancel_job(work.job, actor=owner(member))
        yield jobs.Kept(7)
        yield Sheet("Rows", [Head("Number")], [["1"], ["2"]])

    job = start(work)
    jobs.run(job.pk)

    ended = now_is(job)
    assert (ended.state, ended.done) == (JobState.DONE, 7)
    assert ended.file


def test_a_failure_is_said_without_its_details_and_the_job_can_be_started_again(
    start: Callable[..., Job], member: Membership, told: list[int]
) -> None:
    def work(_work: jobs.Work) -> Iterator[jobs.Step]:
        yield 1
        raise ValueError("secret of the database")

    job = start(work)
    jobs.run(job.pk)
    answer = browser(member).post(f"/jobs/{job.public_id}/again")

    failed = now_is(job)
    assert failed.state == JobState.FAILED and "secret" not in failed.error
    with unscoped(reason="test"):
        second = Job.objects.exclude(pk=job.pk).get()
    assert answer["Location"] == f"/jobs/{second.public_id}/"
    assert (second.state, second.params, told[-1]) == (JobState.QUEUED, job.params, second.pk)


def test_a_refusal_is_said_as_it_is(start: Callable[..., Job]) -> None:
    def work(_work: jobs.Work) -> Iterator[jobs.Step]:
        yield 1
        raise Refused("The period is too long.")

    job = start(work)
    jobs.run(job.pk)

    assert now_is(job).error == "The period is too long."


@pytest.mark.parametrize("path", ["", "file", "cancel", "again"])
def test_a_colleague_in_the_same_tenant_does_not_find_the_job(
    path: str, start: Callable[..., Job], forest: Forest
) -> None:
    job = start(count_to(1))
    jobs.run(job.pk)
    colleague = browser(make_member(forest.operator, Role.OWNER))

    method = colleague.post if path in {"cancel", "again"} else colleague.get
    assert method(f"/jobs/{job.public_id}/{path}").status_code == 404
    assert job.public_id not in colleague.get("/system/jobs/").content.decode()
    with unscoped(reason="test"):
        assert list(Job.objects.values_list("state", flat=True)) == [JobState.DONE]


@pytest.mark.parametrize("public_id", ["0" * 32, "x", "..", "%00", "1"])
def test_a_guessed_job_is_not_there(public_id: str, member: Membership) -> None:
    assert browser(member).get(f"/jobs/{public_id}/").status_code == 404


def test_a_file_is_only_there_while_it_is_kept(start: Callable[..., Job], member: Membership) -> None:
    job = start(count_to(1))
    client, url = browser(member), f"/jobs/{job.public_id}/file"
    assert client.get(url).status_code == 404
    jobs.run(job.pk)
    stored = now_is(job).file
    change(job, expires_at=clock.ago(seconds=1))

    sweep()

    assert client.get(url).status_code == 404
    assert now_is(job).state == JobState.EXPIRED
    assert not stored.storage.exists(stored.name)
    assert "removed" in client.get(f"/jobs/{job.public_id}/").content.decode()


def test_a_file_that_vanished_is_404_and_not_an_error(start: Callable[..., Job], member: Membership) -> None:
    job = start(count_to(1))
    jobs.run(job.pk)
    stored = now_is(job).file
    stored.storage.delete(stored.name)

    assert browser(member).get(f"/jobs/{job.public_id}/file").status_code == 404


def test_a_queued_job_whose_task_was_lost_is_handed_out_again(
    start: Callable[..., Job], told: list[int]
) -> None:
    job = start(nothing)
    told.clear()

    sweep()
    assert told == []
    change(job, created_at=clock.ago(minutes=5))
    sweep()
    sweep()

    assert told == [job.pk]


def test_a_job_whose_worker_died_fails_and_one_that_is_only_slow_does_not(start: Callable[..., Job]) -> None:
    dead, slow = start(nothing, x=1), start(nothing, x=2)
    for job in (dead, slow):
        change(job, state=JobState.RUNNING, heartbeat_at=clock.ago(hours=1))
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [locks.key_of(f"job:{slow.pk}")])
        sweep()
    finally:
        other.close()

    assert (now_is(dead).state, now_is(slow).state) == (JobState.FAILED, JobState.RUNNING)
    assert "Start it again" in now_is(dead).error
    assert "Try again" not in now_is(dead).error


def test_a_worker_that_was_taken_for_dead_does_not_finish_the_job(
    start: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BEAT_S", 0.0)

    def work(work: jobs.Work) -> Iterator[jobs.Step]:
        yield 1
        change(work.job, state=JobState.FAILED, error="The worker stopped.")
        yield 2
        pytest.fail("it went on")

    job = start(work)
    jobs.run(job.pk)

    assert (now_is(job).state, now_is(job).error) == (JobState.FAILED, "The worker stopped.")


def test_a_running_job_holds_its_lock_and_gives_it_back(start: Callable[..., Job]) -> None:
    held: list[int] = []

    def holders(job: Job) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s",
                [locks.key_of(f"job:{job.pk}")],
            )
            return int(cursor.fetchone()[0])

    def work(work: jobs.Work) -> Iterator[jobs.Step]:
        held.append(holders(work.job))
        yield 1

    job = start(work)
    jobs.run(job.pk)

    assert (held, holders(job)) == ([1], 0)


@pytest.mark.parametrize("state", JobState)
def test_the_page_of_a_job_says_where_it_stands(
    state: JobState, start: Callable[..., Job], member: Membership
) -> None:
    job = start(nothing)
    change(job, state=state, done=3, total=12)
    if state is JobState.DONE:
        with unscoped(reason="test"):
            now_is(job).file.save("x.xlsx", ContentFile(b"x"))

    page = browser(member).get(f"/jobs/{job.public_id}/").content.decode()

    assert str(state.label) in page
    assert ("every 2s" in page) is (state in jobs.OPEN)
    assert ("/again" in page) is (state not in {*jobs.OPEN, JobState.DONE})
