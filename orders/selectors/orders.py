"""Reads about orders that other rooms and pages may call. Everything is filtered by the active scope."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Count, Q, QuerySet

from backoffice.kit import audit
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from drivers.models import Driver
from orders.models import UNDER_WAY, Case, ChargingOrder, LooseFact, OrderEvent, Transaction
from orders.states import NEVER_CHARGED, OPEN, ChargeState
from stations.models import Connector, Pile

SHOWN = ("station", "pile", "connector", "driver", "card", "agency")


def orders() -> QuerySet[ChargingOrder]:
    """All orders of the scope."""
    return ChargingOrder.objects.all()


def order_by_number(order_no: str) -> ChargingOrder:
    """Raises ChargingOrder.DoesNotExist."""
    return orders().get(order_no=order_no)


def operator_of_link(public_id: str) -> int | None:
    """Whose order a driver's link opens; None for none. Needs a lifted scope: it decides which to enter."""
    return orders().filter(public_id=public_id).values_list("operator_id", flat=True).first()


def order_by_link(public_id: str) -> ChargingOrder:
    """With all that the driver's pages show. Raises ChargingOrder.DoesNotExist."""
    return orders().select_related(*SHOWN, "transaction", "connector__pile__model").get(public_id=public_id)


def realtime_orders() -> QuerySet[ChargingOrder]:
    """Under way, or ended and not yet settled."""
    return orders().filter(UNDER_WAY)


def historical_orders() -> QuerySet[ChargingOrder]:
    """Settled in whatever way, failed or cancelled."""
    return orders().filter(Q(charge_state__in=NEVER_CHARGED) | Q(settled_at__isnull=False))


def orders_of_driver(driver: Driver) -> QuerySet[ChargingOrder]:
    """A driver's orders, the newest first."""
    return orders().filter(driver=driver).select_related(*SHOWN).order_by("-created_at", "-id")


def orders_of_pile(pile: Pile) -> QuerySet[ChargingOrder]:
    """A pile's orders, the newest first."""
    return orders().filter(pile=pile).select_related(*SHOWN).order_by("-created_at", "-id")


def open_order_of_driver(driver: Driver) -> ChargingOrder | None:
    """The order a driver is at now, if any: the newest one."""
    return orders_of_driver(driver).filter(charge_state__in=OPEN).first()


def open_order_at(connector: Connector) -> ChargingOrder | None:
    """The order at a connector now, if any: the newest one whose stop is not missing."""
    here = orders().filter(connector=connector, charge_state__in=OPEN, stop_missing_since__isnull=True)
    return here.order_by("-created_at", "-id").first()


def open_order_count(*, tenant_id: int | None = None, pile_id: int | None = None) -> int:
    """Orders below a tenant or at a pile that have not ended."""
    open_ones = orders().filter(charge_state__in=OPEN)
    if tenant_id is not None:
        below = Q(manufacturer_id=tenant_id) | Q(dealer_id=tenant_id)
        open_ones = open_ones.filter(below | Q(operator_id=tenant_id) | Q(agency_id=tenant_id))
    if pile_id is not None:
        open_ones = open_ones.filter(pile_id=pile_id)
    return open_ones.count()


def open_orders_at(pile_ids: Collection[int]) -> dict[int, int]:
    """How many orders have not ended, by pile; in a few statements, however many piles there are."""
    open_ones = orders().filter(charge_state__in=OPEN, pile__in=pile_ids)
    return dict(open_ones.order_by().values_list("pile").annotate(count=Count("pk")))


def under_way_below(level: Level, tenant_id: int) -> tuple[int, int]:
    """Orders of a tenant and of those below it that charge now, and that have ended and are not settled."""
    below = realtime_orders().filter(**{level.column: tenant_id})
    over = Q(charge_state=ChargeState.ENDED)
    found = below.aggregate(running=Count("pk", filter=~over), unsettled=Count("pk", filter=over))
    return found["running"], found["unsettled"]


def cases() -> QuerySet[Case]:
    """Abnormal cases of the scope."""
    return Case.objects.all()


def cases_of(order: ChargingOrder) -> QuerySet[Case]:
    """The cases of an order, the oldest first."""
    return Case.objects.filter(order=order).order_by("opened_at", "pk")


def case_by_number(number: str) -> Case:
    """Raises Case.DoesNotExist."""
    return cases().get(number=number)


def trail_of(case: Case) -> list[AuditEntry]:
    """What people did to a case, the newest first."""
    return list(AuditEntry.objects.filter(object_ref=audit.reference(case)).order_by("-at", "-id"))


def events_of(order: ChargingOrder) -> QuerySet[OrderEvent]:
    """The history of an order, the oldest first."""
    return OrderEvent.objects.filter(order=order).order_by("at", "pk")


def held_and_released(events: Iterable[OrderEvent]) -> tuple[int, int]:
    """What was ever set aside for an order and what went back of it, minor units.

    By its own history, which every level of its path may read; the holds stand in the operator's books.
    """
    held = released = 0
    for event in events:
        if event.kind == "held":
            held += int(event.data.get("amount") or 0)
        elif event.kind in {"released", "settled"}:
            released += int(event.data.get("released" if event.kind == "settled" else "amount") or 0)
    return held, released


def transactions() -> QuerySet[Transaction]:
    """What piles reported of transactions."""
    return Transaction.objects.all()


def loose_facts() -> QuerySet[LooseFact]:
    """Stops that belong to no transaction or contradict one."""
    return LooseFact.objects.all()
