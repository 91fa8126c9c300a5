"""The kinds of alarms, and what error codes mean."""

from __future__ import annotations

import pytest
from ocpp.v16.enums import ChargePointErrorCode

from alarms import wording
from alarms.catalogue import CATALOGUE, ERROR_CODES, kind_of, severity_of
from alarms.models import AlarmClass, AlarmState
from alarms.states import ALARM, LIVE


def test_the_catalogue_has_every_code_in_its_class() -> None:
    numbers = {"S": (11, AlarmClass.SAFETY), "F": (14, AlarmClass.FAILURE), "T": (8, AlarmClass.STATION)}
    expected = {
        f"{letter}{number:02d}": alarm_class.value
        for letter, (last, alarm_class) in numbers.items()
        for number in range(1, last + 1)
    }
    assert {code: kind.alarm_class for code, kind in CATALOGUE.items()} == expected
    assert all(kind.code == code for code, kind in CATALOGUE.items())


def test_every_kind_has_words_and_every_severity_too() -> None:
    assert {kind.text for kind in CATALOGUE.values()} == wording.TITLES.keys()
    assert {kind.severity for kind in CATALOGUE.values()} <= wording.SEVERITIES.keys()
    assert wording.SEVERITIES.keys() == wording.SEVERITY_TONES.keys()
    assert wording.title_of("S03") == "Leakage current" and wording.title_of("X99") == "X99"


@pytest.mark.statement(82)
def test_every_error_code_of_the_protocol_is_mapped() -> None:
    assert ERROR_CODES.keys() == {code.value for code in ChargePointErrorCode}
    assert len(ERROR_CODES) == 16
    assert {code for code in ERROR_CODES.values() if code} <= CATALOGUE.keys()


@pytest.mark.parametrize(
    ("error_code", "status", "code"),
    [
        ("NoError", "Available", None),
        ("noerror", "Charging", None),
        ("", "Available", None),
        ("NoError", "Faulted", "F08"),
        ("", "Faulted", "F08"),
        ("GroundFailure", "Faulted", "S03"),
        (" groundfailure ", "Faulted", "S03"),
        ("HighTemperature", "Charging", "S01"),
        ("UnderVoltage", "Faulted", "S06"),
        ("EmergencyButtonPressedHonest", "Faulted", "F08"),
        ("漏电", "Available", "F08"),
    ],
)
def test_what_a_report_means(error_code: str, status: str, code: str | None) -> None:
    kind = kind_of(error_code, status)
    assert (kind.code if kind else None) == code


@pytest.mark.statement(80)
def test_an_error_of_a_connector_that_still_works_is_a_warning() -> None:
    for kind in CATALOGUE.values():
        assert severity_of(kind, "Faulted") == kind.severity
        assert severity_of(kind, "Charging") == min(kind.severity + 1, 4)


def test_the_table_of_states_knows_the_states_of_the_rows() -> None:
    assert ALARM.keys() == set(AlarmState.values) and set(LIVE) < ALARM.keys()
    assert all(to in ALARM for targets in ALARM.values() for to in targets)
