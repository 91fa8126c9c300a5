"""How a lane deals with what cannot be written, and with a thread that must not die."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ocpp_gateway import wire
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.store import Store, StoreLimits
from ocpp_gateway.store.batch import Batch
from ocpp_gateway.store.lane import Lane
from tests.support.premises import Premises

TOO_LARGE = 2**70


def note(pile_id: int, number: int = 0) -> wire.Noted:
    return wire.Noted(
        pile_id=pile_id, generation=1, message_id=f"n{number}", received_at=datetime.now(UTC), action="X"
    )


def poison(pile_id: int) -> wire.MeterReported:
    value = wire.SampledValue(measurand="Voltage", raw="1", value=None)
    reading = wire.Reading(at=datetime.now(UTC), values=(value,))
    return wire.MeterReported(
        pile_id=pile_id, generation=1, message_id="p", received_at=datetime.now(UTC), connector=TOO_LARGE,
        transaction_id=None, readings=(reading,),
    )  # fmt: skip


def frame(pile_id: int, *, text: str = "", generation: int = 1, message_id: str = "f") -> wire.FrameSeen:
    return wire.FrameSeen(
        pile_id=pile_id, generation=generation, at=datetime.now(UTC), inbound=True, kind="call",
        message_id=message_id, action="X", size=len(text), text=text,
    )  # fmt: skip


@pytest.mark.parametrize(
    "sizes",
    [(1, 1, 0, 0), (1, 1, 1, 1), (0, 0, 1, 1), (2, 0, 0, 0), (3, 1, 0, 0), (7, 5, 3, 2), (0, 0, 9, 0)],
)
def test_halves_are_smaller_and_together_the_whole(sizes: tuple[int, ...]) -> None:
    """Else a batch that fails would be halved for ever."""
    whole: Batch = Batch(*(list(range(size)) for size in sizes))  # type: ignore[arg-type]
    first, second = whole.halves()
    assert 0 < len(first) < len(whole) and 0 < len(second) < len(whole)
    assert first.facts + second.facts == whole.facts
    assert first.outcomes + second.outcomes == whole.outcomes
    assert first.frames + second.frames == whole.frames
    assert first.refusals + second.refusals == whole.refusals


async def registered(premises: Premises) -> int:
    """The id of a pile that is not connected."""
    pile = await premises.pile("CP1")
    await pile.disconnect()
    return premises.ids["CP1"]


async def test_a_poisonous_report_beside_its_own_frame_is_found(premises: Premises) -> None:
    """What one message of one pile brings along: the report and the frame that carried it."""
    pile_id = await registered(premises)
    store = premises.store
    assert store is not None
    answer = store.record(poison(pile_id))
    store.frame(frame(pile_id, message_id="of the poison"))
    async with asyncio.timeout(5):
        await answer
        await store.record(note(pile_id))
    await premises.until_row("SELECT 1 FROM stations_frame WHERE message_id = 'of the poison'")
    assert store.state() == "ok"


class Stumbling:
    """Counts commits, and fails at the first."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, facts: int, seconds: float) -> None:
        self.calls += 1
        if self.calls == 1:
            raise ZeroDivisionError


async def test_a_lane_goes_on_after_an_error_that_nobody_thought_of(premises: Premises) -> None:
    pile_id = await registered(premises)
    committed = Stumbling()
    store = Store(limits=StoreLimits(lanes=1), committed=committed)
    store.start()
    async with asyncio.timeout(5):
        await store.record(note(pile_id, 1))
        await store.record(note(pile_id, 2))
    await store.stop()
    assert committed.calls == 2
    found = await premises.rows(
        "SELECT data ->> 'message_id' FROM stations_pileevent WHERE kind = 'X' ORDER BY id"
    )
    assert found == [("n1",), ("n2",)]


async def test_a_lane_without_its_thread_says_so_and_keeps_nobody_waiting(premises: Premises) -> None:
    pile_id = await registered(premises)
    store = Store(limits=StoreLimits(lanes=1))
    store.start()
    await store.stop()
    assert store.state() != "ok"
    with pytest.raises(StoreUnavailable):
        async with asyncio.timeout(5):
            await store.record(note(pile_id))


async def test_what_was_handed_in_before_the_end_is_written(premises: Premises) -> None:
    pile_id = await registered(premises)
    store = Store(limits=StoreLimits(lanes=1))
    store.start()
    answers = [store.record(note(pile_id, number)) for number in range(200)]
    for _ in range(50):
        store.frame(frame(pile_id))
    waiting = asyncio.gather(*answers)
    await asyncio.sleep(0)
    await store.stop()
    await waiting
    found = await premises.rows(
        "SELECT (SELECT count(*) FROM stations_pileevent WHERE kind = 'X' AND pile_id = %s),"
        " (SELECT count(*) FROM stations_frame WHERE action = 'X' AND pile_id = %s)",
        [pile_id, pile_id],
    )
    assert found == [(200, 50)]


def test_frames_that_wait_for_a_database_are_bounded_in_number_and_size() -> None:
    loop = asyncio.new_event_loop()
    try:
        lane = Lane("idle", loop, most_frames=100, most_frame_chars=10_000)
        for _ in range(150):
            lane.frame(frame(1, text="x" * 10))
        assert lane.lost_frames == 50
        for _ in range(50):
            lane.frame(frame(1, text="y" * 1_000))
        assert lane.waiting_frames <= 100
        assert lane.waiting_frame_chars <= 10_000
        lane.frame(frame(1, text="z" * 1_000_000))
        assert lane.waiting_frames == 1
    finally:
        loop.close()
