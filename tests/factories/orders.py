"""Sites that can charge, piles that report charging, and orders at every stage, for tests.

Everything goes the way it really goes: drivers start through the service, piles report through the
intake, the sweeps do the rest. So an order from here is one that could have been.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.actor import Actor, command_line
from backoffice.kit.scope import unscoped
from drivers.models import Card, Driver
from finance import services as finance
from finance.models import Wallet
from ocpp_gateway import wire
from orders import intake
from orders.models import Case, ChargingOrder, LimitKind, LooseFact, Sample, Transaction
from orders.services import starting, stopping, sweeps
from orders.services.starting import Wish
from stations import intake as stations
from stations.models import Command, Connector, Pile, Station
from stations.services import tariffs
from tenants.models import Tenant
from tests.factories.drivers import make_driver
from tests.factories.stations import Talk, make_model, make_online_pile, make_station
from tests.factories.tenants import make_tenant

ACTOR = command_line("tests")
MORNING = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai."""

FLAT_PRICE: dict[str, Any] = {
    "codes": "F" * 48,
    "flat_electricity": Decimal("1.20"),
    "flat_service": Decimal("0.80"),
    "min_hold": 500,
}
"""2.00 for each kWh, at any time."""

WORKED_PRICE: dict[str, Any] = {
    "codes": "F" * 28 + "P" * 2 + "S" * 18,
    "sharp_electricity": Decimal("1.22"),
    "sharp_service": Decimal("0.45"),
    "peak_electricity": Decimal("1.02"),
    "peak_service": Decimal("0.45"),
    "flat_electricity": Decimal("0.68"),
    "flat_service": Decimal("0.45"),
    "min_hold": 500,
}
"""The worked example of the price engine: flat until 14:00, peak until 15:00, then sharp."""

_numbers = count(1)


@dataclass
class Site:
    """One pile with its connectors and price list, and the chain above it. ``now`` is the time there."""

    operator: Tenant
    agency: Tenant
    station: Station
    pile: Pile
    now: datetime
    charger: Charger = field(init=False)

    def __post_init__(self) -> None:
        self.charger = Charger(self)

    @contextmanager
    def present(self) -> Iterator[None]:
        """What happens now, to rows of every tenant."""
        with unscoped(reason="tests"), clock.frozen(self.now):
            yield

    def wait(self, **units: float) -> datetime:
        """Let time pass: ``wait(minutes=10)``."""
        self.now += timedelta(**units)
        return self.now

    def connector(self, number: int = 1) -> Connector:
        with unscoped(reason="tests"):
            rows = Connector.objects.select_related("pile__station", "pile__model")
            return rows.get(pile=self.pile, number=number)

    def driver(self, *, cash: int = 0, bonus: int = 0, **over: Any) -> Driver:
        """A driver of the operator with money in the wallet."""
        with self.present():
            driver = make_driver(self.operator, **over)
            wallet = finance.wallet_for(driver, "CNY")
            if cash:
                finance.adjust_balance(wallet, amount=cash, actor=ACTOR, reason="test data")
            if bonus:
                finance.give_bonus(wallet, amount=bonus, actor=ACTOR, reason="test data")
        return driver

    def card(self, driver: Driver | None, **over: Any) -> Card:
        """A card of the operator."""
        uid = f"CARD{next(_numbers):06d}"
        with self.present():
            fields = {"uid": uid, "uid_folded": uid, "created_at": clock.now()} | over
            return Card.objects.create(tenant=self.operator, driver=driver, **fields)

    def press_start(
        self,
        driver: Driver,
        kind: LimitKind = LimitKind.FULL,
        value: int | None = None,
        *,
        connector: int = 1,
    ) -> ChargingOrder:
        """The driver presses start on the page."""
        with self.present():
            actor = Actor(f"driver:{driver.pk}", driver.phone)
            return starting.start_order(
                self.connector(connector), driver=driver, wish=Wish(kind, value), actor=actor
            )

    def press_stop(self, order: ChargingOrder) -> ChargingOrder:
        """The driver presses stop on the page."""
        with self.present():
            return stopping.stop_order(order, actor=ACTOR)

    def work(self) -> None:
        """What the worker does when its time has come."""
        with self.present():
            sweeps.follow_facts()
            sweeps.follow_running()
            sweeps.give_up_starts()
            sweeps.retry_stops()
            sweeps.close_missing_stops()
            sweeps.charge_idle_fees()
            sweeps.settle_overdue_reviews()
            sweeps.follow_payments()


