"""Answers to the hooks of rooms below, and the lists of this room."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _, gettext_lazy, ngettext

from backoffice.kit import lists, references
from backoffice.kit.figures import money_text, number_text, sums_text
from backoffice.kit.frame import Link, Words
from backoffice.kit.money import Money
from finance import resources, selectors
from finance.permissions import FinancePerm
from tenants.hooks import closing_blockers, moving
from tenants.models import Tenant

for resource in resources.ALL:
    lists.register(resource)
references.add("topup", gettext_lazy("Top-up"))
references.add("channel", gettext_lazy("Channel"), to="finance:channel", perm=FinancePerm.CHANNEL_MANAGE)


@closing_blockers.answer
def money_blocks_closing(tenant: Tenant) -> Sequence[Link] | None:
    """A tenant with drivers' money or payments on their way is not closed. Who closes it does not see its wallets."""
    loaded, on_the_way = selectors.needs_of_closing(tenant.pk)
    needs = []
    if loaded:
        needs.append(
            ngettext("%(count)d wallet holds or owes money", "%(count)d wallets hold or owe money", loaded)
            % {"count": loaded}
        )
    if on_the_way:
        needs.append(
            ngettext("%(count)d payment is on its way", "%(count)d payments are on their way", on_the_way)
            % {"count": on_the_way}
        )
    return [Link(one) for one in needs]


@moving.answer
def money_below(tenant: Tenant) -> Sequence[tuple[Words, Words]]:
    """Drivers' money at a tenant and below it, each currency apart: it stays with the operators that owe it."""
    wallets, sums = selectors.purses_below(tenant.pk)
    money = [(Money(free, currency), Money(held, currency)) for currency, free, held in sums]
    return [
        (_("Drivers' wallets"), number_text(wallets)),
        (_("Drivers' balances"), sums_text(money_text(free) for free, _held in money) or "–"),
        (_("Held for sessions"), sums_text(money_text(held) for _free, held in money) or "–"),
    ]
