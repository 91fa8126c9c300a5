"""Files of piles over HTTP in tests: the application of the web process without its server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync

from backoffice.asgi import application
from stations import landing
from stations.models import FirmwareJob, UploadedFile, UploadJob
from tests.support.asking import Answer, ask


def request(method: str, path: str, **over: Any) -> Answer:
    """Ask the web process."""
    answer: Answer = async_to_sync(ask)(application, method, path, **over)
    return answer


def address(job: FirmwareJob | UploadJob) -> str:
    """The path of the address that a pile was given."""
    assert job.command is not None
    payload = job.command.payload
    location = payload.get("location") or payload.get("firmware", payload.get("log", {}))
    return urlsplit(location if isinstance(location, str) else next(iter(location.values()))).path


def kept(job: UploadJob) -> list[tuple[str, bytes]]:
    """The files of a job: name and content, in the order in which they came."""
    rows = UploadedFile.objects.filter(job=job).order_by("pk")
    return [(row.name, Path(row.file.path).read_bytes()) for row in rows]


def landed() -> list[Path]:
    """What lies about and belongs to nobody."""
    return list(landing.folder().iterdir())
