"""Whatever a reader sees can be translated: no words in templates outside a translation, none bare in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

from backoffice.environment import ROOT
from backoffice.kit.deeds import DEEDS
from finance.wording import EVENTS
from tenants.services.tree import TREE_LOCK
from tests.support.reading import WORD, read

SKIPPED = {"node_modules", "var", "tests", "benchmarks", "staticfiles", "migrations", "demo_data", "docs"}
SAME_EVERYWHERE = frozenset(
    [
        "Ctrl",
        "EN",
        "Esc",
        "Excel",
        "ICCID",
        "IMSI",
        "OCPP",
        "Pilehouse",
        "SIM",
        "VIN",
        "Wh",
        "kW",
        "kWh",
        "mm",
        "ms",
    ]
)
"""Units, keys and names that are spelled alike in every language."""
NOT_SAID = {
    "templates/frame.html": {"Enter"},
    "templates/kit/error_bare.html": {"wide"},
    "templates/scan/typed.html": {"QXA", "HT"},
}
"""Words of templates that are classes of a style, a key of the keyboard, or a code as an example."""

CALLS_THAT_SAY = frozenset({"Refused", "ValidationError"})
"""Their first argument is read by people."""
ARGUMENTS_THAT_SAY = frozenset(
    {
        "empty_label",
        "head",
        "help_text",
        "label",
        "submit_label",
        "title",
        "verbose_name",
        "verbose_name_plural",
    }
)
CODE = re.compile(r"[a-z_]+\.[a-z_]+")
MESSAGES = frozenset({"debug", "info", "success", "warning", "error"})


def _files(*suffixes: str) -> list[Path]:
    found = (path for suffix in suffixes for path in ROOT.rglob(f"*{suffix}"))
    return sorted(
        path
        for path in found
        if not SKIPPED.intersection(path.relative_to(ROOT).parts)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


TEMPLATES = [path for path in _files(".html", ".txt") if "templates" in path.parts]
MODULES = _files(".py")


def bare_words(template: str) -> set[str]:
    """The words of a template that stand outside of its tags and outside of what is translated."""
    kept, closing = [], ""
    for token in Lexer(template).tokenize():
        tag = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if closing:
            closing = "" if tag == closing else closing
        elif tag in {"blocktranslate", "blocktrans", "comment", "verbatim"}:
            closing = f"end{tag}"
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
        elif token.token_type == TokenType.VAR:
            kept.append("·")
    return {word for text in read("".join(kept)) for word in WORD.findall(text)} - SAME_EVERYWHERE


def bare_strings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """The line of each string that people read and no catalogue knows, and what says it."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        owner = getattr(node.func, "value", None)
        said = [(word.arg, word.value) for word in node.keywords if word.arg in ARGUMENTS_THAT_SAY]
        if name == "Resource":  # its label is the path to the name of a row
            said = [(word, value) for word, value in said if word != "label"]
        if name in CALLS_THAT_SAY and node.args:
            said.append((name, node.args[0]))
        if name in MESSAGES and isinstance(owner, ast.Name) and owner.id == "messages":
            said.append((f"messages.{name}", node.args[1]))
        yield from ((value.lineno, word) for word, value in said if _is_bare(value))


def _is_bare(value: ast.expr) -> bool:
    if isinstance(value, ast.JoinedStr):
        parts = [part.value for part in value.values if isinstance(part, ast.Constant)]
    else:
        parts = [value.value] if isinstance(value, ast.Constant) else []
    return any(isinstance(part, str) and set(WORD.findall(part)) - SAME_EVERYWHERE for part in parts)


def test_bare_words_are_told_from_translated_ones() -> None:
    template = """{% load i18n %}<p class="note" title="Bare title">{% translate "Fine" %} Seen {{ row.name }}</p>
        {% blocktranslate %}Also fine{% endblocktranslate %}{# Not seen #}{% comment %}Nor this{% endcomment %}
        <svg><title>Drawn</title></svg> 22 kWh"""
    assert bare_words(template) == {"Bare", "title", "Seen"}

    module = ast.parse(
        'F(label="Bare", help_text=_("Fine"), title=f"{name} bare")\nraise Refused("Bare")\nmessages.info(r, "Bare")'
    )
    assert [line for line, _word in bare_strings(module)] == [1, 1, 2, 3]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_says_nothing_that_cannot_be_translated(path: Path) -> None:
    assert bare_words(path.read_text()) <= NOT_SAID.get(name_of(path), set())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_nothing_that_cannot_be_translated(path: Path) -> None:
    assert not list(bare_strings(ast.parse(path.read_text(), str(path))))


def audited_codes() -> set[str]:
    """Every code with two parts in a module that writes to the audit trail, but for the events of the ledger."""
    writing = [path for path in MODULES if "audit.record(" in path.read_text()]
    return {
        node.value
        for path in writing
        for node in ast.walk(ast.parse(path.read_text(), str(path)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    } - {*EVENTS, TREE_LOCK}


def test_every_action_of_the_audit_trail_has_words() -> None:
    codes = audited_codes()
    assert "tenant.moved" in codes
    assert sorted(codes - DEEDS.keys()) == []
