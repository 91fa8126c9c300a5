"""Strict outward."""

from __future__ import annotations

import pytest

from ocpp_gateway import schemas


def test_all_messages_of_1_6_and_its_security_extension_are_there() -> None:
    assert len(schemas.ACTIONS) == 39
    assert {"StartTransaction", "SignedUpdateFirmware", "GetLog"} <= schemas.ACTIONS


def test_an_error_names_the_place_and_the_rule_and_not_the_value() -> None:
    with pytest.raises(schemas.SchemaError) as caught:
        schemas.check_request("Reset", {"type": "s3cret"})
    assert str(caught.value) == "/type: breaks enum"
    with pytest.raises(schemas.SchemaError) as caught:
        schemas.check_request("Reset", {})
    assert "type" in str(caught.value)


def test_a_limit_with_one_decimal_passes() -> None:
    for limit in (21.4, 0.3, 1.1, 3.3):
        profile = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        }
        schemas.check_request("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile})


def test_responses_are_checked_by_their_own_schema() -> None:
    schemas.check_response("Heartbeat", {"currentTime": "2026-11-22T12:00:00Z"})
    with pytest.raises(schemas.SchemaError):
        schemas.check_response("Heartbeat", {})
