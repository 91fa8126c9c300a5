"""What holds for every session and every tariff: the invariants that pricing owes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from backoffice.kit.money import Money, round_half_up
from orders.bill import Bill, Fee
from orders.discounts import Coupon, Discount, PercentOff
from orders.idle import Occupancy
from orders.meter import Reading, envelope
from orders.pricing import price
from stations.slots import Band, Calendar, parse_codes
from stations.tariff import Rounding
from tests.orders.builders import Charge, charges

percents = st.builds(
    PercentOff,
    st.integers(0, 10_000).map(lambda n: Decimal(n).scaleb(-2)),
    st.just("operator"),
    fees=st.sets(st.sampled_from(Fee), min_size=1).map(frozenset),
)
coupons = st.builds(
    Coupon,
    st.integers(0, 50_000),
    st.just("agency"),
    fees=st.sets(st.sampled_from(Fee), min_size=1).map(frozenset),
    threshold=st.integers(0, 20_000),
)
discounts = st.lists(st.one_of(percents, coupons), max_size=3)
stays = st.timedeltas(timedelta(), timedelta(hours=3))


def figures(bill: Bill) -> tuple[object, ...]:
    """All of a bill but when it ended and where its energy is uncertain."""
    energy = {band: bill.wh_in(band) for band in Band}
    return bill.outcome, bill.wh, energy, bill.lines, bill.reductions, bill.payable


@settings(max_examples=200)
@given(charges(), st.floats(0, 1), discounts, stays)
def test_the_running_fee_at_any_moment_is_what_a_stop_at_that_moment_bills(
    charge: Charge, share: float, offers: list[Discount], stay: timedelta
) -> None:
    moment = charge.start.at + (charge.stop.at - charge.start.at) * share
    now = Reading(moment, charge.register_at(moment))
    seen = [reading for reading in charge.samples if reading.at <= moment]
    idle = Occupancy(moment, moment + stay)

    running = envelope(charge.start, [*seen, now]).readings
    stopped = envelope(charge.start, seen, now).readings
    fee = price(running, charge.tariff, idle=idle, discounts=offers)
    final = price(stopped, charge.tariff, idle=idle, discounts=offers)
    assert figures(fee) == figures(final)
    assert fee.slots == final.slots


@settings(max_examples=200)
@given(charges(), st.floats(0, 1))
def test_between_two_readings_the_running_fee_is_that_of_a_stop_at_the_last_known_register(
    charge: Charge, share: float
) -> None:
    moment = charge.start.at + (charge.stop.at - charge.start.at) * share
    seen = [reading for reading in charge.samples if reading.at <= moment]
    running = envelope(charge.start, seen).readings
    stopped = envelope(charge.start, seen, Reading(moment, running[-1].wh)).readings
    assert figures(price(running, charge.tariff)) == figures(price(stopped, charge.tariff))


@given(charges())
def test_slots_and_bands_sum_to_the_difference_of_the_register(charge: Charge) -> None:
    bill = price(charge.readings, charge.tariff)
    assert bill.wh == charge.stop.wh - charge.start.wh
    assert sum(slot.wh for slot in bill.slots) == sum(bill.wh_in(band) for band in Band) == bill.wh
    assert all(slot.wh >= 0 for slot in bill.slots)


@given(charges(), discounts, stays)
def test_lines_sum_to_gross_and_gross_less_discounts_is_payable(
    charge: Charge, offers: list[Discount], stay: timedelta
) -> None:
    idle = Occupancy(charge.stop.at, charge.stop.at + stay)
    bill = price(charge.readings, charge.tariff, idle=idle, discounts=offers)
    zero = Money.zero(bill.currency)
    assert Money.total((line.amount for line in bill.lines), bill.currency) == bill.gross
    assert bill.gross - bill.discount == bill.payable >= zero
    assert Money.total((bill.payable_of(fee) for fee in Fee), bill.currency) == bill.payable
    for place, line in enumerate(bill.lines):
        taken = Money.total((reduction.shares[place] for reduction in bill.reductions), bill.currency)
        assert zero <= taken <= line.amount


@given(charges(), st.integers(0, 100_000))
def test_more_energy_never_costs_less(charge: Charge, more: int) -> None:
    less = price(charge.readings, charge.tariff).payable
    further = [*charge.readings[:-1], charge.stop._replace(wh=charge.stop.wh + more)]
    assert price(further, charge.tariff).payable >= less


@pytest.fixture
def server_zones() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    time.tzset()


def test_the_price_does_not_depend_on_the_zone_of_the_server(server_zones: pytest.MonkeyPatch) -> None:
    @given(charges())
    @settings(max_examples=30)
    def same_bill(charge: Charge) -> None:
        bills = []
        for zone in ("UTC", "Asia/Shanghai", "America/St_Johns"):
            server_zones.setenv("TZ", zone)
            time.tzset()
            written = [
                reading._replace(at=reading.at.astimezone(ZoneInfo(zone))) for reading in charge.readings
            ]
            accepted = envelope(written[0], written[1:-1], written[-1]).readings
            bills.append(figures(price(accepted, charge.tariff)))
        assert bills[0] == bills[1] == bills[2]

    same_bill()


@given(charges(), st.data())
def test_the_order_and_the_number_of_arrivals_do_not_matter(charge: Charge, data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(charge.readings), max_size=10))
    arrived = data.draw(st.permutations([*charge.samples, *again]))
    accepted = envelope(charge.start, arrived, charge.stop)
    assert accepted == envelope(charge.start, charge.samples, charge.stop)
    assert price(accepted.readings, charge.tariff) == price(charge.readings, charge.tariff)


@given(charges())
def test_bands_of_one_price_cost_what_a_single_band_costs(charge: Charge) -> None:
    one_price = charge.tariff.prices[Band.FLAT]
    several = replace(charge.tariff, prices=dict.fromkeys(Band, one_price))
    single = replace(several, calendar=Calendar(parse_codes("F" * 48)))
    in_bands, in_one = (price(charge.readings, each) for each in (several, single))
    if charge.tariff.rounding is Rounding.TOTAL:
        assert in_bands.gross == in_one.gross
    else:
        assert abs(in_bands.gross - in_one.gross).amount * 2 <= len(in_bands.lines) + len(in_one.lines)


@given(charges())
def test_rounding_by_line_and_in_total_differ_by_less_than_half_a_unit_a_line(charge: Charge) -> None:
    by_line, in_total = (
        price(charge.readings, replace(charge.tariff, rounding=rounding)) for rounding in Rounding
    )
    assert abs(by_line.gross - in_total.gross).amount * 2 <= len(by_line.lines) + 1


@given(charges())
def test_the_total_is_the_exact_price_rounded_once(charge: Charge) -> None:
    bill = price(charge.readings, replace(charge.tariff, rounding=Rounding.TOTAL))
    exact = sum((line.unit_price * line.quantity for line in bill.lines), Decimal(0)) / 1000
    assert bill.gross == Money.from_major(exact, bill.currency)
    assert bill.gross.amount == round_half_up(exact / Money(1, bill.currency).decimal)


@given(charges(), discounts, stays)
def test_a_bill_is_read_back_from_its_json(charge: Charge, offers: list[Discount], stay: timedelta) -> None:
    idle = Occupancy(charge.stop.at, charge.stop.at + stay)
    bill = price(charge.readings, charge.tariff, idle=idle, discounts=offers)
    written = bill.to_json()
    assert Bill.from_json(written) == bill
    assert (written["gross"] - written["discount"], written["payable"]) == (bill.payable.amount,) * 2
