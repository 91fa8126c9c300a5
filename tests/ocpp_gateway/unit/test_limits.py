"""Token buckets and the limiter of handshakes; time is an argument."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway.limits import Bucket, HandshakeLimiter, Recent
from ocpp_gateway.policy import Policy


def test_a_bucket_allows_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(rate=2, burst=5, now=0)
    assert [bucket.allow(0) for _ in range(6)] == [True] * 5 + [False]
    assert bucket.allow(0.5)
    assert not bucket.allow(0.5)


def test_a_charge_beyond_the_tokens_must_be_waited_for() -> None:
    bucket = Bucket(rate=100, burst=10, now=0)
    assert bucket.charge(10, 0) == 0
    assert bucket.charge(50, 0) == pytest.approx(0.5)
    assert bucket.charge(0, 0.5) == pytest.approx(0)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 10)), max_size=30))
def test_over_any_time_no_more_passes_than_burst_and_rate(steps: list[tuple[float, float]]) -> None:
    bucket, now, passed = Bucket(rate=3, burst=7, now=0), 0.0, 0
    for tries, pause in steps:
        passed += sum(bucket.allow(now) for _ in range(int(tries)))
        now += pause
    assert passed <= 7 + 3 * now + 1e-6


def test_the_least_recently_used_bucket_is_forgotten() -> None:
    recent: Recent[str] = Recent(rate=1, burst=1, size=2)
    recent.bucket("a", 0).allow(0)
    recent.bucket("b", 0)
    recent.bucket("a", 0)
    recent.bucket("c", 0)
    assert len(recent) == 2
    assert recent.bucket("a", 0).empty(0)


POLICY = Policy(handshake_burst=3, handshake_rate=0.1, refusal_burst=5, refusal_rate=0.1, limiter_entries=100)


@pytest.mark.statement(15)
def test_one_identity_that_reconnects_in_a_loop_is_slowed_and_its_neighbour_is_not() -> None:
    limiter = HandshakeLimiter(POLICY)
    assert [limiter.allow("nat", "CP1", 0) for _ in range(4)] == [True, True, True, False]
    assert limiter.allow("nat", "CP2", 0)
    assert limiter.allow("elsewhere", "CP1", 0)
    assert limiter.allow("nat", "CP1", 10)


@pytest.mark.statement(15)
def test_an_address_that_guesses_is_stopped_but_not_for_piles_known_there() -> None:
    limiter = HandshakeLimiter(POLICY)
    assert limiter.allow("nat", "CP1", 0)
    limiter.admitted("nat", "CP1")
    for number in range(5):
        assert limiter.allow("nat", f"guess{number}", 0)
        limiter.refused("nat", 0)
    assert not limiter.allow("nat", "guess9", 0)
    assert limiter.allow("nat", "CP1", 0)
    assert limiter.allow("nat", "guess10", 20)


def test_the_limiter_needs_bounded_memory() -> None:
    limiter = HandshakeLimiter(POLICY)
    for number in range(1000):
        limiter.allow(f"ip{number}", "x", 0)
        limiter.admitted(f"ip{number}", "x")
        limiter.refused(f"ip{number}", 0)
    assert max(len(limiter._attempts), len(limiter._refusals), len(limiter._known)) <= 100
