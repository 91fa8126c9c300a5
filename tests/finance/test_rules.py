"""The arithmetic of paying: nothing appears, nothing vanishes, nothing is taken that is not there."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from backoffice.kit.machines import IllegalMove, Machine, move
from finance import states
from finance.rules import Cover, Figures, Purse, RefundedMore, cover, fill, share_refund

amounts = st.integers(0, 10**9)
purses = st.builds(Purse, cash=amounts, bonus=amounts)


def test_bonus_is_used_before_cash() -> None:
    assert Purse(cash=1000, bonus=300).spend(500) == Purse(cash=200, bonus=300)


def test_cash_goes_back_before_bonus() -> None:
    assert Purse(cash=200, bonus=300).give_back(250) == Purse(cash=200, bonus=50)


def test_a_purse_is_never_negative() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        Purse(cash=-1)


def test_a_bill_is_never_negative() -> None:
    with pytest.raises(ValueError, match="not a bill"):
        Figures(service=100, discount=101)


def test_an_overrun_of_the_hold_is_owed() -> None:
    assert cover(2016, aside=Purse(2000), free=Purse()) == Cover(Purse(2000), Purse(), Purse(), 16)


def test_an_overrun_is_taken_from_the_wallet_first() -> None:
    assert cover(2016, aside=Purse(2000), free=Purse(10, 4)) == Cover(Purse(2000), Purse(), Purse(10, 4), 2)


def test_what_was_forgiven_is_not_taken_from_the_wallet_later() -> None:
    paying = cover(100, aside=Purse(60), free=Purse(1000), forgiven=30)
    assert paying == Cover(Purse(60), Purse(), Purse(10), 30)


@given(payable=amounts, aside=purses, free=purses)
def test_a_bill_is_paid_to_the_last_unit(payable: int, aside: Purse, free: Purse) -> None:
    paying = cover(payable, aside=aside, free=free)
    assert paying.paid.total + paying.owed == payable
    assert paying.kept + paying.released == aside
    assert paying.taken.cash <= free.cash and paying.taken.bonus <= free.bonus
    if paying.released.total:
        assert not paying.taken.total and not paying.owed
    if paying.owed:
        assert paying.taken == free


@given(payable=amounts, aside=purses, free=purses, data=st.data())
def test_what_was_refunded_stays_covered_by_payments_of_its_kind(
    payable: int, aside: Purse, free: Purse, data: st.DataObject
) -> None:
    refunded = Purse(data.draw(st.integers(0, aside.cash)), data.draw(st.integers(0, aside.bonus)))
    if payable < refunded.total:
        with pytest.raises(RefundedMore):
            cover(payable, aside=aside, free=free, refunded=refunded)
        return
    paid = cover(payable, aside=aside, free=free, refunded=refunded).paid
    assert paid.cash >= refunded.cash and paid.bonus >= refunded.bonus


@given(revenue=st.lists(amounts, min_size=1, max_size=4), data=st.data())
def test_a_refund_takes_back_no_more_of_a_revenue_than_there_was(
    revenue: list[int], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, sum(revenue)))
    shares = share_refund(amount, revenue)
    assert sum(shares) == amount
    assert all(0 <= share <= part for share, part in zip(shares, revenue, strict=True))


def test_rooms_are_filled_in_their_order() -> None:
    assert fill(70, [("a", 50), ("b", 0), ("c", 30)]).shares == (("a", 50), ("c", 20))
    assert fill(90, [("a", 50), ("c", 30)]).left == 10


@pytest.mark.parametrize("machine", [states.HOLD, states.TOP_UP, states.REFUND])
def test_a_move_that_is_not_in_the_table_is_an_exception(machine: Machine) -> None:
    for old, targets in machine.items():
        assert targets <= machine.keys()
        for new in machine:
            if new in targets:
                assert move(machine, old, new) == new
            else:
                with pytest.raises(IllegalMove):
                    move(machine, old, new)


def test_a_confirmed_refund_goes_nowhere() -> None:
    assert states.REFUND["confirmed"] == frozenset()
