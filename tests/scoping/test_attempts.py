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

ASKED_FOR = {
    "get": "get_by_key",
    "filter": "filter_by_a_siblings_column",
    "exclude": "exclude_nothing",
    "exists": "exists",
    "count": "count",
    "aggregate": "aggregate",
    "values": "values",
    "in-subquery": "in_a_subquery",
    "Exists": "exists_subquery",
    "union": "union",
    "annotate over a relation": "annotate_over_a_relation",
    "prefetch": "prefetch",
    "select_related": "select_related",
    "FK access": "foreign_key_to_a_sibling",
    "reverse FK": "related_manager_of_a_sibling",
    "refresh_from_db": "refresh_from_db",
    "get_or_create": "get_or_create_by_a_siblings_key",
    "update_or_create": "update_or_create_by_a_siblings_key",
    "create": "create_by_the_manager",
    "save": "save_a_siblings_row",
    "bulk_create": "bulk_create_for_a_sibling",
    "bulk_update": "bulk_update_of_a_sibling",
    "update": "update_of_a_sibling",
    "delete": "delete_of_a_sibling",
    "fast delete": "the_delete_below_delete",
    "raw": "raw",
    "iterator": "iterator",
    "a queryset made at import": "a_queryset_made_at_import",
    "a form field's choices": "choices_of_a_form_field",
    "a filter's choices": "choices_of_a_filter",
    "in a thread": "in_a_thread",
    "in a task": "in_a_task",
    "in an async view": "in_an_async_view",
    "after the scope has ended": "after_the_scope_has_ended",
}
"""The kinds that the house asks for at least, and the attempt of that kind; most kinds have several."""

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
    assert set(ASKED_FOR.values()) <= {attempt.name for attempt in ATTEMPTS}
