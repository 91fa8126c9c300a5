"""Permissions are enums; who has which is one table (``backoffice/roles.py``).

Each app declares its ``Perm`` subclass in ``permissions.py``. The matrix is provided by the frame; a
permission without a row stops start-up (a system check). Granted permissions are a frozenset of
members, so a typo is an AttributeError and not a silent refusal.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

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
"""Answers what a role may do at a level; provided by ``backoffice.roles``."""


def declared() -> list[Perm]:
    """Every permission of every app that is loaded."""
    return [perm for app in Perm.__subclasses__() for perm in app]
