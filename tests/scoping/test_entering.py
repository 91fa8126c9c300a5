"""A scope begins and ends with its block, and only narrows."""

from __future__ import annotations

import contextvars

import pytest

from backoffice.kit.levels import Level
from backoffice.kit.scope import (
    ScopeError,
    current_scope,
    outside,
    scope_is_active,
    scoped_to,
    unscoped,
    within,
)


def test_there_is_no_scope_unless_one_is_entered() -> None:
    assert not scope_is_active()
    with pytest.raises(ScopeError, match="no tenant scope"):
        current_scope()


def test_a_scope_holds_its_tenant_even_if_the_ids_do_not_name_it() -> None:
    with scoped_to(7, Level.AGENCY, []):
        assert current_scope().admits(7)
        assert not current_scope().admits(8)
        assert not current_scope().admits(None)


@pytest.mark.parametrize("reason", ["", "   "])
def test_lifting_the_scope_needs_a_reason(reason: str) -> None:
    with pytest.raises(ScopeError, match="reason"), unscoped(reason=reason):
        pass


def test_a_scope_ends_when_its_block_raises() -> None:
    with pytest.raises(KeyError), scoped_to(1, Level.DEALER, [2]):
        raise KeyError
    assert not scope_is_active()


def test_a_narrower_scope_may_be_entered_inside_a_wider_one() -> None:
    with scoped_to(1, Level.DEALER, [2, 3]), scoped_to(2, Level.OPERATOR, [3]):
        assert current_scope().tenant_id == 2


@pytest.mark.parametrize("tenant", [1, 9])
def test_a_wider_or_a_foreign_scope_may_not_be_entered_inside_one(tenant: int) -> None:
    with scoped_to(2, Level.OPERATOR, [3]):
        with pytest.raises(ScopeError, match="narrower"), scoped_to(tenant, Level.DEALER, [2, 3]):
            pass
        assert current_scope().tenant_id == 2


def test_any_scope_may_be_entered_where_it_is_lifted() -> None:
    with scoped_to(2, Level.OPERATOR, []), unscoped(reason="test"), scoped_to(9, Level.OPERATOR, []):
        assert current_scope().tenant_id == 9


def test_an_edge_inherits_nothing() -> None:
    with scoped_to(2, Level.OPERATOR, []):
        with outside():
            assert not scope_is_active()
            with scoped_to(9, Level.OPERATOR, []):
                assert current_scope().tenant_id == 9
        assert current_scope().tenant_id == 2


def test_a_copied_context_does_not_keep_a_scope_alive() -> None:
    with scoped_to(2, Level.OPERATOR, []):
        copied = contextvars.copy_context()
        assert copied.run(scope_is_active)
    assert not copied.run(scope_is_active)
    with pytest.raises(ScopeError, match="ended"):
        copied.run(current_scope)


def test_a_scope_that_ended_may_be_entered_again_by_its_edge() -> None:
    with scoped_to(2, Level.OPERATOR, [3]) as scope:
        pass
    with within(scope):
        assert current_scope().admits(3)
