"""New order rows: for a driver who asks, and for a transaction that is there already."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level, Path
from drivers.models import Driver
from orders import history, numbers
from orders.models import ChargingOrder, LimitKind, Source, Transaction
from orders.quotes import Quote
from orders.states import CHARGE, ChargeState, move
from stations.models import Connector
from stations.selectors import place_of_pile
from tenants.rules import Numbers
from tenants.selectors import lineage, set_in


def open_for_driver(
    connector: Connector,
    *,
    driver: Driver,
    limit: LimitKind,
    limit_value: int | None,
    offer: Quote,
    source: Source,
) -> ChargingOrder:
    """An order that waits for its start, with the token that the pile will charge it under."""
    order = _new(connector, source, offer, clock.now())
    order.driver, order.limit_kind, order.limit_value = driver, limit, limit_value
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError:
        raise Refused(_("Somebody is already starting here."), code="occupied") from None
    order.id_tag = numbers.virtual_id_tag(order.pk)
    history.note(order, "created", limit=limit, value=limit_value, why=offer.why, tariff=offer.tariff.name)
    return order


def open_for_transaction(
    row: Transaction,
    connector: Connector,
    *,
    source: Source,
    offer: Quote | None,
    driver: Driver | None = None,
    card_id: int | None = None,
    id_tag: str = "",
) -> ChargingOrder:
    """The order of a transaction that began at the pile itself; energy flows already.

    ``offer`` None: no tariff was in force (A15).
    """
    order = _new(connector, source, offer, row.started_at, path=row.path)
    order.driver, order.card_id, order.id_tag = driver, card_id, id_tag
    order.transaction = row
    order.started_at, order.meter_start = row.started_at, row.meter_start
    order.last_heard_at = row.start_received_at
    order.charge_state = move(CHARGE, ChargeState.CREATED, ChargeState.CHARGING)
    order.save()
    history.note(order, "created", source=source, card=card_id is not None)
    return order


def _new(
    connector: Connector, source: Source, offer: Quote | None, at: datetime, *, path: Path | None = None
) -> ChargingOrder:
    place = place_of_pile(connector.pile_id)
    path = path or place.path
    return ChargingOrder(
        **path.as_columns(),
        order_no=_number(path, at.astimezone(ZoneInfo(place.zone)).date()),
        public_id=secrets.token_urlsafe(16),
        station_id=place.station_id,
        pile=connector.pile,
        connector=connector,
        source=source,
        tariff_version=offer.version if offer else None,
        tariff=offer.tariff.to_json() if offer else {},
        tariff_why=offer.why if offer else "",
        currency=offer.tariff.currency if offer else place.currency,
        zone=place.zone,
        quoted_at=offer.at if offer else None,
        created_at=clock.now(),
    )


def _number(path: Path, day: date) -> str:
    return numbers.order_number(_prefix(path, day.year), day, _serial())


def _prefix(path: Path, year: int) -> str:
    """What the operator chose for the year, else its code, as far as it fits into an order number."""
    chain = lineage(path.owner_id)
    operator = next((ancestor for ancestor in chain if ancestor.level is Level.OPERATOR), chain[-1])
    code = set_in(Numbers, [operator]).values.prefix_in(year) or operator.code
    return "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum())[:9] or "X"


def _serial() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_order_serial')")
        return int(cursor.fetchone()[0])
