"""Answers to the hooks of rooms below, and the lists of this room."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import ngettext

from backoffice.kit import lists
from backoffice.kit.enumeration import enumerated
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
        needs.append(
            ngettext("%(count)d wallet holds or owes money", "%(count)d wallets hold or owe money", loaded)
            % {"count": loaded}
        )
    if moving:
        needs.append(
            ngettext("%(count)d payment is on its way", "%(count)d payments are on their way", moving)
            % {"count": moving}
        )
    return enumerated(needs) or None
