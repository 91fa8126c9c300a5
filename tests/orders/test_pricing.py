"""The worked examples: every figure here was computed by hand before the code was."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from backoffice.kit.money import Money
from orders.bill import Bill, BillFlag, Fee, Outcome, Reason
from orders.idle import Occupancy, Span
from orders.meter import Reading, envelope
from orders.pricing import DUST_WH, price, split
from stations.slots import Band
from stations.tariff import IdlePolicy, Rounding, TariffSnapshot
from tests.orders.builders import BERLIN, at, flat_tariff, steady, tariff

WORKED = tuple(
    Reading(at(clock), wh)
    for clock, wh in [
        ("13:41:20", 1_204_350),
        ("13:51:20", 1_211_350),
        ("14:01:20", 1_219_350),
        ("14:51:20", 1_254_350),
        ("15:01:20", 1_260_350),
        ("15:12:05", 1_264_127),
    ]
)


def yuan(amount: str) -> Money:
    return Money.parse(amount, "CNY")


def worked_bill(rounding: Rounding = Rounding.LINE) -> Bill:
    accepted = envelope(WORKED[0], WORKED[1:-1], WORKED[-1])
    return price(accepted.readings, tariff(rounding=rounding))


def amounts(bill: Bill, fee: Fee) -> dict[Band | None, str]:
    return {line.band: str(line.amount.decimal) for line in bill.lines if line.fee is fee}


def test_the_worked_example_splits_into_13933_41267_and_4577_watt_hours() -> None:
    bill = worked_bill()
    assert bill.wh == 59_777
    assert [bill.wh_in(band) for band in (Band.FLAT, Band.PEAK, Band.SHARP, Band.VALLEY)] == [
        13_933,
        41_267,
        4_577,
        0,
    ]
    assert [(slot.number, slot.band) for slot in bill.slots] == [
        (27, Band.FLAT),
        (28, Band.PEAK),
        (29, Band.PEAK),
        (30, Band.SHARP),
    ]


def test_the_worked_example_rounded_by_line_costs_84_04() -> None:
    bill = worked_bill()
    assert amounts(bill, Fee.ELECTRICITY) == {Band.SHARP: "5.58", Band.PEAK: "42.09", Band.FLAT: "9.47"}
    assert amounts(bill, Fee.SERVICE) == {Band.SHARP: "2.06", Band.PEAK: "18.57", Band.FLAT: "6.27"}
    assert bill.gross_of(Fee.ELECTRICITY) == yuan("57.14")
    assert bill.gross_of(Fee.SERVICE) == yuan("26.90")
    assert bill.gross == bill.payable == yuan("84.04")


def test_the_worked_example_rounded_in_total_costs_84_05_and_its_lines_add_up() -> None:
    bill = worked_bill(Rounding.TOTAL)
    assert bill.gross == yuan("84.05")
    assert sum(line.amount.amount for line in bill.lines) == 8405
    assert amounts(bill, Fee.ELECTRICITY) == {Band.SHARP: "5.58", Band.PEAK: "42.09", Band.FLAT: "9.48"}
    assert amounts(bill, Fee.SERVICE) == {Band.SHARP: "2.06", Band.PEAK: "18.57", Band.FLAT: "6.27"}


def test_every_line_says_how_much_of_what_at_which_price() -> None:
    line = worked_bill().lines[0]
    assert (line.fee, line.band, line.quantity, line.unit_price, line.reason) == (
        Fee.ELECTRICITY,
        Band.SHARP,
        4_577,
        Decimal("1.22"),
        Reason.ENERGY_IN_BAND,
    )


def test_an_hour_over_a_price_change_is_paid_half_and_half() -> None:
    evening = tariff(
        "F" * 34 + "P" * 4 + "S" * 10,
        {Band.FLAT: ("0.68", "0.45"), Band.PEAK: ("1.00", "0.60"), Band.SHARP: ("1.30", "0.70")},
    )
    bill = price(steady(at("18:30:00"), at("19:30:00"), 60_000), evening)
    assert (bill.wh_in(Band.PEAK), bill.wh_in(Band.SHARP)) == (30_000, 30_000)
    assert bill.gross_of(Fee.ELECTRICITY) == yuan("69.00")
    assert bill.gross_of(Fee.SERVICE) == yuan("39.00")
    assert bill.payable == yuan("108.00")


IDLE = IdlePolicy(grace_min=15, per_minute=50)
EVENING = steady(at("18:32:00"), at("19:32:00"), 30_000)


def idle_line(occupancy: Occupancy, policy: IdlePolicy = IDLE) -> tuple[str, int, Reason]:
    bill = price(EVENING, flat_tariff("1", "0", idle=policy), idle=occupancy)
    line = bill.lines[-1]
    assert bill.gross - line.amount == yuan("30.00")
    assert line.fee is Fee.IDLE
    assert line.unit_price == Decimal("0.50")
    return str(line.amount.decimal), line.quantity, line.reason


def test_standing_for_forty_minutes_after_the_grace_costs_twenty() -> None:
    stood = Occupancy(at("19:30:00"), at("20:25:00"))
    assert idle_line(stood) == ("20.00", 40, Reason.IDLE_MINUTES)


def test_the_idle_fee_ends_at_its_cap() -> None:
    stood = Occupancy(at("19:30:00"), at("20:25:00"))
    assert idle_line(stood, IdlePolicy(15, 50, cap=1500)) == ("15.00", 40, Reason.IDLE_CAPPED)


def test_a_faulted_pile_costs_nothing_while_it_is_faulted() -> None:
    stood = Occupancy(at("19:30:00"), at("20:25:00"), (Span(at("19:50:00"), at("20:10:00")),))
    assert idle_line(stood) == ("10.00", 20, Reason.IDLE_MINUTES)


def test_standing_within_the_grace_or_without_an_idle_price_has_no_line() -> None:
    bill = price(EVENING, flat_tariff("1", "0", idle=IDLE), idle=Occupancy(at("19:30:00"), at("19:45:59")))
    assert all(line.fee is not Fee.IDLE for line in bill.lines)
    bill = price(EVENING, flat_tariff("1", "0"), idle=Occupancy(at("19:30:00"), at("23:00:00")))
    assert all(line.fee is not Fee.IDLE for line in bill.lines)


@pytest.mark.parametrize("wh", [0, 1, DUST_WH])
def test_no_energy_worth_the_name_costs_nothing_however_long_it_stood(wh: int) -> None:
    readings = [Reading(at("10:00:00"), 700), Reading(at("10:05:00"), 700 + wh)]
    bill = price(readings, flat_tariff("9", "9", idle=IDLE), idle=Occupancy(at("10:05:00"), at("12:00:00")))
    assert (bill.outcome, bill.lines, bill.payable, bill.wh) == (Outcome.DUST, (), yuan("0"), wh)


def test_a_failed_charge_of_320_watt_hours_costs_nothing_and_a_completed_one_is_billed() -> None:
    readings = [Reading(at("10:00:00"), 700), Reading(at("10:05:00"), 1020)]
    failed = price(readings, flat_tariff("1.20", "0.40"), failed=True)
    assert (failed.outcome, failed.payable, failed.wh) == (Outcome.FAILED, yuan("0"), 320)
    completed = price(readings, flat_tariff("1.20", "0.40"))
    assert (completed.outcome, completed.payable) == (Outcome.BILLED, yuan("0.51"))


def test_energy_over_midnight_counts_on_the_day_it_flowed() -> None:
    readings = steady(at("2026-03-10T23:50:00"), at("2026-03-11T00:10:00"), 60_000)
    bill = price(readings, flat_tariff("1", "0"))
    assert (bill.wh_on(date(2026, 3, 10)), bill.wh_on(date(2026, 3, 11))) == (10_000, 10_000)


def clock_change_tariff() -> TariffSnapshot:
    return tariff(
        "V" * 4 + "P" * 2 + "F" * 42,
        {Band.VALLEY: ("0.10", "0"), Band.PEAK: ("1.00", "0"), Band.FLAT: ("0.50", "0")},
        zone=BERLIN,
        currency="EUR",
    )


def test_a_repeated_hour_is_charged_by_the_clock_both_times() -> None:
    readings = steady(at("2025-10-26T01:30:00", BERLIN), at("2025-10-26T03:30:00", BERLIN), 60_000)
    bill = price(readings, clock_change_tariff())
    assert [slot.number for slot in bill.slots] == [3, 4, 5, 4, 5, 6]
    assert [bill.wh_in(band) for band in (Band.VALLEY, Band.PEAK, Band.FLAT)] == [30_000, 120_000, 30_000]
    assert bill.payable == Money(3_00 + 120_00 + 15_00, "EUR")


def test_a_skipped_hour_has_no_energy() -> None:
    readings = steady(at("2025-03-30T01:30:00", BERLIN), at("2025-03-30T03:30:00", BERLIN), 60_000)
    bill = price(readings, clock_change_tariff())
    assert [slot.number for slot in bill.slots] == [3, 6]
    assert bill.wh_in(Band.PEAK) == 0
    assert bill.payable == Money(3_00 + 15_00, "EUR")


def test_a_reading_within_two_seconds_of_a_limit_is_the_reading_at_it() -> None:
    readings = [
        Reading(at("13:30:00"), 0),
        Reading(at("13:59:58"), 900),
        Reading(at("14:00:02"), 1000, aligned=True),
        Reading(at("14:00:03"), 5000),
        Reading(at("14:10:00"), 6000),
    ]
    slots, _ = split(readings, tariff())
    assert [slot.wh for slot in slots] == [1000, 5000]
    readings[1:3] = [Reading(at("13:59:59"), 900), Reading(at("14:00:02"), 1000)]
    slots, _ = split(readings, tariff())
    assert [slot.wh for slot in slots] == [900, 5100]
    readings[1:3] = [Reading(at("13:59:57"), 900), Reading(at("14:00:02.500"), 1000)]
    slots, _ = split(readings, tariff())
    assert [slot.wh for slot in slots] == [955, 5045]


def test_the_register_at_a_limit_is_rounded_half_up() -> None:
    slots, _ = split([Reading(at("13:59:00"), 0), Reading(at("14:01:00"), 101)], tariff())
    assert [slot.wh for slot in slots] == [51, 50]


def test_without_a_reading_in_between_the_split_is_linear_and_says_so() -> None:
    readings = [Reading(at("13:30:00"), 0), Reading(at("14:20:00"), 50_000)]
    bill = price(readings, tariff())
    assert (bill.wh_in(Band.FLAT), bill.wh_in(Band.PEAK)) == (30_000, 20_000)
    assert bill.flags == {BillFlag.ESTIMATED_SPLIT, BillFlag.GAP_OVER_BOUNDARY}


def test_a_session_within_one_half_hour_has_nothing_to_estimate() -> None:
    assert price([Reading(at("13:31:00"), 0), Reading(at("13:59:00"), 9000)], tariff()).flags == frozenset()


def test_a_gap_over_a_price_change_is_flagged_and_one_within_a_price_is_not() -> None:
    over = [Reading(at("13:20:00"), 0), Reading(at("13:40:00"), 900), Reading(at("14:10:01"), 3000)]
    assert price(over, tariff()).flags == {BillFlag.GAP_OVER_BOUNDARY}
    just_short = [*over[:2], Reading(at("14:10:00"), 3000)]
    assert price(just_short, tariff()).flags == frozenset()
    within = [Reading(at("09:20:00"), 0), Reading(at("09:40:00"), 900), Reading(at("11:10:00"), 3000)]
    assert price(within, tariff()).flags == frozenset()


def test_energy_that_flowed_in_no_time_is_billed_where_it_was_read() -> None:
    bill = price([Reading(at("14:10:00"), 0), Reading(at("14:10:00"), 2000)], tariff())
    assert [(slot.band, slot.wh) for slot in bill.slots] == [(Band.PEAK, 2000)]
    assert bill.payable == yuan("2.94")


def test_a_session_that_has_just_begun_costs_nothing() -> None:
    bill = price([Reading(at("14:10:00"), 500)], tariff())
    assert (bill.wh, bill.payable, bill.outcome) == (0, yuan("0"), Outcome.DUST)


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 25), ("CNY", 2469), ("KWD", 24_691)])
def test_a_currency_is_rounded_to_its_own_minor_unit(currency: str, amount: int) -> None:
    bill = price(
        [Reading(at("10:00:00"), 0), Reading(at("10:20:00"), 20_000)],
        flat_tariff("1.23456", "0", currency=currency),
    )
    assert bill.payable == Money(amount, currency)


def test_the_days_after_each_other_each_have_their_own_slots() -> None:
    start = at("2026-03-10T20:00:00")
    bill = price(steady(start, start + timedelta(hours=30), 7_000, every_s=900), flat_tariff("1", "0"))
    assert len(bill.slots) == 60
    assert sum(bill.wh_on(date(2026, 3, day)) for day in (10, 11, 12)) == bill.wh == 210_000
