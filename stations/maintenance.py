"""What a maintenance window asks of one pile next. Pure.

A window has two halves: piles go out of operation, and come back. Each pile is asked once in each half,
again where nobody knows what became of the asking, and never for long: a pile that cannot be heard is told when it is
back, and a pile that says no is believed after a few times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal

LONGEST: Final = timedelta(days=90)
GRACE: Final = timedelta(minutes=5)
"""A window may be set to begin this long ago: the form was open for a while."""

MOST_OPEN: Final = 50
"""Windows of one station that are not over."""

AGAIN_AFTER: Final = timedelta(minutes=2)
MOST_TRIES: Final = 3
GIVE_UP_AFTER: Final = timedelta(hours=24)
"""After its end a window waits so long for piles that cannot be heard."""

Result = Literal["none", "open", "done", "refused", "unknown"]
"""Of the last command of a half: none was sent, it runs, the pile agreed, it said no, nobody knows."""


class Note(StrEnum):
    """Why a pile is as it is in a window; its words are in ``stations.wording``."""

    OFFLINE = "offline"
    REFUSED = "refused"
    WAS_OUT = "was_out"
    OTHER = "other"
    BY_HAND = "by_hand"
    NEVER_OUT = "never_out"
    GIVEN_UP = "given_up"
    RETIRED = "retired"


class Step(StrEnum):
    ASK = "ask"
    WAIT = "wait"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with one pile. ``since`` is how long ago it was asked last, None where it never was."""

    online: bool
    retired: bool
    result: Result
    tries: int
    since: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What else counts for the way back. ``overdue`` is how long ago the window was to end."""

    was_operative: bool
    went_out: bool
    held_elsewhere: bool
    out_by_hand: bool
    overdue: timedelta


def step_out(pile: Standing) -> tuple[Step, Note | None]:
    """The next step on the way out of operation."""
    if pile.retired:
        return Step.SETTLE, Note.RETIRED
    return _ask(pile)


def step_back(pile: Standing, back: Return) -> tuple[Step, Note | None]:
    """The next step on the way back. A pile that was out before, or that somebody took out since, stays out."""
    if pile.retired:
        return Step.SETTLE, Note.RETIRED
    if not back.was_operative:
        return Step.SETTLE, Note.WAS_OUT
    if not back.went_out and pile.result == "none":
        return Step.SETTLE, Note.NEVER_OUT
    if back.held_elsewhere:
        return Step.SETTLE, Note.OTHER
    if back.out_by_hand:
        return Step.SETTLE, Note.BY_HAND
    step, note = _ask(pile)
    if step is not Step.SETTLE and back.overdue >= GIVE_UP_AFTER:
        return Step.SETTLE, Note.GIVEN_UP
    return step, note


def _ask(pile: Standing) -> tuple[Step, Note | None]:
    if pile.result == "done":
        return Step.SETTLE, None
    if pile.result == "open":
        return Step.WAIT, None
    if pile.result == "refused" and pile.tries >= MOST_TRIES:
        return Step.SETTLE, Note.REFUSED
    if not pile.online:
        return Step.WAIT, Note.OFFLINE
    if pile.since is not None and pile.since < AGAIN_AFTER:
        return Step.WAIT, Note.REFUSED if pile.result == "refused" else None
    return Step.ASK, None
