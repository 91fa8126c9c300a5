"""From the press of a button to energy: create, hold, ask the pile, and give up in time.

An order that does not get energy gives its hold back at once, exactly once, and its token is dead.
RemoteStart is never sent twice: whether a silent pile started is seen by its StartTransaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from backoffice.kit.money import Money
from drivers.models import Driver, DriverStatus
from finance import services as finance
from ocpp_gateway.wire import CommandState
from orders import history
from orders.models import ChargingOrder, LimitKind, Source
from orders.quotes import Quote, quote
from orders.rules import Code
from orders.services import cases
from orders.services.opening import open_for_driver
from orders.services.rows import lock_order
from orders.states import CHARGE, OPEN, PAY, WAITING, ChargeState, PayState, move
from stations.models import Command, Connector, StationStatus
from stations.quirks import read_quirks
from stations.selectors import is_shut, maintenance_at, open_reservation
from stations.services import commands
from tenants.selectors import stopped_by

START_GRACE = timedelta(seconds=30)
"""How much longer than the pile's ConnectionTimeOut a start is waited for (domain 2.2, row 5)."""

VERIFY = timedelta(seconds=20)
"""How long a start is waited for after the pile gave no answer (domain 2.2, row 4)."""

HOLD_CAP = 30_000
"""The most that is set aside when the driver wants a full battery, in minor units."""

HIGHEST_LIMIT = {LimitKind.MINUTES: 24 * 60, LimitKind.SOC: 100}
NOT_STARTED = frozenset(
    {CommandState.REJECTED, CommandState.ERROR, CommandState.REFUSED, CommandState.EXPIRED}
)
NOBODY_KNOWS = frozenset({CommandState.TIMED_OUT, CommandState.CONNECTION_LOST})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the driver asked for. ``value`` is in minor units, Wh, minutes or percent, as the kind has it."""

    kind: LimitKind = LimitKind.FULL
    value: int | None = None


def why_not(connector: Connector, *, driver: Driver | None = None) -> str:
    """The reason why nobody (or not this driver) can start here now, as a stable code; empty when one can."""
    return _why_not_here(connector, driver) or (_why_not_driver(driver) if driver is not None else "")


def _why_not_here(connector: Connector, driver: Driver | None) -> str:
    pile, station = connector.pile, connector.pile.station
    running = ChargingOrder.objects.filter(
        connector=connector, charge_state__in=OPEN, stop_missing_since__isnull=True
    ).first()
    mine = running is not None and driver is not None and running.driver_id == driver.pk
    kept = open_reservation(pile.pk, connector.number)
    inoperative = "Unavailable" in {pile.status, connector.status} or "Inoperative" in {
        pile.intent,
        connector.intent,
    }
    reasons = {
        "tenant_stopped": stopped_by(connector.tenant_id) is not None,
        "station_closed": station.status != StationStatus.LIVE,
        "maintenance": not mine and maintenance_at(pile) is not None,
        "out_of_hours": not mine and is_shut(station),
        "offline": not pile.online,
        "faulted": "Faulted" in {pile.status, connector.status},
        "unavailable": inoperative,
        "occupied_by_me": mine,
        "occupied": running is not None or connector.status in {"Charging", "SuspendedEV", "SuspendedEVSE"},
        "finishing": connector.status == "Finishing",
        "reserved_for_me": kept is not None and driver is not None and kept.driver_id == driver.pk,
        "reserved": kept is not None or connector.status == "Reserved",
    }
    reason = next((code for code, holds in reasons.items() if holds), "")
    return reason or ("no_tariff" if quote(connector) is None else "")


def _why_not_driver(driver: Driver) -> str:
    if driver.status != DriverStatus.ACTIVE:
        return "driver_blocked"
    if (
        not driver.several_at_once
        and ChargingOrder.objects.filter(driver=driver, charge_state__in=OPEN).exists()
    ):
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
    ``why_not``, ``limit`` for a wish without sense, ``balance`` and ``arrears`` from the wallet, and
    what ``stations`` refuses.
    """
    _check_wish(wish)
    # A driver who presses twice, and two drivers at one connector, take turns here.
    locks.hold(f"orders.driver:{driver.pk}")
    locks.hold(f"orders.connector:{connector.pk}")
    connector = Connector.objects.select_related("pile__station", "pile__model").get(pk=connector.pk)
    if reason := why_not(connector, driver=Driver.objects.get(pk=driver.pk)):
        raise Refused(_("Charging cannot start here now."), code=reason)
    if offer is None or offer.valid_until < clock.now():
        offer = quote(connector)
    if offer is None:
        raise Refused(_("There is no price for this connector."), code="no_tariff")
    wallet = finance.wallet_for(driver, offer.tariff.currency)
    wanted = hold_wanted(offer, wish, free=wallet.available)
    order = open_for_driver(
        connector, driver=driver, limit=wish.kind, limit_value=wish.value, offer=offer, source=source
    )
    about = history.reference(order)
    hold = finance.place_hold(wallet, amount=wanted.amount, about=about, actor=actor)
    order.hold = hold.amount
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
        about=about,
        effect_within_s=int((_plug_time(connector) + START_GRACE).total_seconds()),
    )
    history.note(order, "start_asked", actor=actor)
    audit.record(actor, "order.created", order, after=audit.snapshot(order))
    return order


