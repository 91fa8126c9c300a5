"""What may be sent, and what answers mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway import schemas
from ocpp_gateway.commands import keys_at_once, objection, read_result, requests_for, timeout_for
from ocpp_gateway.policy import Policy
from ocpp_gateway.wire import CommandOrder, CommandState, Registration

START = {"connectorId": 1, "idTag": "Q0000000000000000001"}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7400.0}],
    },
}


def order(action: str, payload: dict[str, Any] | None = None, **fields: Any) -> CommandOrder:
    return CommandOrder(
        command_id=1,
        pile_id=1,
        action=action,
        payload=payload or {},
        deadline=datetime(2030, 1, 1, tzinfo=UTC),
        **fields,
    )


def refused(action: str, payload: dict[str, Any] | None = None, registration: str = "Accepted") -> str:
    return objection(order(action, payload), Registration(registration), Policy())


@pytest.mark.statement(31, 32, 33)
@pytest.mark.parametrize(
    ("registration", "action", "payload", "expected"),
    [
        ("unknown", "GetConfiguration", {}, "not_registered"),
        ("Rejected", "GetConfiguration", {}, "registration_rejected"),
        ("Pending", "RemoteStartTransaction", START, "registration_pending"),
        ("Pending", "RemoteStopTransaction", {"transactionId": 1}, "registration_pending"),
        ("Pending", "GetConfiguration", {}, ""),
        ("Pending", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, ""),
        ("Pending", "TriggerMessage", {"requestedMessage": "BootNotification"}, ""),
        ("Accepted", "RemoteStartTransaction", START, ""),
    ],
)
def test_what_a_registration_allows(
    registration: str, action: str, payload: dict[str, Any], expected: str
) -> None:
    assert refused(action, payload, registration) == expected


@pytest.mark.statement(34)
@pytest.mark.parametrize("action", ["TriggerMessage", "ExtendedTriggerMessage"])
def test_an_accepted_pile_is_not_asked_to_boot(action: str) -> None:
    assert refused(action, {"requestedMessage": "BootNotification"}) == "already_accepted"
    assert refused(action, {"requestedMessage": "Heartbeat"}) == ""


@pytest.mark.statement(90, 91)
@pytest.mark.parametrize(
    "payload",
    [
        {"idTag": "TAG"},
        {"connectorId": 0, "idTag": "TAG"},
        {"connectorId": -1, "idTag": "TAG"},
        {"connectorId": 1, "idTag": "x" * 21},
        {"connectorId": 1, "idTag": "  "},
        {"connectorId": 1},
        {**START, "chargingProfile": {**PROFILE, "chargingProfilePurpose": "TxDefaultProfile"}},
        {**START, "chargingProfile": {**PROFILE, "transactionId": 1}},
    ],
)
def test_a_malformed_remote_start_is_not_sent(payload: dict[str, Any]) -> None:
    assert refused("RemoteStartTransaction", payload).startswith("malformed: ")


@pytest.mark.statement(91)
def test_a_remote_start_may_carry_a_profile_of_its_transaction() -> None:
    assert refused("RemoteStartTransaction", {**START, "chargingProfile": PROFILE}) == ""


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Reset", {"type": "Medium"}),
        ("Reset", {"type": "Hard", "extra": 1}),
        ("ChangeConfiguration", {"key": "k" * 51, "value": "1"}),
        ("ChangeConfiguration", {"key": "k", "value": 1}),
        ("UnlockConnector", {"connectorId": 0}),
    ],
)
def test_what_the_schema_refuses_is_not_sent(action: str, payload: dict[str, Any]) -> None:
    assert refused(action, payload).startswith("malformed: ")


@pytest.mark.statement(97)
def test_an_objection_never_shows_the_value() -> None:
    text = refused("ChangeConfiguration", {"key": "AuthorizationKey", "value": "s3cret" * 100})
    assert text == "malformed: /value: breaks maxLength"


@pytest.mark.parametrize("action", ["Heartbeat", "NoSuchAction", ""])
def test_only_commands_of_the_central_system_are_sent(action: str) -> None:
    assert refused(action) == "unknown_action"


def test_a_huge_command_is_not_sent() -> None:
    assert refused("DataTransfer", {"vendorId": "v", "data": "x" * 70_000}) == "too_large"


@pytest.mark.parametrize(
    ("action", "status", "state"),
    [
        ("RemoteStartTransaction", "Accepted", "accepted"),
        ("RemoteStartTransaction", "Rejected", "rejected"),
        ("ChangeAvailability", "Scheduled", "accepted"),
        ("ChangeConfiguration", "RebootRequired", "accepted"),
        ("ChangeConfiguration", "NotSupported", "rejected"),
        ("ChangeConfiguration", "Rejected", "rejected"),
        ("UnlockConnector", "Unlocked", "accepted"),
        ("UnlockConnector", "UnlockFailed", "rejected"),
        ("UnlockConnector", "NotSupported", "rejected"),
        ("TriggerMessage", "NotImplemented", "rejected"),
        ("ReserveNow", "Occupied", "rejected"),
        ("GetLog", "AcceptedCanceled", "accepted"),
    ],
)
@pytest.mark.statement(92, 94, 95)
def test_a_status_decides_and_is_kept(action: str, status: str, state: str) -> None:
    verdict = read_result(action, {"status": status})
    assert (verdict.state, verdict.answer) == (CommandState(state), {"status": status})


@pytest.mark.parametrize(
    ("payload", "state", "error"),
    [
        (None, "error", "unreadable_answer"),
        ({}, "error", "empty_answer"),
        ({"other": 1}, "error", "no_status"),
        ({"status": None}, "error", "no_status"),
        ({"status": "Perhaps"}, "rejected", "unknown_status"),
        ({"status": "accepted"}, "accepted", ""),
        ({"status": "REJECTED", "junk": []}, "rejected", ""),
    ],
)
def test_odd_answers_have_a_meaning(payload: Any, state: str, error: str) -> None:
    verdict = read_result("Reset", payload)
    assert (verdict.state, verdict.error) == (CommandState(state), error)


@pytest.mark.quirk("composite-junk")
def test_a_rejected_schedule_may_be_followed_by_junk() -> None:
    junk = {
        "status": "Rejected",
        "connectorId": 0,
        "chargingSchedule": {"startSchedule": "0"},
        "scheduleStart": "0",
    }
    assert read_result("GetCompositeSchedule", junk).state is CommandState.REJECTED


@pytest.mark.statement(96, 97)
@pytest.mark.quirk("odd-settings")
def test_a_configuration_is_read_leniently_and_without_secrets() -> None:
    verdict = read_result(
        "GetConfiguration",
        {
            "configurationKey": [
                {"key": "HeartbeatInterval", "readonly": "true", "value": 300},
                {"key": "AuthorizationKey", "readonly": False, "value": "s3cret"},
                {"key": "Long", "readonly": 0, "value": "x" * 551},
                {"key": "NoValue"},
                {"readonly": True},
                "junk",
            ],
            "unknownKey": ["A", 5],
        },
    )
    assert verdict.state is CommandState.ACCEPTED
    assert verdict.answer == {
        "configurationKey": [
            {"key": "HeartbeatInterval", "readonly": True, "value": "300"},
            {"key": "AuthorizationKey", "readonly": False, "value": "***"},
            {"key": "Long", "readonly": False, "value": "x" * 551},
            {"key": "NoValue", "readonly": False},
        ],
        "unknownKey": ["A", "5"],
    }
    assert read_result("GetConfiguration", {}).answer == {"configurationKey": [], "unknownKey": []}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(action for action in schemas.ACTIONS if refused(action) != "unknown_action")),
    st.dictionaries(st.sampled_from(["status", "configurationKey", "unknownKey", "x"]), JSON, max_size=4),
)
def test_no_answer_makes_the_reader_raise(action: str, payload: dict[str, Any]) -> None:
    read_result(action, payload)


def test_slow_commands_may_take_longer() -> None:
    policy = Policy()
    assert timeout_for(order("Reset"), policy) == 30
    assert timeout_for(order("GetConfiguration"), policy) == 60
    assert timeout_for(order("Reset", timeout_s=5), policy) == 5


@pytest.mark.statement(96)
@pytest.mark.parametrize(
    ("keys", "at_once", "parts"),
    [
        (["A", "B", "C"], 2, [["A", "B"], ["C"]]),
        (["A", "B"], 2, [["A", "B"]]),
        (["A", "B", "C"], 1, [["A"], ["B"], ["C"]]),
        (["A", "B"], None, [["A", "B"]]),
    ],
)
def test_keys_are_asked_for_in_portions(keys: list[str], at_once: int | None, parts: list[list[str]]) -> None:
    assert requests_for({"key": keys}, at_once) == [{"key": part} for part in parts]


def test_all_keys_are_one_request() -> None:
    assert requests_for({}, 1) == [{}]


@pytest.mark.parametrize(
    ("value", "limit"),
    [("5", 5), (" 7 ", 7), ("0", None), ("-3", None), ("many", None), ("", None), ("²", None)],
)
def test_a_pile_says_how_many_keys_it_takes(value: str, limit: int | None) -> None:
    answer = {"configurationKey": [{"key": "getconfigurationmaxkeys", "value": value}]}
    assert keys_at_once(answer) == limit
    assert keys_at_once({}) is None
