"""Is this idTag allowed to charge here, now?

An idTag is either the one-time token of an order (it starts with the letter of ``orders.numbers``) or
a card of the pile's operator. Tags are compared without case. A start that was made while the pile
was offline is judged by what was true of its tag then: the energy has flowed, nothing is prevented by
a refusal, and some piles put a refused card on a black list of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backoffice.kit import clock
from drivers.selectors import KnownCard, known_cards
from finance.selectors import Spendable, spendable
from ocpp_gateway import wire
from orders.intake.sql import query
from orders.numbers import order_of_id_tag
from orders.quotes import quotes
from orders.states import LIVE, NEVER_CHARGED, WAITING, ChargeState
from stations.selectors import PilePlace, outlets, places
from tenants.selectors import stopped_tenants

TOKEN_LIFE = timedelta(hours=1)
"""How long a pile may keep a one-time token in its cache after it was used."""

STALE_AFTER = timedelta(hours=24)
"""An open transaction that began earlier does not keep its card from charging."""

CardKey = tuple[int | None, str]


@dataclass(frozen=True, slots=True)
class TagAsked:
    """Somebody holds ``folded`` to a pile. ``started_at`` is set where a transaction already began.

    ``late``: it began while the pile was offline.
    """

    place: PilePlace
    folded: str
    connector: int | None = None
    started_at: datetime | None = None
    late: bool = False

    @property
    def key(self) -> CardKey:
        return self.place.path.operator_id, self.folded


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
    """One verdict for each question, in order: a start that is accepted counts for those after it."""
    return _Judge.of(asked).judge(asked)


def is_valid(card: KnownCard, at: datetime) -> bool:
    """Was the holder entitled to use the card at this time?"""
    return not card.blocked and (card.expires_at is None or card.expires_at > at)


@dataclass(slots=True)
class _Judge:
    """What has to be known to answer a batch, read once for all of it."""

    now: datetime
    tokens: dict[str, _TokenOrder]
    cards: dict[CardKey, KnownCard]
    purses: dict[int, Spendable]
    busy_drivers: set[int]
    busy_cards: set[CardKey]
    stopped: set[int]
    least: dict[int, int]
    used_tokens: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, asked: Sequence[TagAsked]) -> _Judge:
        tokens = _token_orders(ask.folded for ask in asked if order_of_id_tag(ask.folded) is not None)
        keys = {ask.key for ask in asked if ask.folded not in tokens}
        cards = known_cards(keys)
        drivers = {card.driver_id for card in cards.values() if card.driver_id is not None}
        return cls(
            now=clock.now(),
            tokens=tokens,
            cards=cards,
            purses=spendable(drivers) if drivers else {},
            busy_drivers=_busy_drivers(drivers),
            busy_cards=_busy_cards(cards),
            stopped=stopped_tenants({ask.place.tenant_id for ask in asked if ask.key in cards}),
            least=_least(ask for ask in asked if ask.key in cards and not ask.late),
        )

    def judge(self, asked: Sequence[TagAsked]) -> list[Verdict]:
        found = []
        for ask in asked:
            token = self.tokens.get(ask.folded)
            verdict = self._of_card(ask) if token is None else self._of_token(ask, token)
            found.append(verdict)
            if verdict.accepted and ask.started_at is not None:
                self._note_start(ask, verdict)
        return found

    def _note_start(self, ask: TagAsked, verdict: Verdict) -> None:
        if verdict.order_id is not None:
            self.used_tokens.add(verdict.order_id)
        if verdict.card is not None and verdict.card.driver_id is not None:
            self.busy_cards.add(ask.key)
            self.busy_drivers.add(verdict.card.driver_id)

    def _of_token(self, ask: TagAsked, order: _TokenOrder) -> Verdict:
        """A token is good at its own pile, for one start, until its order was given up or ended."""
        if order.pile_id != ask.place.pile_id:
            return Verdict(wire.IdTagInfo(status="Invalid"))
        status = self._token_status(ask, order)
        expires_at = self.now + TOKEN_LIFE if status == "Accepted" else None
        return Verdict(wire.IdTagInfo(status=status, expires_at=expires_at), order_id=order.id)

    def _token_status(self, ask: TagAsked, order: _TokenOrder) -> str:
        state = ChargeState(order.charge_state)
        if state in NEVER_CHARGED:
            in_time = (
                ask.started_at is not None
                and order.ended_at is not None
                and ask.started_at < order.ended_at
                and order.id not in self.used_tokens
            )
            return "Accepted" if in_time else "Blocked"
        if state in WAITING:
            return "Blocked" if order.id in self.used_tokens else "Accepted"
        if state in LIVE:
            return "Accepted" if ask.started_at is None else "Blocked"
        return "Expired"

    def _of_card(self, ask: TagAsked) -> Verdict:
        card = self.cards.get(ask.key)
        if card is None:
            return Verdict(wire.IdTagInfo(status="Invalid"))
        info = wire.IdTagInfo(
            status=self._card_status(ask, card),
            expires_at=card.expires_at,
            parent_id_tag=card.parent_id_tag,
        )
        return Verdict(info, card=card)

    def _card_status(self, ask: TagAsked, card: KnownCard) -> str:
        if card.blocked or card.driver_id is None:
            return "Blocked"
        if not is_valid(card, ask.started_at or self.now):
            return "Expired"
        if ask.late:
            return "Accepted"
        if ask.place.tenant_id in self.stopped or not self._can_pay(ask, card.driver_id):
            return "Blocked"
        if (
            ask.started_at is not None
            and not card.several_at_once
            and (card.driver_id in self.busy_drivers or ask.key in self.busy_cards)
        ):
            return "ConcurrentTx"
        return "Accepted"

    def _can_pay(self, ask: TagAsked, driver_id: int) -> bool:
        """Nothing is owed, and there is enough for what can flow until a stop takes effect."""
        purse = self.purses[driver_id]
        if not purse.can_start:
            return False
        key = _connector_of(ask)
        if key is None:
            return True
        return key in self.least and purse.free >= self.least[key]


def _connector_of(ask: TagAsked) -> int | None:
    """Where it would charge: at the connector that it named, else at the pile's first."""
    connectors = ask.place.connectors
    return connectors.get(ask.connector or 0) or next(iter(connectors.values()), None)


