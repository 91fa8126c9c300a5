"""What a connector's status says about the order on it: suspended, unplugged, or a stop that is missing."""

from __future__ import annotations

from collections.abc import Sequence

from orders.intake.sql import run_rows
from stations.changes import StatusChange

OVER = frozenset({"Available", "Finishing", "Unavailable", "Reserved", "Preparing"})
"""A connector in one of these cannot be charging: a running order on it waits for its stop (domain 2.2, row 13)."""

LEFT = frozenset({"Available", "Reserved", "Preparing", "Charging"})
"""The vehicle that was charged before is gone."""


def report_status(changes: Sequence[StatusChange]) -> list[int]:
    """Bring orders up to the newest status of their connectors; the keys of the orders that changed.

    Orders are not ended here: a StopTransaction may still be in the pile's queue. An order whose
    connector went on to another transaction lost its stop whatever the connector says now.
    """
    newest = {
        change.connector_id: change for change in changes if change.newer and change.connector_id is not None
    }
    rows = [
        (connector_id, change.fact.status, change.at, change.fact.received_at, change.fact.status in OVER)
        for connector_id, change in newest.items()
    ]
    running = run_rows(
        "UPDATE orders_chargingorder o SET last_heard_at = n.received,"
        " suspended_by = CASE n.status WHEN 'SuspendedEV' THEN 'ev' WHEN 'SuspendedEVSE' THEN 'evse' ELSE '' END,"
        " stop_missing_since = CASE WHEN n.is_over THEN COALESCE(o.stop_missing_since, n.received)"
        "  WHEN n.status IN ('Charging', 'SuspendedEV', 'SuspendedEVSE') THEN NULL ELSE o.stop_missing_since END"
        " FROM {rows}, orders_transaction t"
        " WHERE o.connector_id = n.connector_id AND o.charge_state IN ('charging', 'stopping')"
        " AND n.at >= o.started_at AND t.id = o.transaction_id AND NOT 'stop_missing' = ANY(t.flags)"
        " RETURNING o.id",
        "connector_id bigint, status text, at timestamptz, received timestamptz, is_over boolean",
        rows,
    )
    unplugged = run_rows(
        "UPDATE orders_chargingorder o SET unplugged_at = n.at"
        " FROM {rows}"
        " WHERE o.connector_id = n.connector_id AND o.charge_state = 'ended' AND o.unplugged_at IS NULL"
        " AND o.stopped_at <= n.at AND o.ended_at > n.at - interval '48 hours' RETURNING o.id",
        "connector_id bigint, at timestamptz",
        [(row[0], row[2]) for row in rows if row[1] in LEFT],
    )
    return [row[0] for row in running] + [row[0] for row in unplugged]
