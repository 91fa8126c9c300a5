"""Answers to hooks of lower rooms, and the lists of this one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, ngettext

from backoffice.kit import lists, menu, reasons, references, search
from drivers.hooks import driver_parts
from finance.hooks import arrears_changed
from orders.panels.at_pile import last_orders_of_pile, running_at_pile
from orders.panels.elsewhere import (
    open_orders,
    orders_below,
    orders_of_driver,
    orders_of_pile,
    orders_of_station,
    running_below,
)
from orders.permissions import OrderPerm
from orders.resources import LISTS
from orders.samples import price_sample as bill_of_sample
from orders.search import CASES, ORDERS
from orders.selectors import open_order_count, open_orders_at, sessions_running_at
from orders.services.paying import hear_of_arrears
from orders.services.starting import hear_of_command
from orders.wording import REASONS
from stations.hooks import (
    command_finished,
    open_orders_at as stations_open_orders_at,
    pile_actions,
    pile_parts,
    price_sample,
    retiring_blockers,
    running_sessions,
    station_actions,
)
from tenants.hooks import closing_blockers, lists_about, moving

command_finished.listen(hear_of_command)
arrears_changed.listen(hear_of_arrears)
driver_parts.answer(orders_of_driver)
stations_open_orders_at.answer(open_orders_at)
pile_actions.answer(orders_of_pile)
pile_parts.answer(running_at_pile)
pile_parts.answer(last_orders_of_pile)
station_actions.answer(orders_of_station)
running_sessions.provide(sessions_running_at)
price_sample.provide(bill_of_sample)
closing_blockers.answer(open_orders)
lists_about.answer(orders_below)
moving.answer(running_below)
for _resource in LISTS:
    lists.register(_resource)
for _found in (ORDERS, CASES):
    search.register(_found)
reasons.add(REASONS)
references.add("order", _("Order"), to="orders.order", perm=OrderPerm.VIEW)
references.add("case", _("Case"), to="orders.case", perm=OrderPerm.CASE_VIEW)
menu.add(
    "orders.case_policy", _("Rules for cases"), perm=OrderPerm.CASE_POLICY, place=menu.Place("system", 60)
)


@retiring_blockers.answer
def pile_has_open_orders(pile_id: int) -> str | None:
    """Orders of a pile that have not ended."""
    count = open_order_count(pile_id=pile_id)
    if not count:
        return None
    return ngettext("%(count)d open order", "%(count)d open orders", count) % {"count": count}
