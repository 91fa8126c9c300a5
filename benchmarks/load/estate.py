"""Tenants, piles, cards and running orders for a load, in a database of their own; made in seconds.

Tenants, tariffs, stations, drivers and money go through the services. Piles, connectors and cards are many and
plain, so they are inserted in bulk. Transactions come from the intake, in batches, as piles would report them.
One order of each operator is made by the worker's own service, priced and funded; the others are copies of it.

``python -m benchmarks.load.estate PILES FILE``: migrate, make all of it, describe it in FILE as JSON.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - the rooms need their settings first
from django.db import connection, transaction  # noqa: E402

from backoffice.kit import clock  # noqa: E402
from backoffice.kit.actor import command_line  # noqa: E402
from backoffice.kit.scope import unscoped  # noqa: E402
from drivers.models import Card  # noqa: E402
from drivers.services import accounts  # noqa: E402
from finance import services as finance  # noqa: E402
from ocpp_gateway import wire  # noqa: E402
from orders import numbers  # noqa: E402
from orders.intake import meter, start  # noqa: E402
from orders.intake.samples import REGISTER  # noqa: E402
from orders.models import ChargingOrder, Source, Transaction  # noqa: E402
from orders.services import following, running  # noqa: E402
from orders.states import ChargeState, PayState  # noqa: E402
from stations.credentials import new_key, seal  # noqa: E402
from stations.models import Connector, Pile, Station  # noqa: E402
from stations.selectors.places import places_read_once  # noqa: E402
from stations.services import devices, sites, tariffs  # noqa: E402
from tenants.models import Tenant  # noqa: E402
from tenants.services import tree  # noqa: E402

ACTOR = command_line("bench")
PEAKS = "V" * 16 + "F" * 4 + "P" * 8 + "F" * 6 + "S" * 8 + "F" * 6
PRICES = {
    "sharp_electricity": Decimal("1.30"),
    "sharp_service": Decimal("0.70"),
    "peak_electricity": Decimal("1.00"),
    "peak_service": Decimal("0.60"),
    "flat_electricity": Decimal("0.70"),
    "flat_service": Decimal("0.50"),
    "valley_electricity": Decimal("0.30"),
    "valley_service": Decimal("0.40"),
}
MANUFACTURERS, DEALERS, OPERATORS, AGENCIES = 2, 3, 4, 2
"""Each of one of these has so many of the next below it: 24 operators with 48 agencies."""

RUNNING_FOR = timedelta(minutes=20)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Site:
    """An operator's station, and whoever charges there."""

    station: Station
    operator_id: int
    driver_id: int


def make(piles: int) -> list[dict[str, Any]]:
    """Everything; what the load has to know of each pile."""
    with unscoped(reason="a load to measure"):
        sites_ = list(_sites())
        rows = _piles(list(islice(cycle(sites_), piles)))
        connectors = _connectors([pile for pile, _, _ in rows])
        cards = _cards(rows)
        sessions = _sessions([pile for pile, _, _ in rows])
        live = _orders(rows, connectors, sessions, cards)
        tokens = _waiting_orders(live, connectors)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return [
        {
            "identity": pile.identity,
            "key": key,
            "transaction": sessions[pile.pk].pk,
            "card": _uid(pile, 2),
            "token": tokens[pile.pk],
        }
        for pile, key, _ in rows
    ]


def _sites() -> Iterator[Site]:
    for operator in _operators():
        tariff = tariffs.create_tariff(operator, actor=ACTOR, name="Standard")
        with clock.frozen(clock.ago(hours=2)):
            version = tariffs.write_version(tariff, actor=ACTOR, codes=PEAKS, **PRICES)
            tariffs.approve_version(version, actor=ACTOR)
        tariffs.make_default(tariff, actor=ACTOR)
        fleet = accounts.create_driver(
            operator.pk, phone=f"+86138{operator.pk:08d}", actor=ACTOR, several_at_once=True
        )
        wallet = finance.wallet_for(fleet, tariff.currency)
        finance.adjust_balance(wallet, amount=100_000_000, actor=ACTOR, reason="a load to measure")
        for number in range(AGENCIES):
            code = f"{operator.code}A{number}"
            agency = tree.create_tenant(operator, actor=ACTOR, code=code, name=f"Agency {code}")
            station = sites.create_station(agency, actor=ACTOR, code=f"S{code}", name=f"Station {code}")
            yield Site(station, operator.pk, fleet.pk)


def _operators() -> Iterator[Tenant]:
    for m in range(MANUFACTURERS):
        manufacturer = tree.create_manufacturer(actor=ACTOR, code=f"M{m}", name=f"Manufacturer {m}")
        devices.save_model(manufacturer, actor=ACTOR, name="DC-120", rated_kw=Decimal(120))
        for d in range(DEALERS):
            code = f"M{m}D{d}"
            dealer = tree.create_tenant(manufacturer, actor=ACTOR, code=code, name=f"Dealer {code}")
            for o in range(OPERATORS):
                yield tree.create_tenant(dealer, actor=ACTOR, code=f"{code}O{o}", name=f"Operator {code}{o}")


def _piles(at: Sequence[Site]) -> list[tuple[Pile, str, Site]]:
    rows = []
    for number, site in enumerate(at):
        key = new_key()
        sealed = seal(key)
        pile = Pile(
            tenant_id=site.station.tenant_id,
            station=site.station,
            identity=f"BENCH-{number:05d}",
            name=f"{number:05d}",
            key_salt=sealed.salt,
            key_hash=sealed.digest,
            key_form="hex",
            created_at=clock.now(),
        )
        rows.append((pile, key, site))
    Pile.objects.bulk_create([pile for pile, _, _ in rows], batch_size=AT_ONCE)
    return rows


