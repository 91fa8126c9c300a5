"""Answers to the hooks of rooms below."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from finance import selectors
from tenants.hooks import closing_blockers


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
