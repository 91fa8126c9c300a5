"""Core profile, what staff and drivers ask of a pile: start, stop, restart, unlock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from orders.models import ChargingOrder
from stations.services.sweeps import miss_effects
from tests.support.acceptance import Acceptance
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


async def energy(house: Acceptance, pile: Pile, order: ChargingOrder, *, meter: int = 1000) -> int:
    """What a pile does after a RemoteStart: ask for the token, start, meter; the transaction."""
    asked = await pile.expect("RemoteStartTransaction")
    assert asked.payload == {"connectorId": 1, "idTag": order.id_tag}
    assert (await pile.authorize(order.id_tag))["status"] == "Accepted"
    start = await pile.start(1, order.id_tag, meter=meter)
    assert start["idTagInfo"]["status"] == "Accepted"
    await pile.status(1, "Charging")
    number: int = start["transactionId"]
    await pile.meter(1, meter + 500, transaction=number)
    running = await house.order(order)
    assert (running.charge_state, running.transaction_id) == ("charging", number)
    return number


async def end(house: Acceptance, pile: Pile, number: int, reason: str) -> None:
    """2 kWh, no card: the order is settled with the pile's reason."""
    assert await pile.stop(number, meter=3000, reason=reason) == {}
    await house.work()
    order = await house.order(number)
    assert (order.charge_state, order.pay_state, order.hold) == ("ended", "settled", 0)
    assert (order.energy_wh, order.stop_reason) == (2000, reason)


@pytest.mark.statement(55, 90, 92)
async def test_tc_010_remote_start_cable_first(house: Acceptance) -> None:
    """The plug is in, the driver presses start: the token is asked for, accepted and linked to the order."""
    driver = await house.driver()
    async with await house.charge_point() as pile:
        await pile.status(1, "Preparing")
        order = await house.scan(driver, pile)
        number = await energy(house, pile, order)
        await pile.status(1, "Finishing")
        await end(house, pile, number, "EVDisconnected")


@pytest.mark.statement(55, 92)
async def test_tc_011_1_remote_start_remote_first(house: Acceptance) -> None:
    """The driver presses start, then plugs in. Accepted alone is no charge."""
    driver = await house.driver()
    async with await house.charge_point() as pile:
        order = await house.scan(driver, pile)
        await pile.expect("RemoteStartTransaction")
        waiting = await house.asked_to_start(order)
        assert (await house.order(order)).charge_state == "starting"
        assert waiting.answer == {"status": "Accepted"}
        await pile.status(1, "Preparing")
        start = await pile.start(1, order.id_tag, meter=1000)
        assert start["idTagInfo"]["status"] == "Accepted"
        await pile.status(1, "Charging")
        await house.work()
        assert (await house.took_effect(waiting)).effect_note
        await end(house, pile, start["transactionId"], "EVDisconnected")


@pytest.mark.statement(46)
async def test_tc_011_2_remote_start_connection_timeout(house: Acceptance) -> None:
    """Nobody plugs in: the order fails, the money is free again, the token is dead."""
    driver = await house.driver()
    async with await house.charge_point() as pile:
        order = await house.scan(driver, pile)
        await pile.expect("RemoteStartTransaction")
        await house.asked_to_start(order)
        await pile.status(1, "Preparing")
        await pile.status(1, "Available")
        await house.later(minutes=4)
        failed = await house.order(order)
        assert (failed.charge_state, failed.pay_state, failed.hold) == ("start_failed", "released", 0)
        assert failed.failure == "not_plugged"
        assert (await pile.authorize(order.id_tag))["status"] == "Blocked"


@pytest.mark.statement(86)
async def test_tc_012_remote_stop(house: Acceptance) -> None:
    """Staff stop the order; the pile stops the transaction with reason Remote."""
    driver = await house.driver()
    async with await house.charge_point() as pile:
        order = await house.scan(driver, pile)
        number = await energy(house, pile, order)
        await house.stop(await house.order(order))
        assert (await pile.expect("RemoteStopTransaction")).payload == {"transactionId": number}
        await end(house, pile, number, "Remote")
        await pile.status(1, "Finishing")
        await pile.status(1, "Available")


@pytest.mark.statement(106)
async def test_tc_013_hard_reset(house: Acceptance) -> None:
    """A charge is ended by the restart; the boot after it is what shows that it happened."""
    await reset(house, "Hard", "HardReset")


@pytest.mark.statement(106)
async def test_tc_014_soft_reset(house: Acceptance) -> None:
    """The pile ends its charge first, then restarts."""
    await reset(house, "Soft", "SoftReset")


async def reset(house: Acceptance, type_: str, reason: str) -> None:
    driver = await house.driver()
    pile = await house.charge_point()
    number = await energy(house, pile, await house.scan(driver, pile))
    command = await house.run(pile, "Reset", {"type": type_})
    assert (command.state, command.answer) == ("accepted", {"status": "Accepted"})
    assert (await pile.expect("Reset")).payload == {"type": type_}
    if type_ == "Soft":
        await end(house, pile, number, reason)
    await pile.disconnect()
    await pile.connect()
    assert (await pile.boot())["status"] == "Accepted"
    assert (await house.took_effect(command)).effect_note == "BootNotification"
    if type_ == "Hard":
        await end(house, pile, number, reason)
    await pile.status(1)
    await pile.disconnect()
    pile.check()


