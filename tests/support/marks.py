"""Which tests show what, read from their source: statements, quirks and certification cases.

A test says ``@pytest.mark.statement(17, 20)`` and ``@pytest.mark.quirk("X1")``; a certification case is in
its name (``test_tc_004_1_…``). Tests are named by their file below ``tests`` and their function.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from backoffice.environment import ROOT
from tests.support.quirks import QUIRKS

TESTS: Final = ROOT / "tests"
STATEMENT: Final = "pytest.mark.statement"
QUIRK: Final = "pytest.mark.quirk"
CASE: Final = re.compile(r"test_tc_(\d{3}(?:_\d)?)_[a-z]")
TABLE: Final = "ocpp_gateway/protocol/test_quirks.py::test_a_quirk_is_understood"
"""The test that goes through the quirks of ``tests.support.quirks``, one by one."""


@cache
def functions() -> dict[str, dict[str, list[Any]]]:
    """Every test with the arguments of its marks."""
    found = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found[f"{path.relative_to(TESTS).as_posix()}::{node.name}"] = dict(_marks(node))
    return found


def _marks(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, list[Any]]]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) in {STATEMENT, QUIRK}:
            yield ast.unparse(mark.func), [ast.literal_eval(argument) for argument in mark.args]


def _by(mark: str) -> dict[Any, list[str]]:
    tests: dict[Any, list[str]] = defaultdict(list)
    for name, marks in functions().items():
        for argument in marks.get(mark, ()):
            tests[argument].append(name)
    return tests


def statements() -> dict[int, list[str]]:
    """Statement to the tests that show it."""
    return _by(STATEMENT)


def quirks() -> dict[str, list[str]]:
    """Quirk to the tests that show it; those of the table of frames with the name of their frame."""
    tests = _by(QUIRK)
    for quirk in QUIRKS:
        if quirk.id:
            tests[quirk.id].append(f"{TABLE}[{quirk.name}]")
    return tests


def cases() -> dict[str, list[str]]:
    """Certification case to the tests that are named after it, those that drive it whole first."""
    tests: dict[str, list[str]] = defaultdict(list)
    for name in sorted(functions(), key=lambda name: ("/certification/" not in name, name)):
        match = CASE.match(name.rpartition("::")[2])
        if match:
            tests[match[1]].append(name)
    return tests
