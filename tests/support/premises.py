"""A gateway over its real store: sockets in front, PostgreSQL behind, nothing in between but our code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from django.db import connection, connections

from backoffice.kit.scope import unscoped
from drivers.services import accounts, cards
from finance import checks as finance_checks, services as finance
from ocpp_gateway import wire
from ocpp_gateway.server import Gateway, Listener
from ocpp_gateway.store import Store
from ocpp_gateway.store.central import StoreLimits
from ocpp_gateway.tls import Contexts, TlsPort
from orders import checks
from orders.services import sweeps
from stations.models import Command
from stations.services import tariffs
from tests.factories import stations as make
from tests.factories.orders import ACTOR
from tests.factories.tenants import make_tenant
from tests.ocpp_gateway.conftest import QUICK
from tests.support.pile import Pile

LIMITS = StoreLimits(patience_s=5.0, door_patience_s=2.0)


@dataclass
class Premises:
    """An operator with a station and a price list, and a gateway to which its piles connect.

    ``own_pid``: the database's process for the connection of the test itself.
    """

    operator: Any
    station: Any
    store: Store | None = None
    gateway: Gateway | None = None
    url: str = ""
    own_pid: int = 0
    secured: dict[int, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    async def open(self, name: str = "g1", tls: Contexts | None = None) -> None:
        """Start a gateway; also again, after ``close``. With ``tls`` it speaks profiles 2 and 3 too."""
        self.store = Store(limits=LIMITS)
        self.store.start()
        self.gateway = Gateway(self.store, name=name, policy=QUICK)
        secured = [] if tls is None else [TlsPort(contexts=tls, mutual=mutual) for mutual in (False, True)]
        listeners = [Listener(host="127.0.0.1", port=0)]
        for profile, port in enumerate(secured, start=2):
            listeners.append(Listener(host="127.0.0.1", port=0, security_profile=profile, tls=port))
        ports = await self.gateway.start(listeners)
        self.url = f"ws://127.0.0.1:{ports[0]}/ocpp"
        self.secured = {
            profile: f"wss://127.0.0.1:{port}/ocpp" for profile, port in enumerate(ports[1:], start=2)
        }

    async def close(self) -> None:
        assert self.gateway is not None and self.store is not None
        await self.gateway.drain()
        await self.store.stop()

    async def pile(self, identity: str, *, boots: bool = True, **over: Any) -> Pile:
        """A registered pile, connected and, unless told otherwise, booted."""
        if identity not in self.keys:
            await self.inside(self._register, identity, over)
        pile = Pile(self.url, identity, key=bytes.fromhex(self.keys[identity]))
        await pile.connect()
        if boots:
            await pile.boot()
        return pile

    async def card(self, *, balance: int = 100_000, **over: Any) -> str:
        """A card of a driver with money."""
        uid: str = await self.inside(self._issue, balance, over)
        return uid

    async def send(self, identity: str, action: str, payload: dict[str, Any], **over: Any) -> int:
        """A command through its row, handed to the gateway as the bus does; the command's id."""
        assert self.gateway is not None
        command = await self.inside(make.make_command, self._pile(identity), action=action, payload=payload)
        order = wire.CommandOrder(
            command_id=command.pk,
            pile_id=command.pile_id,
            action=action,
            payload=payload,
            deadline=command.deadline,
            **over,
        )
        self.gateway.submit(order)
        return int(command.pk)

    async def hand_over(self) -> None:
        """Give the gateway the commands that wait for it, as the bus does."""
        assert self.gateway is not None
        for order in await self.inside(_queued):
            self.gateway.submit(order)

    async def rows(
        self, statement: str, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        found: list[tuple[Any, ...]] = await self.inside(_rows, statement, parameters)
        return found

    async def until_row(
        self, statement: str, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Ask until there is an answer; what is written with the next batch has no other sign."""
        deadline = asyncio.get_running_loop().time() + 10
        while not (found := await self.rows(statement, parameters)):
            assert asyncio.get_running_loop().time() < deadline, statement
            await asyncio.sleep(0.02)
        return found

    async def work(self) -> None:
        """What the worker does, and the proof of the books after it."""
        await self.inside(_work)

    async def inside(self, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Run in a thread, in the scope of timers."""

        def run() -> Any:
            try:
                with unscoped(reason="tests"):
                    return function(*args, **named)
            finally:
                connections.close_all()

        return await asyncio.to_thread(run)

    def _pile(self, identity: str) -> Any:
        return make.Pile(pk=self.ids[identity], tenant_id=self.station.tenant_id)

    def _register(self, identity: str, over: dict[str, Any]) -> None:
        new = make.make_new_pile(self.station, identity=identity, **over)
        self.keys[identity], self.ids[identity] = new.key, new.pile.pk

    def _issue(self, balance: int, over: dict[str, Any]) -> str:
        number = next(self._numbers)
        driver = accounts.create_driver(self.operator.pk, phone=f"+8613812{number:06d}", actor=ACTOR)
        wallet = finance.wallet_for(driver, "CNY")
        if balance:
            finance.adjust_balance(wallet, amount=balance, actor=ACTOR, reason="tests")
        fields = {"uid": f"CARD{number}", "driver": driver} | over
        card = cards.issue_card(self.operator.pk, actor=ACTOR, **fields)
        return str(card.uid)


P = TypeVar("P", bound=Premises)


def _rows(statement: str, parameters: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _queued() -> list[wire.CommandOrder]:
    return [
        wire.CommandOrder(
            command_id=row.pk,
            pile_id=row.pile_id,
            action=row.action,
            payload=row.payload,
            deadline=row.deadline,
        )
        for row in Command.objects.filter(state="queued").order_by("pk")
    ]


def _work() -> None:
    sweeps.forget_failures()
    sweeps.follow_facts()
    sweeps.follow_running()
    assert [*checks.violations(), *finance_checks.violations()] == []


def build(kind: type[P]) -> P:
    """The tenants, the station and its price; no pile, no gateway yet."""
    with unscoped(reason="tests"):
        agency = make_tenant(make_tenant(make_tenant(make_tenant())))
        operator = make.Tenant.objects.get(pk=agency.parent_id)
        station = make.make_station(agency)
        tariffs.make_default(make.make_tariff(operator, name="Standard"), actor=ACTOR)
        [(own_pid,)] = _rows("SELECT pg_backend_pid()", [])
    return kind(operator, station, own_pid=own_pid)
