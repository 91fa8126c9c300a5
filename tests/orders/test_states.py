from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from orders.states import (
    CASE,
    CHARGE,
    PAY,
    REVIEW,
    CaseState,
    ChargeState,
    IllegalMove,
    Machine,
    PayState,
    ReviewState,
    can_move,
    is_abnormal,
    is_historical,
    is_realtime,
    move,
)

MACHINES: list[tuple[type[StrEnum], Machine[Any], str]] = [
    (
        ChargeState,
        CHARGE,
        """created: starting charging start_failed cancelled
           starting: charging start_failed cancelled
           charging: stopping ended
           stopping: ended
           ended:
           start_failed: charging
           cancelled: charging""",
    ),
    (
        PayState,
        PAY,
        """unfunded: held settled arrears
           held: settled released arrears
           settled: arrears partly_refunded refunded
           released: held settled arrears
           arrears: settled partly_refunded refunded
           partly_refunded: partly_refunded refunded
           refunded:""",
    ),
    (ReviewState, REVIEW, "none: abnormal\nabnormal: resolved\nresolved: abnormal"),
    (
        CaseState,
        CASE,
        """open: in_review
           in_review: waiting_data to_approve decided
           waiting_data: in_review
           to_approve: in_review decided
           decided: closed open
           closed: open""",
    ),
]


def read(table: str) -> dict[str, set[str]]:
    rows = (line.partition(":") for line in table.splitlines())
    return {current.strip(): set(targets.split()) for current, _, targets in rows}


@pytest.mark.parametrize(
    ("states", "machine", "table"), MACHINES, ids=lambda value: getattr(value, "__name__", "")
)
def test_exactly_the_moves_of_the_table_are_legal(
    states: type[StrEnum], machine: Machine[Any], table: str
) -> None:
    legal = read(table)
    assert set(legal) == set(machine) == set(states)
    for current, target in product(states, states):
        if target in legal[current]:
            assert move(machine, current, target) is target
            assert can_move(machine, current, target)
        else:
            with pytest.raises(IllegalMove, match=f"{current} -> {target}") as refused:
                move(machine, current, target)
            assert (refused.value.current, refused.value.target) == (current, target)


def test_a_state_read_from_the_database_as_text_moves_too() -> None:
    text: Any = "charging"
    assert move(CHARGE, text, ChargeState.ENDED) is ChargeState.ENDED
    assert is_realtime(text, PayState.HELD)


def test_every_order_past_its_creation_is_real_time_or_historical_and_never_both() -> None:
    for charge, pay in product(ChargeState, PayState):
        seen = (is_realtime(charge, pay), is_historical(charge, pay))
        assert sum(seen) == (charge is not ChargeState.CREATED)


def test_an_ended_order_is_real_time_until_it_is_settled() -> None:
    assert is_realtime(ChargeState.ENDED, PayState.HELD)
    assert is_historical(ChargeState.ENDED, PayState.SETTLED)
    assert is_historical(ChargeState.ENDED, PayState.ARREARS)
    assert is_historical(ChargeState.CANCELLED, PayState.RELEASED)
    assert is_realtime(ChargeState.STARTING, PayState.HELD)


def test_only_what_waits_for_a_decision_is_abnormal() -> None:
    assert [is_abnormal(review) for review in ReviewState] == [False, True, False]
