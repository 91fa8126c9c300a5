"""What a reference points at is said in words, and leads to its page for those who may go there."""

from __future__ import annotations

import pytest

from backoffice.kit import references
from backoffice.kit.actor import command_line
from backoffice.kit.staff import Reader
from finance.permissions import FinancePerm
from orders.permissions import OrderPerm


def reader(*grants: object) -> Reader:
    return Reader(command_line("test"), frozenset(grants), "CNY")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("order:QL-1122-04817", "Order QL-1122-04817"),
        ("driver:7", "Driver 7"),
        ("timer:settle", "Timer settle"),
        ("shipment:4", "shipment:4"),
        ("order:", "order:"),
        ("", ""),
    ],
)
def test_a_reference_reads_as_words_and_an_unknown_one_as_it_is(reference: str, words: str) -> None:
    assert references.in_words(reference) == words


def test_who_may_see_orders_can_follow_it() -> None:
    cell = references.cell("order:QL-1", reader(OrderPerm.VIEW))
    assert cell == '<a href="/orders/QL-1/">Order QL-1</a>'


@pytest.mark.parametrize("reference", ["order:QL-1", "topup:T-1", "shipment:4", ""])
def test_others_read_it(reference: str) -> None:
    assert references.cell(reference, reader(FinancePerm.LEDGER_VIEW)) == references.in_words(reference)


def test_a_reference_is_escaped() -> None:
    cell = references.cell("driver:<b>", reader())
    assert cell == "Driver <b>"
    assert not hasattr(cell, "__html__")