@transaction.atomic
def cancel_order(order: ChargingOrder, *, actor: Actor, reason: str = "") -> ChargingOrder:
    """Give up before energy flows; a second time changes nothing. Raises Refused once the charge has begun."""
    row = lock_order(order.pk)
    if row.charge_state == ChargeState.CANCELLED:
        return row
    if row.charge_state not in WAITING:
        raise Refused(_("The charge has already begun: stop it instead."), code="already_charging")
    before = audit.snapshot(row)
    failure = "cancelled_by_staff" if actor.kind == "staff" else "cancelled"
    row = _give_up(row, ChargeState.CANCELLED, failure, actor)
    audit.record(actor, "order.cancelled", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def fail_start(order_id: int) -> None:
    """Its time is over: the pile refused, was silent, or nobody plugged in (A01).

    Does nothing while there is time left, or once the charge has begun or was given up.
    """
    order = lock_order(order_id)
    due = order.start_deadline
    if order.charge_state not in WAITING or due is None or due > clock.now():
        return
    _give_up(order, ChargeState.START_FAILED, order.failure or "not_plugged", timer("start_deadline"))
    evidence = {"failure": order.failure, "waited_until": due.isoformat()}
    cases.open_case(Code.START_TIMEOUT, order=order, pile=order.pile, evidence=evidence, automatic=True)


def hear_of_command(command: Command) -> None:
    """What the answer to a RemoteStart means for its order (a listener of ``stations``).

    Runs inside the gateway's batch, so it moves no money: it sets when to give up, and the sweep does.
    """
    if command.action != "RemoteStartTransaction" or not command.about.startswith("order:"):
        return
    order_no = command.about.removeprefix("order:")
    order = locks.locked(ChargingOrder.objects.filter(order_no=order_no, charge_state__in=WAITING)).first()
    if order is None:
        return
    state = CommandState(command.state)
    if state in NOT_STARTED | NOBODY_KNOWS:
        # A pile that gave no answer may be charging all the same: its start is waited for a little longer.
        wait = VERIFY if state in NOBODY_KNOWS else timedelta()
        due = clock.now() + wait
        order.start_deadline = min(order.start_deadline or due, due)
        order.failure = f"start_{state}"
        order.save(update_fields=["start_deadline", "failure"])
    kind = f"start_{state}" if state in NOT_STARTED | NOBODY_KNOWS else "start_accepted"
    history.note(order, kind, side=history.PILE, latency_ms=command.latency_ms, error=command.error)


def _check_wish(wish: Wish) -> None:
    if wish.kind is LimitKind.FULL:
        return
    highest = HIGHEST_LIMIT.get(wish.kind, 10**9)
    if wish.value is None or not 0 < wish.value <= highest:
        raise Refused(_("This limit makes no sense."), code="limit", field="limit")


def _give_up(order: ChargingOrder, state: ChargeState, failure: str, actor: Actor) -> ChargingOrder:
    order.charge_state = move(CHARGE, ChargeState(order.charge_state), state)
    order.failure = failure
    order.ended_at = clock.now()
    if order.pay_state == PayState.HELD:
        amount = finance.release_hold(history.reference(order), actor=actor)
        order.pay_state = move(PAY, PayState.HELD, PayState.RELEASED)
        order.hold = 0
        history.note(order, "released", side=history.MONEY, amount=amount, currency=order.currency)
    order.save()
    history.note(order, "given_up", actor=actor, failure=failure)
    return order


def _plug_time(connector: Connector) -> timedelta:
    model = connector.pile.model
    quirks = read_quirks([model.quirks if model else None, connector.pile.quirks])
    return timedelta(seconds=quirks.connection_timeout_s)