@pytest.mark.statement(106)
async def test_a_restart_that_no_boot_follows_is_an_alarm_until_the_pile_boots(house: Acceptance) -> None:
    """The watchdog behind TC_013 and TC_014."""
    async with await house.charge_point() as pile:
        command = await house.run(pile, "Reset", {"type": "Hard"})
        alarms = "SELECT code, cleared_at IS NULL FROM alarms_alarm WHERE pile_id = %s"
        pile_id = [house.ids[pile.identity]]
        await house.at(clock.now() + timedelta(seconds=290), miss_effects)
        assert await house.rows(alarms, pile_id) == []
        await house.at(clock.now() + timedelta(seconds=310), miss_effects)
        assert (await house.answered(command)).state == "effect_missing"
        assert await house.rows(alarms, pile_id) == [("F09", True)]
        await pile.boot()
        assert await house.rows(alarms, pile_id) == [("F09", False)]


async def test_tc_017_1_unlock_without_a_session(house: Acceptance) -> None:
    """The connector is unlocked, and that is what staff see."""
    await unlock(house, "Unlocked", "accepted")


@pytest.mark.statement(107)
async def test_tc_017_2_unlock_without_a_session_fixed_cable(house: Acceptance) -> None:
    """A pile with a fixed cable has no lock."""
    await unlock(house, "NotSupported", "rejected")


async def test_tc_018_1_unlock_during_a_session(house: Acceptance) -> None:
    """An engineer unlocks all the same: the pile ends the session first, and its order is settled."""
    driver = await house.driver()
    async with await house.charge_point() as pile:
        number = await energy(house, pile, await house.scan(driver, pile))
        unlock_one = {"connectorId": 1}
        with pytest.raises(Refused):
            await house.command(pile, "UnlockConnector", unlock_one, reason="stuck plug")
        pile.replies["UnlockConnector"] = {"status": "Unlocked"}
        command = await house.run(pile, "UnlockConnector", unlock_one, reason="stuck plug", anyway=True)
        assert (await pile.expect("UnlockConnector")).payload == unlock_one
        assert (command.state, command.answer) == ("accepted", {"status": "Unlocked"})
        await end(house, pile, number, "UnlockCommand")
        await pile.status(1, "Finishing")
        await pile.status(1, "Available")


@pytest.mark.statement(107)
async def test_tc_030_unlock_failure(house: Acceptance) -> None:
    """The lock is stuck: another word than a pile without a lock."""
    await unlock(house, "UnlockFailed", "rejected")


@pytest.mark.statement(107)
async def test_tc_031_unlock_an_unknown_connector(house: Acceptance) -> None:
    """We know of a connector that the pile does not have: it says NotSupported."""
    await unlock(house, "NotSupported", "rejected", connector=2)


async def unlock(house: Acceptance, reply: str, state: str, connector: int = 1) -> None:
    async with await house.charge_point() as pile:
        pile.replies["UnlockConnector"] = {"status": reply}
        command = await house.run(pile, "UnlockConnector", {"connectorId": connector}, reason="stuck plug")
        assert (await pile.expect("UnlockConnector")).payload == {"connectorId": connector}
        assert (command.state, command.answer) == (state, {"status": reply})
        assert command.actor_ref.startswith("staff:")


@pytest.mark.statement(92)
async def test_tc_026_remote_start_rejected(house: Acceptance) -> None:
    """The pile refuses: no charge, and the driver's money is free at once."""
    driver = await house.driver()
    async with await house.charge_point() as pile:
        pile.replies["RemoteStartTransaction"] = {"status": "Rejected"}
        order = await house.scan(driver, pile)
        command = await house.asked_to_start(order)
        assert (command.state, command.answer) == ("rejected", {"status": "Rejected"})
        await house.later(seconds=1)
        failed = await house.order(order)
        assert (failed.charge_state, failed.pay_state) == ("start_failed", "released")
        assert failed.failure == "start_rejected"


@pytest.mark.statement(93)
async def test_tc_028_remote_stop_rejected(house: Acceptance) -> None:
    """Staff may name any transaction; one that the pile does not have is rejected and changes nothing."""
    card = await house.card()
    async with await house.charge_point() as pile:
        running = (await pile.start(1, card, meter=0))["transactionId"]
        pile.replies["RemoteStopTransaction"] = _knows_only(running)
        command = await house.run(pile, "RemoteStopTransaction", {"transactionId": 987_654})
        assert (await pile.expect("RemoteStopTransaction")).payload == {"transactionId": 987_654}
        assert (command.state, command.answer) == ("rejected", {"status": "Rejected"})
        assert (await house.rows("SELECT meter_stop FROM orders_transaction WHERE id = %s", [running])) == [
            (None,)
        ]
        await pile.stop(running, meter=1)


def _knows_only(running: int) -> Any:
    def reply(payload: dict[str, Any]) -> dict[str, str]:
        return {"status": "Accepted" if payload["transactionId"] == running else "Rejected"}

    return reply
