"""The way of a pile to another password and profile: which steps, in which order, and what an answer means. Pure.

OCPP 1.6 security white paper, A01 (password), M05 (root), A02 (certificate), A05 (profile).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from ocpp_gateway.wire import CommandState


class Step(StrEnum):
    """Values match ``stations.models.UpgradeState``."""

    KEY = "key"
    NAME = "name"
    ROOTS = "roots"
    CERTIFICATE = "certificate"
    PROFILE = "profile"
    RETURN = "return"


class Verdict(StrEnum):
    """What the answer to a command says about its step."""

    WAIT = "wait"
    AGREED = "agreed"
    REFUSED = "refused"
    NEVER_SENT = "never_sent"
    UNKNOWN = "unknown"


_VERDICTS = {
    CommandState.QUEUED: Verdict.WAIT,
    CommandState.SENT: Verdict.WAIT,
    CommandState.ACCEPTED: Verdict.AGREED,
    CommandState.EFFECT_SEEN: Verdict.AGREED,
    CommandState.EFFECT_MISSING: Verdict.AGREED,
    CommandState.REJECTED: Verdict.REFUSED,
    CommandState.ERROR: Verdict.REFUSED,
    CommandState.REFUSED: Verdict.NEVER_SENT,
    CommandState.EXPIRED: Verdict.NEVER_SENT,
    CommandState.TIMED_OUT: Verdict.UNKNOWN,
    CommandState.CONNECTION_LOST: Verdict.UNKNOWN,
}


def steps_to(target: int, *, present: int, new_key: bool, roots: bool) -> tuple[Step, ...]:
    """The steps from a profile to the same or a higher one; none where there is nothing to do."""
    if target < present:
        return ()
    wanted = {
        Step.KEY: new_key or (present == 0 and target in {1, 2}),
        Step.NAME: target > 1 and target > present,
        Step.ROOTS: roots and target > 1 and target > present,
        Step.CERTIFICATE: target == 3,
        Step.PROFILE: target > present,
        Step.RETURN: target > present,
    }
    return tuple(step for step in Step if wanted[step])


def after(step: Step, steps: Sequence[str]) -> Step | None:
    """The step that follows; None after the last."""
    left = [one for one in Step if one.value in steps]
    later = left[left.index(step) + 1 :]
    return later[0] if later else None


def verdict_of(state: CommandState) -> Verdict:
    return _VERDICTS[state]


def may_be_skipped(step: Step, status: str) -> bool:
    """A pile that does not know the setting can go on without it: its certificate shows whether the name is right."""
    return step is Step.NAME and status == "NotSupported"
