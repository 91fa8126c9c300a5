"""Abnormal cases: opened once for each rule and order, decided by a person with a reason, reopened by late evidence."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction

from backoffice.kit import clock, live, locks
from orders import numbers
from orders.models import Case, CaseState, ChargingOrder, Decision, LooseFact, Transaction
from orders.states import CASE, REVIEW, ReviewState, move
from stations.models import Pile


@transaction.atomic
def open_case(
    code: str,
    *,
    order: ChargingOrder | None = None,
    tx: Transaction | None = None,
    loose_fact: LooseFact | None = None,
    pile: Pile,
    evidence: dict[str, Any],
    automatic: bool = False,
) -> Case:
    """Open the case of a finding, or return the one that is there.

    ``automatic``: the rule itself has settled it; it is kept as a note and nobody has to decide.
    """
    known = _known(code, order, tx, loose_fact)
    if known is not None:
        return known
    source = order or tx or loose_fact
    if source is None:
        raise ValueError("a case is about something")
    case = Case(
        **source.path.as_columns(),
        number=numbers.order_number("C", clock.now().date(), _serial()),
        code=str(code),
        order=order,
        transaction=tx,
        loose_fact=loose_fact,
        station_id=order.station_id if order else pile.station_id,
        pile=pile,
        connector_number=order.connector.number if order else tx.connector_number if tx else None,
        evidence=evidence,
        currency=order.currency if order else "",
        amount_before=order.total if order else None,
        opened_at=clock.now(),
    )
    if automatic:
        case.state, case.decision, case.decided_at = CaseState.CLOSED, Decision.AUTOMATIC, clock.now()
    try:
        with transaction.atomic():
            case.save()
    except IntegrityError:
        known = _known(code, order, tx, loose_fact)
        if known is None:
            raise
        return known
    if order is not None and not automatic:
        _mark_abnormal(order)
    live.publish("cases", f"case:{case.number}", source.path)
    return case


def add_evidence(order: ChargingOrder, code: str, evidence: dict[str, Any]) -> Case | None:
    """Late evidence about a case: it is attached, and a decided case is open again."""
    case = locks.locked(Case.objects.filter(order=order, code=str(code))).first()
    if case is None:
        return None
    case.evidence = {**case.evidence, **evidence}
    if case.state in {CaseState.DECIDED, CaseState.CLOSED}:
        case.state = move(CASE, CaseState(case.state), CaseState.OPEN)
        case.reopened += 1
        _mark_abnormal(order)
    case.save()
    live.publish("cases", f"case:{case.number}", case.path)
    return case


def _mark_abnormal(order: ChargingOrder) -> None:
    if order.review_state != ReviewState.ABNORMAL:
        order.review_state = move(REVIEW, ReviewState(order.review_state), ReviewState.ABNORMAL)
        ChargingOrder.objects.filter(pk=order.pk).update(review_state=order.review_state)


def _known(
    code: str, order: ChargingOrder | None, tx: Transaction | None, loose_fact: LooseFact | None
) -> Case | None:
    cases = Case.objects.filter(code=str(code))
    if loose_fact is not None:
        return cases.filter(loose_fact=loose_fact).first()
    if order is not None:
        return cases.filter(order=order).first()
    return cases.filter(order__isnull=True, transaction=tx).first()


def _serial() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_case_serial')")
        return int(cursor.fetchone()[0])
