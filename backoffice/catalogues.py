"""Message catalogues without the gettext programs: extraction, completeness, compilation.

English is the source, so its catalogue is the code itself; every other language of ``locale/`` has one
``django.po``. A string is found where Django's own tools would find it: calls of the gettext family in
Python, ``translate`` and ``blocktranslate`` in templates.

``python -m backoffice.catalogues compile|check|update``.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("zh_Hans",)
SKIPPED = frozenset({"node_modules", "var", "tests", "benchmarks", "staticfiles", "migrations", "docs"})

# Function name → positions of message, plural and context among its arguments.
SIGNATURES: dict[str, tuple[int, int | None, int | None]] = {
    "_": (0, None, None),
    "gettext": (0, None, None),
    "gettext_lazy": (0, None, None),
    "gettext_noop": (0, None, None),
    "ngettext": (0, 1, None),
    "ngettext_lazy": (0, 1, None),
    "pgettext": (1, None, 0),
    "pgettext_lazy": (1, None, 0),
    "npgettext": (1, 2, 0),
    "npgettext_lazy": (1, 2, 0),
}
CALL_IN_TEMPLATE = re.compile(
    r"""(?<![\w.])(?P<name>_|[np]{0,2}gettext)\(\s*(?P<arguments>u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    r"""(?:\s*,\s*u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)""",
    re.DOTALL,
)

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


@dataclass(frozen=True, slots=True)
class Message:
    """One translatable string; what makes two of them the same is the key of a catalogue entry."""

    text: str
    plural: str | None = field(default=None, compare=False)
    context: str | None = None
    place: str = field(default="", compare=False)


def extract(root: Path = ROOT) -> list[Message]:
    """Every translatable string of the product, once, in the order of files."""
    found: dict[Message, Message] = {}
    for path in _sources(root):
        place = path.relative_to(root).as_posix()
        messages = _in_python(path, place) if path.suffix == ".py" else _in_template(path, place)
        for message in messages:
            known = found.get(message)
            if known is None or (known.plural is None and message.plural is not None):
                found[message] = message
    return list(found.values())


def faults(catalogue: Path, messages: Iterable[Message]) -> Iterator[str]:
    """What keeps a catalogue from being complete, one sentence each."""
    entries = {_key(entry): entry for entry in polib.pofile(str(catalogue)) if not entry.obsolete}
    for message in messages:
        entry = entries.pop((message.text, message.context), None)
        if entry is None or not entry.translated():
            yield f"{message.place}: not translated: {message.text!r}"
        elif any(
            _placeholders(text) - _placeholders(entry.msgid, message.plural) for text in _translations(entry)
        ):
            yield f"{message.place}: the translation names a placeholder that the text has not: {message.text!r}"
    for text, _ in entries:
        yield f"no longer used: {text!r}"


def update(catalogue: Path, messages: Sequence[Message]) -> int:
    """Add missing entries, renew the places of all, drop unused ones; returns how many were added."""
    file = polib.pofile(str(catalogue)) if catalogue.exists() else _new_catalogue(catalogue)
    known = {_key(entry): entry for entry in file}
    entries = [known.get((message.text, message.context)) or _new_entry(message) for message in messages]
    for message, entry in zip(messages, entries, strict=True):
        if message.plural is not None and entry.msgid_plural != message.plural:
            entry.msgid_plural, entry.msgstr_plural, entry.msgstr = message.plural, {0: entry.msgstr}, ""
        entry.occurrences = [(message.place.rpartition(":")[0], "")]  # a line number would change daily
        entry.obsolete = False
    added = sum(_key(entry) not in known for entry in entries)
    file[:] = entries
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    file.save(str(catalogue))
    return added


def compile_all(locale: Path = LOCALE) -> int:
    """Write the ``.mo`` beside each ``.po`` that is newer; returns how many were written."""
    written = 0
    for catalogue in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        compiled = catalogue.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < catalogue.stat().st_mtime_ns:
            polib.pofile(str(catalogue)).save_as_mofile(str(compiled))
            written += 1
    return written


def main() -> int:
    """Compile, check or update the catalogues; ``check`` exits with 1 when one is incomplete."""
    parser = argparse.ArgumentParser(prog="python -m backoffice.catalogues", description=__doc__)
    parser.add_argument("action", choices=["compile", "check", "update"])
    action = parser.parse_args().action
    if action == "compile":
        compile_all()
        return 0
    messages = extract()
    complete = True
    for language in LANGUAGES:
        catalogue = LOCALE / language / "LC_MESSAGES" / "django.po"
        if action == "update":
            print(f"{language}: {update(catalogue, messages)} added")
        elif not catalogue.exists():
            complete = False
            print(f"{language}: {catalogue.relative_to(ROOT)} does not exist")
        else:
            for fault in faults(catalogue, messages):
                complete = False
                print(f"{language}: {fault}")
    return 0 if complete else 1


def _sources(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if (
            not SKIPPED.intersection(parts)
            and not any(part.startswith(".") for part in parts)
            and path.is_file()
        ):
            is_template = "templates" in parts and path.suffix in {".html", ".txt", ".xml", ".svg"}
            if path.suffix == ".py" or is_template:
                yield path


def _in_python(path: Path, place: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            texts = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
            if name in SIGNATURES and (message := _message(name, texts, f"{place}:{node.lineno}")):
                yield message


def _in_template(path: Path, place: str) -> Iterator[Message]:
    source = path.read_text()
    if "{%" not in source and "{{" not in source:
        return
    for call in CALL_IN_TEMPLATE.finditer(templatize(source, origin=place)):
        texts = ast.literal_eval(f"[{call['arguments']}]")
        line = call.string.count("\n", 0, call.start()) + 1
        if message := _message(call["name"], texts, f"{place}:{line}"):
            yield message


def _new_catalogue(path: Path) -> polib.POFile:
    file = polib.POFile(wrapwidth=100)
    file.metadata = {
        "Language": path.parent.parent.name,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    return file


def _new_entry(message: Message) -> polib.POEntry:
    flags = ["python-format"] if "%(" in message.text or "%s" in message.text else []
    return polib.POEntry(msgid=message.text, msgctxt=message.context, flags=flags)


def _key(entry: polib.POEntry) -> tuple[str, str | None]:
    return entry.msgid, entry.msgctxt


def _translations(entry: polib.POEntry) -> list[str]:
    return [entry.msgstr, *entry.msgstr_plural.values()]


def _placeholders(*texts: str | None) -> set[str]:
    return {found for text in texts if text for found in PLACEHOLDER.findall(text)}


def _message(name: str, texts: Sequence[object], place: str) -> Message | None:
    text, plural, context = (
        texts[position] if position is not None and position < len(texts) else None
        for position in SIGNATURES[name]
    )
    if not isinstance(text, str) or not text:
        return None
    return Message(
        text,
        plural if isinstance(plural, str) else None,
        context if isinstance(context, str) else None,
        place,
    )


if __name__ == "__main__":
    settings.configure(USE_I18N=False)
    sys.exit(main())
