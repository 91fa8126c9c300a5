"""Answers to hooks of lower rooms, and the lists of this one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, ngettext

from backoffice.kit import lists, menu
from drivers.hooks import driver_parts
from finance.hooks import arrears_changed
from orders.panels.elsewhere import orders_of_driver, orders_of_pile, orders_of_station
from orders.permissions import OrderPerm
from orders.resources import LISTS
from orders.samples import price_sample as bill_of_sample
from orders.selectors import open_order_count, sessions_running_at
from orders.services.paying import hear_of_arrears
from orders.services.starting import hear_of_command
from stations.hooks import (
    command_finished,
    pile_actions,
    price_sample,
    retiring_blockers,
    running_sessions,
    station_actions,
)
from tenants.hooks import closing_blockers

command_finished.listen(hear_of_command)
arrears_changed.listen(hear_of_arrears)
driver_parts.answer(orders_of_driver)
pile_actions.answer(orders_of_pile)
station_actions.answer(orders_of_station)
running_sessions.provide(sessions_running_at)
price_sample.provide(bill_of_sample)
for _resource in LISTS:
    lists.register(_resource)
menu.add(
    "orders.case_policy", _("Rules for cases"), perm=OrderPerm.CASE_POLICY, place=menu.Place("system", 60)
)


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
