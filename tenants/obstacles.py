"""What keeps a tenant from moving: rows below it that use what only the old chain hands down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from backoffice.kit.errors import Refused
from backoffice.kit.frame import Words
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """``count`` rows below ``tenant`` refer by ``key`` to one row, ``target``, of ``owner``, who would not stand
    above them any more. ``example`` is one of the rows.
    """

    tenant: Tenant
    key: models.ForeignKey[Any, Any]
    target: models.Model
    owner: str
    count: int
    example: models.Model


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way, in words; where it is seen, and what to do about it first."""

    words: Words
    url: str = ""
    remedy: Words = ""


class Blocked(Refused):
    """Something is in the way, each of it said by itself."""

    def __init__(self, message: str, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(message, code="blocked")
        self.obstacles = obstacles


def plainly(one: LeftBehind) -> Obstacle:
    """What can be said of rows that no room has better words for."""
    words = _("%(row)s uses the %(what)s of %(owner)s") % {
        "row": one.example,
        "what": one.key.verbose_name,
        "owner": one.owner,
    }
    return Obstacle(words)