def _least(asked: Iterable[TagAsked]) -> dict[int, int]:
    """By connector, the least amount to start with there; connectors without a price list are left out."""
    keys = {key for ask in asked if (key := _connector_of(ask)) is not None}
    if not keys:
        return {}
    holds: dict[tuple[int, int, str], int] = {}
    least = {}
    for key, offer in quotes(outlets(keys)).items():
        same = (offer.version.pk, offer.rated_w, offer.tariff.zone.key)
        if same not in holds:
            holds[same] = offer.minimum_hold.amount
        least[key] = holds[same]
    return least


def _token_orders(folded: Iterable[str]) -> dict[str, _TokenOrder]:
    tags = list(folded)
    if not tags:
        return {}
    rows = query(
        "SELECT id_tag, id, pile_id, charge_state, ended_at FROM orders_chargingorder"
        " WHERE id_tag = ANY(%s) AND source IN ('qr', 'staff')",
        [tags],
    )
    return {row[0]: _TokenOrder(*row[1:]) for row in rows}


def _busy_drivers(drivers: set[int]) -> set[int]:
    """Drivers who are charging somewhere, but not on a connector that has been started anew since."""
    if not drivers:
        return set()
    rows = query(
        "SELECT driver_id FROM orders_chargingorder WHERE driver_id = ANY(%s)"
        " AND charge_state IN ('charging', 'stopping') AND stop_missing_since IS NULL",
        [list(drivers)],
    )
    return {row[0] for row in rows}


def _busy_cards(cards: Iterable[CardKey]) -> set[CardKey]:
    """Cards with an open transaction, also one whose order is still to be made."""
    tags = [folded for _, folded in cards]
    if not tags:
        return set()
    rows = query(
        "SELECT t.operator_id, t.id_tag_folded FROM orders_transaction t"
        " LEFT JOIN orders_chargingorder o ON o.transaction_id = t.id"
        " WHERE t.id_tag_folded = ANY(%s) AND t.started_at > %s"
        " AND t.stop_received_at IS NULL AND NOT 'stop_missing' = ANY(t.flags)"
        " AND t.start_answer->>'status' = 'Accepted'"
        " AND (o.id IS NULL OR o.charge_state IN ('charging', 'stopping'))",
        [tags, clock.now() - STALE_AFTER],
    )
    return {(row[0], row[1]) for row in rows}
