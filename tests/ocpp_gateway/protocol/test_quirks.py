"""What piles on the market really send, and what must come of it. See also the unit tests of the reader."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ocpp_gateway import wire
from tests.ocpp_gateway.conftest import Site
from tests.support.quirks import QUIRKS, Quirk, deliver, meter


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
async def test_a_quirk_is_understood(site: Site, quirk: Quirk) -> None:
    async with site.pile(**quirk.settings) as pile:
        frame = await deliver(pile, quirk)
        assert frame[:2] == [3, quirk.message_id]
        [fact] = [fact for fact in site.central.facts if not isinstance(fact, wire.Connected)]
    for name, value in quirk.fact.items():
        assert getattr(fact, name) == value, name
    extra = tuple(remark for remark in fact.remarks if not remark.startswith("extra:"))
    assert set(extra) == set(quirk.remarks)
    if quirk.values is not None:
        samples = [sample for reading in fact.readings for sample in reading.values]
        assert [(sample.value, sample.unit) for sample in samples] == [
            (Decimal(n), unit) for n, unit in quirk.values
        ]
    if quirk.at is not None:
        assert fact.at == quirk.at
    if quirk.live:
        assert fact.at == fact.received_at
    assert json.loads(fact.raw) == (quirk.payload or {})


async def test_all_quirks_on_one_connection_are_answered_and_close_nothing(site: Site) -> None:
    async with site.pile() as pile:
        for quirk in QUIRKS:
            assert (await deliver(pile, quirk))[0] == 3, quirk.name
    assert len(site.central.facts) >= len(QUIRKS)


@pytest.mark.quirk("M6")
async def test_a_leading_comma_costs_no_reading(site: Site) -> None:
    text = (
        '[2,"9lmha8x27fuad8cemfzn5bxr","MeterValues",{"connectorId":1,"transactionId":17,"meterValue":'
        '[{"timestamp":"2024-02-06T08:09:37Z","sampledValue":[,{"value":"139955","unit":"Wh"}]}]}]'
    )
    async with site.pile() as pile:
        assert (await pile.ask(text, "9lmha8x27fuad8cemfzn5bxr", "MeterValues"))[0] == 3
    [fact] = site.central.of(wire.MeterReported)
    assert fact.readings[0].values[0].value == Decimal(139955)
    assert fact.remarks == ("repaired:json",)
    assert next(frame for frame in site.central.frames).text == text


@pytest.mark.quirk("R3")
async def test_an_error_with_an_altered_id_is_ignored(site: Site) -> None:
    async with site.pile() as pile:
        await pile.send([4, "5c2d6e365-ac1v-4ea9-96ee-c0df52dbt312", "FormationViolation", "Unable", {}])
        await pile.heartbeat()
    assert [frame.kind for frame in site.central.frames if frame.remarks] == ["error"]


async def test_a_stop_right_before_the_socket_breaks_is_stored(site: Site) -> None:
    pile = site.pile()
    await pile.connect()
    site.central.hold()
    for number in range(3):
        await pile.send(
            [
                2,
                f"s{number}",
                "StopTransaction",
                {"transactionId": number, "meterStop": 5, "timestamp": pile.time()},
            ]
        )
    await pile.disconnect()
    site.central.release()
    [_] = await site.central.stored(wire.Disconnected)
    assert [fact.transaction_id for fact in site.central.of(wire.TransactionStopped)] == [0, 1, 2]
    assert isinstance(site.central.facts[0], wire.Connected)
    assert isinstance(site.central.facts[-1], wire.Disconnected)


@pytest.mark.quirk("start-before-answer")
async def test_a_start_may_come_before_the_answer_to_its_remote_start(site: Site) -> None:
    site.central.tags["Q1"] = wire.IdTagInfo(status="Accepted")
    async with site.pile() as pile:

        async def start_first(payload: dict[str, Any]) -> dict[str, Any]:
            await pile.start(payload["connectorId"], payload["idTag"])
            return {"status": "Accepted"}

        pile.replies["RemoteStartTransaction"] = start_first
        outcome = await site.run("CP1", "RemoteStartTransaction", {"connectorId": 2, "idTag": "Q1"})
    assert outcome.state is wire.CommandState.ACCEPTED
    assert site.central.of(wire.TransactionStarted)[0].connector == 2


@pytest.mark.quirk("reset-cuts-socket")
async def test_a_reset_that_cuts_the_socket_ends_as_connection_lost(site: Site) -> None:
    pile = site.pile()
    await pile.connect()

    async def cut(payload: dict[str, Any]) -> dict[str, Any]:
        assert pile.socket is not None
        pile.socket.transport.abort()
        return {}

    pile.replies["Reset"] = cut
    assert (await site.run("CP1", "Reset", {"type": "Hard"})).state is wire.CommandState.CONNECTION_LOST
    await pile.disconnect()


@pytest.mark.quirk("readings-after-stop")
async def test_meter_values_after_the_stop_are_stored(site: Site) -> None:
    async with site.pile() as pile:
        await pile.stop(9, meter=100)
        await pile.call("MeterValues", meter({"value": "100", "context": "Transaction.End"}, transactionId=9))
    assert len(site.central.of(wire.MeterReported)) == 1
