"""The way of an operator's wish, whole: service -> row -> Valkey -> bus -> gateway -> socket, and back to rows.

Services run in the scope of a member of staff, with that person as the actor, as a page would call them.
Nothing hands a command to the gateway but the stream that its bus reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.perms import Role
from backoffice.kit.scope import outside, unscoped
from drivers.models import Card, Driver
from drivers.services import accounts, cards
from finance import services as finance
from ocpp_gateway import wire
from ocpp_gateway.bus import Bus
from ocpp_gateway.proofs import Proofs
from ocpp_gateway.tls import Contexts
from orders.models import ChargingOrder
from orders.services import starting, stopping, sweeps
from stations import dispatch, intake, selectors
from stations.models import Command, Connector, Pile as PileRow
from stations.services import commands
from stations.states import UNANSWERED
from tenants.models import Tenant
from tenants.workplaces import Workplace, workplace_of
from tests.factories.orders import ACTOR
from tests.factories.stations import make_new_pile
from tests.factories.tenants import make_member
from tests.support.database import empty_what_django_does_not_manage
from tests.support.pile import Pile
from tests.support.premises import Premises, build

PATIENCE_S = 10.0


@dataclass
class Acceptance(Premises):
    """Premises whose staff and drivers speak with the piles. ``desks`` are workplaces by tenant."""

    bus: Bus | None = None
    tls: Contexts | None = None
    desks: dict[int, Workplace] = field(default_factory=dict)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "desk"))

    async def open(self, name: str = "", tls: Contexts | None = None) -> None:
        """A gateway with its bus; also again, after ``close``: another process for all that others know."""
        name = name or f"acceptance-{uuid4().hex[:12]}"
        self.tls = tls
        await super().open(name, tls)
        store, gateway = self.store, self.gateway
        assert store is not None and gateway is not None

        async def queued() -> list[wire.CommandOrder]:
            orders: list[wire.CommandOrder] = await store.ask(selectors.queued_orders, name)
            return orders

        await store.ask(intake.start_gateway, name)
        self.bus = Bus(
            settings.REDIS_URL,
            dispatch.stream_of(name),
            submit=gateway.submit,
            supersede=gateway.supersede,
            doubt=Proofs(gateway.registry, partial(store.ask, intake.unproven)).doubt,
            queued=queued,
        )
        self.bus.start()

    async def close(self) -> None:
        assert self.bus is not None
        await self.bus.stop()
        await super().close()

    async def leave(self) -> None:
        """Everything that was reported is followed to its end, and the books are right."""
        await super().work()
        await self.inside(connections.close_all)
        self._thread.shutdown()

    async def inside(self, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Run in the one thread of this house, in the scope of timers."""

        def run() -> Any:
            with unscoped(reason="tests"):
                return function(*args, **named)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def ask(
        self, service: Callable[..., Any], *args: Any, desk: Tenant | None = None, **named: Any
    ) -> Any:
        """Call a service as a member of staff: of the operator, or of the tenant ``desk``."""

        def run() -> Any:
            place = self._desk(desk or self.operator)
            with outside(), place.entered():
                return service(*args, actor=place.actor(), **named)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def read(self, selector: Callable[..., Any], *args: Any, desk: Tenant | None = None) -> Any:
        """What a member of staff gets to see."""

        def run() -> Any:
            place = self._desk(desk or self.operator)
            with outside(), place.entered():
                return selector(*args)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def until(self, question: Callable[..., Any], *args: Any) -> Any:
        """Ask the rows until the answer is true."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while not (answer := await self.inside(question, *args)):
            assert asyncio.get_running_loop().time() < deadline, f"still {answer!r}: {question} {args}"
            await asyncio.sleep(0.01)
        return answer

    # What staff and drivers do

    async def command(
        self, pile: Pile, action: str, payload: dict[str, Any] | None = None, **over: Any
    ) -> Command:
        """Ask a pile for something; the row, as it is before anything came of it."""
        row = await self.row(pile)
        sent: Command = await self.ask(
            commands.send_command, row, action=action, payload=payload or {}, **over
        )
        return sent

    async def run(
        self, pile: Pile, action: str, payload: dict[str, Any] | None = None, **over: Any
    ) -> Command:
        """Ask, and wait for the answer in the row."""
        return await self.answered(await self.command(pile, action, payload, **over))

    async def answered(self, command: Command) -> Command:
        """The row of a command once it is known what the pile said, or that it never will."""
        found: Command = await self.until(_answered, command.pk)
        return found

    async def took_effect(self, command: Command) -> Command:
        """The row of a command once its effect was seen."""
        found: Command = await self.until(_took_effect, command.pk)
        return found

    async def driver(self, *, balance: int = 100_000) -> Driver:
        """Somebody with money and a phone."""
        made: Driver = await self.inside(self._driver, balance)
        return made

    async def scan(self, driver: Driver, pile: Pile, connector: int = 1) -> ChargingOrder:
        """The driver presses start on the page behind the QR code."""

        def press() -> ChargingOrder:
            row = Connector.objects.select_related("pile__station", "pile__model").get(
                pile=self.ids[pile.identity], number=connector
            )
            return starting.start_order(row, driver=driver, wish=starting.Wish(), actor=_as(driver))

        order: ChargingOrder = await self.inside(press)
        return order

    async def asked_to_start(self, order: ChargingOrder) -> Command:
        """The RemoteStart of an order, once it is answered."""
        command = await self.inside(Command.objects.get, about=f"order:{order.order_no}")
        return await self.answered(command)

    async def stop(self, order: ChargingOrder) -> ChargingOrder:
        """Staff press stop on the page of an order."""
        asked: ChargingOrder = await self.ask(stopping.stop_order, order, reason="tests")
        return asked

    async def set_card(self, uid: str, service: Callable[..., Any], **named: Any) -> None:
        """Staff change a card: block it, let it expire."""
        card = await self.inside(Card.objects.get, uid=uid)
        await self.ask(service, card, **named)

    async def at(self, moment: datetime, function: Callable[..., Any], *args: Any) -> Any:
        """What a timer does at another moment than now."""

        def run() -> Any:
            with clock.frozen(moment):
                return function(*args)

        return await self.inside(run)

    async def manufacturer(self) -> Tenant:
        """Who stands above the operator and decides for its piles."""
        top: Tenant = await self.inside(self.operator.get_root)
        return top

    # What the rows say

    async def row(self, pile: Pile) -> PileRow:
        found: PileRow = await self.inside(PileRow.objects.get, pk=self.ids[pile.identity])
        return found

    async def connector(self, pile: Pile, number: int = 1) -> Connector:
        found: Connector = await self.inside(
            Connector.objects.get, pile=self.ids[pile.identity], number=number
        )
        return found

    async def order(self, order: ChargingOrder | int) -> ChargingOrder:
        """The order, read again; by the number of its transaction where it began at the pile."""
        key = {"transaction": order} if isinstance(order, int) else {"pk": order.pk}
        found: ChargingOrder = await self.inside(ChargingOrder.objects.get, **key)
        return found

    async def work(self) -> None:
        """What the worker does about what piles reported. The books are proved once, by ``leave``."""
        await self.inside(sweeps.follow_facts)

    async def later(self, **units: float) -> None:
        """What the worker does when so much time has passed."""

        def run() -> None:
            with clock.frozen(clock.now() + timedelta(**units)):
                sweeps.follow_facts()
                sweeps.give_up_starts()
                sweeps.retry_stops()

        await self.inside(run)

    def new_identity(self) -> str:
        return f"CP-{next(self._numbers)}"

    async def charge_point(self, identity: str = "", *, connectors: int = 2, **over: Any) -> Pile:
        """A pile of a model of its own that is booted and has said that all of it is available.

        What piles of a model cannot do is remembered: no test is to learn it from another's pile.
        """
        identity = identity or self.new_identity()
        pile = await self.pile(identity, boots=False, connectors=connectors, **over)
        await pile.boot(chargePointModel=identity)
        await asyncio.gather(*(pile.status(number) for number in range(connectors + 1)))
        return pile

    def _register(self, identity: str, over: dict[str, Any]) -> None:
        fields = {"station": self.station} | over
        with outside(), self._desk(self.operator).entered():
            new = make_new_pile(identity=identity, **fields)
        self.keys[identity], self.ids[identity] = new.key, new.pile.pk

    def _driver(self, balance: int) -> Driver:
        driver = accounts.create_driver(
            self.operator.pk, phone=f"+8613812{next(self._numbers):06d}", actor=ACTOR
        )
        if balance:
            wallet = finance.wallet_for(driver, "CNY")
            finance.adjust_balance(wallet, amount=balance, actor=ACTOR, reason="tests")
        return driver

    def _issue(self, balance: int, over: dict[str, Any]) -> str:
        driver = self._driver(balance)
        uid = f"CARD{next(self._numbers)}"
        return str(cards.issue_card(self.operator.pk, uid=uid, actor=ACTOR, driver=driver, **over).uid)

    def _desk(self, tenant: Tenant) -> Workplace:
        if tenant.pk not in self.desks:
            with outside(), unscoped(reason="tests"):
                place = workplace_of(make_member(tenant, Role.OWNER).user)
            assert place is not None
            self.desks[tenant.pk] = place
        return self.desks[tenant.pk]


def furnish() -> Acceptance:
    """Everything but the gateway; outside of the event loop, as Django wants it."""
    return build(Acceptance)


def clear() -> None:
    """Leave the database as a test that needs transactions does."""
    connections.close_all()
    call_command("flush", verbosity=0, interactive=False)
    empty_what_django_does_not_manage()
    connections.close_all()


def _as(driver: Driver) -> Actor:
    return Actor(f"driver:{driver.pk}", driver.phone)


def _answered(command_id: int) -> Command | None:
    row = Command.objects.get(pk=command_id)
    return None if row.state in {state.value for state in UNANSWERED} else row


def _took_effect(command_id: int) -> Command | None:
    row = Command.objects.get(pk=command_id)
    return row if row.effect_at is not None and row.state == wire.CommandState.EFFECT_SEEN else None
