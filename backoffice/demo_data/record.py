"""Everything that a past charge leaves behind, collected as rows and written at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from backoffice.demo_data.charges import Charge
from backoffice.demo_data.copying import copy, take_numbers
from backoffice.demo_data.plans import Plan
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Path
from orders import history, numbers
from orders.models import Case, ChargingOrder, Decision, OrderEvent, Sample, Source, Transaction
from orders.rules import Finding
from orders.states import CaseState

SECOND = timedelta(seconds=1)
CASE_SERIAL = "'orders_case_serial'"
DIRECT_VOLTS, MAINS_VOLTS = 620, 230
FEW_WATTS = 30_000
"""Below this a charge comes from the mains."""

Row = dict[str, Any]


class Record:
    """``paths`` by the tenant of a connector: the columns that every row begins with."""

    def __init__(self, paths: Mapping[int, Path]) -> None:
        self._columns = {key: path.as_columns() for key, path in paths.items()}
        self._transactions: list[Row] = []
        self._samples: list[Row] = []
        self._events: list[Row] = []
        self._cases: list[Row] = []
        self.orders: list[ChargingOrder] = []

    def path_columns(self, tenant_id: int) -> Row:
        return dict(self._columns[tenant_id])

    def note(
        self,
        order: ChargingOrder,
        kind: str,
        at: datetime,
        side: str = history.BUSINESS,
        actor: Actor | None = None,
        **data: Any,
    ) -> None:
        """A line of the order's history, as ``orders.history.note`` adds one."""
        self._events.append(
            {
                **self._of(order),
                "order_id": order.pk,
                "at": at,
                "side": side,
                "kind": kind,
                "data": data,
                "actor_label": actor.label if actor else "",
                "recorded_at": at,
            }
        )

    def add_case(self, order: ChargingOrder, finding: Finding, at: datetime) -> None:
        """A finding that its rule has settled by itself; it gets its number when it is written."""
        self._cases.append(
            {
                **self._of(order),
                "code": finding.code,
                "state": CaseState.CLOSED,
                "order_id": order.pk,
                "transaction_id": order.transaction_id,
                "station_id": order.station_id,
                "pile_id": order.pile_id,
                "connector_number": order.connector.number,
                "evidence": finding.evidence,
                "amount_before": order.total,
                "currency": order.currency,
                "decision": Decision.AUTOMATIC,
                "opened_at": at,
                "decided_at": at,
            }
        )

    def add_transaction(self, plan: Plan, charge: Charge, order: ChargingOrder) -> None:
        """What the pile said of start and stop, and its readings between them."""
        by_card = plan.source is Source.CARD
        self._transactions.append(
            {
                **self._of(order),
                "id": order.transaction_id,
                "pile_id": order.pile_id,
                "connector_number": plan.connector.number,
                "id_tag": plan.customer.person.card if by_card else order.id_tag,
                "id_tag_folded": order.id_tag,
                "started_at": charge.started_at,
                "pile_started_at": charge.started_at,
                "start_received_at": charge.started_at + SECOND,
                "meter_start": charge.meter_start,
                "start_answer": {"status": "Accepted"},
                "stopped_at": charge.stopped_at,
                "pile_stopped_at": charge.stopped_at,
                "stop_received_at": order.ended_at,
                "meter_stop": charge.meter_stop,
                "stop_reason": plan.stop_reason,
                "stop_answer": {"status": "Accepted"},
                "last_sample_at": order.last_sample_at,
                "start_handled_at": charge.started_at + SECOND,
                "stop_handled_at": order.settled_at,
            }
        )
        path = self._of(order)
        highest = max((point.power_w for point in charge.points), default=0)
        volts = DIRECT_VOLTS if highest > FEW_WATTS else MAINS_VOLTS
        for point in charge.points:
            self._samples.append(
                {
                    **path,
                    "pile_id": order.pile_id,
                    "connector_number": plan.connector.number,
                    "transaction_id": order.transaction_id,
                    "taken_at": point.at,
                    "received_at": point.at + SECOND,
                    "context": "Sample.Clock" if point.aligned else "Sample.Periodic",
                    "register_wh": point.wh,
                    "power_w": point.power_w,
                    "current_a": f"{point.power_w / volts:.2f}",
                    "voltage_v": volts,
                    "soc": point.soc,
                }
            )

    def save(self, texts: Callable[[ChargingOrder], Row]) -> None:
        """Write it. ``texts`` gives the columns of an order that are JSON, as text."""
        fields = [field.attname for field in ChargingOrder._meta.concrete_fields]
        copy(Transaction, self._transactions)
        copy(
            ChargingOrder,
            ({name: getattr(order, name) for name in fields} | texts(order) for order in self.orders),
        )
        copy(OrderEvent, self._events)
        copy(Sample, self._samples)
        serials = take_numbers(CASE_SERIAL, len(self._cases))
        copy(
            Case,
            (
                {**row, "number": numbers.order_number("C", row["opened_at"].date(), serial)}
                for row, serial in zip(self._cases, serials, strict=True)
            ),
        )

    def _of(self, order: ChargingOrder) -> Mapping[str, int | None]:
        return self._columns[order.connector.tenant_id]
