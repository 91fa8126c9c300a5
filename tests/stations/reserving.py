"""A reservation that its pile agreed to, and how it stands."""

from __future__ import annotations

from typing import Any

from ocpp_gateway.wire import CommandState
from stations.models import Command, Pile, Reservation, ReservationState
from tests.factories.access import make_reservation, said
from tests.factories.drivers import make_card, make_driver
from tests.stations.browsing import operator_of

ACCEPTED = CommandState.ACCEPTED, {"status": "Accepted"}


def card_at(pile: Pile, **over: Any) -> Any:
    operator = operator_of(pile)
    return make_card(operator, **{"driver": make_driver(operator)} | over)


def last(action: str = "ReserveNow") -> Command:
    return Command.objects.filter(action=action).latest("pk")


def now_is(row: Reservation) -> ReservationState:
    row.refresh_from_db()
    return ReservationState(row.state)


def active(pile: Pile | None = None, **over: Any) -> Reservation:
    row = make_reservation(pile, **over)
    said(last(), *ACCEPTED)
    row.refresh_from_db()
    return row
