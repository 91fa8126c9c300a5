"""SmartCharging profile: profiles set, carried by a start, cleared, and what comes of them together."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backoffice.kit import clock
from stations.models import ChargingProfile, ProfileState
from stations.profiles import Kind, Period, Profile, Purpose, Schedule, Unit
from stations.services import profiles
from tests.support.acceptance import Acceptance
from tests.support.pile import Fault, Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


def limit(purpose: Purpose, *, kind: Kind = Kind.RELATIVE, **over: Any) -> Profile:
    """6 A, after an hour 10 A."""
    start = None if kind is Kind.RELATIVE else clock.now() - timedelta(minutes=1)
    periods = (Period(0, Decimal("6.0")), Period(3600, Decimal("10.0"), 1))
    return Profile(
        id=0, stack_level=0, purpose=purpose, kind=kind,
        schedule=Schedule(Unit.AMPERES, periods, start=start, duration_s=86_400), **over,
    )  # fmt: skip


async def set_profile(
    house: Acceptance, pile: Pile, profile: Profile, connector: int
) -> tuple[ChargingProfile, dict[str, Any]]:
    """Staff send a profile; its row once the pile answered, and what the pile was sent."""
    row = await house.ask(profiles.set_profile, await house.row(pile), profile=profile, connector=connector)
    await house.answered(row.set_command)
    sent = (await pile.expect("SetChargingProfile")).payload
    return await house.inside(ChargingProfile.objects.get, pk=row.pk), sent


@pytest.mark.statement(102)
async def test_tc_056_central_smart_charging_default_profile(house: Acceptance) -> None:
    """A TxDefaultProfile for a connector reaches the pile as it was meant, and is known to be there."""
    async with await house.charge_point() as pile:
        row, sent = await set_profile(house, pile, limit(Purpose.DEFAULT, kind=Kind.ABSOLUTE), 1)
        profile = sent["csChargingProfiles"]
        assert (sent["connectorId"], profile["chargingProfilePurpose"]) == (1, "TxDefaultProfile")
        assert profile["chargingProfileId"] == row.pk
        assert "transactionId" not in profile
        assert profile["chargingSchedule"]["chargingSchedulePeriod"] == [
            {"startPeriod": 0, "limit": 6},
            {"startPeriod": 3600, "limit": 10, "numberPhases": 1},
        ]
        assert row.state == ProfileState.INSTALLED


@pytest.mark.statement(102)
async def test_tc_057_central_smart_charging_transaction_profile(house: Acceptance) -> None:
    """A TxProfile names the running transaction, and is gone with it."""
    card = await house.card()
    async with await house.charge_point() as pile:
        number = (await pile.start(1, card, meter=1000))["transactionId"]
        await pile.status(1, "Charging")
        await house.work()
        row, sent = await set_profile(house, pile, limit(Purpose.TRANSACTION, transaction_id=number), 1)
        assert sent["csChargingProfiles"]["transactionId"] == number
        assert sent["csChargingProfiles"]["chargingProfileKind"] == "Relative"
        assert row.state == ProfileState.INSTALLED
        await pile.stop(number, meter=3000)
        await house.work()
        assert (await house.inside(ChargingProfile.objects.get, pk=row.pk)).state == ProfileState.CLEARED


@pytest.mark.statement(91)
async def test_tc_059_remote_start_with_a_charging_profile(house: Acceptance) -> None:
    """The start carries a TxProfile without a transaction; the transaction follows."""
    card = await house.card()
    async with await house.charge_point() as pile:
        payload = profiles.start_payload(1, card, limit(Purpose.TRANSACTION))
        command = await house.run(pile, "RemoteStartTransaction", payload)
        asked = (await pile.expect("RemoteStartTransaction")).payload
        assert asked["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
        assert "transactionId" not in asked["chargingProfile"]
        assert command.state == "accepted"
        start = await pile.start(1, card, meter=1000)
        assert start["idTagInfo"]["status"] == "Accepted"
        await pile.stop(start["transactionId"], meter=3000)


@pytest.mark.statement(103)
async def test_tc_066_get_composite_schedule(house: Acceptance) -> None:
    """The pile tells what its profiles come to; one that has no smart charging says so and is believed."""
    told = {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "2026-11-01T08:00:00Z",
        "chargingSchedule": {
            "duration": 300,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
        },
    }
    asked = {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
    async with await house.charge_point() as pile:
        await set_profile(house, pile, limit(Purpose.DEFAULT, kind=Kind.ABSOLUTE), 1)
        pile.replies["GetCompositeSchedule"] = told
        command = await house.run(pile, "GetCompositeSchedule", asked)
        assert (await pile.expect("GetCompositeSchedule")).payload == asked
        assert (command.state, command.answer) == ("accepted", told)
        pile.replies["SetChargingProfile"] = Fault("NotSupported")
        row, _ = await set_profile(house, pile, limit(Purpose.DEFAULT, kind=Kind.ABSOLUTE), 2)
        assert (row.state, row.note) == (ProfileState.REFUSED, "no_smart_charging")


@pytest.mark.statement(102)
async def test_tc_067_clear_charging_profile(house: Acceptance) -> None:
    """One profile is cleared by its id; Unknown means that it was gone already."""
    async with await house.charge_point() as pile:
        pile.replies["ClearChargingProfile"] = {"status": "Accepted"}
        for said in ("Accepted", "Unknown"):
            row, _ = await set_profile(house, pile, limit(Purpose.DEFAULT, kind=Kind.ABSOLUTE), 1)
            pile.replies["ClearChargingProfile"] = {"status": said}
            clearing = await house.ask(profiles.clear_profile, row, reason="tests")
            command = await house.answered(clearing.clear_command)
            assert (await pile.expect("ClearChargingProfile")).payload == {"id": row.pk}
            assert command.answer == {"status": said}
            gone = await house.inside(ChargingProfile.objects.get, pk=row.pk)
            assert gone.state == ProfileState.CLEARED
