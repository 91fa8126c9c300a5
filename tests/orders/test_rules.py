from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from backoffice.kit.money import Money
from orders.meter import Reading, envelope
from orders.pricing import price
from orders.rules import NEEDS_REVIEW, Code, Facts, Finding, Session, Stamp, Thresholds, inspect
from stations.tariff import TariffSnapshot
from tests.orders.builders import at, flat_tariff

TARIFF = flat_tariff("1.50", "0.50")
START, STOP = Reading(at("12:00:00"), 10_000), Reading(at("13:00:00"), 40_000)
OWN = Session("T1", "P1/1", "04A1B2C3", START.at, STOP.at)


def facts(
    samples: list[Reading] | None = None,
    stop: Reading | None = STOP,
    tariff: TariffSnapshot | None = TARIFF,
    rated_w: int = 60_000,
    **changed: Any,
) -> Facts:
    accepted = envelope(START, samples or [], stop, rated_w=rated_w)
    values: dict[str, Any] = {
        "session": replace(OWN, stopped_at=stop and stop.at),
        "as_of": at("13:00:05"),
        "start": START,
        "stop": stop,
        "envelope": accepted,
        "bill": tariff and price(accepted.readings, tariff),
        "tariff": tariff,
        "stop_received_at": at("13:00:02"),
    }
    return Facts(**values | changed)


def found(about: Facts, thresholds: Thresholds | None = None) -> dict[Code, Finding]:
    findings = inspect(about, thresholds or Thresholds())
    assert len({finding.code for finding in findings}) == len(findings)
    json.dumps([finding.evidence for finding in findings])
    return {finding.code: finding for finding in findings}


def only(about: Facts, code: Code, thresholds: Thresholds | None = None) -> Finding:
    findings = found(about, thresholds)
    assert set(findings) == {code}
    return findings[code]


def test_nothing_is_wrong_with_an_ordinary_session_running_or_finished() -> None:
    assert found(facts()) == {}
    assert found(facts([Reading(at("12:30:00"), 25_000)], None, stop_received_at=None)) == {}


def test_a_register_that_fell_is_a_rollback_billed_up_to_where_it_was() -> None:
    finding = only(
        facts([Reading(at("12:20:00"), 20_000), Reading(at("12:40:00"), 300)], Reading(STOP.at, 700)),
        Code.METER_ROLLBACK,
    )
    assert finding.accepted_wh == 10_000
    assert (finding.evidence["before_wh"], finding.evidence["after_wh"]) == (20_000, 300)
    assert finding.needs_review


def test_a_stop_below_its_start_is_a_rollback_and_bills_nothing() -> None:
    findings = found(facts(stop=Reading(STOP.at, 9_000)))
    assert set(findings) == {Code.METER_ROLLBACK, Code.DUST}
    assert findings[Code.METER_ROLLBACK].accepted_wh == 0


def test_a_rollback_is_seen_while_the_charge_runs() -> None:
    about = facts([Reading(at("12:20:00"), 20_000), Reading(at("12:21:00"), 19_000)], None)
    assert only(about, Code.METER_ROLLBACK).accepted_wh == 10_000


def test_a_jump_is_accepted_up_to_what_the_connector_can_deliver() -> None:
    finding = only(facts(stop=Reading(STOP.at, 90_000)), Code.METER_JUMP)
    assert finding.accepted_wh == finding.evidence["possible_wh"] == 66_500
    assert finding.evidence["rise_wh"] == 80_000


def test_the_rated_power_and_a_tenth_and_half_a_kwh_are_no_jump() -> None:
    assert found(facts(stop=Reading(STOP.at, 10_000 + 66_500))) == {}
    assert Code.METER_JUMP in found(facts(stop=Reading(STOP.at, 10_000 + 66_501)))


@pytest.mark.parametrize(
    ("witness", "differs"), [(30_100, False), (30_101, True), (29_899, True), (30_000, False)]
)
def test_another_account_of_the_energy_may_differ_by_a_tenth_of_a_kwh(witness: int, differs: bool) -> None:
    findings = found(facts(witnesses={"signed": witness, "transaction_end": 30_000}))
    assert (Code.ENERGY_MISMATCH in findings) == differs
    if differs:
        assert findings[Code.ENERGY_MISMATCH].evidence == {"metered_wh": 30_000, "signed": witness}


def test_of_a_short_charge_one_percent_counts_but_not_ten_watt_hours() -> None:
    short = Reading(STOP.at, START.wh + 1_500)
    assert found(facts(stop=short, witnesses={"signed": 1_510})) == {}
    assert found(facts(stop=short, witnesses={"signed": 1_515})) == {}
    assert set(found(facts(stop=short, witnesses={"signed": 1_516}))) == {Code.ENERGY_MISMATCH}
    shorter = Reading(STOP.at, START.wh + 500)
    assert found(facts(stop=shorter, witnesses={"signed": 490})) == {}
    assert set(found(facts(stop=shorter, witnesses={"signed": 489}))) == {Code.ENERGY_MISMATCH}


