"""Decisions on abnormal cases: who, why, and how many people they take.

A case is decided once; the second of two people is told so. A decision that moves much money, or takes more
from a driver, is a proposal until another person approves it (``orders.second``); what it would do to the
money is in ``effects``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from orders import history, selectors
from orders.models import Case, ChargingOrder, Decision
from orders.second import Proposal, needs_second
from orders.services import cases, effects
from orders.services.rows import lock_order
from orders.states import CASE, REVIEW, UNDECIDED, CaseState, ReviewState, move
from stations.services import commands

LONGEST_REASON = 500


@transaction.atomic
def take_case(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """Put one's name on a case and begin the review."""
    row = _undecided(case)
    before = audit.snapshot(row)
    row.assignee_ref, row.assignee_label = actor.ref, actor.label[:120]
    if row.state != CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState(row.state), CaseState.IN_REVIEW)
    return _save(row, actor, "case.taken", before, reason)


@transaction.atomic
def assign_case(case: Case, *, to_ref: str, to_label: str, actor: Actor, reason: str = "") -> Case:
    """Give a case to somebody who may decide it; nobody where ``to_ref`` is empty."""
    row = _undecided(case, also_proposed=True)
    before = audit.snapshot(row)
    row.assignee_ref, row.assignee_label = to_ref, to_label[:120]
    return _save(row, actor, "case.assigned", before, reason)


@transaction.atomic
def ask_pile(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """Have the pile send its meter values again. Raises Refused when it is offline."""
    row = _undecided(case)
    if row.pile is None:
        raise Refused(_("There is no pile to ask."), code="no_pile")
    payload: dict[str, Any] = {"requestedMessage": "MeterValues"}
    if row.connector_number:
        payload["connectorId"] = row.connector_number
    commands.send_command(
        row.pile,
        action="TriggerMessage",
        payload=payload,
        connector_number=row.connector_number,
        actor=actor,
        reason=reason,
        about=f"case:{row.number}",
    )
    before = audit.snapshot(row)
    if row.state == CaseState.OPEN:
        row.state = move(CASE, CaseState.OPEN, CaseState.IN_REVIEW)
    if row.state == CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState.IN_REVIEW, CaseState.WAITING_DATA)
    return _save(row, actor, "case.pile_asked", before, reason)


@transaction.atomic
def decide_case(case: Case, decision: Decision, *, actor: Actor, reason: str, **params: int) -> Case:
    """Decide at once, or where it takes two people, propose: the case then waits for the second one.

    ``params``: ``meter_stop`` in Wh of a correction, ``amount`` in minor units of a refund.
    """
    row, order = _open_for_decision(case, reason)
    change = effects.change_of(order, decision, params)
    if not needs_second(change, selectors.second_above(row)):
        return _carry_out(row, order, decision, params, actor, reason, decided_by=actor)
    proposal = Proposal(
        decision=decision.value,
        params=params,
        reason=reason[:LONGEST_REASON],
        by_ref=actor.ref,
        by_label=actor.label[:120],
        at=clock.now().isoformat(),
        before=change.before,
        after=change.after,
        currency=change.currency,
        stamp=effects.stamp_of(row, order),
    )
    before = audit.snapshot(row)
    _begin_review(row)
    row.state = move(CASE, CaseState.IN_REVIEW, CaseState.TO_APPROVE)
    row.proposal = proposal.to_json()
    return _save(row, actor, "case.proposed", before, reason)


def accept_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """The figures stand; an order whose money waited is settled by them."""
    return decide_case(case, Decision.ACCEPT, actor=actor, reason=reason)


def void_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """There was nothing to find; the figures stand."""
    return decide_case(case, Decision.VOID, actor=actor, reason=reason)


def correct_case(case: Case, *, meter_stop: int, actor: Actor, reason: str) -> Case:
    """Bill by another final register, in Wh. Raises Refused when it lies below the start."""
    return decide_case(case, Decision.CORRECT, actor=actor, reason=reason, meter_stop=meter_stop)


def waive_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """The driver pays nothing: the whole bill is a discount that the operator bears, now and later."""
    return decide_case(case, Decision.WAIVE, actor=actor, reason=reason)


