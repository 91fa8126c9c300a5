"""Nobody reaches a sibling's or a parent's row, by any way we know, on either kind of rows."""

from __future__ import annotations

import copy

import pytest
from django.db import transaction
from django.db.models import Q

from backoffice.kit.scope import unscoped
from tests.scoping.carrying import CARRYING
from tests.scoping.reading import READING
from tests.scoping.relating import RELATING
from tests.scoping.stage import EVERYTHING, KINDS, Attempt, Kind, Stage, outcome, set_stage
from tests.scoping.writing import WRITING

ATTEMPTS = [*READING, *RELATING, *CARRYING, *WRITING]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name),
]


def play(attempt: Attempt, stage: Stage) -> tuple[object, bool]:
    """What came of it, and whether it changed rows of others; then it is undone."""
    at = copy.deepcopy(stage)
    with transaction.atomic():
        result = outcome(attempt, at)
        changed = at.foreign() != at.before
        transaction.set_rollback(True)
    return result, changed


def test_no_attempt_inside_the_scope_reaches_further(kind: Kind) -> None:
    stage = set_stage(kind)
    for attempt in ATTEMPTS:
        with stage.scope():
            assert (attempt.name, *play(attempt, stage)) == (attempt.name, attempt.wanted, False)


def test_no_attempt_without_a_scope_runs(kind: Kind) -> None:
    stage = set_stage(kind)
    rows = stage.count()
    for attempt in ATTEMPTS:
        assert (attempt.name, *play(attempt, stage)) == (attempt.name, attempt.without, False)
        assert stage.count() == rows


def test_the_attempts_notice_a_missing_filter(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = set_stage(kind)
    everything = classmethod(lambda cls, scope, *, writing: Q())
    monkeypatch.setattr(kind.model, "scope_filter", everything)
    with stage.scope():
        noticed = [a.name for a in ATTEMPTS if play(a, stage) != (a.wanted, False)]
    assert len(noticed) > 61


def test_a_lifted_scope_sees_every_row(kind: Kind) -> None:
    stage = set_stage(kind)
    with unscoped(reason="a test looks at everything"):
        assert stage.texts(stage.objects.all()) == EVERYTHING


def test_the_attempts_are_many(kind: Kind) -> None:
    assert len({attempt.name for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 61
