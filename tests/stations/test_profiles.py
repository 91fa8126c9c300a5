"""Charging profiles as values: their JSON there and back, and what may not be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from stations.profiles import (
    Kind,
    Means,
    Period,
    Profile,
    Purpose,
    Recurrency,
    Schedule,
    Unit,
    Unreadable,
    faults,
)
from stations.reported import read_composite, read_means
from tests.support.charging import profiles
from tests.support.conformance import check_schema, check_times

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def profile(**over: Any) -> Profile:
    """A daily default of 11 kW at night."""
    schedule = Schedule(Unit.WATTS, (Period(0, Decimal(11_000)),), start=NOON, duration_s=3600)
    fields: dict[str, Any] = {
        "id": 7,
        "stack_level": 1,
        "purpose": Purpose.DEFAULT,
        "kind": Kind.RECURRING,
        "recurrency": Recurrency.DAILY,
        "schedule": schedule,
    }
    return Profile(**fields | over)


def flat(**over: Any) -> Schedule:
    fields: dict[str, Any] = {"unit": Unit.WATTS, "periods": (Period(0, Decimal(11_000)),), "start": NOON}
    return Schedule(**fields | over)


def found(one: Profile, connector: int = 1, **over: Any) -> set[tuple[str, str]]:
    return {(fault.field, fault.code) for fault in faults(one, connector, **over)}


@given(profiles())
def test_what_is_written_is_read_as_it_was_and_fits_the_schema(one: Profile) -> None:
    payload = one.to_json()

    assert Profile.from_json(payload) == one
    check_schema("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": payload})
    check_times(payload)


def test_a_limit_leaves_with_one_decimal_and_no_noise() -> None:
    periods = (Period(0, Decimal("22.1")), Period(60, Decimal("7.0"), 1))
    sent = profile(schedule=flat(periods=periods)).to_json()["chargingSchedule"]["chargingSchedulePeriod"]

    assert sent == [{"startPeriod": 0, "limit": 22.1}, {"startPeriod": 60, "limit": 7, "numberPhases": 1}]


JUNK: list[Any] = [None, [], "x", 2.5, True, 10**20, "", {}, float("nan")]


@pytest.mark.parametrize("name", ["chargingProfileId", "stackLevel", "chargingProfilePurpose", "validFrom"])
@pytest.mark.parametrize("value", JUNK, ids=repr)
def test_what_is_no_profile_is_told_by_its_field(name: str, value: Any) -> None:
    with pytest.raises(Unreadable) as unreadable:
        Profile.from_json(profile().to_json() | {name: value})
    assert unreadable.value.where == name


@pytest.mark.parametrize(
    "schedule",
    [
        None,
        {},
        {"chargingRateUnit": "W"},
        {"chargingRateUnit": "W", "chargingSchedulePeriod": [1]},
        {"chargingRateUnit": "kW", "chargingSchedulePeriod": []},
        {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": "11"}]},
        {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": float("inf")}]},
    ],
)
def test_a_schedule_that_is_none_is_no_profile(schedule: Any) -> None:
    with pytest.raises(Unreadable):
        Profile.from_json(profile().to_json() | {"chargingSchedule": schedule})


def test_a_right_profile_has_no_fault() -> None:
    assert found(profile()) == set()


@pytest.mark.statement(102)
@pytest.mark.parametrize(
    ("purpose", "connector", "wanted"),
    [
        (Purpose.STATION, 0, set()),
        (Purpose.STATION, 1, {("connector", "station_connector")}),
        (Purpose.DEFAULT, 0, set()),
        (Purpose.DEFAULT, 2, set()),
        (Purpose.DEFAULT, -1, {("connector", "connector")}),
        (
            Purpose.TRANSACTION,
            0,
            {("connector", "transaction_connector"), ("transaction", "transaction_missing")},
        ),
    ],
)
def test_a_purpose_has_its_connectors(purpose: Purpose, connector: int, wanted: set[tuple[str, str]]) -> None:
    assert found(profile(purpose=purpose), connector) == wanted


@pytest.mark.statement(91)
@pytest.mark.parametrize(
    ("purpose", "transaction", "wanted"),
    [
        (Purpose.TRANSACTION, None, set()),
        (Purpose.TRANSACTION, 5, {("transaction", "transaction_unwanted")}),
        (Purpose.DEFAULT, None, {("purpose", "remote_start_purpose")}),
        (Purpose.STATION, None, {("purpose", "remote_start_purpose"), ("connector", "station_connector")}),
    ],
)
def test_a_remote_start_carries_a_profile_for_the_charge_without_a_transaction(
    purpose: Purpose, transaction: int | None, wanted: set[tuple[str, str]]
) -> None:
    one = profile(purpose=purpose, transaction_id=transaction)

    assert found(one, in_remote_start=True) == wanted


def test_only_a_profile_for_one_charge_names_a_transaction() -> None:
    one = profile(purpose=Purpose.TRANSACTION, transaction_id=5)

    assert found(one) == set()
    assert found(replace(one, purpose=Purpose.DEFAULT)) == {("transaction", "transaction_unwanted")}


@pytest.mark.parametrize(
    ("over", "wanted"),
    [
        ({"recurrency": None}, {("recurrency", "recurrency")}),
        ({"kind": Kind.ABSOLUTE}, {("recurrency", "recurrency")}),
        ({"schedule": flat(start=None)}, {("start", "start_missing")}),
        ({"kind": Kind.RELATIVE, "recurrency": None}, {("start", "start_unwanted")}),
        ({"valid_from": NOON, "valid_to": NOON}, {("valid_to", "validity")}),
        ({"valid_from": NOON, "valid_to": NOON + timedelta(seconds=1)}, set()),
        ({"schedule": flat(duration_s=0)}, {("duration", "duration")}),
        ({"schedule": flat(periods=())}, {("periods", "periods_missing")}),
        ({"schedule": flat(periods=(Period(1, Decimal(1)),))}, {("periods", "first_period")}),
        (
            {"schedule": flat(periods=(Period(0, Decimal(1)), Period(0, Decimal(2))))},
            {("periods", "periods_order")},
        ),
        ({"schedule": flat(periods=(Period(0, Decimal(-1)),))}, {("periods", "limit")}),
        ({"schedule": flat(periods=(Period(0, Decimal("1.25")),))}, {("periods", "limit_decimals")}),
        ({"schedule": flat(periods=(Period(0, Decimal(1), 4),))}, {("periods", "phases")}),
        ({"schedule": flat(periods=(Period(0, Decimal(1), 0),))}, {("periods", "phases")}),
        ({"schedule": flat(least_rate=Decimal("0.05"))}, {("periods", "limit_decimals")}),
        ({"stack_level": -1}, {("stack_level", "stack_level")}),
    ],
)
def test_times_and_periods_are_checked(over: dict[str, Any], wanted: set[tuple[str, str]]) -> None:
    assert found(profile(**over)) == wanted


def test_a_limit_of_the_whole_pile_does_not_float() -> None:
    one = profile(purpose=Purpose.STATION, kind=Kind.RELATIVE, recurrency=None, schedule=flat(start=None))

    assert found(one, 0) == {("kind", "station_relative")}
    assert found(replace(one, kind=Kind.ABSOLUTE), 0) == {("kind", "station_relative")}


def test_what_a_pile_can_take_is_kept_to() -> None:
    means = read_means(
        {
            "ChargeProfileMaxStackLevel": "2",
            "ChargingScheduleMaxPeriods": " 1 ",
            "ChargingScheduleAllowedChargingRateUnit": "Current",
        }
    )
    many = flat(periods=(Period(0, Decimal(1)), Period(5, Decimal(2))))

    assert means == Means(2, 1, frozenset({Unit.AMPERES}))
    assert found(profile(stack_level=3, schedule=many), means=means) == {
        ("stack_level", "stack_level"),
        ("periods", "periods_many"),
        ("unit", "unit"),
    }


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "NaN"])
def test_settings_without_sense_forbid_nothing(value: str) -> None:
    names = (
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleMaxPeriods",
        "ChargingScheduleAllowedChargingRateUnit",
    )
    assert read_means(dict.fromkeys(names, value)) == Means()


def test_a_composite_is_read_with_its_quirks() -> None:
    told = read_composite(
        {
            "status": "Accepted",
            "connectorId": "1",
            "scheduleStart": "2026-11-22T13:00:00+01:00",
            "chargingSchedule": {
                "duration": "3600",
                "chargingRateUnit": "w",
                "chargingSchedulePeriod": [
                    {"startPeriod": 60, "limit": 7.5, "numberPhases": 9},
                    {"startPeriod": "0", "limit": "11,5", "numberPhases": 3},
                    {"limit": 1},
                    None,
                ],
            },
        }
    )
    assert told is not None
    assert (told.unit, told.start, told.duration_s) == (Unit.WATTS, NOON, 3600)
    assert told.periods == (Period(0, Decimal("11.5"), 3), Period(60, Decimal("7.5")))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"status": "Accepted"},
        {"status": "Accepted", "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": []}},
        {
            "status": "Rejected",
            "connectorId": 0,
            "chargingSchedule": {
                "duration": 0,
                "chargingSchedulePeriod": [],
                "startSchedule": "0",
                "chargingRateUnit": "",
            },
            "scheduleStart": "0",
        },
    ],
)
def test_an_answer_without_a_schedule_is_none_whatever_junk_it_has(answer: dict[str, Any]) -> None:
    assert read_composite(answer) is None
