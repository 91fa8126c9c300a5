"""Answers to hooks of lower rooms."""

from __future__ import annotations

from django.utils.translation import ngettext

from finance.hooks import arrears_changed
from orders.selectors import open_order_count
from orders.services.paying import hear_of_arrears
from orders.services.starting import hear_of_command
from stations.hooks import command_finished, retiring_blockers
from tenants.hooks import closing_blockers

command_finished.listen(hear_of_command)
arrears_changed.listen(hear_of_arrears)


@closing_blockers.answer
def tenant_has_open_orders(tenant_id: int) -> str | None:
    """Orders below a tenant that have not ended."""
    return _sentence(open_order_count(tenant_id=tenant_id))


@retiring_blockers.answer
def pile_has_open_orders(pile_id: int) -> str | None:
    """Orders of a pile that have not ended."""
    return _sentence(open_order_count(pile_id=pile_id))


def _sentence(count: int) -> str | None:
    if not count:
        return None
    return ngettext("%(count)d open order", "%(count)d open orders", count) % {"count": count}
