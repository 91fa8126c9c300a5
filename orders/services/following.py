"""What a reported start or stop means for the business; run by the worker, once for each transaction.

The gateway has already stored the fact and answered the pile. Everything here can be repeated: it
looks at what is there, and the transaction is marked only when all of it is done.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from backoffice.kit import clock, locks
from backoffice.kit.actor import Actor, pile as pile_actor
from backoffice.kit.errors import Refused
from drivers.selectors import known_cards
from drivers.models import Driver
from finance import services as finance
from orders import history
from orders.models import ChargingOrder, LooseFact, Source, Transaction
from orders.numbers import order_of_id_tag
from orders.quotes import QUOTE_VALID, quote
from orders.services import cases, settling, starting, stopping
from orders.states import CHARGE, ChargeState, PayState
from stations.models import Connector
from stations.selectors import place_of_pile
from stations.services.devices import ensure_connector

UPLOADED_LATE = timedelta(minutes=10)


@transaction.atomic
def follow_start(transaction_id: int) -> None:
    """Find or make the order of a new transaction, and act on what is wrong with the start."""
    row = locks.locked(Transaction.objects.filter(pk=transaction_id)).select_related("pile__station", "pile__model").get()
    if row.start_handled_at is not None:
        return
    actor = pile_actor(row.pile.identity)
    order = ChargingOrder.objects.filter(transaction=row).first()
    if order is None and order_of_id_tag(row.id_tag_folded) is not None:
        order = _claim_token(row, actor)
    if order is None:
        order = _order_for_card(row, actor)
    _settle_state(order, row)
    _freeze_price(order, row)
    history.note(order, "started", side=history.PILE, at=row.started_at, meter_wh=row.meter_start, transaction=row.pk)
    _judge_start(order, row, actor)
    row.start_handled_at = clock.now()
    row.save(update_fields=["start_handled_at"])


@transaction.atomic
def follow_stop(transaction_id: int) -> None:
    """Price and settle the order of a finished transaction."""
    row = locks.locked(Transaction.objects.filter(pk=transaction_id)).select_related("pile").get()
    if row.stop_handled_at is not None or row.start_handled_at is None:
        return
    order = locks.locked(ChargingOrder.objects.filter(transaction=row)).first()
    if order is not None:
        if row.stopped_at is None or row.stop_received_at is None:
            return
        if order.settled_at is not None or "forced" in order.flags:
            settling.compare_late_stop(order, row)
        else:
            _end(order, row)
            history.note(
                order, "stopped", side=history.PILE, at=row.stopped_at, meter_wh=row.meter_stop, reason=row.stop_reason
            )
            if row.stop_received_at - row.stopped_at > UPLOADED_LATE:
                order.flags = sorted({*order.flags, "uploaded_late"})
            order.save()
            settling.settle_order(order, actor=pile_actor(row.pile.identity))
    row.stop_handled_at = clock.now()
    row.save(update_fields=["stop_handled_at"])


@transaction.atomic
def follow_loose_fact(fact_id: int) -> None:
    """Open the case of a stop that fits nowhere or contradicts another."""
    fact = locks.locked(LooseFact.objects.filter(pk=fact_id)).select_related("pile").get()
    order = ChargingOrder.objects.filter(transaction_id=fact.attached_to_id).first() if fact.attached_to_id else None
    code = "A22" if "foreign_transaction" in fact.flags else "A14" if fact.attached_to_id else "A02"
    cases.open_case(
        code,
        order=order,
        loose_fact=fact,
        tx=fact.attached_to,
        pile=fact.pile,
        evidence={"claimed_transaction": fact.claimed_transaction_id, "at": fact.at.isoformat(), **fact.data},
    )
    LooseFact.objects.filter(pk=fact.pk).update(flags=sorted({*fact.flags, "followed"}))


def _claim_token(row: Transaction, actor: Actor) -> ChargingOrder | None:
    """A token whose order was given up: a start made before that, while the pile was offline, reopens it."""
    order = locks.locked(ChargingOrder.objects.filter(id_tag=row.id_tag_folded, pile_id=row.pile_id)).first()
    if order is None:
        return None
    if order.transaction_id is not None and order.transaction_id != row.pk:
        return None
    given_up = order.charge_state in {ChargeState.START_FAILED, ChargeState.CANCELLED}
    accepted = row.start_answer.get("status") == "Accepted"
    if given_up and not accepted:
        cases.open_case("A03", order=order, tx=row, pile=row.pile, evidence={"started_at": row.started_at.isoformat()})
        _order_without_right(row, actor)
        return None
    order.transaction = row
    order.started_at, order.meter_start = row.started_at, row.meter_start
    if given_up:
        order.flags = sorted({*order.flags, "reopened"})
        order.failure, order.ended_at = "", None
        _hold_again(order, actor)
    order.save()
    return order


def _order_for_card(row: Transaction, actor: Actor) -> ChargingOrder:
    """A start at the pile itself: by a card of ours, or by something we do not know (A02)."""
    place = place_of_pile(row.pile_id)
    connector = connector_of(row)
    key = (place.path.operator_id, row.id_tag_folded)
    card = known_cards({key}).get(key)
    driver = Driver.objects.filter(pk=card.driver_id).first() if card is not None and card.driver_id else None
    offer = quote(connector, at=row.started_at)
    late = "start_uploaded_late" in row.flags
    order = starting.create_for_card(
        connector,
        driver=driver,
        card_id=card.id if card else None,
        offer=offer,
        id_tag=row.id_tag_folded,
        source=Source.OFFLINE if late else Source.CARD,
        at=row.started_at,
    )
    order.transaction = row
    order.started_at, order.meter_start = row.started_at, row.meter_start
    order.last_heard_at = row.start_received_at
    order.save()
    history.note(order, "created", source=order.source, card=bool(card))
    if offer is None:
        cases.open_case("A15", order=order, tx=row, pile=row.pile, evidence={"at": row.started_at.isoformat()})
    if driver is None or row.start_answer.get("status") != "Accepted":
        cases.open_case(
            "A02",
            order=order,
            tx=row,
            pile=row.pile,
            evidence={"id_tag": row.id_tag, "answered": row.start_answer.get("status", "")},
        )
        if not late and row.stop_received_at is None:
            stopping.ask_to_stop(order, actor=actor, reason="unauthorised")
    if driver is not None and offer is not None:
        _hold_for_card(order, driver, actor)
    return order


def _hold_for_card(order: ChargingOrder, driver: Driver, actor: Actor) -> None:
    wallet = finance.wallet_for(driver, order.currency)
    amount = min(wallet.cash + wallet.bonus, starting.HOLD_CAP)
    if amount <= 0:
        return
    try:
        hold = finance.place_hold(wallet, amount=amount, about=history.reference(order), actor=actor)
    except Refused:
        # Energy flows already: what it costs becomes arrears when the order is settled.
        return
    order.hold = hold.cash + hold.bonus
    order.pay_state = PayState.HELD
    order.save()
    history.note(order, "held", side=history.MONEY, amount=order.hold, currency=order.currency)


def _hold_again(order: ChargingOrder, actor: Actor) -> None:
    """The hold of a reopened order was given back: take it once more, as far as the wallet has it."""
    if order.driver is None:
        return
    wallet = finance.wallet_for(order.driver, order.currency)
    amount = min(wallet.cash + wallet.bonus, starting.HOLD_CAP)
    if amount <= 0:
        return
    try:
        hold = finance.place_hold(wallet, amount=amount, about=history.reference(order), actor=actor, sequence=2)
    except Refused:
        return
    order.hold, order.pay_state = hold.cash + hold.bonus, PayState.HELD


def _order_without_right(row: Transaction, actor: Actor) -> None:
    """Stop a live transaction whose token was already dead."""
    if row.stop_received_at is None:
        stopping.send_remote_stop(row, actor=actor, reason="token_dead")


def _settle_state(order: ChargingOrder, row: Transaction) -> None:
    """Whatever the order was waiting for, energy flows; or it already ended while the pile was offline."""
    state = ChargeState(order.charge_state)
    if state in CHARGE and ChargeState.CHARGING in CHARGE[state]:
        order.charge_state = ChargeState.CHARGING
    order.save()


def _freeze_price(order: ChargingOrder, row: Transaction) -> None:
    """The quote holds when the start came within its validity; else the version in force at the start."""
    if order.quoted_at is None or row.started_at <= order.quoted_at + QUOTE_VALID:
        return
    offer = quote(connector_of(row), at=row.started_at)
    if offer is None or offer.version.pk == order.tariff_version_id:
        return
    order.tariff_version, order.tariff, order.tariff_why = offer.version, offer.tariff.to_json(), offer.why
    order.save()
    history.note(order, "requoted", tariff=offer.tariff.name)


def _judge_start(order: ChargingOrder, row: Transaction, actor: Actor) -> None:
    if order.connector.number != row.connector_number:
        order.flags = sorted({*order.flags, "other_connector"})
        order.connector = connector_of(row)
        order.save()
        history.note(order, "other_connector", number=row.connector_number)


def connector_of(row: Transaction) -> Connector:
    """The connector of a transaction; made when the pile never announced it."""
    return ensure_connector(row.pile, row.connector_number)


def _end(order: ChargingOrder, row: Transaction) -> None:
    order.charge_state = ChargeState.ENDED
    order.stopped_at, order.meter_stop, order.stop_reason = row.stopped_at, row.meter_stop, row.stop_reason
    order.ended_at = order.ended_at or row.stop_received_at
    order.power_w, order.suspended_by, order.stop_due_at = 0, "", None
