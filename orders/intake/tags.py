"""Is this idTag allowed to charge here, now?

An idTag is either the one-time token of an order (it starts with the letter of ``orders.numbers``) or
a card of the pile's operator. Tags are compared without case. An answer is never ``Invalid`` because
of a failure of ours: some piles put a refused card on a black list of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backoffice.kit import clock
from drivers.selectors import KnownCard, known_cards
from finance.selectors import spendable
from ocpp_gateway import wire
from orders.intake.sql import query
from orders.numbers import order_of_id_tag
from orders.states import ChargeState
from stations.selectors import PilePlace, places
from tenants.selectors import stopped_tenants

TOKEN_LIFE = timedelta(hours=1)
"""How long a pile may keep a one-time token in its cache after it was used."""


@dataclass(frozen=True, slots=True)
class TagAsked:
    """Somebody holds ``folded`` to a pile. ``started_at`` is set where a transaction already began."""

    place: PilePlace
    folded: str
    connector: int | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the pile is told, and whose tag it is."""

    info: wire.IdTagInfo
    order_id: int | None = None
    card: KnownCard | None = None

    @property
    def accepted(self) -> bool:
        return self.info.status == "Accepted"


@dataclass(frozen=True, slots=True)
class _TokenOrder:
    id: int
    pile_id: int
    charge_state: str
    ended_at: datetime | None


def authorize(facts: Sequence[wire.AuthorizeAsked]) -> list[wire.AuthorizeAnswer]:
    """Answers to Authorize (OCPP 1.6 §4.1)."""
    here = places({fact.pile_id for fact in facts})
    asked = [TagAsked(here[fact.pile_id], fold(fact.id_tag)) for fact in facts]
    return [wire.AuthorizeAnswer(id_tag=verdict.info) for verdict in verdicts(asked)]


def fold(id_tag: str) -> str:
    """The form in which idTags are compared."""
    return id_tag.strip().upper()[:60]


def verdicts(asked: Sequence[TagAsked]) -> list[Verdict]:
    """One verdict for each question, by three queries for all of them."""
    now = clock.now()
    tokens = _token_orders([ask.folded for ask in asked if order_of_id_tag(ask.folded) is not None])
    cards = known_cards(
        {(ask.place.path.operator_id, ask.folded) for ask in asked if ask.folded not in tokens}
    )
    drivers = {card.driver_id for card in cards.values() if card.driver_id is not None}
    purses = spendable(drivers)
    busy = _busy_drivers(drivers, {ask.folded for ask in asked})
    stopped = stopped_tenants({ask.place.tenant_id for ask in asked})
    answers = []
    for ask in asked:
        if ask.folded in tokens:
            answers.append(_judge_token(ask, tokens[ask.folded], now))
            continue
        card = cards.get((ask.place.path.operator_id, ask.folded))
        if card is None:
            answers.append(Verdict(wire.IdTagInfo(status="Invalid")))
            continue
        status = _card_status(card, now)
        if status == "Accepted" and (
            ask.place.tenant_id in stopped or card.driver_id is None or not purses[card.driver_id].can_start
        ):
            status = "Blocked"
        if (
            status == "Accepted"
            and ask.started_at is not None
            and not card.several_at_once
            and (card.driver_id in busy or ask.folded in busy)
        ):
            status = "ConcurrentTx"
        answers.append(Verdict(wire.IdTagInfo(status=status, expires_at=card.expires_at, parent_id_tag=card.parent_id_tag), card=card))
    return answers


def _judge_token(ask: TagAsked, order: _TokenOrder, now: datetime) -> Verdict:
    """A token is good at its own pile until its order ended; a start that was made before we gave up counts."""
    if order.pile_id != ask.place.pile_id:
        return Verdict(wire.IdTagInfo(status="Invalid"))
    good = order.charge_state in {ChargeState.CREATED, ChargeState.STARTING, ChargeState.CHARGING, ChargeState.STOPPING}
    given_up = order.charge_state in {ChargeState.START_FAILED, ChargeState.CANCELLED}
    if given_up and ask.started_at is not None and order.ended_at is not None and ask.started_at < order.ended_at:
        good = True
    if good:
        return Verdict(wire.IdTagInfo(status="Accepted", expires_at=now + TOKEN_LIFE), order_id=order.id)
    return Verdict(wire.IdTagInfo(status="Blocked" if given_up else "Expired"), order_id=order.id)


def _card_status(card: KnownCard, now: datetime) -> str:
    if card.blocked:
        return "Blocked"
    if card.expires_at is not None and card.expires_at <= now:
        return "Expired"
    return "Accepted"


def _token_orders(folded: Sequence[str]) -> dict[str, _TokenOrder]:
    rows = query(
        "SELECT id_tag, id, pile_id, charge_state, ended_at FROM orders_chargingorder"
        " WHERE id_tag = ANY(%s) AND source IN ('qr', 'staff')",
        [list(folded)],
    )
    return {row[0]: _TokenOrder(*row[1:]) for row in rows}


def _busy_drivers(drivers: set[int], folded: set[str]) -> set[int | str]:
    """Drivers and tags that are charging somewhere, but not on a connector that has been started anew since."""
    by_driver = query(
        "SELECT driver_id FROM orders_chargingorder WHERE driver_id = ANY(%s)"
        " AND charge_state IN ('charging', 'stopping') AND stop_missing_since IS NULL",
        [list(drivers)],
    )
    by_tag = query(
        "SELECT id_tag_folded FROM orders_transaction WHERE id_tag_folded = ANY(%s)"
        " AND stop_received_at IS NULL AND NOT 'stop_missing' = ANY(flags)"
        " AND started_at > %s",
        [list(folded), clock.now() - timedelta(hours=24)],
    )
    return {row[0] for row in by_driver} | {row[0] for row in by_tag}
