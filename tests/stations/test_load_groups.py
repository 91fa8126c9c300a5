"""Load groups as rows: whose they are, what happens to them when piles and stations move, and what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import (
    ChargingProfile,
    Command,
    LoadGroup,
    LoadShare,
    Pile,
    ProfileState,
    Reshare,
    Station,
)
from stations.profiles import Kind, Period, Profile, Purpose, Schedule, Unit
from stations.selectors import group_of_pile, groups_to_share
from stations.services import devices, loads, profiles, resharing, sites, sweeps
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import ACTOR, Talk, make_agency, make_online_pile, make_station, outcome
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("everything")


def make_group(station: Station, **over: Any) -> LoadGroup:
    fields: dict[str, Any] = {
        "name": "Yard",
        "limit": Decimal(60),
        "least": Decimal(4),
        "safety": Decimal(10),
    }
    return loads.create_group(station, actor=ACTOR, **fields | over)


def held(pile: Pile, group: LoadGroup) -> ChargingProfile:
    """The safety limit, accepted by the pile."""
    resharing.share_loads()
    row = ChargingProfile.objects.get(pile=pile, group=group)
    assert row.set_command is not None
    intake.keep_outcomes([outcome(row.set_command, CommandState.ACCEPTED, answer={"status": "Accepted"})])
    return row


def maximum(purpose: Purpose = Purpose.STATION, **over: Any) -> Profile:
    schedule = Schedule(Unit.WATTS, (Period(0, Decimal(9000)),), start=clock.now())
    fields = {"id": 0, "stack_level": 0, "purpose": purpose, "kind": Kind.ABSOLUTE, "schedule": schedule}
    return Profile(**fields | over)


def test_a_group_belongs_to_the_owner_of_its_station_and_is_on_record() -> None:
    pile = make_online_pile()
    group = make_group(pile.station)
    loads.edit_group(group, actor=ACTOR, limit=Decimal(50))

    assert group.tenant_id == pile.tenant_id
    assert AuditEntry.objects.get(action="load_group.edited").after["limit"] in {"50", "50.0", 50}
    assert groups_to_share() == [group.pk]


def test_a_pile_that_comes_gets_the_safety_limit() -> None:
    pile = make_online_pile()
    group = make_group(pile.station)
    intake.disconnect([Talk(pile).disconnected()])
    assert resharing.share_loads() == 0 and not ChargingProfile.objects.exists()

    talk = Talk(pile, generation=2)
    intake.connect([talk.connected()])
    resharing.share_loads()
    row = ChargingProfile.objects.get()
    assert (row.purpose, row.connector_number, row.group) == ("TxDefaultProfile", 0, group)


def test_a_refused_safety_limit_is_not_asked_for_over_and_over() -> None:
    pile = make_online_pile()
    group = make_group(pile.station)
    resharing.share_loads()
    [command] = Command.objects.filter(action="SetChargingProfile")
    intake.keep_outcomes([outcome(command, CommandState.REJECTED, answer={"status": "Rejected"})])
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        resharing.reshare(group.pk)
        assert Command.objects.count() == 1
    with clock.frozen(clock.now() + timedelta(hours=2)):
        resharing.reshare(group.pk)
        assert Command.objects.count() == 2


def test_a_pile_that_moves_leaves_its_group_and_forgets_its_limit() -> None:
    pile = make_online_pile()
    group = make_group(pile.station, whole=False, piles=[pile])
    row = held(pile, group)
    to = make_station(Station.objects.get(pk=pile.station_id).tenant)
    devices.move_pile(pile, to=to, actor=ACTOR, reason="needed there")

    pile.refresh_from_db()
    assert pile.load_group is None and group_of_pile(pile) is None
    assert Command.objects.get(action="ClearChargingProfile").payload == {"id": row.pk}
    assert not LoadShare.objects.exists()


def test_a_station_that_is_transferred_takes_its_groups_and_profiles_along() -> None:
    agency = make_agency()
    pile = make_online_pile(make_station(agency))
    group = make_group(pile.station)
    row = held(pile, group)
    other = make_tenant(agency.parent)
    sites.transfer_station(pile.station, to=other, actor=ACTOR, reason="sold")

    group.refresh_from_db()
    row.refresh_from_db()
    assert (group.tenant_id, row.tenant_id) == (other.pk, other.pk)


def test_a_pile_taken_out_of_its_group_forgets_its_limit() -> None:
    pile = make_online_pile()
    other = make_online_pile(pile.station)
    group = make_group(pile.station, whole=False, piles=[pile, other])
    row = held(pile, group)
    loads.edit_group(group, actor=ACTOR, piles=[other])
    resharing.share_loads()

    assert Command.objects.get(action="ClearChargingProfile").payload == {"id": row.pk}
    row.refresh_from_db()
    assert row.group is None


def test_staff_do_not_overrule_a_group_with_a_profile_for_one_charge() -> None:
    pile = make_online_pile()
    make_group(pile.station)
    for one, connector in (
        (maximum(Purpose.TRANSACTION, transaction_id=5), 1),
        (maximum(Purpose.DEFAULT), 0),
    ):
        with pytest.raises(Refused) as refused:
            profiles.set_profile(pile, profile=one, connector=connector, actor=ACTOR)
        assert refused.value.code == "group"
    assert not ChargingProfile.objects.exists()
    assert profiles.set_profile(pile, profile=maximum(), connector=0, actor=ACTOR).pk


def test_a_limit_that_a_group_holds_is_not_cleared_beside_it() -> None:
    pile = make_online_pile()
    row = held(pile, make_group(pile.station))
    with pytest.raises(Refused) as refused:
        profiles.clear_profile(row, actor=ACTOR)

    assert refused.value.code == "group"
    row.refresh_from_db()
    assert row.state == ProfileState.INSTALLED


def test_what_was_cleared_is_not_cleared_again() -> None:
    pile = make_online_pile()
    row = profiles.set_profile(pile, profile=maximum(), connector=0, actor=ACTOR)
    profiles.clear_profile(row, actor=ACTOR)
    command = Command.objects.get(action="ClearChargingProfile")
    intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, answer={"status": "Accepted"})])

    with pytest.raises(Refused) as refused:
        profiles.clear_profile(row, actor=ACTOR)
    assert refused.value.code == "ended"


def test_without_an_answer_a_profile_stays_asked_for() -> None:
    pile = make_online_pile()
    row = profiles.set_profile(pile, profile=maximum(), connector=0, actor=ACTOR)
    assert row.set_command is not None
    intake.keep_outcomes([outcome(row.set_command, CommandState.TIMED_OUT)])

    row.refresh_from_db()
    assert (row.state, row.note) == (ProfileState.WANTED, "no_answer")


@pytest.mark.statement(102)
@pytest.mark.parametrize(
    ("key", "value", "over", "field"),
    [
        ("ChargeProfileMaxStackLevel", "1", {"stack_level": 2}, "stack_level"),
        ("ChargingScheduleAllowedChargingRateUnit", "Current", {}, "unit"),
    ],
)
def test_what_a_pile_said_of_itself_is_kept_to(
    key: str, value: str, over: dict[str, Any], field: str
) -> None:
    pile = make_online_pile()
    command = profiles.commands.send_command(pile, action="GetConfiguration", payload={}, actor=ACTOR)
    answer = {"configurationKey": [{"key": key, "readonly": True, "value": value}], "unknownKey": []}
    intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, answer=answer)])

    with pytest.raises(Refused) as refused:
        profiles.set_profile(pile, profile=maximum(**over), connector=0, actor=ACTOR)
    assert refused.value.field == field
    assert not ChargingProfile.objects.exists()


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("GetCompositeSchedule", {"connectorId": 1}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 0}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 10**7}),
        ("GetCompositeSchedule", {"connectorId": 9, "duration": 60}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 60, "chargingRateUnit": "kW"}),
        ("ClearChargingProfile", {"id": "1"}),
        ("ClearChargingProfile", {"stackLevel": -1}),
        ("ClearChargingProfile", {"connectorId": 9}),
        ("ClearChargingProfile", {"chargingProfilePurpose": ["TxProfile"]}),
        ("SetChargingProfile", {}),
        ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": {}}),
    ],
)
def test_requests_without_sense_are_refused(action: str, payload: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        profiles.commands.send_command(make_online_pile(), action=action, payload=payload, actor=ACTOR)
    assert refused.value.code == "malformed"
    assert not Command.objects.exists()


def test_an_old_history_is_forgotten(settings: Any) -> None:
    tenant = Tenant.objects.get(pk=make_online_pile().tenant_id)
    make_row(Reshare, tenant, at=clock.ago(days=settings.PILE_HISTORY_KEPT_DAYS + 1))
    young = make_row(Reshare, tenant, at=clock.ago(days=settings.PILE_HISTORY_KEPT_DAYS - 1))
    sweeps.forget_history()

    assert Reshare.objects.get() == young
