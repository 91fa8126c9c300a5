"""From the press of a button to energy: create, hold, ask the pile, and give up in time.

An order that does not get energy gives its hold back at once, exactly once, and its token is dead.
RemoteStart is never sent twice: whether a silent pile started is seen by its StartTransaction.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from backoffice.kit import clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.money import Money
from backoffice.kit.scope import path_of_tenant
from drivers.models import Driver, DriverStatus
from finance import services as finance
from orders import history, numbers
from orders.models import ChargingOrder, LimitKind, Source
from orders.quotes import Quote, quote
from orders.states import CHARGE, PAY, ChargeState, PayState, move
from stations.models import Command, Connector, StationStatus
from stations.services import commands
from stations.selectors import place_of_pile
from tenants.selectors import lineage, stopped_by

CONNECTION_TIMEOUT = timedelta(seconds=120)
"""How long a pile waits for the plug (ConnectionTimeOut), unless its quirks say otherwise."""

START_GRACE = timedelta(seconds=30)
HOLD_CAP = 30_000
"""The most that is set aside when the driver wants a full battery, in minor units; a setting of the operator."""

OPEN_STATES = (ChargeState.CREATED, ChargeState.STARTING, ChargeState.CHARGING, ChargeState.STOPPING)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the driver asked for. ``value`` is in minor units, Wh, minutes or percent, as the kind has it."""

    kind: LimitKind = LimitKind.FULL
    value: int | None = None


def why_not(connector: Connector, *, driver: Driver | None = None) -> str:
    """The reason why nobody (or not this driver) can start here now, as a stable code; empty when one can."""
    pile, station = connector.pile, connector.pile.station
    if stopped_by(connector.tenant_id) is not None:
        return "tenant_stopped"
    if station.status != StationStatus.LIVE:
        return "station_closed"
    if not pile.online:
        return "offline"
    if pile.status == "Faulted" or connector.status == "Faulted":
        return "faulted"
    if "Unavailable" in {pile.status, connector.status} or "Inoperative" in {pile.intent, connector.intent}:
        return "unavailable"
    running = ChargingOrder.objects.filter(connector=connector, charge_state__in=OPEN_STATES).first()
    if running is not None and running.stop_missing_since is None:
        return "occupied_by_me" if driver is not None and running.driver_id == driver.pk else "occupied"
    if connector.status in {"Charging", "SuspendedEV", "SuspendedEVSE"}:
        return "occupied"
    if connector.status == "Reserved":
        return "reserved"
    if quote(connector) is None:
        return "no_tariff"
    if driver is not None:
        if driver.status != DriverStatus.ACTIVE:
            return "driver_blocked"
        if not driver.several_at_once and ChargingOrder.objects.filter(driver=driver, charge_state__in=OPEN_STATES).exists():
            return "driver_busy"
    return ""


