"""Reservation profile: a connector kept free for a card, until it is used, over, cancelled or refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from stations.models import Command, Reservation
from stations.services import reservations
from tests.support.acceptance import Acceptance
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


def soon(**units: float) -> datetime:
    return (clock.now() + timedelta(**units)).replace(microsecond=0)


async def reserve(
    house: Acceptance, pile: Pile, card: str, *, status: str = "Accepted", connector: int = 1
) -> tuple[Reservation, dict[str, Any]]:
    """Staff reserve and the pile answers; the row then, and what the pile was asked."""
    pile.replies["ReserveNow"] = {"status": status}
    until = soon(hours=1)
    row = await house.ask(
        reservations.reserve, await house.row(pile), connector=connector, holder=card, expires_at=until
    )
    asked = (await pile.expect("ReserveNow")).payload
    assert asked["reservationId"] == row.pk
    assert asked["idTag"] == card
    assert clock.parse(asked["expiryDate"]) == until
    assert asked["connectorId"] == connector
    return await read(house, row, answered="ReserveNow"), asked


async def read(house: Acceptance, row: Reservation, *, answered: str) -> Reservation:
    """The reservation once the last such command is answered."""
    about = f"reservation:{row.pk}"
    await house.answered(
        await house.inside(lambda: Command.objects.filter(action=answered, about=about).latest("pk"))
    )
    found: Reservation = await house.inside(Reservation.objects.get, pk=row.pk)
    return found


async def again(house: Acceptance, row: Reservation) -> Reservation:
    found: Reservation = await house.inside(Reservation.objects.get, pk=row.pk)
    return found


@pytest.mark.statement(54, 100)
async def test_tc_046_reservation_of_a_connector(house: Acceptance) -> None:
    """The connector is Reserved until its card starts there; the start names the reservation and uses it."""
    card = await house.card()
    async with await house.charge_point() as pile:
        row, _ = await reserve(house, pile, card)
        assert row.state == "active"
        await pile.status(1, "Reserved")
        assert (await pile.authorize(card))["status"] == "Accepted"
        await pile.status(1, "Preparing")
        start = await pile.start(1, card, meter=1000, reservationId=row.pk)
        assert start["idTagInfo"]["status"] == "Accepted"
        await pile.status(1, "Charging")
        used = await again(house, row)
        assert (used.state, used.transaction_number) == ("used", start["transactionId"])
        await pile.stop(start["transactionId"], meter=3000)


@pytest.mark.statement(100)
async def test_tc_047_reservation_expires(house: Acceptance) -> None:
    """Nobody comes: it is over by our clock too, and the pile reports the connector available."""
    card = await house.card()
    async with await house.charge_point() as pile:
        row, _ = await reserve(house, pile, card)
        await pile.status(1, "Reserved")
        await house.at(soon(hours=1, minutes=2), reservations.expire_due)
        assert (await again(house, row)).state == "expired"
        await pile.status(1, "Available")
        assert (await house.connector(pile)).status == "Available"


async def refused(house: Acceptance, status: str) -> None:
    card = await house.card()
    async with await house.charge_point() as pile:
        row, _ = await reserve(house, pile, card, status=status)
        assert (row.state, row.refusal) == ("refused", status)


@pytest.mark.statement(100)
async def test_tc_048_1_reservation_faulted(house: Acceptance) -> None:
    """The pile's word is kept: Faulted."""
    await refused(house, "Faulted")


@pytest.mark.statement(100)
async def test_tc_048_2_reservation_occupied(house: Acceptance) -> None:
    """The pile's word is kept: Occupied."""
    await refused(house, "Occupied")


@pytest.mark.statement(100)
async def test_tc_048_3_reservation_unavailable(house: Acceptance) -> None:
    """The pile's word is kept: Unavailable."""
    await refused(house, "Unavailable")


@pytest.mark.statement(100)
async def test_tc_048_4_reservation_rejected(house: Acceptance) -> None:
    """The pile's word is kept: Rejected."""
    await refused(house, "Rejected")


@pytest.mark.statement(54)
async def test_tc_049_reservation_of_the_whole_pile(house: Acceptance) -> None:
    """Connector 0: any connector is kept free, and the start on one of them uses it."""
    card = await house.card()
    zero = {"key": "ReserveConnectorZeroSupported", "value": "true", "readonly": True}
    async with await house.charge_point() as pile:
        pile.replies["GetConfiguration"] = {"configurationKey": [zero]}
        await house.run(pile, "GetConfiguration")
        await pile.expect("GetConfiguration")
        row, asked = await reserve(house, pile, card, connector=0)
        assert (row.state, asked["connectorId"]) == ("active", 0)
        start = await pile.start(2, card, meter=1000, reservationId=row.pk)
        assert (await again(house, row)).transaction_number == start["transactionId"]
        await pile.stop(start["transactionId"], meter=3000)


async def cancelled(house: Acceptance, status: str) -> None:
    card = await house.card()
    async with await house.charge_point() as pile:
        row, _ = await reserve(house, pile, card)
        pile.replies["CancelReservation"] = {"status": status}
        await house.ask(reservations.cancel, row, reason="not needed")
        assert (await pile.expect("CancelReservation")).payload == {"reservationId": row.pk}
        assert (await read(house, row, answered="CancelReservation")).state == "cancelled"


@pytest.mark.statement(101)
async def test_tc_051_cancel_a_reservation(house: Acceptance) -> None:
    """The pile forgets it."""
    await cancelled(house, "Accepted")


@pytest.mark.statement(101)
async def test_tc_052_cancel_a_reservation_rejected(house: Acceptance) -> None:
    """The pile has none of that number: there is no reservation any more either."""
    await cancelled(house, "Rejected")


@pytest.mark.statement(54, 100)
async def test_tc_053_reservation_used_by_the_group(house: Acceptance) -> None:
    """The pile is told the group; another card of it starts, and uses the reservation."""
    holder = await house.card(parent_id_tag="FLEET53")
    other = await house.card(parent_id_tag="FLEET53")
    async with await house.charge_point() as pile:
        row, asked = await reserve(house, pile, holder)
        assert asked["parentIdTag"] == "FLEET53"
        await pile.status(1, "Reserved")
        info = await pile.authorize(other)
        assert info == {"status": "Accepted", "parentIdTag": "FLEET53"}
        start = await pile.start(1, other, meter=1000, reservationId=row.pk)
        used = await again(house, row)
        assert (used.state, used.transaction_number) == ("used", start["transactionId"])
        await pile.stop(start["transactionId"], meter=3000)
