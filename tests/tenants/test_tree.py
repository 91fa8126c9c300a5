"""The tree stays right: whatever is created and moved, in whatever order, by however many at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import path_of_tenant, unscoped
from tenants.models import Tenant
from tenants.selectors import lineage, subtree_ids
from tenants.services import tree
from tenants.verification import Node, tenancy_faults, tree_faults
from tests.factories.tenants import ACTOR, make_forest, make_tenant


def nodes() -> list[Node]:
    with unscoped(reason="a test looks at the tree"):
        return [Node(*row) for row in Tenant.objects.order_by("pk").values_list(*Node._fields)]


def faults() -> list[str]:
    with unscoped(reason="a test looks at everything"):
        return [str(fault) for fault in tenancy_faults()]


def expected_chain(by_id: dict[int, Node], pk: int | None) -> list[int]:
    return [] if pk is None else [*expected_chain(by_id, by_id[pk].parent_id), pk]


def assert_that_reads_follow_the_parents() -> None:
    by_id = {node.id: node for node in nodes()}
    chains = {pk: expected_chain(by_id, pk) for pk in by_id}
    for pk, chain in chains.items():
        assert [ancestor.id for ancestor in lineage(pk)] == chain
        assert path_of_tenant(pk).ids == chain
        assert set(subtree_ids(pk)) == {other for other, above in chains.items() if pk in above}


class Gardener:
    """Creates and moves at random, from a seed."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, **of: Any) -> Tenant | None:
        rows = list(Tenant.objects.filter(**of).order_by("pk"))
        return self.random.choice(rows) if rows else None

    def work(self) -> None:
        """One step; a step that the rules forbid is none."""
        with unscoped(reason="test data"):
            try:
                if self.random.random() < 0.6:
                    self.create()
                else:
                    self.move()
            except Refused:
                pass

    def create(self) -> None:
        parent = self.pick()
        code = f"R{self.random.getrandbits(60)}"
        if parent is None or self.random.random() < 0.1:
            tree.create_manufacturer(actor=ACTOR, code=code, name=code)
        else:
            tree.create_tenant(parent, actor=ACTOR, code=code, name=code)

    def move(self) -> None:
        row, target = self.pick(parent__isnull=False), self.pick()
        if row is not None and target is not None:
            tree.move_tenant(row, new_parent=target, actor=ACTOR, reason="test")


@pytest.mark.django_db
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 25))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_creating_and_moving_leaves_a_correct_tree(seed: int, steps: int) -> None:
    with transaction.atomic():
        gardener = Gardener(Random(seed))
        for _ in range(steps):
            gardener.work()
        assert list(tree_faults(nodes())) == []
        assert_that_reads_follow_the_parents()
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("threads", [4, 8])
def test_threads_that_create_and_move_leave_a_correct_tree(threads: int) -> None:
    make_forest()
    start = threading.Barrier(threads)

    def garden(seed: int) -> None:
        try:
            gardener = Gardener(Random(seed))
            start.wait(timeout=10)
            for _ in range(12):
                gardener.work()
        finally:
            connection.close()

    before = len(nodes())
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(garden, seed) for seed in range(threads)]:
            done.result(timeout=60)
    assert len(nodes()) > before
    assert faults() == []
    assert_that_reads_follow_the_parents()


@pytest.mark.django_db(transaction=True)
def test_two_who_move_the_same_tenant_move_it_once_each() -> None:
    forest = make_forest()
    start = threading.Barrier(2)

    def move(target: Tenant) -> None:
        try:
            start.wait(timeout=10)
            with unscoped(reason="test"):
                tree.move_tenant(forest.agency, new_parent=target, actor=ACTOR, reason="test")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(move, t) for t in (forest.sibling_operator, forest.cousin_operator)]:
            done.result(timeout=30)
    assert faults() == []
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.filter(action="tenant.moved").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_code_that_two_take_at_once_goes_to_one() -> None:
    parent = make_tenant()
    start = threading.Barrier(2)

    def create() -> str:
        try:
            start.wait(timeout=10)
            with unscoped(reason="test"):
                tree.create_tenant(parent, actor=ACTOR, code="same", name="same")
        except Refused as refused:
            return refused.code
        finally:
            connection.close()
        return "created"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [done.result(timeout=30) for done in [pool.submit(create), pool.submit(create)]]
    assert sorted(outcomes) == ["code_taken", "created"]
    assert faults() == []


GOOD = [
    Node(1, None, Level.MANUFACTURER, 1, 1, 6, 0),
    Node(2, 1, Level.DEALER, 1, 2, 3, 1),
    Node(3, 1, Level.DEALER, 1, 4, 5, 1),
    Node(4, None, Level.MANUFACTURER, 2, 1, 2, 0),
]


def test_a_correct_tree_has_no_faults() -> None:
    assert list(tree_faults(GOOD)) == []
    assert list(tree_faults([])) == []


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (Node(2, 9, Level.DEALER, 1, 2, 3, 1), "does not exist"),
        (Node(2, 4, Level.DEALER, 1, 2, 3, 1), "in tree 1, its parent in 2"),
        (Node(2, 3, Level.DEALER, 1, 2, 3, 1), "its level is dealer, its parent's is dealer"),
        (Node(2, None, Level.DEALER, 1, 2, 3, 1), "no parent and its level is dealer"),
        (Node(2, 1, Level.OPERATOR, 1, 2, 3, 2), "its level is operator, its parent's is manufacturer"),
        (Node(2, 1, Level.DEALER, 1, 2, 3, 2), "its depth is 2"),
        (Node(2, 1, Level.DEALER, 1, 2, 4, 1), "another tenant has a bound"),
        (Node(2, 1, Level.DEALER, 1, 2, 8, 1), "not inside its parent's"),
        (Node(2, 1, Level.DEALER, 1, 3, 2, 1), "not inside its parent's"),
        (Node(2, 1, Level.DEALER, 2, 2, 3, 1), "in tree 2, its parent in 1"),
        (Node(4, None, Level.MANUFACTURER, 1, 7, 8, 0), "another root"),
    ],
)
def test_each_way_of_being_misplaced_is_noticed(node: Node, words: str) -> None:
    wrong = [node if node.id == good.id else good for good in GOOD]
    assert any(words in str(fault) for fault in tree_faults(wrong))
