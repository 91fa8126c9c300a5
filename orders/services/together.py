"""One decision for several cases of one rule: each in its own transaction, each with its own result.

What it would do is worked out for all of them before anything is done; a case that needs a second person is
proposed like any other, and one that somebody else decided meanwhile says so and stops nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Words
from orders import selectors
from orders.models import Case, Decision
from orders.second import Change, needs_second
from orders.services import deciding, effects
from orders.states import UNDECIDED, CaseState

MOST = 200
"""Cases that one request decides."""


class Together(StrEnum):
    """What can be done to many cases: no figures of their own, so no correction."""

    ASSIGN = "assign"
    ACCEPT = "accept"
    REFUND = "refund"
    WAIVE = "waive"
    WRITE_OFF = "write_off"
    VOID = "void"


@dataclass
class Sum:
    """What drivers of one currency bear before and after, minor units."""

    before: int = 0
    after: int = 0


@dataclass
class Preview:
    """What a decision would come to: how many of the cases, how many to propose, what not to touch and why."""

    decided: int = 0
    proposed: int = 0
    sums: dict[str, Sum] = field(default_factory=lambda: defaultdict(Sum))
    refused: list[tuple[Case, Words]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case."""

    case: Case
    words: Words
    well: bool


def one_rule(rows: Sequence[Case]) -> bool:
    """Are all of them findings of the same rule?"""
    return len({row.code for row in rows}) == 1


def preview(rows: Iterable[Case], wanted: Together) -> Preview:
    """Nothing is written."""
    found = Preview()
    for row in rows:
        try:
            change = _change(row, wanted)
        except Refused as refused:
            found.refused.append((row, refused.message))
            continue
        if wanted is not Together.ASSIGN and needs_second(change, selectors.second_above(row)):
            found.proposed += 1
        else:
            found.decided += 1
        if change.currency and wanted is not Together.ASSIGN:
            found.sums[change.currency].before += change.before
            found.sums[change.currency].after += change.after
    return found


def decide_together(
    rows: Iterable[Case], wanted: Together, *, actor: Actor, reason: str, to_ref: str = "", to_label: str = ""
) -> list[Result]:
    """Do it, case by case."""
    results = []
    for row in rows:
        try:
            if wanted is Together.ASSIGN:
                deciding.assign_case(row, to_ref=to_ref, to_label=to_label, actor=actor, reason=reason)
                results.append(Result(row, to_label or _("Nobody"), well=True))
                continue
            done = deciding.decide_case(
                row, Decision(wanted.value), actor=actor, reason=reason, **_params(row, wanted)
            )
            results.append(Result(done, done.get_state_display(), well=True))
        except Refused as refused:
            results.append(Result(row, refused.message, well=False))
    return results


def _change(row: Case, wanted: Together) -> Change:
    if row.state not in UNDECIDED:
        raise Refused(_("It is decided already."), code="already_decided")
    if wanted is Together.ASSIGN:
        return Change(0, 0, "")
    if row.state == CaseState.TO_APPROVE:
        raise Refused(_("A decision is proposed already."), code="proposed")
    params = _params(row, wanted)
    if wanted is Together.REFUND and not params["amount"]:
        raise Refused(_("Nothing was paid that could go back."), code="nothing_paid")
    if wanted is Together.WRITE_OFF and not (row.order and row.order.arrears):
        raise Refused(_("Nothing is owed for this order."), code="no_arrears")
    return effects.change_of(row.order, Decision(wanted.value), params)


def _params(row: Case, wanted: Together) -> Mapping[str, int]:
    if wanted is not Together.REFUND:
        return {}
    return {"amount": effects.refundable(row.order) if row.order is not None else 0}
