"""RemoteTrigger profile, and vendor data from the pile."""

from __future__ import annotations

from typing import Any

import pytest

from stations.services import vendors
from tests.support.acceptance import Acceptance
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]

REPORTS: dict[str, dict[str, Any]] = {
    "Heartbeat": {},
    "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
    "MeterValues": {
        "connectorId": 1,
        "meterValue": [
            {
                "timestamp": "2026-11-01T08:00:00Z",
                "sampledValue": [{"value": "100", "context": "Trigger", "unit": "Wh"}],
            }
        ],
    },
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Idle"},
}


@pytest.mark.statement(84)
@pytest.mark.parametrize("message", REPORTS)
async def test_tc_054_trigger_message(house: Acceptance, message: str) -> None:
    """The pile agrees, and only the message itself shows that it did it; each of them is answered."""
    about = {"connectorId": 1} if message in {"StatusNotification", "MeterValues"} else {}
    async with await house.charge_point() as pile:
        command = await house.run(pile, "TriggerMessage", {"requestedMessage": message, **about})
        assert (await pile.expect("TriggerMessage")).payload == {"requestedMessage": message, **about}
        assert (command.state, command.effect_at) == ("accepted", None)
        answer = await pile.call(message, REPORTS[message])
        assert answer == {} or message == "Heartbeat"
        assert (await house.took_effect(command)).effect_note == message


@pytest.mark.statement(108)
@pytest.mark.parametrize("status", ["Rejected", "NotImplemented"])
async def test_tc_055_trigger_message_rejected(house: Acceptance, status: str) -> None:
    """The pile refuses: nothing is waited for."""
    async with await house.charge_point() as pile:
        pile.replies["TriggerMessage"] = {"status": status}
        command = await house.run(pile, "TriggerMessage", {"requestedMessage": "MeterValues"})
        assert (command.state, command.answer) == ("rejected", {"status": status})


@pytest.mark.statement(83)
async def test_tc_064_data_transfer_to_the_central_system(house: Acceptance) -> None:
    """An unknown vendor and an unknown message get their own words and no data; what was agreed is answered."""
    agreed = {
        "direction": "from_pile",
        "vendor_id": "org.example",
        "message_id": "Tariff",
        "label": "",
        "answer": "Accepted",
        "content": '{"price":"1.20"}',
        "is_json": True,
    }
    await house.ask(
        vendors.save_vendor_message, await house.manufacturer(), desk=await house.manufacturer(), **agreed
    )
    async with await house.charge_point() as pile:
        assert await transfer(pile, "org.nobody") == {"status": "UnknownVendorId"}
        assert await transfer(pile, "org.example", "Weather") == {"status": "UnknownMessageId"}
        answer = await transfer(pile, "org.example", "Tariff")
        assert answer == {"status": "Accepted", "data": agreed["content"]}


async def transfer(pile: Pile, vendor: str, message: str = "") -> dict[str, Any]:
    named = {"messageId": message} if message else {}
    return await pile.call("DataTransfer", {"vendorId": vendor, "data": "x", **named})