def refund_case(case: Case, *, amount: int, actor: Actor, reason: str) -> Case:
    """Give back part of what was paid to the wallet; ``amount`` in minor units."""
    return decide_case(case, Decision.REFUND, actor=actor, reason=reason, amount=amount)


def write_off_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """Give up what is still owed. Raises Refused when nothing is."""
    return decide_case(case, Decision.WRITE_OFF, actor=actor, reason=reason)


@transaction.atomic
def approve_case(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """The second person agrees: what was proposed is done. Raises Refused for the first one, and when anything changed."""
    row, order = _proposed(case)
    proposal = Proposal.from_json(row.proposal)
    if actor.ref == proposal.by_ref:
        raise Refused(_("A second person has to approve this."), code="own_proposal")
    if effects.stamp_of(row, order) != proposal.stamp:
        raise Refused(
            _("The order has changed since this was proposed. Send it back, so that it is decided anew."),
            code="changed",
        )
    first = Actor(proposal.by_ref, proposal.by_label)
    row.approved_by = actor.label[:120]
    decision = Decision(proposal.decision)
    return _carry_out(row, order, decision, proposal.params, actor, proposal.reason, decided_by=first)


@transaction.atomic
def return_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """Send a proposal back, or withdraw one's own: nothing of it was done."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    row, _order = _proposed(case)
    before = audit.snapshot(row)
    row.state = move(CASE, CaseState.TO_APPROVE, CaseState.IN_REVIEW)
    row.proposal = {}
    return _save(row, actor, "case.returned", before, reason)


def _open_for_decision(case: Case, reason: str) -> tuple[Case, ChargingOrder | None]:
    """The case and its order, locked in the order that every writer of both uses: order first."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    order = lock_order(case.order_id) if case.order_id is not None else None
    return _undecided(case), order


def _proposed(case: Case) -> tuple[Case, ChargingOrder | None]:
    order = lock_order(case.order_id) if case.order_id is not None else None
    row = _undecided(case, also_proposed=True)
    if row.state != CaseState.TO_APPROVE:
        raise Refused(_("Nothing is proposed for this case."), code="not_proposed")
    return row, order


def _undecided(case: Case, *, also_proposed: bool = False) -> Case:
    row = locks.locked(Case.objects.filter(pk=case.pk)).select_related("pile").get()
    if row.state not in UNDECIDED:
        raise Refused(
            _("%(name)s has decided this case already.") % {"name": row.decided_by or _("The rule")},
            code="already_decided",
        )
    if row.state == CaseState.TO_APPROVE and not also_proposed:
        raise Refused(
            _("%(name)s has proposed a decision; a second person approves it or sends it back.")
            % {"name": row.proposal["by_label"]},
            code="proposed",
        )
    return row


def _begin_review(row: Case) -> None:
    if row.state != CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState(row.state), CaseState.IN_REVIEW)


def _carry_out(
    row: Case,
    order: ChargingOrder | None,
    decision: Decision,
    params: Mapping[str, int],
    actor: Actor,
    reason: str,
    *,
    decided_by: Actor,
) -> Case:
    effects.take_effect(row, order, decision, params, actor, reason)
    before = audit.snapshot(row)
    if row.state != CaseState.TO_APPROVE:
        _begin_review(row)
    row.state = move(CASE, CaseState(row.state), CaseState.DECIDED)
    row.decision, row.reason, row.proposal = decision, reason[:LONGEST_REASON], {}
    row.decided_by, row.decided_at = decided_by.label[:120], clock.now()
    if not row.assignee_ref:
        row.assignee_ref, row.assignee_label = decided_by.ref, decided_by.label[:120]
    if order is not None:
        row.amount_after = order.total - order.refunded
        history.note(
            order, "case_decided", side=history.PERSON, actor=decided_by, code=row.code, decision=decision
        )
    _save(row, actor, "case.decided", before, reason)
    if order is not None and order.review_state == ReviewState.ABNORMAL and cases.is_decided(order):
        order.review_state = move(REVIEW, ReviewState.ABNORMAL, ReviewState.RESOLVED)
        order.save(update_fields=["review_state"])
    return row


def _save(row: Case, actor: Actor, action: str, before: Mapping[str, Any], reason: str) -> Case:
    row.save()
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    cases.publish(row)
    return row
