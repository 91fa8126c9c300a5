"""What a reported start or stop means for the business; run by the worker, once for each transaction.

The gateway has already stored the fact and answered the pile. Everything here can be repeated: it
looks at what is there, and the fact is marked only when all of it is done.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from alarms import services as alarms
from backoffice.kit import clock, locks
from backoffice.kit.actor import Actor, pile as pile_actor
from backoffice.kit.errors import Refused
from drivers.models import Driver
from drivers.selectors import KnownCard, known_cards
from finance import services as finance
from orders import history, hooks
from orders.intake.stops import FOREIGN
from orders.intake.tags import is_valid
from orders.models import ChargingOrder, LooseFact, Source, Transaction
from orders.numbers import order_of_id_tag
from orders.quotes import QUOTE_VALID, quote
from orders.readings import final_wh
from orders.rules import Code
from orders.services import cases, opening, settling, starting, stopping
from orders.services.rows import lock_order, lock_order_of, lock_transaction
from orders.states import CHARGE, LIVE, NEVER_CHARGED, PAY, ChargeState, FactFlag, Flag, PayState, move
from stations.models import Connector
from stations.services import commands, loads
from stations.services.devices import ensure_connector

UPLOADED_LATE = timedelta(minutes=10)


@transaction.atomic
def follow_start(transaction_id: int) -> None:
    """Find or make the order of a new transaction, and act on what is wrong with the start."""
    _mark_effect(transaction_id, "RemoteStartTransaction")
    row = lock_transaction(transaction_id)
    if row.start_handled_at is not None:
        return
    actor = pile_actor(row.pile.identity)
    order = lock_order_of(row) or _claim_token(row, actor) or _order_for_tag(row)
    _note_connector(order, row)
    _freeze_price(order, row)
    order.save()
    history.note(
        order,
        "started",
        side=history.PILE,
        at=row.started_at,
        meter_wh=row.meter_start,
        transaction=row.pk,
    )
    if order.pay_state == PayState.UNFUNDED and row.stop_received_at is None:
        _hold(order, actor, sequence=1)
    if Flag.UNAUTHORISED in order.flags and not _is_past(row):
        stopping.ask_to_stop(order, actor=actor, reason="unauthorised")
    elif not _is_past(row):
        hooks.started(order)
    row.start_handled_at = clock.now()
    row.save(update_fields=["start_handled_at"])
    loads.note_change(row.pile)


@transaction.atomic
def follow_stop(transaction_id: int) -> None:
    """Price and settle the order of a finished transaction."""
    _mark_effect(transaction_id, "RemoteStopTransaction")
    row = lock_transaction(transaction_id)
    if row.stop_handled_at is not None or row.start_handled_at is None or row.stop_received_at is None:
        return
    order = lock_order_of(row)
    if order is not None and (order.settled_at is not None or Flag.FORCED in order.flags):
        settling.compare_late_stop(order, row)
    elif order is not None:
        _end(order, row)
        if order.stop_attempts > len(stopping.ATTEMPTS):
            alarms.clear_alarm("F14", pile=row.pile, connector_number=row.connector_number)
        settling.settle_order(order, actor=pile_actor(row.pile.identity))
    row.stop_handled_at = clock.now()
    row.save(update_fields=["stop_handled_at"])
    loads.note_stop(row.pile, row.pk)


@transaction.atomic
def follow_loose_fact(fact_id: int) -> None:
    """Open the case of a stop that fits nowhere, contradicts another, or names another pile's transaction."""
    fact = (
        locks.locked(LooseFact.objects.filter(pk=fact_id))
        .select_related("pile__station", "attached_to")
        .get()
    )
    if fact.handled_at is not None:
        return
    order = lock_order_of(fact.attached_to) if fact.attached_to is not None else None
    cases.open_case(
        _code_of(fact),
        order=order,
        tx=fact.attached_to,
        loose_fact=fact,
        pile=fact.pile,
        evidence={
            "claimed_transaction": fact.claimed_transaction_id,
            "at": fact.at.isoformat(),
            "meter_stop": fact.data.get("meter_stop"),
            "id_tag": fact.data.get("id_tag"),
            "reason": fact.data.get("reason"),
        },
    )
    if FOREIGN in fact.flags:
        alarms.raise_alarm("T08", pile=fact.pile, info=f"stop of transaction {fact.claimed_transaction_id}")
    fact.handled_at = clock.now()
    fact.save(update_fields=["handled_at"])


