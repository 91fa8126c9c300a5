"""The secret part of an address by which a pile fetches or leaves files: signed by us, for one job, for a time.

Nothing is kept of a ticket: who has it may do this one thing until it expires. It is short enough for
the password of an FTP login, and has only letters, digits, ``-``, ``_`` and ``.``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.signing import BadSignature, Signer

from backoffice.kit import clock


class Errand(StrEnum):
    """What a ticket is for; one for a download opens no upload."""

    FIRMWARE = "firmware"
    UPLOAD = "upload"


class NoTicket(Exception):
    """It was not made here, or for something else."""


class Expired(Exception):
    """It was good once."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """``job_id``: the key of the update or upload."""

    job_id: int
    until: datetime


def issue(errand: Errand, job_id: int, until: datetime) -> str:
    """A ticket as text."""
    signed: str = _signer(errand).sign_object([job_id, int(until.timestamp())])
    return signed


def read(errand: Errand, text: str) -> Ticket:
    """Raises NoTicket or Expired."""
    try:
        job_id, until_s = _signer(errand).unsign_object(text)
    except (BadSignature, ValueError, TypeError):
        raise NoTicket from None
    until = datetime.fromtimestamp(until_s, tz=clock.now().tzinfo)
    if until <= clock.now():
        raise Expired
    return Ticket(job_id, until)


def _signer(errand: Errand) -> Signer:
    return Signer(salt=f"stations.tickets.{errand}", sep=".")
