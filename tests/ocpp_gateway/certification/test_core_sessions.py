"""Core profile, sessions that begin at the pile, and cards that may not begin one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.kit import clock
from drivers.services import cards
from tests.support.acceptance import Acceptance
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


async def charge(pile: Pile, card: str, *, authorize: bool = True, meter: int = 1000) -> int:
    """From the card to energy; the transaction."""
    if authorize:
        assert (await pile.authorize(card))["status"] == "Accepted"
    start = await pile.start(1, card, meter=meter)
    assert start["idTagInfo"]["status"] == "Accepted"
    await pile.status(1, "Charging")
    number: int = start["transactionId"]
    assert await pile.meter(1, meter + 500, transaction=number) == {}
    return number


async def end(pile: Pile, number: int, card: str, **fields: str) -> None:
    """The driver presents the card again and unplugs."""
    stop = await pile.stop(number, meter=3000, idTag=card, **fields)
    assert stop["idTagInfo"]["status"] == "Accepted"
    await pile.status(1, "Finishing")
    await pile.status(1, "Available")


async def assert_settled(house: Acceptance, number: int, reason: str = "Local") -> None:
    """2 kWh were billed, once, and nothing is held any more."""
    await house.work()
    order = await house.order(number)
    assert (order.charge_state, order.pay_state, order.hold) == ("ended", "settled", 0)
    assert (order.energy_wh, order.stop_reason) == (2000, reason)


@pytest.mark.statement(29, 37, 39)
@pytest.mark.quirk("time-spelling")
async def test_tc_001_cold_boot(house: Acceptance) -> None:
    """Boot is accepted with an interval and the time; every status and a heartbeat are answered."""
    pile = await house.pile(house.new_identity(), boots=False)
    async with pile:
        boot = await pile.boot(firmwareVersion="1.0", chargePointSerialNumber="S1")
        assert boot["status"] == "Accepted"
        assert boot["interval"] > 0
        for number in range(3):
            assert await pile.status(number) == {}
        told = clock.parse((await pile.heartbeat())["currentTime"])
        assert abs((told - datetime.now(UTC)).total_seconds()) <= 1
        row = await house.row(pile)
        assert (row.registration, row.status, row.firmware) == ("Accepted", "Available", "1.0")
        assert (await house.connector(pile, 2)).status == "Available"
        assert pile.commands == []


async def test_tc_003_regular_session_plug_first(house: Acceptance) -> None:
    """Preparing comes before the card; the session is authorised, started, stopped and settled."""
    card = await house.card()
    async with await house.charge_point() as pile:
        await pile.status(1, "Preparing")
        number = await charge(pile, card)
        assert (await house.connector(pile)).status == "Charging"
        await end(pile, number, card)
        await assert_settled(house, number)
        assert (await house.connector(pile)).status == "Available"


async def test_tc_004_1_regular_session_identification_first(house: Acceptance) -> None:
    """The card is accepted before anything is plugged in."""
    card = await house.card()
    async with await house.charge_point() as pile:
        assert (await pile.authorize(card))["status"] == "Accepted"
        await pile.status(1, "Preparing")
        number = await charge(pile, card, authorize=False)
        await end(pile, number, card)
        await assert_settled(house, number)


async def test_tc_004_2_identification_first_connection_timeout(house: Acceptance) -> None:
    """Nobody plugs in: the connector is available again, nothing was started and nothing is held."""
    card = await house.card()
    async with await house.charge_point() as pile:
        assert (await pile.authorize(card))["status"] == "Accepted"
        assert await pile.status(1, "Preparing") == {}
        assert await pile.status(1, "Available") == {}
        assert (await house.connector(pile)).status == "Available"
        assert await house.rows(
            "SELECT count(*) FROM orders_transaction WHERE pile_id = %s", [house.ids[pile.identity]]
        ) == [(0,)]
        assert await pile.authorize(card) == {"status": "Accepted"}


async def test_tc_005_1_ev_side_disconnected(house: Acceptance) -> None:
    """The cable is pulled at the vehicle: the pile stops with that reason and is free again."""
    card = await house.card()
    async with await house.charge_point() as pile:
        await pile.status(1, "Preparing")
        number = await charge(pile, card)
        assert await pile.status(1, "SuspendedEV", info="EV side disconnected") == {}
        assert await pile.stop(number, meter=3000, reason="EVDisconnected") == {}
        await pile.status(1, "Finishing")
        await pile.status(1, "Available")
        await assert_settled(house, number, "EVDisconnected")


@pytest.mark.statement(50)
async def test_tc_007_session_with_a_cached_card(house: Acceptance) -> None:
    """The pile starts without asking; the start's answer still says what the card is worth."""
    card = await house.card(parent_id_tag="FLEET")
    async with await house.charge_point() as pile:
        await pile.status(1, "Preparing")
        start = await pile.start(1, card, meter=1000)
        assert start["idTagInfo"] == {"status": "Accepted", "parentIdTag": "FLEET"}
        await end(pile, start["transactionId"], card)
        await assert_settled(house, start["transactionId"])


