"""The house is slow, gone, or wrong: nothing acknowledged is lost, and no socket is (statement 119)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from ocpp_gateway import wire
from tests.ocpp_gateway.conftest import Site
from tests.support.pile import CallFailed
from tests.support.waiting import until

START: dict[str, Any] = {
    "connectorId": 1,
    "idTag": "CARD1",
    "meterStart": 1,
    "timestamp": "2026-11-22T07:48:40Z",
}
REPORTS = [
    ("StartTransaction", START),
    ("StopTransaction", {"transactionId": 1, "meterStop": 5, "timestamp": "2026-11-22T07:48:40Z"}),
    ("MeterValues", {"connectorId": 1, "meterValue": []}),
    ("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}),
    ("Authorize", {"idTag": "CARD1"}),
    ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}),
]


@pytest.mark.statement(119)
@pytest.mark.parametrize(("action", "payload"), REPORTS)
async def test_no_answer_leaves_before_the_report_is_stored(
    site: Site, action: str, payload: dict[str, Any]
) -> None:
    async with site.pile() as pile:
        await pile.heartbeat()
        site.central.hold()
        answer = pile.expect_answer("r", action)
        await pile.send([2, "r", action, payload])
        await until(lambda: any(session.waiting for session in site.gateway.registry))
        assert pile.socket is not None
        for _ in range(3):
            await (await pile.socket.ping())
        assert not answer.done()
        site.central.release()
        assert (await answer)[0] == 3


async def test_a_slow_house_does_not_slow_the_socket(site: Site) -> None:
    async with site.pile() as pile:
        await pile.heartbeat()
        site.central.hold()
        answer = pile.expect_answer("r", "StartTransaction")
        await pile.send([2, "r", "StartTransaction", START])
        await until(lambda: any(session.waiting for session in site.gateway.registry))
        assert (await site.run("CP1", "ClearCache")).state is wire.CommandState.ACCEPTED
        assert pile.socket is not None
        await (await pile.socket.ping())
        site.central.release()
        assert (await answer)[0] == 3


@pytest.mark.statement(119)
@pytest.mark.parametrize(("action", "payload"), REPORTS)
@pytest.mark.quirk("never-our-fault")
async def test_what_cannot_be_stored_gets_an_internal_error_and_succeeds_later(
    site: Site, action: str, payload: dict[str, Any]
) -> None:
    async with site.pile() as pile:
        await pile.heartbeat()
        site.central.down = True
        stored = len(site.central.facts)
        with pytest.raises(CallFailed) as caught:
            await pile.call(action, payload, message_id="same")
        assert caught.value.code == "InternalError"
        assert len(site.central.facts) == stored
        site.central.down = False
        await pile.call(action, payload, message_id="same")
        assert len(site.central.facts) == stored + 1


async def test_a_heartbeat_is_answered_even_when_nothing_can_be_stored(site: Site) -> None:
    async with site.pile() as pile:
        await pile.heartbeat()
        site.central.down = True
        assert "currentTime" in await pile.heartbeat()


async def test_a_boot_that_was_not_stored_accepts_nobody(site: Site) -> None:
    async with site.pile(registration="unknown") as pile:
        site.central.down = True
        with pytest.raises(CallFailed):
            await pile.boot()
        site.central.down = False
        with pytest.raises(CallFailed) as caught:
            await pile.heartbeat()
        assert caught.value.code == "SecurityError"


async def test_one_poisonous_report_does_not_hold_up_the_next(site: Site) -> None:
    site.central.failing = lambda fact: isinstance(fact, wire.MeterReported)
    async with site.pile() as pile:
        with pytest.raises(CallFailed):
            await pile.meter(1, 5)
        await pile.status(1)
    assert len(site.central.of(wire.StatusReported)) == 1


async def test_a_bug_behind_the_port_is_an_internal_error(site: Site) -> None:
    def bug(fact: wire.Fact) -> bool:
        if isinstance(fact, wire.TransactionStarted):
            raise ZeroDivisionError
        return False

    site.central.failing = bug
    async with site.pile() as pile:
        with pytest.raises(CallFailed) as caught:
            await pile.call("StartTransaction", START)
        assert caught.value.code == "InternalError"
        await pile.heartbeat()


async def test_an_invalid_answer_of_the_house_is_withheld(site: Site) -> None:
    site.central.tags["CARD1"] = wire.IdTagInfo(status="Perhaps")
    async with site.pile() as pile:
        with pytest.raises(CallFailed) as caught:
            await pile.call("StartTransaction", START)
        assert caught.value.code == "InternalError"
        assert await pile.stop(1, meter=5, idTag="CARD1") == {}


async def test_a_connect_that_could_not_be_stored_is_stored_before_the_next_report(site: Site) -> None:
    site.central.failing = lambda fact: isinstance(fact, wire.Connected)
    async with site.pile() as pile:
        await pile.heartbeat()
        with pytest.raises(CallFailed):
            await pile.status(1)
        site.central.failing = lambda fact: False
        await pile.status(1)
    assert [type(fact).__name__ for fact in site.central.facts][:2] == ["Connected", "StatusReported"]


async def test_a_disconnect_that_could_not_be_stored_is_tried_again(site: Site) -> None:
    refused = []

    def twice(fact: wire.Fact) -> bool:
        if isinstance(fact, wire.Disconnected) and len(refused) < 2:
            refused.append(fact)
            return True
        return False

    site.central.failing = twice
    async with site.pile() as pile:
        await pile.heartbeat()
    assert len(await site.central.stored(wire.Disconnected)) == 1
    assert len(refused) == 2


async def test_a_pile_that_comes_back_during_an_outage_finds_everything_in_order(site: Site) -> None:
    pile = site.pile()
    await pile.connect()
    site.central.hold()
    await pile.send([2, "a", "StartTransaction", START])
    await until(lambda: any(session.waiting for session in site.gateway.registry))
    await pile.cut()
    again = asyncio.create_task(pile.connect())
    site.central.release()
    await again
    assert (await pile.call("StartTransaction", START))["transactionId"] == 1
    await pile.disconnect()
    await site.central.stored(wire.Disconnected, 2)
    assert len(site.central.starts) == 1


@pytest.mark.statement(118)
async def test_a_fact_belongs_to_the_pile_of_its_socket_whatever_it_says(site: Site) -> None:
    async with site.pile("CP1"), site.pile("CP2") as pile:
        await pile.call(
            "StatusNotification",
            {"connectorId": 1, "status": "Available", "errorCode": "NoError", "chargePointId": "CP1"},
        )
    [fact] = site.central.of(wire.StatusReported)
    assert fact.pile_id == site.central.piles["CP2"].record.pile_id


async def test_a_record_that_changes_takes_effect_with_the_next_connection(site: Site) -> None:
    pile = site.pile()
    async with pile:
        await pile.heartbeat()
    known = site.central.piles["CP1"]
    known.record = replace(known.record, registration=wire.Registration.REJECTED)
    async with pile:
        with pytest.raises(CallFailed):
            await pile.heartbeat()
