"""Every statement of the gateway's checklist that is demanded so far is shown by a test.

A test says which statements it shows by ``@pytest.mark.statement(17, 20)``; the numbers are those of
the checklist "the gateway MUST / SHOULD" in the domain reference. ``DEMANDED`` grows with the gateway.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from backoffice.environment import ROOT

DEMANDED = frozenset(
    chain(
        range(1, 13),
        range(14, 54),
        range(55, 85),
        range(86, 98),
        range(108, 112),
        (102, 103),
        (118, 119),
    )
)
LAST = 120
MARK = "pytest.mark.statement"


@cache
def shown() -> dict[int, list[str]]:
    """Statement to the tests that show it."""
    tests: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for function, numbers in _marked(path):
            for number in numbers:
                tests[number].append(f"{path.relative_to(ROOT).as_posix()}::{function}")
    return tests


def _marked(path: Path) -> Iterator[tuple[str, list[int]]]:
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == MARK:
                    yield node.name, [ast.literal_eval(number) for number in mark.args]


@pytest.mark.parametrize("number", sorted(DEMANDED))
def test_a_demanded_statement_is_shown(number: int) -> None:
    assert shown()[number], f"no test is marked with {MARK}({number})"


def test_no_test_shows_a_statement_that_does_not_exist() -> None:
    assert set(shown()) <= set(range(1, LAST + 1))
