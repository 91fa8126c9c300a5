"""Permissions are enums; who has which is one table (``backoffice/roles.py``).

Each app declares its ``Perm`` subclass in ``permissions.py``. The matrix is provided by the frame; a
permission without a row stops start-up (a system check). Granted permissions are a frozenset of
members, so a typo is an AttributeError and not a silent refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.frame import Words
from backoffice.kit.hooks import Hook
from backoffice.kit.levels import Level


class Perm(StrEnum):
    """Base of every app's permissions; values read ``app.what``."""


class Role(models.TextChoices):
    """The built-in roles; what each may do depends on the level too."""

    OWNER = "owner", pgettext_lazy("role", "Owner")
    MANAGER = "manager", _("Manager")
    FINANCE = "finance", _("Finance")
    ENGINEER = "engineer", _("Engineer")
    SUPPORT = "support", _("Support")
    AUDITOR = "auditor", _("Auditor")


Grants = frozenset[Perm]

granted: Hook[[Level, Role], Grants] = Hook("granted")
"""Answers what a built-in role may do at a level; provided by ``backoffice.roles``."""


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the backoffice with the permissions in it, each in words, as somebody chooses among them."""

    label: Words
    perms: Sequence[tuple[Perm, Words]]


areas: Hook[[], Sequence[Area]] = Hook("areas")
"""Answers every permission in words, area by area; provided by ``backoffice.areas``."""

never_lent: Hook[[], Grants] = Hook("never_lent")
"""Answers what nobody may do in another's name; provided by ``backoffice.roles``."""


def grantable(level: Level) -> Grants:
    """Everything that anybody may do at a level: what a role of a tenant's own is chosen from."""
    return frozenset[Perm]().union(*(granted(level, role) for role in Role))


def declared() -> list[Perm]:
    """Every permission of every app that is loaded."""
    return [perm for app in Perm.__subclasses__() for perm in app]
