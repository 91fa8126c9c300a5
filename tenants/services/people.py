"""What a person sets of himself: how he is called, and in which language, zone and theme he reads."""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import current_scope, path_of_tenant
from tenants.localities import LANGUAGES, TIMEZONES
from tenants.models import Density, Theme, User


class Profile(TypedDict, total=False):
    """Empty ``language`` and ``timezone``: those of the tenant."""

    name: str
    phone: str
    language: str
    timezone: str
    theme: str
    density: str
    folded: bool


CHOICES: dict[str, frozenset[str]] = {
    "language": LANGUAGES,
    "timezone": TIMEZONES,
    "theme": frozenset(Theme.values),
    "density": frozenset(Density.values),
}


@transaction.atomic
def edit_profile(user: User, *, actor: Actor, **fields: Unpack[Profile]) -> User:
    """Change what is given. Raises Refused for a name that is empty and for values that are no choice."""
    row = locks.locked(User.objects.filter(pk=user.pk)).get()
    before = audit.snapshot(row)
    for name, value in fields.items():
        if value and name in CHOICES and value not in CHOICES[name]:
            raise Refused(_("This is not one of the choices."), code="unknown", field=name)
        setattr(row, name, value)
    if not row.name.strip():
        raise Refused(_("A person has a name."), code="nameless", field="name")
    row.save(update_fields=list(fields))
    after = audit.snapshot(row)
    if after != before and (tenant_id := current_scope().tenant_id) is not None:
        audit.record(actor, "user.edited", row, before=before, after=after, path=path_of_tenant(tenant_id))
    return row