def hold_wanted(offer: Quote, wish: Wish, *, free: int, cap: int = HOLD_CAP) -> Money:
    """How much to set aside for a wish, given what the wallet has free (minor units)."""
    currency = offer.tariff.currency
    if wish.kind is LimitKind.MONEY and wish.value is not None:
        return max(Money(wish.value, currency), offer.minimum_hold)
    if wish.kind is LimitKind.ENERGY and wish.value is not None:
        return offer.hold_for_energy(wish.value)
    if wish.kind is LimitKind.MINUTES and wish.value is not None:
        return offer.hold_for_energy(offer.rated_w * wish.value // 60)
    return max(Money(min(free, cap), currency), offer.minimum_hold)


@transaction.atomic
def start_order(
    connector: Connector,
    *,
    driver: Driver,
    wish: Wish,
    actor: Actor,
    offer: Quote | None = None,
    source: Source = Source.QR,
) -> ChargingOrder:
    """Create an order, set money aside, and ask the pile to start once that is committed.

    ``offer``: the quote the driver saw, honoured while it is valid. Raises Refused with the codes of
    ``why_not``, or ``balance`` and ``arrears`` from the wallet.
    """
    locks.locked(Driver.objects.filter(pk=driver.pk)).get()
    connector = locks.locked(Connector.objects.filter(pk=connector.pk)).select_related("pile__station", "pile__model").get()
    if reason := why_not(connector, driver=driver):
        raise Refused(_("Charging cannot start here now."), code=reason)
    if offer is None or offer.valid_until < clock.now():
        offer = quote(connector)
    if offer is None:
        raise Refused(_("There is no price for this connector."), code="no_tariff")
    wallet = finance.wallet_for(driver, offer.tariff.currency)
    wanted = hold_wanted(offer, wish, free=wallet.cash + wallet.bonus)
    order = _create(connector, driver, wish, offer, source)
    hold = finance.place_hold(wallet, amount=wanted.amount, about=history.reference(order), actor=actor)
    order.hold = hold.cash + hold.bonus
    order.pay_state = move(PAY, PayState(order.pay_state), PayState.HELD)
    order.charge_state = move(CHARGE, ChargeState(order.charge_state), ChargeState.STARTING)
    order.start_deadline = clock.now() + _plug_time(connector) + START_GRACE
    order.save()
    history.note(order, "held", side=history.MONEY, amount=order.hold, currency=order.currency)
    commands.send_command(
        connector.pile,
        action="RemoteStartTransaction",
        payload={"connectorId": connector.number, "idTag": order.id_tag},
        connector_number=connector.number,
        actor=actor,
        about=history.reference(order),
        effect_within_s=int((_plug_time(connector) + START_GRACE).total_seconds()),
    )
    history.note(order, "start_asked", actor=actor)
    return order


@transaction.atomic
def cancel_order(order: ChargingOrder, *, actor: Actor) -> ChargingOrder:
    """Give up before energy flows. Raises Refused once the charge has begun."""
    row = _lock(order)
    if row.charge_state not in {ChargeState.CREATED, ChargeState.STARTING}:
        raise Refused(_("The charge has already begun: stop it instead."), code="already_charging")
    return _give_up(row, ChargeState.CANCELLED, "cancelled", actor)


@transaction.atomic
def fail_start(order: ChargingOrder, *, failure: str, actor: Actor) -> ChargingOrder:
    """The pile refused, was silent, or nobody plugged in. Does nothing once the charge has begun or was given up."""
    row = _lock(order)
    if row.charge_state not in {ChargeState.CREATED, ChargeState.STARTING}:
        return row
    return _give_up(row, ChargeState.START_FAILED, failure, actor)


def answer_to_start(command: Command) -> None:
    """What the answer to a RemoteStart means for its order (a listener of ``stations``)."""
    if command.action != "RemoteStartTransaction" or not command.about.startswith("order:"):
        return
    order = ChargingOrder.objects.filter(order_no=command.about.removeprefix("order:")).first()
    if order is None:
        return
    actor = Actor(f"pile:{command.pile_id}", str(command.pile))
    if command.state in {"rejected", "error", "refused", "expired"}:
        fail_start(order, failure=f"start_{command.state}", actor=actor)
    elif command.state == "accepted":
        history.note(order, "start_accepted", side=history.PILE, latency_ms=command.latency_ms)
    elif command.state in {"timed_out", "connection_lost"}:
        # The pile may be charging all the same: give its StartTransaction a little longer, no more.
        row = _lock(order)
        row.start_deadline = min(row.start_deadline or clock.now(), clock.now() + timedelta(seconds=20))
        row.save(update_fields=["start_deadline"])
        history.note(order, f"start_{command.state}", side=history.PILE)


def create_for_card(
    connector: Connector, *, driver: Driver | None, card_id: int | None, offer: Quote | None, id_tag: str, source: Source, at: datetime
) -> ChargingOrder:
    """The order of a transaction that began at the pile itself. ``offer`` None: no tariff was in force (A15)."""
    order = _new(connector, source, offer, at)
    order.driver, order.card_id, order.id_tag = driver, card_id, id_tag
    order.save()
    return order


def _create(connector: Connector, driver: Driver, wish: Wish, offer: Quote, source: Source) -> ChargingOrder:
    order = _new(connector, source, offer, clock.now())
    order.driver, order.limit_kind, order.limit_value = driver, wish.kind, wish.value
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError:
        raise Refused(_("Somebody is already starting here."), code="occupied") from None
    order.id_tag = numbers.virtual_id_tag(order.pk)
    history.note(order, "created", limit=wish.kind, value=wish.value, why=offer.why, tariff=offer.tariff.name)
    return order


def _new(connector: Connector, source: Source, offer: Quote | None, at: datetime) -> ChargingOrder:
    place = place_of_pile(connector.pile_id)
    path = path_of_tenant(place.tenant_id)
    day = at.astimezone(ZoneInfo(place.zone)).date()
    return ChargingOrder(
        **path.as_columns(),
        order_no=numbers.order_number(_prefix(place.tenant_id), day, _serial()),
        public_id=secrets.token_urlsafe(16),
        station_id=place.station_id,
        pile_id=place.pile_id,
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


def _prefix(tenant_id: int) -> str:
    """The operator's code, as far as it fits into an order number."""
    chain = lineage(tenant_id)
    code = next((ancestor.code for ancestor in chain if ancestor.level is Level.OPERATOR), chain[-1].code)
    return "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum())[:9] or "X"


def _give_up(order: ChargingOrder, state: ChargeState, failure: str, actor: Actor) -> ChargingOrder:
    order.charge_state = move(CHARGE, ChargeState(order.charge_state), state)
    order.failure = failure
    order.ended_at = clock.now()
    if order.pay_state == PayState.HELD:
        finance.release_hold(history.reference(order), actor=actor)
        order.pay_state = move(PAY, PayState.HELD, PayState.RELEASED)
        order.hold = 0
        history.note(order, "released", side=history.MONEY)
    order.save()
    history.note(order, failure, actor=actor)
    return order


def _plug_time(connector: Connector) -> timedelta:
    quirks = {**(connector.pile.model.quirks if connector.pile.model else {}), **connector.pile.quirks}
    seconds = quirks.get("connection_timeout_s")
    return timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds <= 3600 else CONNECTION_TIMEOUT


def _lock(order: ChargingOrder) -> ChargingOrder:
    return locks.locked(ChargingOrder.objects.filter(pk=order.pk)).get()


def _serial() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_order_serial')")
        return int(cursor.fetchone()[0])
