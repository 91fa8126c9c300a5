"""What somebody chooses to be mailed, and what is mailed then."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.core import mail

from backoffice.kit import jobs
from backoffice.kit.models import Job
from backoffice.kit.scope import unscoped
from tenants.models import Membership, NotificationChoices, User
from tenants.notifications import KINDS, wants
from tenants.selectors import choices_of
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member
from tests.support.staff import client_of
from tests.tenants.signing_in import browser

pytestmark = pytest.mark.django_db
PAGE = "/personal/notifications/"
NOON, NIGHT = datetime(2026, 11, 26, 12, tzinfo=UTC), datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
ALL = {kind.name: {"mail": True} | ({"severity": 2} if kind.severity else {}) for kind in KINDS}


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator)


def asks(
    user: User, name: str, at: datetime = NOON, zone: str = "UTC", severity: int = 1, **fields: Any
) -> bool:
    choices = NotificationChoices(user=user, kinds=ALL, **fields)
    return wants(user, name, choices=choices, zone=zone, at=at, severity=severity)


def test_who_never_chose_is_not_mailed(member: Membership) -> None:
    for kind in KINDS:
        assert not wants(member.user, kind.name, choices=None, zone="UTC", at=NOON)


def test_alarms_are_mailed_down_to_the_severity_that_was_chosen(member: Membership) -> None:
    assert [asks(member.user, "alarm.failure", severity=level) for level in (1, 2, 3)] == [True, True, False]


NIGHTLY = {"quiet_from": time(22), "quiet_to": time(7)}


def test_in_quiet_hours_only_safety_alarms_are_mailed(member: Membership) -> None:
    quiet = {kind.name: asks(member.user, kind.name, NIGHT, **NIGHTLY) for kind in KINDS}
    assert [name for name, mailed in quiet.items() if mailed] == ["alarm.safety"]
    assert asks(member.user, "job.done", NOON, **NIGHTLY)


def test_quiet_hours_are_those_of_the_readers_own_zone(member: Membership) -> None:
    assert not asks(member.user, "job.done", NOON, zone="Asia/Tokyo", quiet_from=time(20), quiet_to=time(22))
    member.user.timezone = "Europe/London"
    assert asks(member.user, "job.done", NOON, zone="Asia/Tokyo", quiet_from=time(20), quiet_to=time(22))


def test_quiet_hours_within_a_day_end_at_their_end(member: Membership) -> None:
    for hour, mailed in ((11, True), (12, False), (13, False), (14, True)):
        at = NOON.replace(hour=hour)
        assert asks(member.user, "job.done", at, quiet_from=time(12), quiet_to=time(14)) is mailed


FORM = {"mail_0": "on", "mail_2": "on", "severity_2": "3", "severity_3": "4", "severity_4": "1"}


def test_a_choice_is_kept_and_shown_again(member: Membership) -> None:
    client = client_of(member.user)
    client.post(PAGE, FORM | {"quiet_from": "22:00", "quiet_to": "07:00"})
    row = choices_of(member.user)
    assert row.kinds["job.done"] == {"mail": True}
    assert row.kinds["alarm.safety"] == {"mail": True, "severity": 3}
    assert row.kinds["alarm.station"] == {"mail": False, "severity": 1}
    assert (row.quiet_from, row.quiet_to) == (time(22), time(7))
    assert 'value="22:00"' in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_to"),
        ({"quiet_to": "07:00"}, "quiet_from"),
        ({"quiet_from": "25:00", "quiet_to": "07:00"}, "quiet_from"),
        ({"severity_2": "9"}, "severity_2"),
        ({"severity_3": ""}, "severity_3"),
    ],
)
def test_a_choice_without_sense_is_refused_at_its_field(member: Membership, over: Any, field: str) -> None:
    answer = client_of(member.user).post(PAGE, FORM | over)
    assert set(answer.context["form"].errors) == {field}
    assert not NotificationChoices.objects.exists()


def run_job(member: Membership, **over: Any) -> None:
    given = {"owner_ref": f"staff:{member.user_id}", "membership_id": member.pk, "kind": "nothing"}
    row: dict[str, Any] = given | {"state": "queued", "params": {"zone": "UTC"}} | over
    job: Job = make_row(Job, member.tenant, **row)
    jobs.run(job.pk)


@pytest.fixture(autouse=True)
def a_job_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs._kinds, "nothing", lambda _work: iter([1]))
    monkeypatch.setitem(jobs._kinds, "fails", lambda _work: iter([1 / 0]))


def choose(member: Membership, *names: str) -> None:
    kinds = {name: {"mail": True} for name in names}
    NotificationChoices.objects.create(user=member.user, kinds=kinds)


def test_the_end_of_a_job_is_mailed_to_who_chose_it_and_is_away(member: Membership) -> None:
    choose(member, "job.done")
    run_job(member, title="Excel of orders")
    [letter] = mail.outbox
    assert letter.to == [member.user.email]
    assert letter.subject == "Done: Excel of orders"
    assert "/jobs/" in letter.body


def test_a_failure_is_mailed_to_who_chose_that(member: Membership) -> None:
    choose(member, "job.failed")
    run_job(member)
    assert not mail.outbox
    run_job(member, kind="fails", title="Excel of orders")
    assert [letter.subject for letter in mail.outbox] == ["Failed: Excel of orders"]


def test_who_is_looking_is_not_mailed(member: Membership) -> None:
    choose(member, "job.done")
    browser(member.user)
    run_job(member)
    assert not mail.outbox


def test_who_did_not_choose_or_does_not_work_there_any_more_is_not_mailed(member: Membership) -> None:
    run_job(member)
    choose(member, "job.done", "job.failed")
    with unscoped(reason="test data"):
        Membership.objects.filter(pk=member.pk).update(is_active=False)
    run_job(member)
    assert not mail.outbox


def test_a_letter_that_does_not_leave_spoils_no_job(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(member, "job.done")

    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError("no mail server")

    monkeypatch.setattr("tenants.services.telling.letter", fail)
    run_job(member)
    with unscoped(reason="a test compares"):
        assert [job.state for job in Job.objects.all()] == ["done"]


def test_own_files_are_listed_fetched_again_and_thrown_away(member: Membership) -> None:
    own: Job = make_row(Job, member.tenant, owner_ref=f"staff:{member.user_id}", state="done", title="Mine")
    make_row(Job, member.tenant, owner_ref="staff:0", state="done", title="Somebody else's")
    client = client_of(member.user)
    page = client.get("/personal/exports/").content.decode()
    assert "Mine" in page
    assert "Somebody else" not in page
    client.post(f"/jobs/{own.public_id}/discard")
    client.post(f"/jobs/{own.public_id}/discard")
    with unscoped(reason="a test compares"):
        assert Job.objects.get(pk=own.pk).state == "expired"
