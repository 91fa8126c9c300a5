"""Smart charging over real sockets and the real store: what the service asks, what the pile says, what is kept.

Named after the certification cases of the central system.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from backoffice.kit.errors import Refused
from ocpp_gateway import wire
from stations.models import Command, Pile as PileRow
from stations.profiles import Kind, Period, Profile, Purpose, Schedule, Unit
from stations.services import commands, loads, profiles, resharing
from tests.factories.stations import ACTOR
from tests.support.pile import Fault, Pile
from tests.support.premises import Premises
from tests.support.waiting import until

START = datetime(2026, 1, 1, tzinfo=UTC)
UNSUPPORTED = Fault("NotSupported", "no smart charging here")


def profile(purpose: Purpose = Purpose.DEFAULT, limit: int = 11_000, **over: Any) -> Profile:
    schedule = Schedule(Unit.WATTS, (Period(0, Decimal(limit)),), start=START)
    fields = {"id": 0, "stack_level": 1, "purpose": purpose, "kind": Kind.ABSOLUTE, "schedule": schedule}
    return Profile(**fields | over)


async def set_profile(premises: Premises, pile: Pile, one: Profile, connector: int = 1) -> Any:
    row = await premises.inside(
        profiles.set_profile, _row(premises, pile), profile=one, connector=connector, actor=ACTOR
    )
    deliver(premises, row.set_command)
    return row


async def ask(premises: Premises, pile: Pile, action: str, payload: dict[str, Any], **over: Any) -> Command:
    command = await premises.inside(
        commands.send_command, _row(premises, pile), action=action, payload=payload, actor=ACTOR, **over
    )
    deliver(premises, command)
    return command


def deliver(premises: Premises, command: Any) -> None:
    """Hand the row to the gateway as the bus does."""
    assert premises.gateway is not None
    premises.gateway.submit(
        wire.CommandOrder(
            command_id=command.pk,
            pile_id=command.pile_id,
            action=command.action,
            payload=command.payload,
            deadline=command.deadline,
        )
    )


async def state_of(premises: Premises, row: Any) -> tuple[str, str]:
    """The state and the note of a profile, once its command has an answer."""
    sql = "SELECT p.state, p.note FROM stations_chargingprofile p JOIN stations_command c"
    [found] = await premises.until_row(
        f"{sql} ON c.id = p.set_command_id WHERE p.id = %s AND c.answered_at IS NOT NULL", [row.pk]
    )
    return found[0], found[1]


async def answered(premises: Premises, command: Command) -> tuple[str, Any, str]:
    [found] = await premises.until_row(
        "SELECT state, answer, error FROM stations_command WHERE id = %s AND answered_at IS NOT NULL",
        [command.pk],
    )
    return found[0], found[1], found[2]


def _row(premises: Premises, pile: Pile) -> Any:
    return PileRow(pk=premises.ids[pile.identity], tenant_id=premises.station.tenant_id)


async def test_tc_056_a_default_profile_is_taken(premises: Premises) -> None:
    async with await premises.pile("CP1") as pile:
        row = await set_profile(premises, pile, profile())
        sent = await pile.expect("SetChargingProfile")

        assert sent.payload == {"connectorId": 1, "csChargingProfiles": row.content}
        assert await state_of(premises, row) == ("installed", "")
        again = await set_profile(premises, pile, profile(limit=7000))
        await pile.expect("SetChargingProfile")
        assert await state_of(premises, again) == ("installed", "")
        assert await state_of(premises, row) == ("cleared", "replaced")


async def test_tc_057_a_profile_for_a_running_charge_names_its_transaction(premises: Premises) -> None:
    async with await premises.pile("CP1") as pile:
        tag = await premises.card()
        with pytest.raises(Refused, match="No such transaction"):
            await set_profile(premises, pile, profile(Purpose.TRANSACTION, transaction_id=1))
        tx = (await pile.start(1, tag))["transactionId"]
        row = await set_profile(premises, pile, profile(Purpose.TRANSACTION, transaction_id=tx))
        sent = await pile.expect("SetChargingProfile")

        assert sent.payload["csChargingProfiles"]["transactionId"] == tx
        assert await state_of(premises, row) == ("installed", "")
        await pile.stop(tx, meter=10)
        await premises.work()
        assert await state_of(premises, row) == ("cleared", "ended")


@pytest.mark.statement(91)
async def test_tc_059_a_remote_start_carries_a_profile_without_a_transaction(premises: Premises) -> None:
    async with await premises.pile("CP1") as pile:
        tag = await premises.card()
        own = profile(Purpose.TRANSACTION)
        await ask(premises, pile, "RemoteStartTransaction", profiles.start_payload(1, tag, own))
        sent = await pile.expect("RemoteStartTransaction")
        assert sent.payload["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
        assert "transactionId" not in sent.payload["chargingProfile"]

        for wrong in (profile(), profile(Purpose.TRANSACTION, transaction_id=5)):
            with pytest.raises(Refused) as refused:
                await ask(premises, pile, "RemoteStartTransaction", profiles.start_payload(1, tag, wrong))
            assert refused.value.code == "malformed"
        assert len(pile.commands) == 1


async def test_tc_066_a_composite_schedule_is_asked_for(premises: Premises) -> None:
    async with await premises.pile("CP1") as pile:
        schedule = {
            "chargingRateUnit": "W",
            "duration": 300,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000.0}],
        }
        pile.replies["GetCompositeSchedule"] = {"status": "Accepted", "chargingSchedule": schedule}
        payload = {"connectorId": 1, "duration": 300, "chargingRateUnit": "W"}
        command = await ask(premises, pile, "GetCompositeSchedule", payload)
        assert (await pile.expect("GetCompositeSchedule")).payload == payload
        state, answer, _error = await answered(premises, command)
        assert state == "accepted" and "7000" in str(answer)

        junk = {"duration": 0, "chargingSchedulePeriod": [], "startSchedule": "0", "chargingRateUnit": ""}
        pile.replies["GetCompositeSchedule"] = {
            "status": "Rejected",
            "connectorId": 0,
            "chargingSchedule": junk,
            "scheduleStart": "0",
        }
        command = await ask(premises, pile, "GetCompositeSchedule", payload | {"duration": 301})
        assert (await answered(premises, command))[0] == "rejected"


async def test_tc_067_profiles_are_cleared(premises: Premises) -> None:
    async with await premises.pile("CP1") as pile:
        row = await set_profile(premises, pile, profile())
        await pile.expect("SetChargingProfile")
        await state_of(premises, row)
        command = await ask(premises, pile, "ClearChargingProfile", {"id": row.pk})
        assert (await pile.expect("ClearChargingProfile")).payload == {"id": row.pk}
        assert (await answered(premises, command))[0] == "accepted"
        assert await state_of(premises, row) == ("cleared", "cleared")

        other = await set_profile(premises, pile, profile())
        await state_of(premises, other)
        pile.replies["ClearChargingProfile"] = {"status": "Unknown"}
        what = {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
        command = await ask(premises, pile, "ClearChargingProfile", what)
        assert (await answered(premises, command))[0] == "rejected"
        assert await state_of(premises, other) == ("cleared", "unknown")


@pytest.mark.statement(103)
async def test_a_pile_without_smart_charging_answers_with_an_error_that_is_kept_as_such(
    premises: Premises,
) -> None:
    async with await premises.pile("CP1") as pile:
        for action in ("SetChargingProfile", "ClearChargingProfile", "GetCompositeSchedule"):
            pile.replies[action] = UNSUPPORTED
        row = await set_profile(premises, pile, profile())
        assert await state_of(premises, row) == ("refused", "no_smart_charging")
        cleared = await ask(premises, pile, "ClearChargingProfile", {})
        asked = await ask(premises, pile, "GetCompositeSchedule", {"connectorId": 0, "duration": 60})
        for command in (cleared, asked):
            assert (await answered(premises, command))[::2] == ("error", "NotSupported")


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ({"status": "Rejected"}, ("refused", "rejected")),
        ({"status": "NotSupported"}, ("refused", "not_supported")),
        (Fault("PropertyConstraintViolation"), ("refused", "error")),
        ({}, ("refused", "error")),
        ({"status": "accepted "}, ("installed", "")),
    ],
)
async def test_what_a_pile_says_to_a_profile_is_told_apart(
    premises: Premises, reply: Any, wanted: tuple[str, str]
) -> None:
    async with await premises.pile("CP1") as pile:
        pile.replies["SetChargingProfile"] = reply
        row = await set_profile(premises, pile, profile())

        assert await state_of(premises, row) == wanted


@pytest.mark.statement(102)
async def test_a_profile_that_makes_no_sense_never_leaves(premises: Premises) -> None:
    async with await premises.pile("CP1") as pile:
        wrong: list[tuple[Profile, int]] = [
            (profile(Purpose.STATION), 1),
            (profile(), 9),
            (profile(stack_level=-1), 1),
            (profile(valid_from=START, valid_to=START), 1),
            (profile(kind=Kind.RECURRING), 1),
            (profile(limit=-1), 1),
        ]
        for one, connector in wrong:
            with pytest.raises(Refused) as refused:
                await set_profile(premises, pile, one, connector)
            assert refused.value.code == "malformed" and refused.value.field
        assert not pile.commands
        assert await premises.rows("SELECT id FROM stations_chargingprofile") == []


async def test_a_load_group_lowers_one_charge_and_raises_the_other(premises: Premises) -> None:
    async with await premises.pile("CP1") as pile:
        await premises.inside(
            loads.create_group,
            premises.station,
            actor=ACTOR,
            name="Yard",
            limit=Decimal(50),
            least=Decimal(5),
            safety=Decimal(10),
        )
        assert await _round(premises, pile, 1) == {0: 10_000}
        tags = [await premises.card(), await premises.card()]
        first = (await pile.start(1, tags[0]))["transactionId"]
        assert await _round(premises, pile, 1) == {1: 50_000}
        second = (await pile.start(2, tags[1]))["transactionId"]
        assert await _round(premises, pile, 1) == {1: 25_000}
        assert await _round(premises, pile, 1) == {2: 25_000}
        await pile.stop(first, meter=10)
        assert await _round(premises, pile, 1) == {2: 50_000}
        assert await _round(premises, pile, 0) == {}
        [(left,)] = await premises.rows("SELECT transaction_id FROM stations_loadshare")
        assert left == second


async def _round(premises: Premises, pile: Pile, count: int) -> dict[int, Any]:
    """One look of the worker; what the pile was told of it, when its answers are stored."""
    before = len(pile.commands)
    await premises.inside(resharing.share_loads)
    for command in await premises.inside(_queued):
        deliver(premises, command)
    await until(lambda: len(pile.commands) == before + count)
    told = [command.payload for command in pile.commands[before:]]
    if count:
        await premises.until_row(
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM stations_command WHERE answered_at IS NULL)"
        )
    return {one["connectorId"]: _limit(one) for one in told}


def _queued() -> list[Command]:
    return list(Command.objects.filter(state="queued"))


def _limit(payload: dict[str, Any]) -> Any:
    [period] = payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"]
    return period["limit"]
