"""An order with its transaction and surroundings as plain facts, the way the rules take them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q

from backoffice.kit import clock
from backoffice.kit.money import Money
from orders.meter import MeterFlag, Reading, whole_wh
from orders.models import ChargingOrder, Sample, Transaction
from orders.rules import Facts, Session, Stamp
from orders.services.billing import Account, tariff_of

AROUND = timedelta(hours=24)
MOST_OTHERS = 20


def facts_of(order: ChargingOrder, row: Transaction, account: Account) -> Facts:
    """What is known of an ended order now."""
    stop = None
    if order.stopped_at is not None and order.meter_stop is not None:
        stop = Reading(order.stopped_at, order.meter_stop)
    return Facts(
        session=_session(row),
        as_of=clock.now(),
        start=Reading(row.started_at, row.meter_start),
        stop=stop,
        envelope=account.envelope,
        bill=account.bill,
        tariff=tariff_of(order),
        direct_current=order.pile.model is None or order.pile.model.kind == "DC",
        stop_received_at=row.stop_received_at,
        stamps=tuple(_stamps(row)),
        stop_reason=row.stop_reason,
        error_code=order.connector.error_code,
        witnesses=_witnesses(row, account),
        previous_stop_wh=_previous_stop(row),
        others=_others(row),
        several_allowed=order.driver is not None and order.driver.several_at_once,
        hold=Money(order.hold, order.currency) if order.hold else None,
    )


def _session(row: Transaction) -> Session:
    return Session(
        ref=str(row.pk),
        connector=f"{row.pile_id}/{row.connector_number}",
        token=row.id_tag_folded,
        started_at=row.started_at,
        stopped_at=row.stopped_at,
    )


def _stamps(row: Transaction) -> Iterable[Stamp]:
    """Times of the pile that were not believed."""
    if row.pile_started_at != row.started_at:
        yield Stamp(row.pile_started_at, row.start_received_at)
    if (
        row.pile_stopped_at is not None
        and row.stop_received_at is not None
        and row.pile_stopped_at != row.stopped_at
    ):
        yield Stamp(row.pile_stopped_at, row.stop_received_at)


def _witnesses(row: Transaction, account: Account) -> dict[str, int]:
    """What the pile's closing reading says of the same energy."""
    closing = (
        Sample.objects.filter(
            transaction=row,
            context="Transaction.End",
            register_wh__isnull=False,
            taken_at__gte=row.started_at - AROUND,
        )
        .order_by("-taken_at", "-register_wh")
        .values_list("register_wh", flat=True)
        .first()
    )
    if closing is None:
        return {}
    relative = MeterFlag.RELATIVE in account.envelope.flags
    return {"transaction_end": whole_wh(closing) - (0 if relative else row.meter_start)}


def _previous_stop(row: Transaction) -> int | None:
    return (
        Transaction.objects.filter(
            pile_id=row.pile_id,
            connector_number=row.connector_number,
            started_at__lt=row.started_at,
            meter_stop__isnull=False,
        )
        .order_by("-started_at")
        .values_list("meter_stop", flat=True)
        .first()
    )


def _others(row: Transaction) -> tuple[Session, ...]:
    """Finished sessions around this one, of its connector or of its tag at the same operator."""
    end = row.stopped_at or clock.now()
    same_connector = Q(pile_id=row.pile_id, connector_number=row.connector_number)
    same_tag = Q(id_tag_folded=row.id_tag_folded, operator_id=row.operator_id)
    around = Transaction.objects.filter(
        started_at__gt=row.started_at - AROUND, started_at__lt=end, stopped_at__isnull=False
    ).exclude(pk=row.pk)
    found = [
        *around.filter(same_connector).order_by("-started_at")[:MOST_OTHERS],
        *around.filter(same_tag).order_by("-started_at")[:MOST_OTHERS],
    ]
    return tuple(_session(other) for other in found)
