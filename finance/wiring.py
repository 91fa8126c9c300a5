"""Answers to the hooks of rooms below, and the lists of this room."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from backoffice.kit import lists
from finance import resources, selectors
from tenants.hooks import closing_blockers

for resource in resources.ALL:
    lists.register(resource)


@closing_blockers.answer
def money_blocks_closing(tenant_id: int) -> str | Promise | None:
    """A tenant with drivers' money or payments on their way is not closed."""
    loaded, moving = selectors.needs_of_closing(tenant_id)
    needs = []
    if loaded:
        needs.append(_("%(count)d wallets hold or owe money") % {"count": loaded})
    if moving:
        needs.append(_("%(count)d payments are on their way") % {"count": moving})
    return ", ".join(needs) or None
