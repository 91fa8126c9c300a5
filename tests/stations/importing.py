"""Somebody who sends a workbook and lets it be imported, as a browser does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.test import Client
from django.urls import reverse

from backoffice.kit import jobs
from backoffice.kit.models import ImportFile, Job
from tests.support.sending import upload, workbook

HEADS = ("Identity", "Terminal name", "Serial", "Station code", "Number of connectors")


def send(client: Client, content: bytes, name: str = "stations.piles") -> Any:
    """The answer to a file."""
    return client.post(reverse("imports.upload", args=[name]), {"file": upload(content)})


def send_rows(client: Client, rows: Iterable[Sequence[Any]], name: str = "stations.piles") -> ImportFile:
    """A file whose columns are right: what became of it."""
    answer = send(client, workbook(rows), name)
    assert answer.status_code == 302, answer.context["form"].errors
    return ImportFile.objects.get(public_id=answer.headers["Location"].split("/")[-2])


def start(client: Client, row: ImportFile) -> Job | None:
    """Press the button; the job that came of it, which has not run yet."""
    client.post(reverse("imports.start", args=[row.public_id]))
    row.refresh_from_db()
    return row.job


def bring_in(client: Client, rows: Iterable[Sequence[Any]], name: str = "stations.piles") -> ImportFile:
    """Send, start and run; what became of it."""
    row = send_rows(client, rows, name)
    job = start(client, row)
    assert job is not None
    jobs.run(job.pk)
    row.refresh_from_db()
    job.refresh_from_db()
    assert job.state == "done", job.error
    return row


def counts(row: ImportFile) -> tuple[int, int, int, int]:
    """New, changed, unchanged and faulty rows."""
    return row.new, row.changed, row.unchanged, row.faulty