def connector_of(row: Transaction) -> Connector:
    """The connector of a transaction; made when the pile never announced it."""
    connector = ensure_connector(row.pile, row.connector_number)
    connector.pile = row.pile
    return connector


def _code_of(fact: LooseFact) -> Code:
    if FOREIGN in fact.flags:
        return Code.FOREIGN_STOP
    return Code.START_WITHOUT_ORDER if fact.attached_to_id is None else Code.CONTRADICTING_STOP


def _mark_effect(transaction_id: int, action: str) -> None:
    """The pile did what it was asked to do. Before any lock: commands come first in the order of locks."""
    order = ChargingOrder.objects.filter(transaction_id=transaction_id).only("order_no").first()
    if order is not None:
        commands.mark_effects(
            history.reference(order), action=action, note=f"transaction {transaction_id}", at=clock.now()
        )


def _claim_token(row: Transaction, actor: Actor) -> ChargingOrder | None:
    """A start with the token of an order that the intake did not link: the order had been given up.

    One that was made before that, while the pile was offline, reopens it. Whatever came later is a
    start after cancel (A03): the order stays as it was told to the driver.
    """
    if order_of_id_tag(row.id_tag_folded) is None:
        return None
    order = locks.locked(ChargingOrder.objects.filter(id_tag=row.id_tag_folded, pile_id=row.pile_id)).first()
    if order is None or order.transaction_id is not None:
        return None
    order = lock_order(order.pk)
    accepted = row.start_answer.get("status") == "Accepted"
    if not accepted and order.charge_state in NEVER_CHARGED:
        return _order_after_cancel(row, order)
    if not accepted:
        return None
    if order.charge_state in NEVER_CHARGED:
        order.flags = sorted({*order.flags, Flag.REOPENED})
        history.note(order, "reopened", side=history.PILE, at=row.started_at)
    order.charge_state = move(CHARGE, ChargeState(order.charge_state), ChargeState.CHARGING)
    order.transaction, order.started_at, order.meter_start = row, row.started_at, row.meter_start
    order.last_heard_at, order.failure, order.ended_at = row.start_received_at, "", None
    order.save()
    if order.pay_state == PayState.RELEASED and row.stop_received_at is None:
        _hold(order, actor, sequence=2)
    return order


def _order_after_cancel(row: Transaction, given_up: ChargingOrder) -> ChargingOrder:
    """Energy for which nobody asked any more; the pile is told to stop, and nobody is billed before a review."""
    connector = connector_of(row)
    order = opening.open_for_transaction(
        row, connector, source=Source.QR, offer=quote(connector, at=row.started_at)
    )
    order.flags = sorted({Flag.AFTER_CANCEL, Flag.UNAUTHORISED})
    order.save()
    history.note(order, "after_cancel", order_no=given_up.order_no)
    history.note(
        given_up, "started_after_cancel", side=history.PILE, at=row.started_at, order_no=order.order_no
    )
    return order


