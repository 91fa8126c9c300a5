"""Which piles there are to be simulated, where their meters stand, and which cards may be shown to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from django.db.models import Max

from backoffice.demo_data import keys
from backoffice.demo_data.line import in_line
from backoffice.demo_data.products import VENDOR
from backoffice.kit.levels import Level
from backoffice.simulator.machine import USUAL_FIRMWARE, Left, Spec
from backoffice.simulator.outlet import OK, Fault
from drivers.models import Card, CardStatus, DriverStatus
from finance.models import Wallet
from orders.models import Sample, Transaction
from stations import locallist
from stations.locallist import Message
from stations.models import Connector, Intent, Kind, LocalListPile, Pile
from tenants.selectors import lineage

CARDS_OF_OPERATOR = 60
ENOUGH = {"CNY": 15_000, "EUR": 4_000}
"""A card whose wallet has less is left at home; minor units."""

FRESH_WH = range(20_000, 900_000)


@dataclass(frozen=True, slots=True)
class Part:
    """A pile to be played. ``operator`` is the id of the tenant whose cards it takes.

    ``faults`` by connector, and ``closed``, the connectors out of service, are as they were last reported.
    ``local_list`` is the request (OCPP 1.6 §6.41) that brings the cards which it kept, if it kept any.
    """

    spec: Spec
    key: str
    operator: int
    left: tuple[Left, ...]
    faults: Mapping[int, Fault]
    closed: frozenset[int]
    local_list: Mapping[str, Any] | None


def parts(count: int, secret: str, chance: Random) -> list[Part]:
    """The first piles of the demonstration, as they were left. Needs a lifted scope."""
    piles = in_line(count)
    registers = _registers(piles)
    left = _left(piles)
    lists = _lists(piles)
    operators = {tenant_id: _operator_of(tenant_id) for tenant_id in {pile.tenant_id for pile in piles}}
    connectors: dict[int, list[Connector]] = {pile.pk: [] for pile in piles}
    for one in Connector.objects.filter(pile__in=piles).order_by("pile_id", "number"):
        connectors[one.pile_id].append(one)
    return [
        Part(
            Spec(
                identity=pile.identity,
                vendor=pile.model.vendor if pile.model else VENDOR,
                model=pile.model.name if pile.model else "",
                serial=pile.serial,
                rated_w=int(pile.model.rated_kw * 1000) if pile.model else 60_000,
                direct=pile.model is None or pile.model.kind == Kind.DC,
                registers=tuple(
                    registers.get((pile.pk, one.number)) or chance.choice(FRESH_WH)
                    for one in connectors[pile.pk]
                ),
                firmware=pile.firmware or USUAL_FIRMWARE,
            ),
            keys.pile_key(secret, pile.identity),
            operators[pile.tenant_id],
            tuple(left.get(pile.pk, ())),
            {one.number: _fault(one) for one in connectors[pile.pk] if one.error_code not in {"", OK}},
            frozenset(one.number for one in connectors[pile.pk] if one.intent == Intent.INOPERATIVE),
            lists.get(pile.pk),
        )
        for pile in piles
    ]


def cards(operators: Iterable[int]) -> dict[int, list[str]]:
    """Cards of each operator that can pay, those with the most money first. Needs a lifted scope."""
    found: dict[int, list[str]] = {}
    for operator in operators:
        rich = {
            wallet.driver_id: wallet.cash + wallet.bonus
            for wallet in Wallet.objects.filter(tenant_id=operator, driver__status=DriverStatus.ACTIVE)
            if wallet.cash + wallet.bonus >= ENOUGH.get(wallet.currency, 0)
        }
        rows = Card.objects.filter(tenant_id=operator, status=CardStatus.ACTIVE, driver_id__in=rich)
        able = sorted(rows, key=lambda card: (-rich[card.driver_id or 0], card.pk))
        found[operator] = [card.uid for card in able[:CARDS_OF_OPERATOR]]
    return found


def _fault(one: Connector) -> Fault:
    return Fault(one.error_code, one.vendor_error_code, one.info, blocking=one.status == "Faulted")


def _lists(piles: list[Pile]) -> dict[int, dict[str, Any]]:
    """What stood on the local list of each when it was switched off: it outlasts the power, so it is not sent anew."""
    rows = LocalListPile.objects.filter(pile__in=piles, content__isnull=False, held_version__gt=0)
    return {
        row.pile_id: Message(
            True, row.held_version or 0, (), tuple((locallist.load(row.content) or {}).values())
        ).payload()
        for row in rows
    }


def _registers(piles: list[Pile]) -> dict[tuple[int, int], int]:
    """The highest that each connector's meter was seen at."""
    stops = Transaction.objects.filter(pile__in=piles).values("pile_id", "connector_number")
    rows = stops.annotate(start=Max("meter_start"), stop=Max("meter_stop"))
    known = {
        (row["pile_id"], row["connector_number"]): max(row["start"] or 0, row["stop"] or 0) for row in rows
    }
    for pile_id, some in _left(piles).items():
        for one in some:
            key = (pile_id, one.connector)
            known[key] = max(known.get(key, 0), one.register)
    return known


def _left(piles: list[Pile]) -> dict[int, list[Left]]:
    """Transactions that ran when the piles were switched off, as of their last reading."""
    found: dict[int, list[Left]] = {}
    for row in Transaction.objects.filter(pile__in=piles, stop_received_at__isnull=True).order_by("pk"):
        last = (
            Sample.objects.filter(transaction_id=row.pk, register_wh__isnull=False)
            .order_by("-taken_at")
            .first()
        )
        register = row.meter_start if last is None else int(last.register_wh or 0)
        at = row.started_at if last is None else last.taken_at
        found.setdefault(row.pile_id, []).append(Left(row.connector_number, row.pk, register, at))
    return found


def _operator_of(tenant_id: int) -> int:
    return next(one.id for one in lineage(tenant_id) if one.level is Level.OPERATOR)
