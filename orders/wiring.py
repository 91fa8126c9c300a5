"""Answers to hooks of lower rooms."""

from __future__ import annotations

from django.utils.translation import ngettext

from orders.models import ChargingOrder
from orders.services.starting import answer_to_start
from orders.states import ChargeState
from stations.hooks import command_finished
from tenants.hooks import closing_blockers

command_finished.listen(answer_to_start)

OVER = (ChargeState.ENDED, ChargeState.START_FAILED, ChargeState.CANCELLED)


@closing_blockers.answer
def open_orders(tenant_id: int) -> str | None:
    """Orders below a tenant that have not ended."""
    open_ones = ChargingOrder.objects.exclude(charge_state__in=OVER)
    count = (
        open_ones.filter(manufacturer_id=tenant_id)
        | open_ones.filter(dealer_id=tenant_id)
        | open_ones.filter(operator_id=tenant_id)
        | open_ones.filter(agency_id=tenant_id)
    ).count()
    if not count:
        return None
    return ngettext("%(count)d open order", "%(count)d open orders", count) % {"count": count}