async def test_tc_061_clear_cache(house: Acceptance) -> None:
    """The pile clears its cache, and its next card is asked for again."""
    card = await house.card()
    async with await house.charge_point() as pile:
        command = await house.run(pile, "ClearCache")
        assert (command.state, command.answer) == ("accepted", {"status": "Accepted"})
        assert (await pile.expect("ClearCache")).payload == {}
        await pile.status(1, "Preparing")
        number = await charge(pile, card)
        await end(pile, number, card)


@pytest.mark.statement(43)
async def test_tc_023_1_card_invalid(house: Acceptance) -> None:
    """An unknown card is Invalid at Authorize and at a start, and no order is charged for it."""
    async with await house.charge_point() as pile:
        await pile.status(1, "Preparing")
        assert await pile.authorize("NO-SUCH-CARD") == {"status": "Invalid"}
        start = await pile.start(1, "NO-SUCH-CARD")
        assert start["idTagInfo"]["status"] == "Invalid"
        assert await pile.stop(start["transactionId"], meter=0, reason="DeAuthorized") == {}


@pytest.mark.statement(43)
async def test_tc_023_2_card_expired(house: Acceptance) -> None:
    """A card that was valid until yesterday is Expired."""
    card = await house.card()
    await house.set_card(card, cards.edit_card, expires_at=clock.now() - timedelta(days=1))
    async with await house.charge_point() as pile:
        assert (await pile.authorize(card))["status"] == "Expired"
        assert (await pile.start(1, card))["idTagInfo"]["status"] == "Expired"


@pytest.mark.statement(43)
async def test_tc_023_3_card_blocked(house: Acceptance) -> None:
    """A card is Blocked from the moment staff block it."""
    card = await house.card()
    async with await house.charge_point() as pile:
        assert (await pile.authorize(card))["status"] == "Accepted"
        await house.set_card(card, cards.block_card, reason="stolen")
        assert (await pile.authorize(card))["status"] == "Blocked"
        assert (await pile.start(1, card))["idTagInfo"]["status"] == "Blocked"


@pytest.mark.statement(82)
async def test_tc_024_start_of_a_session_with_a_lock_failure(house: Acceptance) -> None:
    """The lock fails after the card: no session, the connector is out and staff have an alarm."""
    card = await house.card()
    async with await house.charge_point() as pile:
        assert (await pile.authorize(card))["status"] == "Accepted"
        await pile.status(1, "Preparing")
        assert await pile.status(1, "Faulted", "ConnectorLockFailure", vendorErrorCode="L7") == {}
        assert (await house.connector(pile)).status == "Faulted"
        alarms = "SELECT count(*) FROM alarms_alarm WHERE pile_id = %s AND cleared_at IS {} NULL"
        pile_id = [house.ids[pile.identity]]
        assert await house.rows(alarms.format(""), pile_id) == [(1,)]
        await pile.status(1, "Available")
        assert await house.rows(alarms.format("NOT"), pile_id) == [(1,)]
