"""Sharing a limit: fair, within the limit, the same each time; and in which order it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, strategies as st

from stations.sharing import Claim, Told, demand_of, is_alive, moves, share

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TENTHS = st.integers(0, 3000).map(lambda tenths: Decimal(tenths) / 10)


@st.composite
def crowds(draw: st.DrawFn) -> list[Claim]:
    keys = draw(st.lists(st.integers(1, 99), unique=True, max_size=7))
    return [Claim(key, draw(st.integers(1, 1500)) * Decimal("0.1"), draw(st.none() | TENTHS)) for key in keys]


def claims(*most: object) -> list[Claim]:
    return [Claim(key, Decimal(str(one))) for key, one in enumerate(most, start=1)]


def shared(limit: object, crowd: list[Claim], *, least: object = "4.1", turn: int = 0) -> list[Decimal]:
    found = share(Decimal(str(limit)), crowd, least=Decimal(str(least)), turn=turn)
    return [found[claim.key] for claim in crowd]


@given(TENTHS, crowds(), TENTHS, st.integers(0, 50))
def test_the_sum_is_never_above_the_limit_and_nobody_has_more_than_his_connector(
    limit: Decimal, crowd: list[Claim], least: Decimal, turn: int
) -> None:
    found = share(limit, crowd, least=least, turn=turn)

    assert found.keys() == {claim.key for claim in crowd}
    assert sum(found.values()) <= limit
    for claim in crowd:
        assert found[claim.key] == 0 or min(least, claim.most) <= found[claim.key] <= claim.most
        assert found[claim.key] % Decimal("0.1") == 0


@given(TENTHS, crowds(), TENTHS, st.integers(0, 50), st.randoms(use_true_random=False))
def test_the_same_sessions_get_the_same_in_whatever_order(
    limit: Decimal, crowd: list[Claim], least: Decimal, turn: int, chance: Random
) -> None:
    other = list(crowd)
    chance.shuffle(other)

    assert share(limit, crowd, least=least, turn=turn) == share(limit, other, least=least, turn=turn)


@given(TENTHS, crowds(), TENTHS)
def test_nobody_could_have_more_without_taking_it_from_somebody_who_has_less(
    limit: Decimal, crowd: list[Claim], least: Decimal
) -> None:
    wanting = [Claim(claim.key, claim.most) for claim in crowd]
    found = share(limit, wanting, least=least)
    served = [claim for claim in wanting if found[claim.key]]
    unused = limit - sum(found.values())
    for claim in served:
        if found[claim.key] < claim.most:
            assert all(found[other.key] <= max(found[claim.key], least) for other in served)
            assert unused < Decimal("0.1") * len(served)


@given(TENTHS, crowds(), TENTHS)
def test_whoever_wants_less_leaves_the_rest_to_those_who_want_more(
    limit: Decimal, crowd: list[Claim], least: Decimal
) -> None:
    found = share(limit, crowd, least=least)
    free = share(limit, [Claim(claim.key, claim.most) for claim in crowd], least=least)
    for claim in crowd:
        if claim.demand is None or claim.demand >= claim.most:
            assert found[claim.key] >= free[claim.key]


def test_shares_worked_by_hand() -> None:
    assert shared(100, claims(60, 60)) == [50, 50]
    assert shared(100, claims(22, 60, 60)) == [22, 39, 39]
    assert shared(100, claims(60, 60, 60)) == [Decimal("33.3")] * 3
    assert shared(100, claims(60)) == [60]
    assert shared(100, []) == []


def test_a_vehicle_that_takes_less_gives_the_rest_back_unless_nobody_needs_it() -> None:
    calm = Claim(1, Decimal(60), Decimal(10))

    assert shared(100, [calm, *claims(60, 60)[1:]]) == [Decimal(40), Decimal(60)]
    assert shared(60, [calm, *claims(60, 60)[1:]]) == [Decimal(10), Decimal(50)]


def test_where_the_least_does_not_fit_for_all_they_pause_in_turn() -> None:
    crowd = claims(60, 60, 60)
    paused = [
        [index for index, one in enumerate(shared(10, crowd, turn=turn)) if not one] for turn in range(3)
    ]
    assert paused == [[2], [0], [1]]
    assert shared(10, crowd) == [5, 5, 0]


def test_a_connector_that_cannot_give_the_least_is_not_paused_for_it() -> None:
    assert shared(10, claims(2, 60)) == [2, 8]


@pytest.mark.parametrize(
    ("told", "taken", "steady_s", "wanted"),
    [
        (None, 10, 600, None),
        (50, None, 600, None),
        (50, 10, 30, None),
        (50, 48, 600, None),
        (50, 10, 600, 12),
        (50, 0, 600, 0),
        (50, -3, 600, 0),
        (12, 10, 600, 12),
    ],
)
@pytest.mark.parametrize("before", [None, 7])
def test_what_a_vehicle_wants_is_judged_once_it_had_time(
    told: int | None, taken: int | None, steady_s: int, wanted: int | None, before: int | None
) -> None:
    found = demand_of(
        None if told is None else Decimal(told),
        None if taken is None else Decimal(taken),
        steady=timedelta(seconds=steady_s),
        before=None if before is None else Decimal(before),
    )
    follows = None not in {told, taken} and steady_s == 30
    assert found == (before if follows else wanted)


@pytest.mark.statement(58)
@pytest.mark.parametrize(
    ("started_min", "received_min", "sign_min", "alive"),
    [
        (1, 1, None, True),
        (6, 6, None, False),
        (6, 6, 5, True),
        (6, 6, 7, True),
        (240, 1, None, False),
        (240, 1, 200, False),
        (240, 1, 0, True),
        (240, 239, 30, True),
    ],
)
def test_an_old_start_needs_a_sign_of_life(
    started_min: int, received_min: int, sign_min: int | None, alive: bool
) -> None:
    def ago(minutes: int) -> datetime:
        return NOW - timedelta(minutes=minutes)

    sign = None if sign_min is None else ago(sign_min)
    found = is_alive(now=NOW, started_at=ago(started_min), received_at=ago(received_min), sign_at=sign)
    assert found is alive


def told(key: int, obeys: object, asked: object = None, **over: bool) -> Told:
    return Told(key, Decimal(str(obeys)), None if asked is None else Decimal(str(asked)), **over)


def moved(limit: int, rows: list[Told], shares: list[int], reserved: int = 0) -> dict[int, Decimal]:
    wanted = {row.key: Decimal(one) for row, one in zip(rows, shares, strict=True)}
    return moves(Decimal(limit), rows, wanted, reserved=Decimal(reserved))


def test_what_is_lowered_is_told_first_and_what_is_raised_waits_for_it() -> None:
    assert moved(100, [told(1, 100), told(2, 10)], [50, 50]) == {1: 50}
    assert moved(100, [told(1, 100, 50, is_waiting=True), told(2, 10)], [50, 50]) == {}
    assert moved(100, [told(1, 50), told(2, 10)], [50, 50]) == {2: 50}


def test_what_has_room_already_is_raised_at_once() -> None:
    assert moved(100, [told(1, 20), told(2, 10)], [50, 50]) == {1: 50, 2: 50}


def test_a_small_change_is_not_told_unless_the_limit_needs_it() -> None:
    assert moved(100, [told(1, 50), told(2, 48)], [51, 49]) == {}
    assert moved(97, [told(1, 50), told(2, 48)], [49, 47]) == {1: 49, 2: 47}


def test_a_pause_and_its_end_are_always_told() -> None:
    assert moved(100, [told(1, "0.1")], [0]) == {1: 0}
    assert moved(100, [told(1, 0)], [50]) == {1: 50}


def test_what_runs_out_is_told_again() -> None:
    assert moved(100, [told(1, 50, is_due=True)], [50]) == {1: 50}


def test_what_was_lost_counts_as_if_it_was_taken_and_is_asked_again() -> None:
    lost = told(1, 10, 60)

    assert lost.taken_at_most == 60
    assert moved(100, [lost, told(2, 10)], [60, 60]) == {1: 60}
    assert moved(100, [lost], [10]) == {1: 10}


@given(
    TENTHS,
    st.lists(st.tuples(TENTHS, st.none() | TENTHS, st.booleans()), max_size=6),
    crowds(),
    TENTHS,
)
def test_what_sessions_may_draw_is_never_raised_above_the_limit(
    limit: Decimal,
    states: list[tuple[Decimal, Decimal | None, bool]],
    crowd: list[Claim],
    least: Decimal,
) -> None:
    rows = [
        Told(claim.key, obeys, asked, is_waiting=asked is not None and waiting)
        for claim, (obeys, asked, waiting) in zip(crowd, states, strict=False)
    ]
    shares = share(limit, crowd[: len(rows)], least=least)
    before = sum(row.taken_at_most for row in rows)
    found = moves(limit, rows, shares)
    after = sum(max(row.taken_at_most, found.get(row.key, Decimal(0))) for row in rows)

    assert after <= max(limit, before)
    if before > limit:
        still = [row for row in rows if not row.is_waiting]
        assert all(row.key in found or row.taken_at_most <= shares[row.key] for row in still)