def test_energy_between_two_sessions_is_noted() -> None:
    assert found(facts(previous_stop_wh=9_500)) == {}
    assert found(facts(previous_stop_wh=12_000)) == {}
    finding = only(facts(previous_stop_wh=9_499), Code.ENERGY_BETWEEN_SESSIONS)
    assert finding.evidence["missing_wh"] == 501
    assert (finding.accepted_wh, finding.needs_review) == (None, False)


@pytest.mark.parametrize(("wh", "dust"), [(0, True), (10, True), (11, False)])
def test_next_to_no_energy_is_closed_at_nothing_once_it_ended(wh: int, dust: bool) -> None:
    about = facts(stop=Reading(STOP.at, START.wh + wh))
    assert (Code.DUST in found(about)) == dust
    assert found(facts([Reading(at("12:30:00"), START.wh + wh)], None)) == {}
    if dust:
        assert found(about)[Code.DUST].accepted_wh == 0


def test_a_stop_before_its_start_is_a_duration_anomaly() -> None:
    finding = found(facts(stop=Reading(at("11:00:00"), 40_000)))[Code.DURATION]
    assert finding.evidence["fault"] == "stop_before_start"


@pytest.mark.parametrize(
    ("hours", "direct_current", "too_long"),
    [(24, True, False), (25, True, True), (25, False, False), (73, False, True)],
)
def test_a_charge_over_a_day_is_too_long_for_dc_and_one_over_three_for_ac(
    hours: int, direct_current: bool, too_long: bool
) -> None:
    stop = Reading(START.at + timedelta(hours=hours), 40_000)
    findings = found(facts(stop=stop, stop_received_at=stop.at, direct_current=direct_current))
    assert set(findings) == ({Code.DURATION} if too_long else set())


def test_a_charge_that_still_runs_is_too_long_by_now() -> None:
    running = facts([Reading(at("12:30:00"), 25_000)], None)
    assert (
        only(replace(running, as_of=START.at + timedelta(hours=25)), Code.DURATION).evidence["fault"]
        == "too_long"
    )


@pytest.mark.parametrize(
    ("pile", "fault"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "clock_not_set"),
        (at("12:10:01"), "clock_ahead"),
        (at("12:10:00"), None),
        (at("06:00:00"), None),
    ],
)
def test_a_clock_that_was_not_set_or_runs_ahead_is_noticed(pile: datetime, fault: str | None) -> None:
    findings = found(facts(stamps=(Stamp(at("12:00:00"), at("12:00:00")), Stamp(pile, at("12:00:00")))))
    assert (findings[Code.DURATION].evidence["fault"] if findings else None) == fault


def test_an_amount_above_the_cap_is_noticed() -> None:
    assert found(facts(stop=Reading(STOP.at, 10_000 + 250_000), rated_w=300_000)) == {}
    finding = only(facts(stop=Reading(STOP.at, 10_000 + 250_010), rated_w=300_000), Code.AMOUNT)
    assert finding.evidence == {"amount": 50_003, "currency": "CNY", "highest_amount": 50_000}


def test_an_amount_far_above_the_usual_is_noticed() -> None:
    assert found(facts(typical=Money(600, "CNY"))) == {}
    assert only(facts(typical=Money(599, "CNY")), Code.AMOUNT).evidence["typical"] == 599


@pytest.mark.parametrize(
    ("electricity", "odd"), [("0.09", True), ("0.10", False), ("4.90", False), ("4.91", True)]
)
def test_a_price_per_kwh_that_nobody_asks_is_noticed(electricity: str, odd: bool) -> None:
    findings = found(facts(tariff=flat_tariff(electricity, "0.10")))
    assert (Code.AMOUNT in findings) == odd


def test_amounts_of_a_currency_without_limits_have_none() -> None:
    assert found(facts(tariff=flat_tariff("99", "0", currency="JPY"))) == {}
    limits = Thresholds(highest_amount={"JPY": 2_000}, unit_price={"JPY": (Decimal(1), Decimal(50))})
    finding = only(facts(tariff=flat_tariff("99", "0", currency="JPY")), Code.AMOUNT, limits)
    assert finding.evidence["unit_price"] == "99.00000"


