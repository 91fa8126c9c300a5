"""Core profile, settings of a pile: read and changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.acceptance import Acceptance

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]

SETTINGS: dict[str, tuple[str, bool]] = {
    "GetConfigurationMaxKeys": ("3", True),
    "HeartbeatInterval": ("300", False),
    "MeterValueSampleInterval": ("60", False),
    "NumberOfConnectors": ("2", True),
    "SupportedFeatureProfiles": ("Core,RemoteTrigger", True),
}


def tell(payload: dict[str, Any]) -> dict[str, Any]:
    """GetConfiguration.conf of a pile with these settings."""
    asked = payload.get("key") or list(SETTINGS)
    return {
        "configurationKey": [
            {"key": key, "value": SETTINGS[key][0], "readonly": SETTINGS[key][1]}
            for key in asked
            if key in SETTINGS
        ],
        "unknownKey": [key for key in asked if key not in SETTINGS],
    }


async def test_tc_019_1_retrieve_all_configuration_keys(house: Acceptance) -> None:
    """Without keys every setting comes back, and is kept as it was said."""
    async with await house.charge_point() as pile:
        pile.replies["GetConfiguration"] = tell
        command = await house.run(pile, "GetConfiguration")
        assert not (await pile.expect("GetConfiguration")).payload.get("key")
        assert command.state == "accepted"
        said = {one["key"]: one["value"] for one in command.answer["configurationKey"]}
        assert said == {key: value for key, (value, _) in SETTINGS.items()}


@pytest.mark.statement(96)
async def test_tc_019_2_retrieve_specific_configuration_keys(house: Acceptance) -> None:
    """Only the wanted keys, never more at once than the pile takes; what it does not know is named."""
    wanted = ["HeartbeatInterval", "NumberOfConnectors", "MeterValueSampleInterval", "LightIntensity"]
    async with await house.charge_point() as pile:
        pile.replies["GetConfiguration"] = tell
        command = await house.run(pile, "GetConfiguration", {"key": wanted})
        assert command.state == "accepted"
        assert [one["key"] for one in command.answer["configurationKey"]] == wanted[:3]
        assert command.answer["unknownKey"] == ["LightIntensity"]
        asked = [call.payload["key"] for call in pile.commands if call.action == "GetConfiguration"]
        assert [key for keys in asked for key in keys if key != "GetConfigurationMaxKeys"] == wanted
        assert max(map(len, asked)) <= 3


@pytest.mark.statement(95)
@pytest.mark.parametrize("status", ["Accepted", "RebootRequired"])
async def test_tc_021_change_configuration(house: Acceptance, status: str) -> None:
    """A setting is changed; a pile that wants to be restarted for it says so, and staff see that word."""
    change = {"key": "MeterValueSampleInterval", "value": "30"}
    async with await house.charge_point() as pile:
        pile.replies["ChangeConfiguration"] = {"status": status}
        command = await house.run(pile, "ChangeConfiguration", change, reason="finer bills")
        assert (await pile.expect("ChangeConfiguration")).payload == change
        assert (command.state, command.answer["status"]) == ("accepted", status)


@pytest.mark.statement(95)
async def test_tc_040_1_configuration_key_not_supported(house: Acceptance) -> None:
    """The pile does not know the key: rejected, with its own word."""
    async with await house.charge_point() as pile:
        pile.replies["ChangeConfiguration"] = {"status": "NotSupported"}
        command = await house.run(pile, "ChangeConfiguration", {"key": "LightIntensity", "value": "50"})
        assert (command.state, command.answer) == ("rejected", {"status": "NotSupported"})


@pytest.mark.statement(95)
async def test_tc_040_2_configuration_value_invalid(house: Acceptance) -> None:
    """The pile knows the key and refuses the value: rejected, with another word."""
    async with await house.charge_point() as pile:
        pile.replies["ChangeConfiguration"] = {"status": "Rejected"}
        command = await house.run(
            pile, "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "-1"}
        )
        assert (command.state, command.answer) == ("rejected", {"status": "Rejected"})
