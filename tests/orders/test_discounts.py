from __future__ import annotations

from decimal import Decimal

import pytest

from backoffice.kit.money import Money
from orders.bill import Fee
from orders.discounts import Coupon, Discount, PercentOff
from orders.idle import Occupancy
from orders.pricing import price
from stations.tariff import IdlePolicy
from tests.orders.builders import at, flat_tariff, steady

TARIFF = flat_tariff("1.00", "0.10", idle=IdlePolicy(0, 100))
READINGS = steady(at("10:00:00"), at("11:00:00"), 30_000)  # 30.00 electricity, 3.00 service
IDLE = Occupancy(at("11:00:00"), at("11:10:00"))  # 10.00


def take(*discounts: Discount) -> list[tuple[str, str, list[int]]]:
    bill = price(READINGS, TARIFF, idle=IDLE, discounts=discounts)
    assert bill.gross == Money(4300, "CNY")
    return [
        (reduction.reason, reduction.funder, [share.amount for share in reduction.shares])
        for reduction in bill.reductions
    ]


def test_a_coupon_gives_no_change_and_leaves_the_other_fees_alone() -> None:
    coupon = Coupon(500, "operator", fees=frozenset({Fee.SERVICE}))
    assert take(coupon) == [("coupon", "operator", [0, 300, 0])]
    bill = price(READINGS, TARIFF, discounts=[coupon])
    assert bill.payable_of(Fee.SERVICE) == Money(0, "CNY")
    assert bill.payable_of(Fee.ELECTRICITY) == Money(3000, "CNY")


def test_a_coupon_on_energy_is_spread_by_what_the_lines_cost() -> None:
    assert take(Coupon(500, "platform")) == [("coupon", "platform", [455, 45, 0])]


def test_a_coupon_below_its_threshold_takes_nothing() -> None:
    assert take(Coupon(500, "platform", threshold=3301)) == []
    assert take(Coupon(500, "platform", threshold=3300)) != []


def test_a_percentage_is_off_the_service_fee_unless_told_otherwise() -> None:
    assert take(PercentOff(Decimal("12.5"), "agency")) == [("percent_off", "agency", [0, 38, 0])]
    free_standing = PercentOff(Decimal(100), "agency", "free_standing", frozenset({Fee.IDLE}))
    assert take(free_standing) == [("free_standing", "agency", [0, 0, 1000])]


def test_percentages_come_first_and_each_takes_from_what_is_left() -> None:
    coupon, percent = (
        Coupon(250, "operator", fees=frozenset({Fee.SERVICE})),
        PercentOff(Decimal(50), "agency"),
    )
    expected = [("percent_off", "agency", [0, 150, 0]), ("coupon", "operator", [0, 150, 0])]
    assert take(coupon, percent) == take(percent, coupon) == expected


def test_a_charge_that_costs_nothing_uses_no_coupon() -> None:
    bill = price(READINGS, TARIFF, discounts=[Coupon(500, "operator")], failed=True)
    assert (bill.reductions, bill.payable) == ((), Money(0, "CNY"))


@pytest.mark.parametrize(
    ("kind", "value"), [(PercentOff, Decimal("100.01")), (PercentOff, Decimal(-1)), (Coupon, -1)]
)
def test_a_discount_that_would_pay_out_is_refused(kind: type[PercentOff | Coupon], value: Decimal) -> None:
    with pytest.raises(ValueError, match=r"percent_out_of_range|negative_coupon"):
        kind(value, "operator")  # type: ignore[arg-type]
