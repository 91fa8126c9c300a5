"""The arithmetic of the load that the gateway is measured by."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given, strategies as st

from benchmarks.load.crowd import BEAT, METER, START, STATUS, STOP, Pile, Turns, id_prefix, new_id
from benchmarks.load.figures import Stage, bucket_of, percentile, rates, seconds_of
from ocpp_gateway import schemas

AT = "2026-07-01T12:00:00.000Z"


def pile() -> Pile:
    return Pile({"identity": "B-1", "key": "00", "transaction": 7, "card": "CARD", "token": "TOKEN"})


def stage(latencies: dict[str, list[float]], *, due: int | None = None, in_time: int | None = None) -> Stage:
    count = sum(map(len, latencies.values()))
    made = Stage(
        100.0, 10.0, due=count if due is None else due, in_time=count if in_time is None else in_time
    )
    made.latencies = {action: Counter(map(bucket_of, found)) for action, found in latencies.items()}
    return made


@given(st.floats(min_value=1e-6, max_value=600))
def test_a_bucket_is_right_to_two_percent(seconds: float) -> None:
    upper = seconds_of(bucket_of(seconds))
    assert seconds <= upper * 1.000001 and upper <= seconds * 1.0201


@given(st.lists(st.floats(min_value=1e-5, max_value=60), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_percentile_is_that_of_the_sorted_list(values: list[float], share: float) -> None:
    exact = sorted(values)[max(0, -(-int(share * len(values) * 1_000_000) // 1_000_000) - 1)]
    found = percentile(Counter(map(bucket_of, values)), share)
    assert found >= exact / 1.03


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 0.99) == 0.0


def test_the_parts_of_a_stage_add_up() -> None:
    parts = [stage({METER: [0.1] * 60, BEAT: [0.2] * 40}), stage({METER: [0.3] * 100})]
    whole = Stage.joined(json.loads(json.dumps(part.as_json())) for part in parts)
    assert (whole.offered, whole.due, whole.answered, whole.rate) == (200.0, 200, 200, 20.0)
    assert whole.p(0.5, METER) == pytest.approx(0.3, rel=0.03)
    assert whole.p(0.99, BEAT) == pytest.approx(0.2, rel=0.03)


@pytest.mark.parametrize(
    ("made", "held"),
    [
        (stage({METER: [0.5] * 1000}), True),
        (stage({METER: [0.5] * 980 + [1.5] * 20}), False),
        (stage({METER: [0.5] * 1000}, due=1000, in_time=850), False),
        (stage({METER: [0.5] * 1000}, due=1000, in_time=900), True),
    ],
)
def test_a_rate_is_held_when_it_is_reached_and_nearly_all_are_answered_within_a_second(
    made: Stage, held: bool
) -> None:
    assert made.is_held is held


def test_an_error_or_a_missing_answer_is_never_held() -> None:
    for trouble in ("errors", "unanswered"):
        made = stage({METER: [0.5] * 1000})
        setattr(made, trouble, 1)
        assert not made.is_held


def test_rates_grow_until_the_last() -> None:
    assert list(rates(100, growth=2, most=500)) == [100, 200, 400]


def test_the_mix_is_sixty_twenty_ten_five_and_five() -> None:
    turns = Turns()
    drawn = Counter(turns.draw() for _ in range(2000))
    assert drawn == {METER: 1200, BEAT: 400, STATUS: 200, START: 100, STOP: 100}


def test_every_message_is_valid_and_meters_have_four_values() -> None:
    one = pile()
    assert json.loads(one.boot())["chargePointSerialNumber"] == "B-1"
    schemas.check_request("BootNotification", json.loads(one.boot()))
    tags = []
    for action in (METER, BEAT, STATUS, START, STOP, START):
        said = json.loads(one.say(action, AT))
        schemas.check_request(action, said)
        if action is METER:
            assert len(said["meterValue"][0]["sampledValue"]) == 4 and said["transactionId"] == 7
        if action is START:
            tags.append(said["idTag"])
            one.second = 9
    assert tags == ["TOKEN", "CARD"]


def test_ids_have_36_characters_and_differ() -> None:
    ids = {new_id(prefix, number) for prefix in (id_prefix(), id_prefix()) for number in range(3)}
    assert len(ids) == 6 and {len(id_) for id_ in ids} == {36}


def test_no_pile_has_two_calls_and_what_waits_is_said_in_its_turn() -> None:
    turns, chance = Turns(), random.Random(3)
    charging = {name: name % 2 == 1 for name in range(6)}
    for name, is_charging in charging.items():
        turns.back(name, charging=is_charging)
    busy: dict[int, tuple[str, float]] = {}
    said = Counter[str]()
    due = Counter[str]()

    def say(turn: tuple[int, str, float] | None) -> None:
        if turn is not None:
            who, action, at = turn
            assert who not in busy
            assert action != START or not charging[who]
            assert action != STOP or charging[who]
            busy[who] = (action, at)
            said[action] += 1

    for tick in range(400):
        action = turns.draw()
        due[action] += 1
        say(turns.is_due(action, float(tick)))
        if busy and chance.random() < 0.6:
            who = chance.choice(sorted(busy))
            done, _ = busy.pop(who)
            charging[who] = done == START or (charging[who] and done != STOP)
            say(turns.back(who, charging=charging[who]))
    assert sum(due.values()) == sum(said.values()) + turns.waiting
    assert turns.forget() == sum(due.values()) - sum(said.values()) and turns.waiting == 0
