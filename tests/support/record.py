"""Writes ``docs/conformance.md``: what the gateway is to do, which tests show it, and how they ended.

QUIRKS_FILE=recording.jsonl ./run test --junitxml=var/suite.xml
./run test tests/proofs --junitxml=var/proofs.xml
python -m tests.support.record var/suite.xml var/proofs.xml

Reports may be of parts, and of different days: each counts for the tests that it ran.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from backoffice.environment import ROOT
from tests.ocpp_gateway.certification import CASES
from tests.support import marks
from tests.support.checklist import STATEMENTS, TALK
from tests.support.mangling import GENERATED
from tests.support.quirks import QUIRKS

DOCUMENT: Final = ROOT / "docs" / "conformance.md"
GENERATED_TEST: Final = (
    "ocpp_gateway/protocol/test_generated_quirks.py::test_a_generated_quirk_costs_nobody_anything"
)
OPEN: Final = "open"
"""No test shows it yet."""

HEAD: Final = """# What the gateway conforms to

Made by `python -m tests.support.record` from the source of the tests and the JUnit report of a run; see
`tests/support/record.py`. A result is that of the newest report that ran the test, of the worst of its
parameters; "not run" is what no report ran: the proofs take long (`./run test tests/proofs`), and the recorded frames
need their recording (`QUIRKS_FILE`). Tests are named by their file below `tests/`.
"""

RECORDED_TEST: Final = (
    "ocpp_gateway/store/test_recorded_quirks.py::test_recorded_frames_are_all_understood_on_one_connection"
)

Results = Mapping[str, str]
NOT_RUN: Final = "not run"
WORST: Final = ("failed", "error", NOT_RUN, "passed")
SHOWN: Final = ("failed", "error", "passed", NOT_RUN)


def main(reports: Sequence[str]) -> None:
    """Write the document from these reports."""
    DOCUMENT.write_text(document(results(Path(report).read_text() for report in reports)))


def results(reports: Iterable[str]) -> dict[str, str]:
    """How each test ended, by its name with and without its parameters; a later report counts for what it ran.

    Without its parameters it is the worst of them. A test that was skipped did not run.
    """
    ended: dict[str, str] = {}
    for report in reports:
        here: dict[str, str] = {}
        for case in ET.fromstring(report).iter("testcase"):  # noqa: S314 - written by our own test run
            how = next((kind.tag for kind in case if kind.tag in {"failure", "error", "skipped"}), "passed")
            how = {"failure": "failed", "skipped": NOT_RUN}.get(how, how)
            name = f"{_file(case.get('classname', ''))}::{case.get('name', '')}"
            for one in {name, name.partition("[")[0]}:
                here[one] = min(here.get(one, how), how, key=WORST.index)
        ended |= {name: how for name, how in here.items() if how != NOT_RUN or name not in ended}
    return ended


def _file(classname: str) -> str:
    """``tests.a.test_b.TestC`` is ``a/test_b.py``."""
    parts = [part for part in classname.split(".") if not re.match(r"Test[A-Z]", part)]
    return "/".join(parts[1:]) + ".py"


def document(ended: Results) -> str:
    """All tables."""
    statements, cases, quirks = marks.statements(), marks.cases(), marks.quirks()
    named = {quirk.id: quirk.name for quirk in QUIRKS if quirk.id} | OTHERS
    return "\n".join(
        [
            HEAD,
            "## Statements\n",
            *_table(
                ("No.", "M/S", "Statement"),
                [((str(n), *said), statements.get(n, [])) for n, said in STATEMENTS.items()],
                ended,
            ),
            "\n## Certification cases\n",
            *_table(
                ("Case", "What it drives"),
                [((f"TC_{case}", said), cases.get(case, [])) for case, said in CASES.items()],
                ended,
            ),
            "\n## Quirks of single frames\n",
            *_table(("Quirk", "What it is"), [((i, said), quirks[i]) for i, said in sorted(named.items())], ended),
            "\n## Quirks that a single frame cannot show\n",
            *_table(("Quirk", "What it is"), [((i, said), quirks.get(i, [])) for i, said in TALK.items()], ended),
            "\n## Recorded frames\n",
            *_table(
                ("What",),
                [(("Frames that piles on the market sent, replayed on one connection",), [RECORDED_TEST])],
                ended,
            ),
            "\n## Generated quirks\n",
            f"{len(GENERATED)} kinds of spoilt messages, each for one action, several examples each:"
            f" `{GENERATED_TEST}`.\n",
            *_table(
                ("Kind", "Actions"),
                [((kind, str(len(names))), [f"{GENERATED_TEST}[{name}]" for name in names]) for kind, names in _kinds()],
                ended,
                named=False,
            ),
            "",
        ]
    )  # fmt: skip


OTHERS: Final = {
    "M6": "JSON with a leading comma",
    "X8a": "the first of two starts that are the same",
    "X8b": "the second of two starts that are the same",
    "R3": "an error under an id that the pile altered",
    "R4": "an unknown action",
}
"""Quirks of single frames that have tests of their own."""


def _kinds() -> Iterable[tuple[str, list[str]]]:
    kinds: dict[str, list[str]] = {}
    for name in GENERATED:
        kinds.setdefault(name.rpartition("-")[0], []).append(name)
    return kinds.items()


def _table(
    heads: Sequence[str],
    rows: Iterable[tuple[Sequence[str], Sequence[str]]],
    ended: Results,
    *,
    named: bool = True,
) -> Iterable[str]:
    columns = [*heads, *(["Tests"] if named else []), "Result"]
    yield "| " + " | ".join(columns) + " |"
    yield "| " + " | ".join("---" for _ in columns) + " |"
    for cells, tests in rows:
        shown = ["<br>".join(f"`{test}`" for test in tests) or "–"] if named else []
        yield (
            "| "
            + " | ".join([*(cell.replace("|", "\\|") for cell in cells), *shown, _result(tests, ended)])
            + " |"
        )


def _result(tests: Sequence[str], ended: Results) -> str:
    if not tests:
        return OPEN
    how = [ended.get(test, NOT_RUN) for test in tests]
    counts = {kind: how.count(kind) for kind in SHOWN if kind in how}
    return next(iter(counts)) if len(counts) == 1 else ", ".join(f"{n} {kind}" for kind, n in counts.items())


if __name__ == "__main__":
    main(sys.argv[1:])