OTHER = Session("T2", "P2/1", "CARD", at("12:30:00"), at("14:00:00"))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (OTHER, None),
        (replace(OTHER, connector="P1/1"), "connector"),
        (replace(OTHER, token="04a1b2c3"), "token"),
        (replace(OTHER, token="04A1B2C3", started_at=at("13:00:00")), None),
        (replace(OTHER, connector="P1/1", started_at=at("11:00:00"), stopped_at=at("12:00:00")), None),
        (replace(OTHER, connector="P1/1", started_at=at("11:00:00"), stopped_at=None), "connector"),
        (replace(OTHER, connector="P1/1", ref="T1"), None),
    ],
)
def test_two_sessions_at_once_on_a_connector_or_of_a_token_overlap(other: Session, same: str | None) -> None:
    findings = found(facts(others=(OTHER, other)))
    assert (findings[Code.OVERLAP].evidence if findings else None) == (same and {"other": "T2", "same": same})


def test_a_token_that_may_charge_several_cars_overlaps_only_on_its_connector() -> None:
    twin = replace(OTHER, token="04A1B2C3")
    assert found(facts(others=(twin,), several_allowed=True)) == {}
    assert set(found(facts(others=(replace(twin, connector="P1/1"),), several_allowed=True))) == {
        Code.OVERLAP
    }


def test_a_tariff_that_is_missing_wrong_or_free_is_noticed() -> None:
    assert only(facts(tariff=None), Code.TARIFF).evidence == {"fault": "missing"}
    assert only(facts(tariff=None, tariff_fault="unreadable"), Code.TARIFF).evidence == {
        "fault": "unreadable"
    }
    by_default = only(facts(tariff_fault="default_used"), Code.TARIFF)
    assert by_default.evidence == {"fault": "default_used", "version": 1}
    assert only(facts(tariff=flat_tariff("0", "0")), Code.TARIFF).evidence["fault"] == "free"
    nothing = facts(tariff=flat_tariff("0", "0"), stop=Reading(STOP.at, START.wh))
    assert set(found(nothing)) == {Code.DUST}


def test_what_exceeds_the_hold_is_an_overrun() -> None:
    late = facts(stop=Reading(STOP.at, START.wh + 10_080), hold=Money(2000, "CNY"))
    finding = only(late, Code.OVERRUN)
    assert finding.evidence == {"payable": 2016, "hold": 2000, "short": 16, "currency": "CNY"}
    assert found(facts(stop=Reading(STOP.at, START.wh + 10_000), hold=Money(2000, "CNY"))) == {}


@pytest.mark.parametrize(
    ("reason", "error", "interrupted"),
    [
        ("EmergencyStop", "", True),
        ("PowerLoss", "NoError", True),
        ("HardReset", "", True),
        ("Other", "GroundFailure", True),
        ("Other", "NoError", False),
        ("Other", "", False),
        ("Local", "GroundFailure", False),
        ("SoftReset", "", False),
    ],
)
def test_a_stop_by_a_fault_is_an_interruption(reason: str, error: str, interrupted: bool) -> None:
    findings = found(facts(stop_reason=reason, error_code=error))
    assert set(findings) == ({Code.INTERRUPTED} if interrupted else set())


def test_a_stop_that_came_over_ten_minutes_late_was_uploaded_later() -> None:
    assert found(facts(stop_received_at=at("13:10:00"))) == {}
    finding = only(facts(stop_received_at=at("13:10:01")), Code.LATE_UPLOAD)
    assert (finding.evidence["delay_s"], finding.needs_review) == (601, False)


def test_the_same_facts_are_found_again_and_the_list_is_complete() -> None:
    about = facts(
        [Reading(at("12:40:00"), 300)],
        Reading(STOP.at, 90_000),
        stop_reason="PowerLoss",
        hold=Money(1, "CNY"),
        others=(replace(OTHER, connector="P1/1"),),
        previous_stop_wh=0,
        stop_received_at=at("15:00:00"),
    )
    codes = [finding.code.value for finding in inspect(about)]
    assert codes == ["A06", "A07", "A09", "A13", "A17", "A18", "A21"]
    assert inspect(about) == inspect(about)
    assert [code.value for code in Code] == [f"A{number:02}" for number in range(1, 23)]
    assert {Code.AMOUNT, Code.METER_JUMP} < NEEDS_REVIEW < set(Code)


readings = st.builds(
    Reading, st.integers(0, 7200).map(lambda s: START.at + timedelta(seconds=s)), st.integers(0, 200_000)
)


@given(st.lists(readings, max_size=8), st.none() | readings, st.integers(1_000, 400_000))
def test_whatever_a_pile_reports_the_accepted_energy_is_what_is_billed(
    samples: list[Reading], stop: Reading | None, rated_w: int
) -> None:
    about = facts(samples, stop, rated_w=rated_w)
    assert about.bill is not None
    for finding in inspect(about):
        assert finding.accepted_wh in {None, about.bill.wh, 0}
        if finding.accepted_wh == 0:
            assert not about.bill.payable
