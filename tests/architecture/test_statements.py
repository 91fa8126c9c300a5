"""What the gateway is to do is shown by tests, and the record of it in ``docs`` names them.

``DEMANDED`` grows with the gateway: statements of the checklist that must have a test.
"""

from __future__ import annotations

import re

import pytest

from tests.ocpp_gateway.certification import CASES
from tests.support import marks
from tests.support.checklist import STATEMENTS, TALK
from tests.support.record import DOCUMENT, NOT_RUN, OTHERS, RECORDED_TEST, document, results

DEMANDED = frozenset(range(1, 121))


@pytest.mark.parametrize("number", sorted(DEMANDED))
def test_a_demanded_statement_is_shown(number: int) -> None:
    assert marks.statements()[number], f"no test is marked with {marks.STATEMENT}({number})"


def test_no_test_shows_a_statement_that_does_not_exist() -> None:
    assert set(marks.statements()) <= set(STATEMENTS)


def test_every_certification_case_has_a_test_that_drives_it_whole() -> None:
    assert len(CASES) == 77
    driven = {
        case
        for case, tests in marks.cases().items()
        if any(test.startswith("ocpp_gateway/certification/") for test in tests)
    }
    assert driven == set(CASES)


def test_every_quirk_has_a_test() -> None:
    assert {*TALK, *OTHERS} <= set(marks.quirks())
    assert set(marks.quirks()) == {*TALK, *OTHERS, *(quirk.id for quirk in marks.QUIRKS if quirk.id)}


def test_the_record_lists_everything_and_names_only_tests_that_exist() -> None:
    text = DOCUMENT.read_text()
    rows = {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")}
    assert {str(number) for number in STATEMENTS} | {f"TC_{case}" for case in CASES} <= rows
    assert set(marks.quirks()) <= rows
    named = {name.partition("[")[0] for name in re.findall(r"`([\w/]+\.py::[^`]+)`", text)}
    assert named
    assert named <= set(marks.functions())


def report(**cases: str) -> str:
    """A JUnit report of tests of one module, each with how it ended; "" is well."""
    lines = (
        f'<testcase classname="tests.stations.test_door" name="{name}">{how and f"<{how}/>"}</testcase>'
        for name, how in cases.items()
    )
    return f"<testsuites>{''.join(lines)}</testsuites>"


def test_a_later_report_counts_for_the_tests_that_it_ran() -> None:
    first = report(test_a="", test_b="failure", test_c="")
    later = report(test_a="skipped", test_b="", test_d="skipped")
    ended = results([first, later])

    assert ended == {
        "stations/test_door.py::test_a": "passed",
        "stations/test_door.py::test_b": "passed",
        "stations/test_door.py::test_c": "passed",
        "stations/test_door.py::test_d": NOT_RUN,
    }


def test_of_the_parameters_of_a_test_the_worst_counts() -> None:
    cases = "".join(
        f'<testcase classname="tests.stations.test_door.TestIt" name="test_a[{key}]">{how}</testcase>'
        for key, how in (("1", ""), ("2", "<failure/>"), ("3", "<skipped/>"))
    )
    ended = results([f"<testsuites>{cases}</testsuites>"])

    assert ended["stations/test_door.py::test_a"] == "failed"
    assert ended["stations/test_door.py::test_a[1]"] == "passed"
    assert f"`{RECORDED_TEST}` | {NOT_RUN} |" in document(ended)
    assert RECORDED_TEST in marks.functions()
