"""The past as rows: transactions, samples, orders, their history and their money, for a list of plans.

Each charge goes through the room's envelope, price engine, rules and settlement arithmetic. A charge
in which a rule finds something that a person would have to look at is left out: such stories are told
by ``stories``, through the services.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from backoffice.demo_data import purses
from backoffice.demo_data.charges import Charge
from backoffice.demo_data.copying import take_ids, take_numbers
from backoffice.demo_data.masters import Customer, Masters
from backoffice.demo_data.offers import Offer, Offers
from backoffice.demo_data.plans import Plan
from backoffice.demo_data.purses import NOTES, MoneyRows, Pocket
from backoffice.demo_data.record import Record
from backoffice.kit.actor import Actor, pile as pile_actor, timer
from backoffice.kit.scope import path_of_tenant
from drivers.tags import fold_tag
from finance.rules import Figures, Purse
from orders import history, numbers
from orders.bill import Bill
from orders.meter import Envelope, Reading, envelope
from orders.models import ChargingOrder, Source, Transaction
from orders.pricing import price
from orders.quotes import rated_w
from orders.rules import Code, Evidence, Facts, Finding, Session, inspect
from orders.services import billing
from orders.services.settling import fees
from orders.services.starting import HOLD_CAP, Wish, hold_wanted
from orders.states import ChargeState, Flag, PayState
from stations.models import Connector
from tenants.selectors import standings

SECOND = timedelta(seconds=1)
ORDER_SERIAL = "'orders_order_serial'"
TOP_UPS = 4
"""How often those pay in who charge with cards from now on, the largest note each time."""


class Past:
    """Takes plans one after the other, in the order of their charges."""

    def __init__(self, masters: Masters, chance: Random) -> None:
        tenants = [one.tenant_id for one in masters.connectors]
        found = standings(tenants)
        self._masters, self._chance = masters, chance
        self._paths = {key: standing.path for key, standing in found.items()}
        self._zones = {key: standing.locality.timezone for key, standing in found.items()}
        self._offers = Offers(masters.changes, self._zones)
        self._prefixes = {code: _prefix(code) for code in masters.customers}
        operators = [masters.tenants[code].pk for code in masters.customers]
        self._operators = {key: path_of_tenant(key) for key in operators}
        self._pockets: dict[int, Pocket] = {}
        self._meters: dict[int, int] = {}
        self._money = MoneyRows()
        self._record = Record(self._paths)

    def write(self, plans: Iterable[Plan]) -> int:
        """Make it all and write it; how many orders."""
        wanted = list(plans)
        ids = iter(take_ids(ChargingOrder, len(wanted)))
        facts = iter(take_ids(Transaction, len(wanted)))
        serials = iter(take_numbers(ORDER_SERIAL, len(wanted)))
        for plan in wanted:
            order = self._opened(plan, next(ids), next(serials))
            if plan.charge is None:
                self._given_up(plan, order)
            else:
                self._charged(plan, plan.charge, order, next(facts))
        return self._save()

    def provide(self) -> int:
        """Have those who charge with cards from now on pay in, through the channel; how many they are."""
        rich = [one for some in self._masters.customers.values() for one in some if one.card is not None]
        for one in rich:
            pocket = self._pocket(one)
            paid_in = self._masters.now - timedelta(minutes=self._chance.randrange(20, 600))
            for number in range(TOP_UPS):
                pocket.top_up(max(NOTES[pocket.currency]), paid_in + timedelta(minutes=number), self._chance)
        self._save()
        return len(rich)

    def _opened(self, plan: Plan, key: int, serial: int) -> ChargingOrder:
        connector, offer = plan.connector, self._offer(plan)
        zone = self._zones[connector.tenant_id]
        began = plan.charge.started_at if plan.charge else plan.created_at
        day = (plan.created_at if plan.source is Source.QR else began).astimezone(ZoneInfo(zone)).date()
        by_card = plan.source is Source.CARD and plan.customer.card is not None
        return ChargingOrder(
            id=key,
            **self._record.path_columns(connector.tenant_id),
            order_no=numbers.order_number(self._prefixes[plan.customer.person.operator], day, serial),
            public_id=secrets.token_urlsafe(16),
            station_id=connector.pile.station_id,
            pile=connector.pile,
            connector=connector,
            driver=plan.customer.driver,
            card=plan.customer.card if by_card else None,
            plate=plan.customer.person.plate,
            source=plan.source,
            id_tag=fold_tag(plan.customer.person.card) if by_card else numbers.virtual_id_tag(key),
            limit_kind=plan.limit,
            limit_value=plan.limit_value,
            tariff_version=offer.version,
            tariff_why=offer.why,
            currency=offer.tariff.currency,
            zone=zone,
            quoted_at=plan.created_at,
            created_at=plan.created_at,
        )

    def _given_up(self, plan: Plan, order: ChargingOrder) -> None:
        """Held, never charged, given back."""
        about, offer = history.reference(order), self._offer(plan)
        wanted = self._wanted(plan, offer, need=0)
        purse = self._pocket(plan.customer).hold(about, wanted, plan.created_at)
        over = plan.created_at + timedelta(seconds=self._chance.randrange(20, 120))
        is_cancelled = plan.failure == "cancelled"
        actor = _driver(plan.customer) if is_cancelled else timer("start_deadline")
        self._pocket(plan.customer).release(about, purse, plan.created_at, over, actor)
        order.charge_state = ChargeState.CANCELLED if is_cancelled else ChargeState.START_FAILED
        order.pay_state, order.failure = PayState.RELEASED, plan.failure
        order.ended_at, order.start_deadline = over, over
        self._record.note(
            order, "created", plan.created_at, limit=plan.limit, value=plan.limit_value, why=offer.why
        )
        self._record.note(
            order, "held", plan.created_at, history.MONEY, amount=purse.total, currency=order.currency
        )
        self._record.note(order, "start_asked", plan.created_at, actor=_driver(plan.customer))
        self._record.note(order, "released", over, history.MONEY, amount=purse.total, currency=order.currency)
        self._record.note(order, "given_up", over, actor=actor, failure=plan.failure)
        if not is_cancelled:
            evidence: Evidence = {"failure": plan.failure, "waited_until": over.isoformat()}
            self._record.add_case(order, Finding(Code.START_TIMEOUT, evidence), over)
        self._record.orders.append(order)

    def _charged(self, plan: Plan, charge: Charge, order: ChargingOrder, key: int) -> None:
        offer, connector = self._offer(plan), plan.connector
        accepted = _envelope(charge, connector)
        bill = price(accepted.readings, offer.tariff, failed=_has_failed(plan, accepted))
        settled_at = (plan.received_at or charge.stopped_at) + 2 * SECOND
        findings = inspect(self._facts(plan, charge, order, accepted, bill, offer, key, settled_at))
        if any(finding.needs_review for finding in findings):
            return
        self._meters[connector.pk] = charge.meter_stop
        about = history.reference(order)
        pocket = self._pocket(plan.customer)
        wanted = self._wanted(plan, offer, need=bill.payable.amount)
        held_at = plan.created_at if plan.source is Source.QR else charge.started_at + SECOND
        purse = pocket.hold(about, wanted, held_at)
        figures = Figures(**fees(bill))
        actor = pile_actor(connector.pile.identity)
        paying = pocket.settle(about, figures, purse, held_at, settled_at, actor)
        self._end(plan, charge, order, key, bill, accepted, settled_at)
        order.paid_cash, order.paid_bonus = paying.paid.cash, paying.paid.bonus
        order.pay_state = PayState.SETTLED
        self._record.add_transaction(plan, charge, order)
        self._tell(plan, charge, order, offer, purse, paying.released.total, settled_at)
        for finding in findings:
            self._record.add_case(order, finding, settled_at)
        self._record.orders.append(order)

    def _facts(
        self,
        plan: Plan,
        charge: Charge,
        order: ChargingOrder,
        accepted: Envelope,
        bill: Bill,
        offer: Offer,
        key: int,
        settled_at: datetime,
    ) -> Facts:
        connector = plan.connector
        session = Session(
            ref=str(key),
            connector=f"{connector.pile_id}/{connector.number}",
            token=order.id_tag,
            started_at=charge.started_at,
            stopped_at=charge.stopped_at,
        )
        return Facts(
            session=session,
            as_of=settled_at,
            start=Reading(charge.started_at, charge.meter_start),
            stop=Reading(charge.stopped_at, charge.meter_stop),
            envelope=accepted,
            bill=bill,
            tariff=offer.tariff,
            direct_current=self._masters.placed[connector.pile.identity].product.is_direct,
            stop_received_at=settled_at - SECOND,
            stop_reason=plan.stop_reason,
            previous_stop_wh=self._meters.get(connector.pk),
        )

    def _end(
        self,
        plan: Plan,
        charge: Charge,
        order: ChargingOrder,
        key: int,
        bill: Bill,
        accepted: Envelope,
        settled_at: datetime,
    ) -> None:
        order.transaction_id = key
        order.charge_state = ChargeState.ENDED
        order.started_at, order.stopped_at = charge.started_at, charge.stopped_at
        order.meter_start, order.meter_stop = charge.meter_start, charge.meter_stop
        order.ended_at, order.settled_at = settled_at - SECOND, settled_at
        order.unplugged_at = order.idle_final_at = max(charge.unplugged_at, settled_at)
        order.end_day = charge.stopped_at.astimezone(ZoneInfo(order.zone)).date()
        order.power_w, order.soc_start, order.soc = 0, charge.soc_start, charge.soc_stop
        order.last_sample_at = charge.points[-1].at if charge.points else None
        order.last_heard_at = settled_at - SECOND
        order.stop_reason, order.version = plan.stop_reason, 1
        order.flags = [Flag.UPLOADED_LATE.value] if plan.received_at else []
        billing.write_bill(order, bill, energy_wh=accepted.wh, at=settled_at)

    def _tell(
        self,
        plan: Plan,
        charge: Charge,
        order: ChargingOrder,
        offer: Offer,
        purse: Purse,
        released: int,
        settled_at: datetime,
    ) -> None:
        """The lines of the order's history."""
        held: dict[str, Any] = {"amount": purse.total, "currency": order.currency}
        if plan.source is Source.QR:
            told: dict[str, Any] = {
                "limit": plan.limit,
                "value": plan.limit_value,
                "why": offer.why,
                "tariff": offer.tariff.name,
            }
            self._record.note(order, "created", plan.created_at, **told)
            self._record.note(order, "held", plan.created_at, history.MONEY, **held)
            self._record.note(order, "start_asked", plan.created_at, actor=_driver(plan.customer))
            latency = self._chance.randrange(180, 1_900)
            self._record.note(
                order, "start_accepted", plan.created_at + 2 * SECOND, history.PILE, latency_ms=latency
            )
        else:
            self._record.note(order, "created", charge.started_at + SECOND, source=plan.source, card=True)
        self._record.note(
            order,
            "started",
            charge.started_at,
            history.PILE,
            meter_wh=charge.meter_start,
            transaction=order.transaction_id,
        )
        if plan.source is not Source.QR:
            self._record.note(order, "held", charge.started_at + SECOND, history.MONEY, **held)
        self._record.note(
            order,
            "stopped",
            charge.stopped_at,
            history.PILE,
            meter_wh=charge.meter_stop,
            reason=plan.stop_reason,
        )
        self._record.note(
            order,
            "settled",
            settled_at,
            history.MONEY,
            total=order.total,
            released=released,
            currency=order.currency,
        )

    def _wanted(self, plan: Plan, offer: Offer, *, need: int) -> int:
        """How much is set aside; whoever has too little for that and for the bill tops up first."""
        pocket = self._pocket(plan.customer)
        quote = offer.quoted(plan.connector, plan.created_at)
        wish = Wish(plan.limit, plan.limit_value)

        def wanted() -> int:
            if plan.source is Source.CARD:
                return min(pocket.free.total, HOLD_CAP)
            return hold_wanted(quote, wish, free=pocket.free.total).amount

        least = max(need, wanted(), quote.minimum_hold.amount)
        if pocket.free.total < least:
            before = plan.created_at - timedelta(seconds=self._chance.randrange(60, 200))
            pocket.top_up(least - pocket.free.total, before, self._chance)
        return wanted()

    def _pocket(self, one: Customer) -> Pocket:
        if one.driver.pk not in self._pockets:
            operator = one.person.operator
            self._pockets[one.driver.pk] = Pocket(
                one,
                self._operators[one.driver.tenant_id],
                self._masters.channels[operator],
                self._money,
            )
        return self._pockets[one.driver.pk]

    def _offer(self, plan: Plan) -> Offer:
        return self._offers.at(plan.connector, plan.created_at)

    def _save(self) -> int:
        """Write what has been collected, and begin a new page; how many orders it had."""
        self._record.save(self._texts)
        purses.write(self._money, self._pockets.values(), self._masters.now)
        count = len(self._record.orders)
        self._record = Record(self._paths)
        self._money.clear()
        return count

    def _texts(self, order: ChargingOrder) -> dict[str, Any]:
        offer = self._offers.at(order.connector, order.created_at)
        return {"tariff": offer.text, "bill": json.dumps(order.bill)}


def _envelope(charge: Charge, connector: Connector) -> Envelope:
    return envelope(
        Reading(charge.started_at, charge.meter_start),
        [Reading(point.at, point.wh, point.aligned) for point in charge.points],
        Reading(charge.stopped_at, charge.meter_stop),
        rated_w=rated_w(connector),
    )


def _has_failed(plan: Plan, accepted: Envelope) -> bool:
    return plan.stop_reason in billing.FAULT_REASONS and accepted.wh <= billing.FAILED_WH


def _driver(one: Customer) -> Actor:
    return Actor(f"driver:{one.driver.pk}", one.person.name)


def _prefix(code: str) -> str:
    return "".join(letter for letter in code if letter.isascii() and letter.isalnum())[:9]
