"""Abnormal cases: opened once for each rule and order, reopened by late evidence. ``deciding`` decides them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from backoffice.kit import clock, live, locks
from orders import numbers
from orders.models import Case, ChargingOrder, Decision, LooseFact, Transaction
from orders.rules import Code
from orders.states import CASE, REVIEW, UNDECIDED, CaseState, ReviewState, move
from stations.models import Pile
from stations.selectors import places

Evidence = Mapping[str, Any]


@transaction.atomic
def open_case(
    code: Code,
    *,
    order: ChargingOrder | None = None,
    tx: Transaction | None = None,
    loose_fact: LooseFact | None = None,
    pile: Pile,
    evidence: Evidence,
    automatic: bool = False,
) -> Case:
    """Open the case of a finding about a locked order, a transaction or a loose fact.

    Where there is one it gets the evidence that is new, and is open again if it had been decided.
    ``automatic``: the rule itself has settled it; it is kept as a note and nobody has to decide.
    """
    about = _about(order, tx, loose_fact)
    known = locks.locked(Case.objects.filter(about, code=code.value)).first()
    if known is not None:
        return known if automatic else _add(known, order, evidence)
    source = order or tx or loose_fact
    if source is None:
        raise ValueError("a case is about something")
    at = clock.now()
    case = Case(
        **source.path.as_columns(),
        number=numbers.order_number("C", _day(at, order, pile), _serial()),
        code=code.value,
        order=order,
        transaction=tx,
        loose_fact=loose_fact,
        station_id=order.station_id if order else pile.station_id,
        pile=pile,
        connector_number=_connector_number(order, tx),
        evidence=dict(evidence),
        currency=order.currency if order else "",
        amount_before=order.total if order else None,
        opened_at=at,
    )
    if automatic:
        case.state, case.decision, case.decided_at = CaseState.CLOSED.value, Decision.AUTOMATIC, at
    try:
        with transaction.atomic():
            case.save()
    except IntegrityError:
        return _add(locks.locked(Case.objects.filter(about, code=code.value)).get(), order, evidence)
    if order is not None and not automatic:
        mark_abnormal(order)
    publish(case)
    return case


def add_evidence(order: ChargingOrder, code: Code, evidence: Evidence) -> Case | None:
    """Late evidence about a case of a locked order: a decided case is open again. None where there is no case."""
    case = locks.locked(Case.objects.filter(order=order, code=code.value)).first()
    return _add(case, order, evidence) if case is not None else None


def is_decided(order: ChargingOrder) -> bool:
    """Is no case of the order left to decide?"""
    return not Case.objects.filter(order=order, state__in=UNDECIDED).exists()


def mark_abnormal(order: ChargingOrder) -> None:
    """Put a locked order under review."""
    if order.review_state != ReviewState.ABNORMAL:
        order.review_state = move(REVIEW, ReviewState(order.review_state), ReviewState.ABNORMAL)
        order.save(update_fields=["review_state"])


def publish(case: Case) -> None:
    """Tell whoever looks at the list of cases."""
    live.publish("cases", f"case:{case.number}", case.path)


def _add(case: Case, order: ChargingOrder | None, evidence: Evidence) -> Case:
    """What is already there is not added again; each later piece stands under ``later``, in order."""
    later = list(case.evidence.get("later", []))
    told = {key: value for key, value in case.evidence.items() if key != "later"}
    if dict(evidence) == told or dict(evidence) in later:
        return case
    case.evidence = {**told, "later": [*later, dict(evidence)]}
    if case.state in {CaseState.DECIDED, CaseState.CLOSED}:
        case.state = move(CASE, CaseState(case.state), CaseState.OPEN)
        case.reopened += 1
        case.approved_by = ""
        if order is not None:
            mark_abnormal(order)
    elif case.state == CaseState.TO_APPROVE:
        case.state, case.proposal = move(CASE, CaseState.TO_APPROVE, CaseState.IN_REVIEW), {}
    case.save()
    publish(case)
    return case


def _about(order: ChargingOrder | None, tx: Transaction | None, loose_fact: LooseFact | None) -> Q:
    """What makes two findings of one rule the same case; the unique constraints say the same."""
    if order is not None:
        return Q(order=order)
    if tx is not None:
        return Q(order__isnull=True, transaction=tx)
    return Q(order__isnull=True, transaction__isnull=True, loose_fact=loose_fact)


def _day(at: datetime, order: ChargingOrder | None, pile: Pile) -> date:
    """The day at the station, as in the number of an order; that of UTC for a pile that stands nowhere."""
    if order is not None:
        return at.astimezone(ZoneInfo(order.zone)).date()
    place = places([pile.pk]).get(pile.pk)
    return (at.astimezone(ZoneInfo(place.zone)) if place else at).date()


def _connector_number(order: ChargingOrder | None, tx: Transaction | None) -> int | None:
    if tx is not None:
        return tx.connector_number
    return order.connector.number if order is not None else None


def _serial() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_case_serial')")
        return int(cursor.fetchone()[0])
