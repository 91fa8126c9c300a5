"""Proof that orders are right: the invariants of ``domain`` 2.11 that can be read off this room's data.

Each check answers what contradicts it, within the active scope. Nothing is repaired. The ledger proves
itself in ``finance.checks``; here orders are held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.db.models import Exists, OuterRef, QuerySet

from finance.checks import Violation
from finance.models import Settlement
from finance.selectors import open_holds
from orders import history
from orders.bill import Bill, Fee, Outcome
from orders.meter import NOISE_WH
from orders.models import Case, ChargingOrder
from orders.pricing import energy_lines
from orders.rules import Code
from orders.services.billing import BANDS, FEES, stored_bill, tariff_of
from orders.states import NEVER_CHARGED, OPEN

BATCH = 1_000
EXPLAINS_ENERGY = [Code.METER_ROLLBACK.value, Code.METER_JUMP.value, Code.DURATION.value]
"""Cases that say why less than meterStop - meterStart was accepted."""

Orders = Sequence[ChargingOrder]


def violations() -> Iterator[Violation]:
    """Everything that contradicts an invariant."""
    yield from holds_are_closed()
    for orders in _settled():
        for check in CHECKS:
            yield from check(orders)


def energy_adds_up(orders: Orders) -> Iterator[Violation]:
    """I1: slots, periods and the accepted energy are the same; so is the meter, unless a case says why not."""
    for order in orders:
        bill = stored_bill(order)
        if bill is not None:
            slots, bands = (
                sum(slot.wh for slot in bill.slots),
                sum(getattr(order, column) for column in BANDS.values()),
            )
            if not slots == bands == bill.wh == order.energy_wh:
                yield _of(
                    order, "I1", f"slots {slots}, periods {bands}, bill {bill.wh}, order {order.energy_wh} Wh"
                )
        metered = (order.meter_stop or 0) - (order.meter_start or 0)
        if abs(metered - order.energy_wh) > NOISE_WH and not order.energy_is_explained:  # type: ignore[attr-defined]
            yield _of(order, "I1", f"meter {metered} Wh, order {order.energy_wh} Wh, and no case says why")


def money_adds_up(orders: Orders) -> Iterator[Violation]:
    """I2: lines sum to gross, gross less discounts is the total, and the total is paid, owed or written off."""
    for order in orders:
        bill = stored_bill(order)
        if bill is not None:
            yield from _bill_adds_up(order, bill)
        covered = order.paid_cash + order.paid_bonus + order.arrears + order.written_off
        if covered != order.total:
            yield _of(order, "I2", f"total {order.total}, paid, owed and written off {covered}")


def _bill_adds_up(order: ChargingOrder, bill: Bill) -> Iterator[Violation]:
    for fee, column in FEES.items():
        lines = sum(line.amount.amount for line in bill.lines if line.fee is fee)
        if lines != getattr(order, column):
            yield _of(order, "I2", f"{fee} lines {lines}, order {getattr(order, column)}")
    gross = order.electricity_fee + order.service_fee + order.idle_fee
    if gross - order.discount != order.total or bill.payable.amount != order.total:
        yield _of(order, "I2", f"gross {gross} less {order.discount} is not {order.total}")
    if any(line.amount.amount < 0 or line.quantity < 0 for line in bill.lines):
        yield _of(order, "I10", "a line is negative")


def ledger_agrees(orders: Orders) -> Iterator[Violation]:
    """I9: an order that somebody pays has one settlement for each version, and the latest has its figures."""
    settlements: dict[str, list[Settlement]] = {}
    references = [history.reference(order) for order in orders]
    for row in Settlement.objects.filter(about__in=references).order_by("about", "version"):
        settlements.setdefault(row.about, []).append(row)
    for order in orders:
        rows = settlements.get(history.reference(order), [])
        versions = [row.version for row in rows]
        wanted = [] if order.driver_id is None else list(range(1, order.version + 1))
        if versions != wanted:
            yield _of(order, "I9", f"version {order.version}, settled as {versions}")
        elif rows and _figures(rows[-1]) != _own_figures(order):
            yield _of(order, "I9", f"ledger {_figures(rows[-1])}, order {_own_figures(order)}")


def price_is_reproducible(orders: Orders) -> Iterator[Violation]:
    """I11: the tariff that the order keeps and the energy by slot give its lines again, whenever that is asked."""
    for order in orders:
        bill, tariff = stored_bill(order), tariff_of(order)
        if bill is None or tariff is None or bill.outcome is not Outcome.BILLED:
            continue
        again = energy_lines(bill.slots, tariff)
        if again != tuple(line for line in bill.lines if line.fee is not Fee.IDLE):
            yield _of(order, "I11", "the price list of the order does not give its lines")


def holds_are_closed() -> Iterator[Violation]:
    """I6: nothing is set aside for an order that is over, and what an open order says is what is set aside."""
    held = open_holds()
    numbers = {about.removeprefix("order:") for about in held if about.startswith("order:")}
    for order in ChargingOrder.objects.filter(order_no__in=numbers):
        over = order.settled_at is not None or order.charge_state in NEVER_CHARGED
        amount = held[history.reference(order)]
        if over or amount != order.hold:
            yield _of(order, "I6", f"{amount} is set aside, the order says {order.hold}")
    without = ChargingOrder.objects.exclude(hold=0).exclude(order_no__in=numbers)
    for order in without:
        yield _of(order, "I6", f"the order says {order.hold}, and nothing is set aside")
    known = set(ChargingOrder.objects.filter(order_no__in=numbers).values_list("order_no", flat=True))
    for number in sorted(numbers - known):
        yield Violation("I6", f"order:{number}", "money is set aside for an order that is not there")


CHECKS: tuple[Callable[[Orders], Iterator[Violation]], ...] = (
    energy_adds_up,
    money_adds_up,
    ledger_agrees,
    price_is_reproducible,
)


def _settled() -> Iterator[list[ChargingOrder]]:
    explained = Case.objects.filter(order=OuterRef("pk"), code__in=EXPLAINS_ENERGY)
    rows: QuerySet[ChargingOrder] = (
        ChargingOrder.objects.filter(settled_at__isnull=False)
        .exclude(charge_state__in=OPEN)
        .annotate(energy_is_explained=Exists(explained))
        .order_by("pk")
    )
    last = 0
    while orders := list(rows.filter(pk__gt=last)[:BATCH]):
        yield orders
        last = orders[-1].pk


def _of(order: ChargingOrder, invariant: str, detail: str) -> Violation:
    return Violation(invariant, history.reference(order), detail)


def _figures(row: Settlement) -> tuple[int, ...]:
    return row.electricity, row.service, row.idle, row.discount


def _own_figures(order: ChargingOrder) -> tuple[int, ...]:
    return order.electricity_fee, order.service_fee, order.idle_fee, order.discount
