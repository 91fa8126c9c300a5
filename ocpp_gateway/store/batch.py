"""One batch of facts, in one database transaction, through the intake of the rooms.

The order within a batch is fixed; the order of one pile's facts is kept because a session hands in
the next one only after the answer to the last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django.db import transaction

from alarms import intake as alarms
from backoffice.kit.scope import unscoped
from backoffice.kit.statements import prepared
from ocpp_gateway import wire
from orders import intake as orders
from stations import intake as stations
from stations.selectors import places, places_read_once

F = TypeVar("F", bound=wire.Fact)

EMPTY = wire.Answer()


@dataclass(slots=True)
class Batch:
    """What one transaction writes. ``facts`` in order of arrival; their answers have the same indices."""

    facts: list[wire.Fact] = field(default_factory=list)
    outcomes: list[wire.CommandOutcome] = field(default_factory=list)
    frames: list[wire.FrameSeen] = field(default_factory=list)
    refusals: list[tuple[wire.Hello, wire.RefusalReason]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.facts) + len(self.outcomes) + len(self.frames) + len(self.refusals)

    def halves(self) -> tuple[Batch, Batch]:
        """Two batches, neither of them empty, that together are this one; it must hold at least two items.

        Each half has half of every kind; where there is one of each kind at most, the first stands alone.
        """
        parts = self._parts()
        if any(len(part) > 1 for part in parts):
            cuts = [(len(part) + 1) // 2 for part in parts]
        else:
            first = next(index for index, part in enumerate(parts) if part)
            cuts = [len(part) if index == first else 0 for index, part in enumerate(parts)]
        return (
            Batch(*(part[:cut] for part, cut in zip(parts, cuts, strict=True))),
            Batch(*(part[cut:] for part, cut in zip(parts, cuts, strict=True))),
        )

    def pile_ids(self) -> set[int]:
        """Whose places will be asked for: read together, they are one query."""
        return {fact.pile_id for fact in self.facts} | {frame.pile_id for frame in self.frames}

    def _parts(self) -> tuple[list[Any], ...]:
        return self.facts, self.outcomes, self.frames, self.refusals


def write(batch: Batch) -> list[wire.Answer]:
    """Write all of it or nothing; the answers in the order of the facts."""
    with unscoped(reason="gateway intake"), transaction.atomic(), prepared(), places_read_once():
        places(batch.pile_ids())
        stations.keep_outcomes(batch.outcomes)
        answers = _write_facts(batch.facts)
        stations.keep_frames(batch.frames)
        if batch.refusals:
            stations.note_refusals(batch.refusals)
    return answers


@transaction.atomic
def still_here(gateway: str, sessions: Mapping[int, int]) -> None:
    """The piles (to their generations) of a gateway that others may have given up for lost are not gone."""
    alarms.report_presence(stations.still_here(gateway, sessions))


def _write_facts(facts: Sequence[wire.Fact]) -> list[wire.Answer]:
    answers: list[wire.Answer] = [EMPTY] * len(facts)
    if not facts:
        return answers

    indices: defaultdict[type[wire.Fact], list[int]] = defaultdict(list)
    for index, fact in enumerate(facts):
        indices[type(fact)].append(index)

    def where(kind: type[wire.Fact]) -> list[int]:
        return sorted(index for type_, found in indices.items() if issubclass(type_, kind) for index in found)

    def of(kind: type[F]) -> list[F]:
        return [cast(F, facts[index]) for index in where(kind)]

    def answer(kind: type[wire.Fact], found: Sequence[wire.Answer]) -> None:
        for index, one in zip(where(kind), found, strict=True):
            answers[index] = one

    if connected := of(wire.Connected):
        alarms.report_presence(stations.connect(connected))
    if booted := of(wire.Booted):
        answer(wire.Booted, stations.boot(booted))
        alarms.report_boots(booted)
    if reported := of(wire.StatusReported):
        changes = stations.report_status(reported)
        alarms.report_status(changes)
        orders.report_status(changes)
    if asked := of(wire.AuthorizeAsked):
        answer(wire.AuthorizeAsked, orders.authorize(asked))
    if started := of(wire.TransactionStarted):
        answer(wire.TransactionStarted, orders.start(started))
    if metered := of(wire.MeterReported):
        orders.meter(metered)
    if stopped := of(wire.TransactionStopped):
        answer(wire.TransactionStopped, orders.stop(stopped))
    if noted := [fact for fact in facts if isinstance(fact, wire.Noted | wire.DataTransferred)]:
        stations.note(noted)
        alarms.report_security(stations.report_security(of(wire.SecurityEventReported)))
        stations.report_files(of(wire.FirmwareReported), of(wire.UploadReported))
        answer(wire.DataTransferred, stations.answer_vendors(of(wire.DataTransferred)))
    if signing := of(wire.CertificateAsked):
        answer(wire.CertificateAsked, stations.ask_certificates(signing))
    stations.see(
        {fact.pile_id: fact.received_at for fact in facts if not isinstance(fact, wire.Disconnected)}
    )
    if gone := of(wire.Disconnected):
        stations.disconnect(gone)
    return answers
