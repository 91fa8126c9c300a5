"""The rules of writing that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from backoffice.environment import ROOT

LINES = 400
ROOMS = sorted(path.parent for path in ROOT.glob("*/__init__.py"))
MODULES = sorted(
    path
    for room in ROOMS
    for path in room.rglob("*.py")
    if "migrations" not in path.parts and path.stat().st_size
)
THIN = re.compile(r"/(views|forms|tasks)(/\w+)?\.py$|^ocpp_gateway/")
SIGNALS = {"django.dispatch", "django.db.models.signals", "django.core.signals", "blinker"}
LAZY_WORDS = re.compile(r"#\s*(todo|fixme|xxx|hack)\b", re.IGNORECASE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_keeps_the_rules(path: Path) -> None:
    text = path.read_text()
    place = name_of(path)

    assert len(text.splitlines()) <= LINES, f"{place} is longer than {LINES} lines: split it by noun"
    assert path.stem not in {"utils", "helpers", "misc", "common"}, (
        f"{place}: name a module after what it holds"
    )
    assert not SIGNALS.intersection(imported_by(path)), (
        f"{place}: a lower room declares a hook instead of a signal"
    )
    assert not LAZY_WORDS.search(text), f"{place}: do it or drop it"
    if path.stem not in {"__init__", "apps", "permissions", "urls"} and not path.stem.startswith("test_"):
        assert ast.get_docstring(tree_of(path)), (
            f"{place}: say what the module holds and what always holds in it"
        )


@pytest.mark.parametrize("path", [path for path in MODULES if THIN.search(name_of(path))], ids=name_of)
def test_edges_fetch_and_write_through_selectors_and_services(path: Path) -> None:
    managers = [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_base_manager", "_default_manager"}
    ]
    assert not managers, f"{name_of(path)} reaches for a manager in lines {managers}"


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/migrations/[0-9]*.py")), ids=name_of)
def test_a_migration_imports_no_application(path: Path) -> None:
    rooms = {room.name for room in ROOMS}
    assert not [module for module in imported_by(path) if module.split(".")[0] in rooms]


def test_nothing_names_a_package_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "://" not in (ROOT / name).read_text()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_exactly(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[\w.-]+(\[[\w,]+\])?==[\w.]+", line) for line in lines)
