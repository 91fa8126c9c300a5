"""Work for jobs to do, and looks at them from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.test import Client

from backoffice.kit import jobs
from backoffice.kit.actor import Actor
from backoffice.kit.export import Head, Sheet
from backoffice.kit.models import Job
from backoffice.kit.scope import unscoped
from tenants.models import Membership

Function = Callable[[jobs.Work], Iterator[jobs.Step]]


def owner(member: Membership) -> Actor:
    return Actor(f"staff:{member.user_id}", str(member.user))


def now_is(job: Job) -> Job:
    with unscoped(reason="a test looks"):
        return Job.objects.get(pk=job.pk)


def change(job: Job, **fields: Any) -> None:
    with unscoped(reason="a test changes"):
        Job.objects.filter(pk=job.pk).update(**fields)


def sweep() -> None:
    with unscoped(reason="the sweep"):
        jobs.tidy()


def sheet(count: int) -> Sheet:
    return Sheet(
        "Rows", [Head("Number")], ([str(number)] for number in range(count)), about=[("List", "Rows")]
    )


def count_to(number: int) -> Function:
    def work(_work: jobs.Work) -> Iterator[jobs.Step]:
        yield 0, number
        yield sheet(number)

    return work


def nothing(_work: jobs.Work) -> Iterator[jobs.Step]:
    yield 1


def browser(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client
