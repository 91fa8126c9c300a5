"""Commands to piles and what becomes of them (OCPP 1.6 §5)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ocpp_gateway import wire
from ocpp_gateway.rpc import answer
from tests.ocpp_gateway.conftest import Site
from tests.support.pile import SILENCE, CallFailed, Fault
from tests.support.waiting import until

START = {"connectorId": 1, "idTag": "Q0000000000000000001"}


@pytest.mark.parametrize(
    ("action", "payload", "reply", "state"),
    [
        pytest.param("RemoteStartTransaction", START, "Accepted", "accepted", id="tc_010"),
        pytest.param("RemoteStopTransaction", {"transactionId": 1}, "Accepted", "accepted", id="tc_012"),
        pytest.param("Reset", {"type": "Hard"}, "Accepted", "accepted", id="tc_013"),
        pytest.param("Reset", {"type": "Soft"}, "Rejected", "rejected", id="tc_014"),
        pytest.param("UnlockConnector", {"connectorId": 1}, "Unlocked", "accepted", id="tc_017"),
        pytest.param("ChangeConfiguration", {"key": "K", "value": "1"}, "RebootRequired", "accepted", id="tc_021"),
        pytest.param("RemoteStartTransaction", START, "Rejected", "rejected", id="tc_026"),
        pytest.param("RemoteStopTransaction", {"transactionId": 999}, "Rejected", "rejected", id="tc_028"),
        pytest.param("UnlockConnector", {"connectorId": 1}, "UnlockFailed", "rejected", id="tc_030"),
        pytest.param("UnlockConnector", {"connectorId": 9}, "NotSupported", "rejected", id="tc_031"),
        pytest.param("ChangeConfiguration", {"key": "K", "value": "1"}, "NotSupported", "rejected", id="tc_040_1"),
        pytest.param("ChangeConfiguration", {"key": "K", "value": "-1"}, "Rejected", "rejected", id="tc_040_2"),
        pytest.param("TriggerMessage", {"requestedMessage": "MeterValues"}, "Accepted", "accepted", id="tc_054"),
        pytest.param("TriggerMessage", {"requestedMessage": "Heartbeat"}, "NotImplemented", "rejected", id="tc_055"),
        pytest.param("ClearCache", {}, "Accepted", "accepted", id="tc_061"),
        pytest.param("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, "Scheduled", "accepted", id="availability"),
    ],
)  # fmt: skip
@pytest.mark.statement(92, 93, 94, 95)
async def test_a_command_ends_as_the_pile_answered(
    site: Site, action: str, payload: dict[str, Any], reply: str, state: str
) -> None:
    async with site.pile() as pile:
        pile.replies[action] = {"status": reply}
        outcome = await site.run("CP1", action, payload)
        assert (outcome.state.value, outcome.answer) == (state, {"status": reply})
        assert outcome.latency_ms is not None
        assert site.central.states(outcome.command_id) == ["sent", state]
        command = await pile.expect(action)
        assert (command.id, command.payload) == (outcome.message_id, payload)


@pytest.mark.statement(96)
async def test_tc_019_the_configuration_is_read(site: Site) -> None:
    async with site.pile() as pile:
        pile.replies["GetConfiguration"] = lambda payload: {
            "configurationKey": [{"key": key, "readonly": False, "value": "1"} for key in payload["key"]],
            "unknownKey": ["X"],
        }
        outcome = await site.run("CP1", "GetConfiguration", {"key": ["HeartbeatInterval"]})
    assert outcome.answer == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "1"}],
        "unknownKey": ["X"],
    }


def read_keys(payload: dict[str, Any]) -> dict[str, Any]:
    """A pile that takes two keys at once and knows all but those that begin with X."""
    values = {"GetConfigurationMaxKeys": "2"}
    assert len(payload["key"]) <= 2
    return {
        "configurationKey": [
            {"key": key, "readonly": False, "value": values.get(key, "1")}
            for key in payload["key"]
            if not key.startswith("X")
        ],
        "unknownKey": [key for key in payload["key"] if key.startswith("X")],
    }


@pytest.mark.statement(96)
async def test_many_keys_are_read_in_portions_and_answered_once(site: Site) -> None:
    wanted = ["A", "X1", "B", "C", "X2"]
    async with site.pile() as pile:
        pile.replies["GetConfiguration"] = read_keys
        outcome = await site.run("CP1", "GetConfiguration", {"key": wanted})
        again = await site.run("CP1", "GetConfiguration", {"key": wanted})
    assert [command.payload["key"] for command in pile.commands] == [
        ["GetConfigurationMaxKeys"],
        *[["A", "X1"], ["B", "C"], ["X2"]] * 2,
    ]
    assert site.central.states(outcome.command_id) == ["sent", "accepted"]
    assert [entry["key"] for entry in outcome.answer["configurationKey"]] == ["A", "B", "C"]
    assert outcome.answer["unknownKey"] == ["X1", "X2"]
    assert again.answer == outcome.answer


@pytest.mark.statement(96)
@pytest.mark.parametrize("reply", [Fault("NotSupported"), {"unknownKey": ["GetConfigurationMaxKeys"]}, {}])
async def test_a_pile_that_does_not_say_how_many_keys_it_takes_is_asked_for_all(
    site: Site, reply: Any
) -> None:
    async with site.pile() as pile:
        pile.replies["GetConfiguration"] = reply
        outcome = await site.run("CP1", "GetConfiguration", {"key": ["A", "B", "C"]})
    assert pile.commands[-1].payload["key"] == ["A", "B", "C"]
    assert len(pile.commands) == 2
    assert site.central.states(outcome.command_id)[0] == "sent"


async def test_a_portion_that_fails_ends_the_command(site: Site) -> None:
    async with site.pile() as pile:
        pile.replies["GetConfiguration"] = lambda payload: (
            Fault("InternalError") if "B" in payload["key"] else read_keys(payload)
        )
        outcome = await site.run("CP1", "GetConfiguration", {"key": ["A", "A2", "B", "C", "D"]})
    assert (outcome.state.value, outcome.error) == ("error", "InternalError")
    assert site.central.states(outcome.command_id) == ["sent", "error"]
    assert len(pile.commands) == 3


async def test_a_pile_that_leaves_between_the_portions_ends_the_command_once(site: Site) -> None:
    pile = site.pile()
    await pile.connect()

    async def leave(payload: dict[str, Any]) -> Any:
        if "B" in payload["key"]:
            assert pile.socket is not None
            pile.socket.transport.abort()
            return SILENCE
        return read_keys(payload)

    pile.replies["GetConfiguration"] = leave
    outcome = await site.run("CP1", "GetConfiguration", {"key": ["A", "A2", "B", "C"]})
    assert site.central.states(outcome.command_id) == ["sent", "connection_lost"]
    await pile.disconnect()


async def test_a_pile_that_leaves_before_it_says_how_many_keys_it_takes_was_sent_nothing(site: Site) -> None:
    pile = site.pile()
    await pile.connect()

    async def leave(payload: dict[str, Any]) -> Any:
        assert pile.socket is not None
        pile.socket.transport.abort()
        return SILENCE

    pile.replies["GetConfiguration"] = leave
    outcome = await site.run("CP1", "GetConfiguration", {"key": ["A", "B"]})
    assert site.central.states(outcome.command_id) == ["refused"]
    await pile.disconnect()


@pytest.mark.statement(103)
async def test_an_error_of_the_pile_is_kept_with_its_code(site: Site) -> None:
    async with site.pile() as pile:
        pile.replies["ClearCache"] = Fault("NotSupported", "no cache", {"why": 1})
        outcome = await site.run("CP1", "ClearCache")
    assert (outcome.state.value, outcome.error) == ("error", "NotSupported")
    assert outcome.answer == {"code": "NotSupported", "description": "no cache", "details": {"why": 1}}


@pytest.mark.quirk("empty-answer")
async def test_an_empty_answer_is_a_failure(site: Site) -> None:
    async with site.pile() as pile:
        pile.replies["Reset"] = {}
        outcome = await site.run("CP1", "Reset", {"type": "Hard"})
    assert (outcome.state.value, outcome.error) == ("error", "empty_answer")


@pytest.mark.statement(17)
async def test_commands_wait_for_each_other(site: Site) -> None:
    async with site.pile() as pile:
        release = asyncio.Event()

        async def slow(payload: dict[str, Any]) -> dict[str, Any]:
            await release.wait()
            return {"status": "Accepted"}

        pile.replies["ClearCache"] = slow
        numbers = [site.send("CP1", "ClearCache") for _ in range(5)]
        await pile.expect("ClearCache")
        await pile.heartbeat()
        assert len(pile.commands) == 1
        release.set()
        for number in numbers:
            assert (await site.central.concluded(number)).state is wire.CommandState.ACCEPTED
    assert len({command.id for command in pile.commands}) == 5


@pytest.mark.statement(18)
async def test_a_pile_may_call_while_it_owes_an_answer(site: Site) -> None:
    site.central.tags["CARD1"] = wire.IdTagInfo(status="Accepted")
    async with site.pile() as pile:

        async def start_first(payload: dict[str, Any]) -> dict[str, Any]:
            await pile.authorize("CARD1")
            await pile.start(1, "CARD1")
            return {"status": "Accepted"}

        pile.replies["RemoteStartTransaction"] = start_first
        outcome = await site.run("CP1", "RemoteStartTransaction", START)
    assert outcome.state is wire.CommandState.ACCEPTED
    assert len(site.central.of(wire.TransactionStarted)) == 1


@pytest.mark.statement(19)
async def test_one_pile_that_does_not_answer_holds_up_no_other(site: Site) -> None:
    async with site.pile("CP1") as mute, site.pile("CP2"):
        mute.replies["ClearCache"] = SILENCE
        waiting = site.send("CP1", "ClearCache")
        await mute.expect("ClearCache")
        assert (await site.run("CP2", "ClearCache")).state is wire.CommandState.ACCEPTED
        assert site.central.states(waiting) == ["sent"]


@pytest.mark.statement(20, 88)
async def test_an_unanswered_command_times_out_and_its_late_answer_is_only_recorded(site: Site) -> None:
    async with site.pile() as pile:
        pile.replies["RemoteStartTransaction"] = SILENCE
        number = site.send("CP1", "RemoteStartTransaction", START, timeout_s=0.05)
        late = await pile.expect("RemoteStartTransaction")
        assert (await site.central.concluded(number)).state is wire.CommandState.TIMED_OUT
        pile.forgive()
        release = asyncio.Event()

        async def after_the_late_one(payload: dict[str, Any]) -> dict[str, Any]:
            await release.wait()
            return {"status": "Rejected"}

        pile.replies["ClearCache"] = after_the_late_one
        following = site.send("CP1", "ClearCache")
        await pile.expect("ClearCache")
        await pile.send(answer(late.id, {"status": "Accepted"}))
        await until(lambda: site.central.outcomes[-1].late)
        assert site.central.outcomes[-1].command_id == number
        release.set()
        assert (await site.central.concluded(following)).state is wire.CommandState.REJECTED
    assert site.central.states(number) == ["sent", "timed_out", "accepted"]
    assert [command.action for command in pile.commands] == ["RemoteStartTransaction", "ClearCache"]


@pytest.mark.statement(87)
async def test_a_command_to_an_absent_pile_is_refused_at_once(site: Site) -> None:
    site.pile()
    outcome = await site.run("CP1", "Reset", {"type": "Hard"})
    assert (outcome.state.value, outcome.error) == ("refused", "offline")


@pytest.mark.statement(87)
async def test_a_command_past_its_deadline_is_not_sent(site: Site) -> None:
    async with site.pile() as pile:
        outcome = await site.run("CP1", "ClearCache", deadline=datetime.now(UTC) - timedelta(seconds=1))
        assert outcome.state is wire.CommandState.EXPIRED
    assert pile.commands == []


@pytest.mark.statement(90)
async def test_a_malformed_command_is_not_sent(site: Site) -> None:
    async with site.pile() as pile:
        outcome = await site.run("CP1", "RemoteStartTransaction", {"idTag": "x" * 21, "connectorId": 1})
        assert (outcome.state.value, outcome.error) == ("refused", "malformed: /idTag: breaks maxLength")
    assert pile.commands == []


async def test_a_flood_of_commands_is_bounded(site: Site) -> None:
    async with site.pile() as pile:
        pile.replies["ClearCache"] = SILENCE
        first = site.send("CP1", "ClearCache")
        await pile.expect("ClearCache")
        numbers = [site.send("CP1", "ClearCache") for _ in range(150)]
        refused = [number for number in numbers if site.central.states(number) == ["refused"]]
        assert len(refused) == 50
    for number in (first, *numbers):
        await site.central.concluded(number)
        assert len([state for state in site.central.states(number) if state != "sent"]) == 1


@pytest.mark.statement(9)
async def test_the_command_in_flight_ends_when_the_socket_breaks(site: Site) -> None:
    pile = site.pile()
    await pile.connect()
    pile.replies["Reset"] = SILENCE
    number = site.send("CP1", "Reset", {"type": "Hard"})
    behind = site.send("CP1", "ClearCache")
    await pile.expect("Reset")
    await pile.cut()
    async with asyncio.timeout(1):
        outcome = await site.central.concluded(number)
    assert outcome.state is wire.CommandState.CONNECTION_LOST
    outcome = await site.central.concluded(behind)
    assert (outcome.state.value, outcome.error) == ("refused", "offline")


@pytest.mark.statement(97)
@pytest.mark.parametrize(
    "reply", [{"status": "Accepted"}, Fault("InternalError", "cannot set 00FF00FF00FF00FF00FF00FF00FF00FF")]
)
async def test_tc_073_a_new_key_is_sent_and_never_kept(site: Site, reply: Any) -> None:
    key = "00ff00ff00ff00ff00ff00ff00ff00ff"
    async with site.pile() as pile:
        pile.replies["ChangeConfiguration"] = reply
        pile.replies["GetConfiguration"] = {
            "configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": key}]
        }
        await site.run("CP1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": key})
        await site.run("CP1", "GetConfiguration")
        command = await pile.expect("ChangeConfiguration")
        assert command.payload["value"] == key
    kept = repr((site.central.frames, site.central.outcomes, site.central.facts)).lower()
    assert key not in kept
    assert "changeconfiguration" in kept


async def test_a_pile_cannot_be_answered_by_another(site: Site) -> None:
    async with site.pile("CP1") as pile, site.pile("CP2") as other:
        pile.replies["ClearCache"] = SILENCE
        number = site.send("CP1", "ClearCache")
        command = await pile.expect("ClearCache")
        await other.send([3, command.id, {"status": "Accepted"}])
        await other.heartbeat()
        assert site.central.states(number) == ["sent"]


async def test_remote_messages_of_the_central_system_are_refused_from_a_pile(site: Site) -> None:
    async with site.pile() as pile:
        with pytest.raises(CallFailed):
            await pile.call("Reset", {"type": "Hard"})
