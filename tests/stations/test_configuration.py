"""What settings mean, what they may be, and how what is reported stands to what is wanted."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from stations.configuration import (
    Drift,
    Objection,
    Seen,
    drift,
    is_secret,
    meaning,
    members,
    objection,
    sent_as,
    spelled,
)
from stations.features import missing_profile, read_profiles


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("LocalPreAuthorize", "true", " TRUE "),
        ("LocalPreAuthorize", "0", "false"),
        ("localpreauthorize", "1", "true"),
        ("HeartbeatInterval", "300", "0300"),
        ("HeartbeatInterval", "300", "300.0"),
        ("HeartbeatInterval", "+5", "5"),
        ("MeterValuesSampledData", "Voltage,SoC", "soc, voltage"),
        ("ConnectorPhaseRotation", "0.RST,1.RST", "1.RST, 0.RST,"),
        ("FreeMode", "true", "TRUE"),
        ("FreeMode", "x", " x "),
    ],
)
def test_values_that_mean_the_same_are_the_same(key: str, one: str, other: str) -> None:
    assert meaning(key, one) == meaning(key, other)
    assert drift(key, one, Seen(value=other)) is Drift.SAME


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("HeartbeatInterval", "300", "30"),
        ("HeartbeatInterval", "-5", "5"),
        ("LocalPreAuthorize", "true", "false"),
        ("LocalPreAuthorize", "true", "maybe"),
        ("MeterValuesSampledData", "Voltage", "Voltage,SoC"),
        ("VendorList", "a,b", "b,a"),
        ("VendorName", "Abc", "abc"),
        ("VendorNumber", "0", "false"),
    ],
)
def test_values_that_mean_something_else_differ(key: str, one: str, other: str) -> None:
    assert drift(key, one, Seen(value=other)) is Drift.DIFFERS
    assert drift(key, one, Seen(value=other, readonly=True)) is Drift.READONLY


def test_what_was_never_told_is_unknown_and_what_the_pile_lacks_is_missing() -> None:
    assert drift("A", "1", None) is Drift.UNKNOWN
    assert drift("A", "1", Seen(value=None)) is Drift.UNKNOWN
    assert drift("A", "1", Seen(known=False)) is Drift.MISSING


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("", "1", Objection.KEY),
        ("k" * 51, "1", Objection.KEY),
        ("Vendor", "v" * 501, Objection.LONG),
        ("Vendor", "anything", None),
        ("Vendor", "", None),
        ("HeartbeatInterval", "60", None),
        ("heartbeatinterval", "60", None),
        ("HeartbeatInterval", "soon", Objection.INT),
        ("HeartbeatInterval", "", Objection.INT),
        ("HeartbeatInterval", "6.5", Objection.INT),
        ("WebSocketPingInterval", "-1", Objection.RANGE),
        ("LightIntensity", "101", Objection.RANGE),
        ("LocalPreAuthorize", "perhaps", Objection.BOOL),
        ("LocalPreAuthorize", "TRUE", None),
        ("NumberOfConnectors", "3", Objection.READONLY),
        ("SupportedFeatureProfiles", "Core", Objection.READONLY),
        ("PublicKeyWithSignedMeterValue", "Sometimes", Objection.WORDS),
        ("MeterValuesSampledData", "A,B,C", Objection.MEMBERS),
        ("MeterValuesSampledData", "A,B", None),
    ],
)
def test_what_makes_no_sense_is_found_before_it_is_sent(
    key: str, value: str, found: Objection | None
) -> None:
    assert objection(key, value, most_members=2) is found


def test_a_list_is_not_measured_where_the_pile_never_said_how_long_it_may_be() -> None:
    assert objection("MeterValuesSampledData", "A,B,C,D") is None
    assert objection("Vendor", "1", readonly=True) is Objection.READONLY


def test_values_are_sent_in_the_words_of_the_specification() -> None:
    assert sent_as("LocalPreAuthorize", " TRUE") == "true"
    assert sent_as("MeterValuesSampledData", "Voltage , SoC,") == "Voltage,SoC"
    assert sent_as("Vendor", " a b ") == "a b"
    assert spelled(" heartbeatINTERVAL ") == "HeartbeatInterval"
    assert spelled("vendorKey") == "vendorKey"


@pytest.mark.statement(97)
@pytest.mark.parametrize("key", ["AuthorizationKey", "authorizationkey", "WifiPassword", "ApiSecret"])
def test_a_key_that_holds_a_secret_is_known_as_one(key: str) -> None:
    assert is_secret(key)
    assert not is_secret("HeartbeatInterval")


@given(st.text(max_size=60), st.text(max_size=600))
def test_whatever_a_pile_reports_can_be_compared(key: str, value: str) -> None:
    assert drift(key, value, Seen(value=value)) is Drift.SAME
    assert meaning(key, meaning(key, value)) == meaning(key, value)
    assert all(member.strip() == member for member in members(value))


@pytest.mark.parametrize(
    ("value", "profiles"),
    [
        ("Core,RemoteTrigger", ["Core", "RemoteTrigger"]),
        (" core ; SMARTCHARGING ", ["Core", "SmartCharging"]),
        ("Core FirmwareManagement", ["Core", "FirmwareManagement"]),
        ("Core,Local Auth List Management", ["Core", "LocalAuthListManagement"]),
        ("Core,LocalAuthList,Acme", ["Acme", "Core", "LocalAuthListManagement"]),
        ("", None),
        (" , ", None),
        ("none", None),
    ],
)
def test_feature_profiles_are_read_in_any_spelling(value: str, profiles: list[str] | None) -> None:
    assert read_profiles(value) == profiles


def test_a_command_needs_its_profile_only_where_the_pile_listed_any() -> None:
    assert missing_profile(None, "TriggerMessage") == ""
    assert missing_profile(["Core"], "TriggerMessage") == "RemoteTrigger"
    assert missing_profile(["Core", "RemoteTrigger"], "TriggerMessage") == ""
    assert missing_profile(["SmartCharging"], "Reset") == ""
    assert missing_profile(["Core"], "GetLog") == ""