class Charger(Talk):
    """The pile of a site, reporting what it reports while it charges. Times are the site's unless given."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.pile)
        self.site = site

    def comes(self) -> None:
        """It connects, and boots."""
        self.generation += 1
        with self.site.present(), transaction.atomic():
            stations.connect([self.connected()])
            stations.boot([self.booted()])

    def goes(self) -> None:
        """Its connection is lost."""
        with self.site.present(), transaction.atomic():
            stations.disconnect([self.disconnected()])

    def says(self, connector: int, status: str, **over: Any) -> list[int]:
        """StatusNotification."""
        over.setdefault("at", self.site.now)
        with self.site.present(), transaction.atomic():
            return intake.report_status(stations.report_status([self.status(connector, status, **over)]))

    def asks(self, id_tag: str) -> str:
        """Authorize; the status of the answer."""
        with self.site.present():
            fact = wire.AuthorizeAsked(**self._fact({"id_tag": id_tag}))
            return intake.authorize([fact])[0].id_tag.status

    def start_fact(self, id_tag: str, **over: Any) -> wire.TransactionStarted:
        with self.site.present():
            now = clock.now()
            fields = {"connector": 1, "id_tag": id_tag, "meter_start": 1_000_000, "at": now, "pile_time": now}
            if "at" in over:
                fields["pile_time"] = over["at"]
            return wire.TransactionStarted(**self._fact(fields | over))

    def starts(self, id_tag: str, **over: Any) -> wire.StartAnswer:
        """StartTransaction."""
        return self.deliver_starts([self.start_fact(id_tag, **over)])[0]

    def deliver_starts(self, facts: Sequence[wire.TransactionStarted]) -> list[wire.StartAnswer]:
        with self.site.present(), transaction.atomic():
            return intake.start(facts)

    def meter_fact(
        self,
        transaction_id: int | None,
        wh: int | None,
        *,
        at: datetime | None = None,
        power_w: int | None = None,
        soc: int | None = None,
        connector: int = 1,
        context: str = "Sample.Periodic",
        **over: Any,
    ) -> wire.MeterReported:
        with self.site.present():
            reading = read(at or clock.now(), wh, power_w=power_w, soc=soc, context=context)
            fields = {"connector": connector, "transaction_id": transaction_id, "readings": (reading,)}
            return wire.MeterReported(**self._fact(fields | over))

    def meters(self, transaction_id: int | None, wh: int | None, **over: Any) -> list[int]:
        """MeterValues with one reading."""
        return self.deliver_meters([self.meter_fact(transaction_id, wh, **over)])

    def deliver_meters(self, facts: Sequence[wire.MeterReported]) -> list[int]:
        with self.site.present(), transaction.atomic():
            return intake.meter(facts)

    def stop_fact(self, transaction_id: int, wh: int, **over: Any) -> wire.TransactionStopped:
        with self.site.present():
            now = clock.now()
            fields = {"transaction_id": transaction_id, "meter_stop": wh, "at": now, "pile_time": now}
            if "at" in over:
                fields["pile_time"] = over["at"]
            return wire.TransactionStopped(**self._fact(fields | over))

    def stops(self, transaction_id: int, wh: int, **over: Any) -> wire.StopAnswer:
        """StopTransaction."""
        return self.deliver_stops([self.stop_fact(transaction_id, wh, **over)])[0]

    def deliver_stops(self, facts: Sequence[wire.TransactionStopped]) -> list[wire.StopAnswer]:
        with self.site.present(), transaction.atomic():
            return intake.stop(facts)

    def answers(self, command: Command, state: wire.CommandState, **over: Any) -> None:
        """What became of a command."""
        with self.site.present(), transaction.atomic():
            outcome = wire.CommandOutcome(command_id=command.pk, state=state, at=clock.now(), **over)
            stations.keep_outcomes([outcome])


def read(
    at: datetime,
    wh: int | Decimal | None,
    *,
    power_w: int | None = None,
    soc: int | None = None,
    context: str = "Sample.Periodic",
) -> wire.Reading:
    """The readings of one instant."""
    values = []
    if wh is not None:
        values.append(value("Energy.Active.Import.Register", wh, "Wh", context=context))
    if power_w is not None:
        values.append(value("Power.Active.Import", power_w, "W", context=context))
    if soc is not None:
        values.append(value("SoC", soc, "Percent", context=context))
    return wire.Reading(at=at, values=tuple(values))


def value(measurand: str, number: object, unit: str = "", **over: Any) -> wire.SampledValue:
    """One value of a reading."""
    return wire.SampledValue(
        measurand=measurand, raw=str(number), value=Decimal(str(number)), unit=unit, **over
    )


def make_site(
    *,
    now: datetime = MORNING,
    zone: str = "Asia/Shanghai",
    rated_kw: int | None = 60,
    connectors: int = 2,
    price: dict[str, Any] | None = FLAT_PRICE,
    rounding: str = "line",
    agency: Tenant | None = None,
    **changed: Any,
) -> Site:
    """A place to charge; ``price`` None: without a tariff. ``changed`` fields of the price list."""
    with clock.frozen(now - timedelta(days=30)), unscoped(reason="tests"):
        agency = agency or make_tenant(make_tenant(make_tenant(make_tenant())))
        operator = Tenant.objects.get(pk=agency.parent_id)
        station = make_station(agency, timezone=zone)
        if price is not None:
            tariff = tariffs.create_tariff(operator, actor=ACTOR, name="Standard", rounding=rounding)
            version = tariffs.write_version(tariff, actor=ACTOR, **price | changed)
            tariffs.approve_version(version, actor=ACTOR)
            tariffs.make_default(tariff, actor=ACTOR)
        more: dict[str, Any] = {}
        if rated_kw is not None:
            manufacturer = Tenant.objects.get(tree_id=operator.tree_id, parent=None)
            more["model"] = make_model(manufacturer, rated_kw=Decimal(rated_kw))
    with clock.frozen(now - timedelta(minutes=5)):
        pile = make_online_pile(station, connectors=connectors, **more)
    site = Site(operator, agency, station, pile, now)
    for number in range(1, connectors + 1):
        site.charger.says(number, "Available", at=now - timedelta(minutes=4))
    return site


def again(order: ChargingOrder) -> ChargingOrder:
    """The order as it is now."""
    with unscoped(reason="tests"):
        return ChargingOrder.objects.select_related("transaction", "connector", "driver").get(pk=order.pk)


def order_of(transaction_id: int) -> ChargingOrder:
    """The order of a transaction."""
    with unscoped(reason="tests"):
        return again(ChargingOrder.objects.get(transaction_id=transaction_id))


def cases_of(order: ChargingOrder) -> dict[str, Case]:
    """The cases of an order by code."""
    with unscoped(reason="tests"):
        return {case.code: case for case in Case.objects.filter(order=order)}


def wallet_of(driver: Driver) -> Wallet:
    """The driver's wallet as it is now."""
    with unscoped(reason="tests"):
        return Wallet.objects.get(driver=driver)


