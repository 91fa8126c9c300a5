"""A lane: one thread, one database connection, one batch at a time.

While a batch is being committed the next one gathers, so the load itself decides how large batches
are. A batch that fails is halved until what is wrong stands alone; a database that cannot be reached
is tried again until the facts have waited as long as a pile may be kept waiting. Whatever happens,
the thread goes on, and every fact gets an answer or StoreUnavailable.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from ocpp_gateway import wire
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.store.batch import EMPTY, Batch, write
from ocpp_gateway.store.rescue import keep_unstorable

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWERED_ANYWAY = (
    wire.MeterReported,
    wire.TransactionStopped,
    wire.StatusReported,
    wire.Noted,
    wire.Heartbeat,
)
"""Reports whose answer says nothing: kept raw, they count as stored."""


BUSY_FACTS, BUSY_GATHER_S = 20, 0.01
"""After so large a batch the next one gathers so long: a transaction costs some milliseconds whatever is in it."""

OUTAGES = frozenset({"08", "40", "53", "55", "57", "58"})
"""Classes of SQLSTATE that say nothing about what was written: connection, rollback, resources, locks, operator."""


@dataclass(slots=True)
class Waiting:
    """A fact and whoever waits for its answer."""

    fact: wire.Fact
    answer: asyncio.Future[wire.Answer]
    since: float


class Lane:
    """``patience_s``: how long a fact waits for a database that is away.

    ``gather_s``: how long a batch gathers when nothing was there before.

    Frames that nobody can write meanwhile are bounded by their number and by their characters; the
    oldest go first.
    """

    def __init__(
        self,
        name: str,
        loop: asyncio.AbstractEventLoop,
        *,
        batch_facts: int = 500,
        most_frames: int = 20_000,
        most_frame_chars: int = 32 * 1024 * 1024,
        gather_s: float = 0.002,
        patience_s: float = 25.0,
        committed: Callable[[int, float], None] = lambda facts, seconds: None,
    ) -> None:
        self._loop = loop
        self._batch_facts = batch_facts
        self._most_frames, self._most_frame_chars = most_frames, most_frame_chars
        self._gather_s, self._patience_s = gather_s, patience_s
        self._committed = committed
        self._facts: deque[Waiting] = deque()
        self._outcomes: deque[wire.CommandOutcome] = deque()
        self._frames: deque[wire.FrameSeen] = deque()
        self._frames_lock = threading.Lock()
        self.waiting_frame_chars = 0
        self._refusals: deque[tuple[wire.Hello, wire.RefusalReason]] = deque(maxlen=10_000)
        self._work = threading.Event()
        self._stopping = self._ended = False
        self.lost_frames = 0
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what is there, then end. Blocks until it has."""
        self._stopping = True
        self._work.set()
        self._thread.join(timeout=self._patience_s + 5)

    @property
    def state(self) -> str:
        """``ok``, or why nothing is written."""
        return "stopped" if self._ended else self._trouble or "ok"

    @property
    def waiting_frames(self) -> int:
        return len(self._frames)

    @property
    def depth(self) -> int:
        """Facts that wait for their commit."""
        return len(self._facts)

    def record(self, fact: wire.Fact) -> asyncio.Future[wire.Answer]:
        """The answer comes when the fact is on disk; StoreUnavailable when it cannot get there."""
        waiting = Waiting(fact, self._loop.create_future(), time.monotonic())
        self._facts.append(waiting)
        self._wake()
        if self._ended:
            _set_failure([waiting])
        return waiting.answer

    def frame(self, frame: wire.FrameSeen) -> None:
        with self._frames_lock:
            self._frames.append(frame)
            self.waiting_frame_chars += len(frame.text)
            if len(self._frames) > self._most_frames or self.waiting_frame_chars > self._most_frame_chars:
                self._bound_frames()
        self._wake()

    def _wake(self) -> None:
        """Whatever was put before is seen: the thread looks for work only after it has cleared the flag."""
        if not self._work.is_set():
            self._work.set()

    def _bound_frames(self) -> None:
        while len(self._frames) > 1 and (
            len(self._frames) > self._most_frames or self.waiting_frame_chars > self._most_frame_chars
        ):
            self.waiting_frame_chars -= len(self._frames.popleft().text)
            self.lost_frames += 1

    def outcome(self, outcome: wire.CommandOutcome) -> None:
        self._outcomes.append(outcome)
        self._wake()

    def refused(self, hello: wire.Hello, reason: wire.RefusalReason) -> None:
        self._refusals.append((hello, reason))
        self._wake()

    def _run(self) -> None:
        while not (self._stopping and not self._has_work()):
            self._work.wait(timeout=1.0)
            if not self._stopping and self._gather_s:
                time.sleep(self._gather_s)
            self._work.clear()
            while self._has_work():
                facts = self._write_some()
                if facts >= BUSY_FACTS and not self._stopping:
                    time.sleep(BUSY_GATHER_S)
        connection.close()
        self._ended = True
        self._release_failure(_take(self._facts, len(self._facts)))

    def _has_work(self) -> bool:
        return bool(self._facts or self._outcomes or self._frames or self._refusals)

    def _write_some(self) -> int:
        """Write what waits, or as much as a batch may hold; how many facts that was."""
        waiting = _take(self._facts, self._batch_facts)
        batch = Batch(
            [one.fact for one in waiting],
            _take(self._outcomes, self._batch_facts),
            self._take_frames(),
            _take(self._refusals, self._batch_facts),
        )
        begun = time.monotonic()
        try:
            self._write(batch, waiting)
            self._committed(len(waiting), time.monotonic() - begun)
        except Exception:
            log.exception("a batch of %d was not dealt with", len(batch))
            self._release_failure(waiting)
        return len(waiting)

    def _take_frames(self) -> list[wire.FrameSeen]:
        with self._frames_lock:
            frames = _take(self._frames, 4 * self._batch_facts)
            self.waiting_frame_chars -= sum(len(frame.text) for frame in frames)
        return frames

    def _write(self, batch: Batch, waiting: list[Waiting]) -> None:
        pause = 0.05
        while True:
            try:
                answers = write(batch)
            except (OperationalError, InterfaceError) as error:
                connection.close()
                if not _is_outage(error):
                    log.exception("batch of %d failed", len(batch))
                    self._halve(batch, waiting)
                    return
                self._trouble = f"database: {type(error).__name__}"
                if self._out_of_patience(waiting):
                    log.error("batch of %d given up: %s", len(batch), error)
                    self._release_failure(waiting)
                    self._put_back(batch)
                    return
                time.sleep(pause)
                pause = min(2 * pause, 2.0)
            except Exception:
                log.exception("batch of %d failed", len(batch))
                connection.close()
                self._halve(batch, waiting)
                return
            else:
                self._trouble = ""
                self._release(waiting, answers)
                return

    def _out_of_patience(self, waiting: list[Waiting]) -> bool:
        """Facts are given up when the oldest has waited too long; what nobody waits for, when facts want to be next."""
        if waiting:
            return time.monotonic() - waiting[0].since > self._patience_s
        return bool(self._facts) or self._stopping

    def _put_back(self, batch: Batch) -> None:
        """What nobody waits for stays until the database is back, or this gateway ends."""
        if self._stopping:
            return
        self._outcomes.extendleft(reversed(batch.outcomes))
        self._refusals.extendleft(reversed(batch.refusals))
        with self._frames_lock:
            self._frames.extendleft(reversed(batch.frames))
            self.waiting_frame_chars += sum(len(frame.text) for frame in batch.frames)
            self._bound_frames()

    def _halve(self, batch: Batch, waiting: list[Waiting]) -> None:
        if len(batch) == 1:
            self._give_up_one(batch, waiting)
            return
        first, second = batch.halves()
        middle = len(first.facts)
        self._write(first, waiting[:middle])
        self._write(second, waiting[middle:])

    def _give_up_one(self, batch: Batch, waiting: list[Waiting]) -> None:
        """The one item that cannot be written: kept raw if it is a report, and answered as the protocol says."""
        kept = bool(batch.facts) and keep_unstorable(batch.facts[0])
        if waiting and kept and isinstance(waiting[0].fact, ANSWERED_ANYWAY):
            answer: wire.Answer = (
                wire.StopAnswer() if isinstance(waiting[0].fact, wire.TransactionStopped) else EMPTY
            )
            self._release(waiting, [answer])
        else:
            self._release_failure(waiting)

    def _release(self, waiting: list[Waiting], answers: list[wire.Answer]) -> None:
        if waiting:
            self._loop.call_soon_threadsafe(_set_answers, waiting, answers)

    def _release_failure(self, waiting: list[Waiting]) -> None:
        if waiting:
            self._loop.call_soon_threadsafe(_set_failure, waiting)


def _is_outage(error: Exception) -> bool:
    """Whether the database failed, and not what was written; without a code the connection broke."""
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code[:2] in OUTAGES


def _set_answers(waiting: list[Waiting], answers: list[wire.Answer]) -> None:
    for one, answer in zip(waiting, answers, strict=True):
        if not one.answer.done():
            one.answer.set_result(answer)


def _set_failure(waiting: list[Waiting]) -> None:
    for one in waiting:
        if not one.answer.done():
            one.answer.set_exception(StoreUnavailable())


def _take(queue: deque[T], most: int) -> list[T]:
    return [queue.popleft() for _ in range(min(len(queue), most))]
