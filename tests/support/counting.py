"""What piles were told, counted against what a house stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.house import House
from tests.support.stubborn import Acknowledged, instant


@dataclass(frozen=True)
class Counts:
    """Facts that were acknowledged, and those that are stored, each of them exactly once."""

    acknowledged_starts: int
    stored_starts: int
    acknowledged_readings: int
    stored_readings: int
    acknowledged_stops: int
    stored_stops: int
    acknowledged_statuses: int


def count(house: House, told: Sequence[Acknowledged]) -> Counts:
    """Fails where an acknowledged fact is missing, or is there twice."""
    ids = [one.transaction for one in told]
    assert len(set(ids)) == len(ids)
    stops = dict(house.rows("SELECT id, meter_stop FROM orders_transaction WHERE id = ANY(%s)", [ids]))
    assert stops == {one.transaction: one.meter_stop for one in told}
    stored: dict[int, list[str]] = {}
    for transaction, at in house.rows(
        "SELECT transaction_id, taken_at FROM orders_sample WHERE transaction_id = ANY(%s) ORDER BY taken_at",
        [ids],
    ):
        stored.setdefault(transaction, []).append(instant(at))
    for one in told:
        assert stored.get(one.transaction, []) == sorted(one.readings)
    statuses: dict[int, set[str]] = {}
    for transaction, at in house.rows(
        "SELECT t.id, e.at FROM stations_statusevent e JOIN orders_transaction t ON t.pile_id = e.pile_id"
        " WHERE t.id = ANY(%s)",
        [ids],
    ):
        statuses.setdefault(transaction, set()).add(instant(at))
    for one in told:
        assert statuses[one.transaction] >= set(one.statuses)
    per_pile = house.rows(
        "SELECT pile_id FROM orders_transaction WHERE started_at >= ("
        "SELECT min(started_at) FROM orders_transaction WHERE id = ANY(%s)) GROUP BY pile_id HAVING count(*) > 1",
        [ids],
    )
    assert per_pile == []
    return Counts(
        acknowledged_starts=len(told),
        stored_starts=len(stops),
        acknowledged_readings=sum(len(one.readings) for one in told),
        stored_readings=sum(map(len, stored.values())),
        acknowledged_stops=sum(one.meter_stop > 0 for one in told),
        stored_stops=sum(stop is not None for stop in stops.values()),
        acknowledged_statuses=sum(len(one.statuses) for one in told),
    )


def unfinished(house: House, told: Sequence[Acknowledged]) -> list[tuple[Any, ...]]:
    """Transactions without an order, and orders that are not settled yet."""
    return house.rows(
        "SELECT order_no, charge_state, pay_state FROM orders_chargingorder"
        " WHERE transaction_id = ANY(%s) AND settled_at IS NULL"
        " UNION ALL SELECT 'none', id::text, '' FROM orders_transaction t WHERE id = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM orders_chargingorder o WHERE o.transaction_id = t.id)",
        [[one.transaction for one in told]] * 2,
    )


def check_orders(house: House, told: Sequence[Acknowledged]) -> int:
    """One settled order for each transaction, with its energy; how many."""
    orders = house.rows(
        "SELECT transaction_id, charge_state, pay_state, hold, energy_wh FROM orders_chargingorder"
        " WHERE transaction_id = ANY(%s)",
        [[one.transaction for one in told]],
    )
    assert len(orders) == len(told)
    assert {(charge, pay, hold) for _, charge, pay, hold, _ in orders} == {("ended", "settled", 0)}
    stored = dict(house.rows("SELECT id, meter_stop - meter_start FROM orders_transaction"))
    assert all(energy == stored[transaction] for transaction, _, _, _, energy in orders)
    return len(orders)