def _order_for_tag(row: Transaction) -> ChargingOrder:
    """A start at the pile itself: by a card of ours, or by something we do not know (A02)."""
    connector = connector_of(row)
    card = _card_of(row)
    driver = _holder(card, row)
    offer = quote(connector, at=row.started_at)
    accepted = row.start_answer.get("status") == "Accepted"
    late = FactFlag.START_UPLOADED_LATE in row.flags
    order = opening.open_for_transaction(
        row,
        connector,
        source=Source.OFFLINE if late else Source.CARD,
        offer=offer,
        driver=driver,
        card_id=card.id if card else None,
        id_tag=row.id_tag_folded,
    )
    if not accepted:
        order.flags = [Flag.UNAUTHORISED.value]
        order.save()
    if offer is None:
        told = {"fault": "missing", "at": row.started_at.isoformat()}
        cases.open_case(Code.TARIFF, order=order, tx=row, pile=row.pile, evidence=told)
    if driver is None or not accepted:
        cases.open_case(
            Code.START_WITHOUT_ORDER,
            order=order,
            tx=row,
            pile=row.pile,
            evidence={"id_tag": row.id_tag, "answered": row.start_answer.get("status", "")},
            automatic=driver is not None,
        )
    return order


def _card_of(row: Transaction) -> KnownCard | None:
    key = (row.operator_id, row.id_tag_folded)
    return known_cards({key}).get(key)


def _holder(card: KnownCard | None, row: Transaction) -> Driver | None:
    """Who is billed: the holder of a card that was valid. A lost or blocked card bills nobody unseen."""
    if card is None or card.driver_id is None or not is_valid(card, row.started_at):
        return None
    return Driver.objects.filter(pk=card.driver_id).first()


def _hold(order: ChargingOrder, actor: Actor, *, sequence: int) -> None:
    """Set aside what the wallet has for a charge that runs already; what is missing will be owed."""
    if order.driver is None or not order.tariff:
        return
    wallet = finance.wallet_for(order.driver, order.currency)
    try:
        hold = finance.place_hold(
            wallet,
            amount=starting.HOLD_CAP,
            minimum=1,
            about=history.reference(order),
            actor=actor,
            sequence=sequence,
        )
    except Refused:
        return
    order.hold = hold.amount
    order.pay_state = move(PAY, PayState(order.pay_state), PayState.HELD)
    order.save()
    history.note(order, "held", side=history.MONEY, amount=order.hold, currency=order.currency)


def _is_past(row: Transaction) -> bool:
    """Nothing can be stopped any more."""
    return row.stop_received_at is not None or FactFlag.START_UPLOADED_LATE in row.flags


def _freeze_price(order: ChargingOrder, row: Transaction) -> None:
    """The quote holds when the start came within its validity; else the version in force at the start."""
    if order.quoted_at is None or row.started_at <= order.quoted_at + QUOTE_VALID:
        return
    offer = quote(connector_of(row), at=row.started_at)
    if (
        offer is None
        or offer.version.pk == order.tariff_version_id
        or offer.tariff.currency != order.currency
    ):
        return
    order.tariff_version, order.tariff, order.tariff_why = offer.version, offer.tariff.to_json(), offer.why
    history.note(order, "requoted", tariff=offer.tariff.name)


def _note_connector(order: ChargingOrder, row: Transaction) -> None:
    if order.connector.number == row.connector_number:
        return
    history.note(
        order,
        "other_connector",
        side=history.PILE,
        at=row.started_at,
        wanted=order.connector.number,
        number=row.connector_number,
    )
    order.flags = sorted({*order.flags, Flag.OTHER_CONNECTOR})
    order.connector = connector_of(row)


def _end(order: ChargingOrder, row: Transaction) -> None:
    """What the intake did for an order that was charging, and for one that was made after the stop came."""
    if order.charge_state in LIVE:
        order.charge_state = move(CHARGE, ChargeState(order.charge_state), ChargeState.ENDED)
    order.stopped_at, order.meter_stop, order.stop_reason = row.stopped_at, final_wh(row), row.stop_reason
    order.ended_at = order.ended_at or row.stop_received_at
    order.power_w, order.suspended_by, order.stop_due_at = 0, "", None
    late = row.stop_received_at and row.stopped_at and row.stop_received_at - row.stopped_at > UPLOADED_LATE
    if late:
        order.flags = sorted({*order.flags, Flag.UPLOADED_LATE})
    order.save()
    history.note(
        order,
        "stopped",
        side=history.PILE,
        at=row.stopped_at,
        meter_wh=row.meter_stop,
        reason=row.stop_reason,
    )
