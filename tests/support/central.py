"""The house behind the gateway, in memory: ``CentralSystem`` with delays and failures to order.

Knows just enough business to be believed: registrations persist, starts are idempotent by their
natural key, the first stop wins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from ocpp_gateway import wire
from ocpp_gateway.ports import StoreUnavailable
from tests.support.waiting import until

F = TypeVar("F", bound=wire.Fact)


@dataclass
class KnownPile:
    """``next_boot`` is what the next BootNotification will be answered with; ``ends_at``, when its certificate ends."""

    record: wire.PileRecord
    key: bytes | None = None
    retired: bool = False
    next_boot: wire.Registration = wire.Registration.ACCEPTED
    interval_s: int = 300
    ends_at: datetime | None = None


class FakeCentral:
    """Everything that reached the port is kept in order, to be looked at."""

    def __init__(self) -> None:
        self.piles: dict[str, KnownPile] = {}
        self.tags: dict[str, wire.IdTagInfo] = {}
        self.vendors: dict[str, dict[str, str]] = {}
        self.facts: list[wire.Fact] = []
        self.frames: list[wire.FrameSeen] = []
        self.outcomes: list[wire.CommandOutcome] = []
        self.hellos: list[wire.Hello] = []
        self.refusals: list[tuple[wire.Hello, wire.RefusalReason]] = []
        self.starts: dict[tuple[int, int, str, datetime, int], wire.StartAnswer] = {}
        self.stops: dict[int, wire.TransactionStopped] = {}
        self.claims: dict[int, wire.Claim] = {}
        self.asked = 0
        self.down = False
        self.failing: Callable[[wire.Fact], bool] = lambda fact: False
        self._open = asyncio.Event()
        self._open.set()
        self._generation = 0
        self._transaction = 0

    def add_pile(
        self, identity: str, *, key: bytes | None = None, registration: str = "Accepted", **record: Any
    ) -> wire.PileRecord:
        pile = wire.PileRecord(
            pile_id=len(self.piles) + 1,
            identity=identity,
            registration=wire.Registration(registration),
            **record,
        )
        self.piles[identity] = KnownPile(record=pile, key=key)
        return pile

    def hold(self) -> None:
        """Nothing is stored from now on until ``release``: a slow database."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def of(self, kind: type[F]) -> list[F]:
        """The stored facts of a kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    async def stored(self, kind: type[F], count: int = 1) -> list[F]:
        """Wait for so many facts of a kind."""
        return await until(lambda: facts if len(facts := self.of(kind)) >= count else [])

    async def concluded(self, command_id: int) -> wire.CommandOutcome:
        """Wait for the final outcome of a command."""
        return await until(
            lambda: next(
                (
                    outcome
                    for outcome in self.outcomes
                    if outcome.command_id == command_id and outcome.state is not wire.CommandState.SENT
                ),
                None,
            )
        )

    def states(self, command_id: int) -> list[str]:
        return [outcome.state.value for outcome in self.outcomes if outcome.command_id == command_id]

    async def admit(self, hello: wire.Hello) -> wire.Admission:
        self.asked += 1
        await self._open.wait()
        if self.down:
            raise StoreUnavailable
        self.hellos.append(hello)
        pile = self.piles.get(hello.identity)
        if pile is None or pile.retired:
            reason = wire.RefusalReason.UNKNOWN_IDENTITY if pile is None else wire.RefusalReason.RETIRED
            return self._refuse(hello, reason)
        if pile.record.security_profile > hello.security_profile:
            return self._refuse(hello, wire.RefusalReason.WRONG_PROFILE)
        if pile.key is not None and (
            hello.user_name != hello.identity
            or hello.password is None
            or pile.key not in (hello.password, _unhexed(hello.password))
        ):
            return self._refuse(hello, wire.RefusalReason.WRONG_CREDENTIALS)
        self._generation += 1
        return wire.Admitted(pile=pile.record, generation=self._generation, ends_at=pile.ends_at)

    def _refuse(self, hello: wire.Hello, reason: wire.RefusalReason) -> wire.Refused:
        self.refusals.append((hello, reason))
        return wire.Refused(reason=reason)

    def refused(self, hello: wire.Hello, reason: wire.RefusalReason) -> None:
        self.refusals.append((hello, reason))

    async def record(self, fact: wire.Fact) -> Any:
        await self._open.wait()
        if self.down or self.failing(fact):
            raise StoreUnavailable
        self.facts.append(fact)
        match fact:
            case wire.Booted():
                return self._boot(fact)
            case wire.CertificateAsked():
                return wire.CertificateAnswer(status="Accepted" if fact.csr else "Rejected")
            case wire.AuthorizeAsked():
                return wire.AuthorizeAnswer(id_tag=self._tag(fact.id_tag))
            case wire.TransactionStarted():
                return self._start(fact)
            case wire.TransactionStopped():
                return self._stop(fact)
            case wire.DataTransferred():
                return self._transfer(fact)
            case _:
                return wire.Answer()

    async def claim(self, command_id: int, generation: int, message_id: str) -> wire.Claim:
        """Granted unless ``claims`` says otherwise; told as the state that it makes."""
        if self.down:
            raise StoreUnavailable
        claim = self.claims.get(command_id, wire.Claim.GRANTED)
        if claim is wire.Claim.GRANTED:
            sent = wire.CommandState.SENT
            self.outcome(
                wire.CommandOutcome(
                    command_id=command_id, state=sent, at=datetime.now(UTC), message_id=message_id
                )
            )
        return claim

    def frame(self, frame: wire.FrameSeen) -> None:
        self.frames.append(frame)

    def outcome(self, outcome: wire.CommandOutcome) -> None:
        self.outcomes.append(outcome)

    def _boot(self, fact: wire.Booted) -> wire.BootAnswer:
        pile = next(known for known in self.piles.values() if known.record.pile_id == fact.pile_id)
        pile.record = replace(pile.record, registration=pile.next_boot)
        return wire.BootAnswer(status=pile.next_boot, interval_s=pile.interval_s)

    def _tag(self, id_tag: str) -> wire.IdTagInfo:
        return self.tags.get(id_tag.upper(), wire.IdTagInfo(status="Invalid"))

    def _start(self, fact: wire.TransactionStarted) -> wire.StartAnswer:
        key = (fact.pile_id, fact.connector, fact.id_tag.upper(), fact.at, fact.meter_start)
        if key not in self.starts:
            self._transaction += 1
            self.starts[key] = wire.StartAnswer(
                transaction_id=self._transaction, id_tag=self._tag(fact.id_tag)
            )
        return self.starts[key]

    def _stop(self, fact: wire.TransactionStopped) -> wire.StopAnswer:
        self.stops.setdefault(fact.transaction_id, fact)
        return wire.StopAnswer(id_tag=None if fact.id_tag is None else self._tag(fact.id_tag))

    def _transfer(self, fact: wire.DataTransferred) -> wire.DataTransferAnswer:
        messages = self.vendors.get(fact.vendor_id)
        if messages is None:
            return wire.DataTransferAnswer(status="UnknownVendorId")
        if fact.vendor_message_id not in messages:
            return wire.DataTransferAnswer(status="UnknownMessageId")
        return wire.DataTransferAnswer(status="Accepted", data=messages[fact.vendor_message_id])


def _unhexed(password: bytes) -> bytes | None:
    try:
        return bytes.fromhex(password.decode())
    except ValueError:
        return None