def commands_for(order: ChargingOrder, action: str) -> list[Command]:
    """What the pile was asked for an order, the oldest first."""
    with unscoped(reason="tests"):
        about = f"order:{order.order_no}"
        return list(Command.objects.filter(about=about, action=action).order_by("pk"))


def count_of(model: type[Transaction | Sample | LooseFact | ChargingOrder | Case]) -> int:
    """How many rows of this kind there are."""
    with unscoped(reason="tests"):
        return model.objects.count()


def charge(
    site: Site,
    order: ChargingOrder,
    *,
    wh: int = 10_000,
    minutes: int = 10,
    meter_start: int = 1_000_000,
    connector: int = 1,
) -> int:
    """The pile starts, charges ``wh`` in ``minutes`` with a reading each minute, and stops; the transaction's id."""
    transaction_id = begin(site, order, meter_start=meter_start, connector=connector)
    for minute in range(1, minutes):
        site.wait(minutes=1)
        site.charger.meters(transaction_id, meter_start + wh * minute // minutes, connector=connector)
    site.wait(minutes=1)
    site.charger.stops(transaction_id, meter_start + wh)
    site.charger.says(connector, "Finishing")
    return transaction_id


def begin(site: Site, order: ChargingOrder, *, meter_start: int = 1_000_000, connector: int = 1) -> int:
    """The car is plugged in and the pile starts the order; the transaction's id."""
    site.charger.says(connector, "Preparing")
    answer = site.charger.starts(order.id_tag, connector=connector, meter_start=meter_start)
    site.charger.says(connector, "Charging")
    return answer.transaction_id


def make_running_order(site: Site, *, cash: int = 10_000, **wish: Any) -> tuple[ChargingOrder, int]:
    """An order that charges at connector 1, and its transaction."""
    order = site.press_start(site.driver(cash=cash), **wish)
    transaction_id = begin(site, order)
    site.work()
    return again(order), transaction_id


def make_settled_order(
    site: Site, *, cash: int = 10_000, wh: int = 10_000, minutes: int = 10
) -> ChargingOrder:
    """An order that has charged, was paid, and whose car is gone."""
    order = site.press_start(site.driver(cash=cash))
    charge(site, order, wh=wh, minutes=minutes)
    site.work()
    site.wait(minutes=1)
    site.charger.says(1, "Available")
    site.work()
    return again(order)