def _connectors(piles: Sequence[Pile]) -> dict[tuple[int, int], Connector]:
    rows = [
        Connector(tenant_id=pile.tenant_id, pile=pile, number=number, type="GB/T DC", created_at=clock.now())
        for pile in piles
        for number in (1, 2)
    ]
    Connector.objects.bulk_create(rows, batch_size=AT_ONCE)
    return {(row.pile_id, row.number): row for row in rows}


def _uid(pile: Pile, connector: int) -> str:
    return f"{pile.identity.replace('-', '')}C{connector}"


def _cards(rows: Sequence[tuple[Pile, str, Site]]) -> dict[str, int]:
    """A card for each connector; the keys by their numbers."""
    cards = [
        Card(
            tenant_id=site.operator_id,
            uid=_uid(pile, number),
            uid_folded=_uid(pile, number),
            driver_id=site.driver_id,
            created_at=clock.now(),
        )
        for pile, _, site in rows
        for number in (1, 2)
    ]
    Card.objects.bulk_create(cards, batch_size=AT_ONCE)
    return {card.uid: card.pk for card in cards}


def _sessions(piles: Sequence[Pile]) -> dict[int, Transaction]:
    """A running transaction on the first connector of each."""
    began = clock.now() - RUNNING_FOR
    for some in _chunks(piles):
        facts = [
            wire.TransactionStarted(
                pile_id=pile.pk,
                generation=0,
                message_id="",
                received_at=began,
                connector=1,
                id_tag=_uid(pile, 1),
                meter_start=1000,
                at=began,
                pile_time=began,
            )
            for pile in some
        ]
        with clock.frozen(began), transaction.atomic(), places_read_once():
            answers = start(facts)
            meter(
                [
                    _metered(pile.pk, answer.transaction_id, began)
                    for pile, answer in zip(some, answers, strict=True)
                ]
            )
    return {row.pile_id: row for row in Transaction.objects.all()}


def _metered(pile_id: int, transaction_id: int, began: datetime) -> wire.MeterReported:
    """What has flowed so far: 11 kWh in 15 minutes."""
    readings = tuple(
        wire.Reading(
            at=began + timedelta(minutes=minutes),
            values=(wire.SampledValue(measurand=REGISTER, raw=str(wh), value=Decimal(wh), unit="Wh"),),
        )
        for minutes, wh in ((5, 4000), (10, 8000), (15, 12_000))
    )
    return wire.MeterReported(
        pile_id=pile_id,
        generation=0,
        message_id="",
        received_at=began,
        connector=1,
        transaction_id=transaction_id,
        readings=readings,
    )


def _orders(
    rows: Sequence[tuple[Pile, str, Site]],
    connectors: dict[tuple[int, int], Connector],
    sessions: dict[int, Transaction],
    cards: dict[str, int],
) -> dict[int, ChargingOrder]:
    """A live order for each running transaction, by pile."""
    models: dict[int, ChargingOrder] = {}
    copies = []
    for pile, _, site in rows:
        session = sessions[pile.pk]
        model = models.get(site.operator_id)
        if model is None:
            following.follow_start(session.pk)
            order = ChargingOrder.objects.get(transaction=session)
            running.follow_running(order.pk)
            models[site.operator_id] = ChargingOrder.objects.get(pk=order.pk)
        else:
            copies.append(
                _copy(
                    model,
                    connectors[pile.pk, 1],
                    site.station,
                    transaction=session,
                    agency_id=site.station.tenant_id,
                    id_tag=session.id_tag,
                    card_id=cards[session.id_tag],
                    hold=0,
                )
            )
    ChargingOrder.objects.bulk_create(copies, batch_size=AT_ONCE)
    Transaction.objects.filter(start_handled_at__isnull=True).update(start_handled_at=clock.now())
    return {order.pile_id: order for order in ChargingOrder.objects.select_related("station")}


def _waiting_orders(
    live: dict[int, ChargingOrder], connectors: dict[tuple[int, int], Connector]
) -> dict[int, str]:
    """An order with a one-time token that waits for its start on the second connector of each; the tokens."""
    rows = [
        _copy(
            order,
            connectors[pile_id, 2],
            order.station,
            source=Source.QR,
            charge_state=ChargeState.STARTING,
            pay_state=PayState.UNFUNDED,
            start_deadline=clock.now() + timedelta(hours=1),
            id_tag="",
            hold=0,
            **dict.fromkeys(("transaction", "card_id", "started_at", "meter_start", "last_heard_at")),
        )
        for pile_id, order in live.items()
    ]
    ChargingOrder.objects.bulk_create(rows, batch_size=AT_ONCE)
    for row in rows:
        row.id_tag = numbers.virtual_id_tag(row.pk)
    ChargingOrder.objects.bulk_update(rows, ["id_tag"], batch_size=AT_ONCE)
    return {row.pile_id: row.id_tag for row in rows}


def _copy(model: ChargingOrder, connector: Connector, station: Station, **over: Any) -> ChargingOrder:
    names = [field.attname for field in ChargingOrder._meta.concrete_fields if not field.primary_key]
    order = ChargingOrder(**{name: getattr(model, name) for name in names})
    order.order_no, order.public_id = f"B-{secrets.token_hex(12)}"[:27], secrets.token_urlsafe(16)
    order.connector, order.pile_id, order.station = connector, connector.pile_id, station
    for name, value in over.items():
        setattr(order, name, value)
    return order


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[at : at + AT_ONCE] for at in range(0, len(items), AT_ONCE))


def main() -> None:
    piles, path = int(sys.argv[1]), Path(sys.argv[2])
    call_command("migrate", interactive=False, verbosity=0)
    path.write_text(json.dumps(make(piles)))


if __name__ == "__main__":
    main()
