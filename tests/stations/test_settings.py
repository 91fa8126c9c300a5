"""Settings of piles: kept as they are read, never as they were sent; compared with what is wanted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import (
    Command,
    ConfigurationKey,
    Pile,
    PileModel,
    Station,
    TemplateKey,
)
from stations.selectors import lacking_actions
from stations.services import commands, devices, settings, sites
from tenants.models import Tenant
from tenants.selectors import path_of
from tenants.verification import tenancy_faults
from tests.factories.stations import (
    ACTOR,
    Talk,
    make_model,
    make_online_pile,
    make_pile,
    make_station,
)
from tests.stations.telling import answer, drifts, entry, latest, read, template

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def station() -> Station:
    return make_station()


@pytest.fixture
def model(station: Station) -> PileModel:
    return make_model(Tenant.objects.get(pk=path_of(station.tenant_id).manufacturer_id))


@pytest.fixture
def pile(station: Station, model: PileModel) -> Pile:
    return make_online_pile(station, model=model)


@pytest.mark.statement(96)
def test_what_a_pile_tells_is_kept_and_what_it_does_not_know_too(pile: Pile) -> None:
    read(
        pile,
        entry("heartbeatinterval", "300"),
        entry("NumberOfConnectors", "2", readonly=True),
        entry("VendorThing", None),
        unknown=("Odd",),
    )
    rows = {row.key: row for row in ConfigurationKey.objects.filter(pile=pile)}

    assert {key: (row.value, row.readonly, row.known) for key, row in rows.items()} == {
        "HeartbeatInterval": ("300", False, True),
        "NumberOfConnectors": ("2", True, True),
        "VendorThing": (None, False, True),
        "Odd": (None, False, False),
    }
    assert all(row.tenant_id == pile.tenant_id and row.seen_at for row in rows.values())
    read(pile, entry("HeartbeatInterval", "60"), wanted=["HeartbeatInterval"])
    assert ConfigurationKey.objects.get(pile=pile, key="HeartbeatInterval").value == "60"
    assert ConfigurationKey.objects.filter(pile=pile).count() == 4


@pytest.mark.statement(97)
def test_secrets_are_not_kept(pile: Pile) -> None:
    read(
        pile,
        entry("AuthorizationKey", "00112233445566778899"),
        entry("WifiPassword", "hunter2"),
        entry("Endpoint", "***"),
        unknown=("authorizationkey",),
    )
    assert list(ConfigurationKey.objects.values_list("key", "value")) == [("Endpoint", None)]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"configurationKey": []},
        {"configurationKey": [{"key": " A ", "readonly": None, "value": ""}]},
        {"configurationKey": [{"key": "A", "value": "v" * 5000}] * 3, "unknownKey": ["A", ""]},
        {"configurationKey": [{"key": f"k{n}", "value": "1"} for n in range(700)]},
        {"configurationKey": [{"key": "K" * 200, "value": "1"}]},
    ],
)
def test_whatever_it_tells_is_no_error(pile: Pile, said: dict[str, Any]) -> None:
    answer(settings.read_settings(pile, actor=ACTOR), answer=said)
    assert latest("GetConfiguration").state == "accepted"
    assert ConfigurationKey.objects.count() <= 500


def test_an_answer_that_was_not_accepted_changes_nothing(pile: Pile) -> None:
    answer(settings.read_settings(pile, actor=ACTOR), CommandState.ERROR, error="InternalError")
    assert not ConfigurationKey.objects.exists()


def test_an_older_answer_does_not_overwrite_a_newer_one(pile: Pile) -> None:
    read(pile, entry("A", "new"))
    with clock.frozen(clock.ago(minutes=5)):
        read(pile, entry("A", "old"))
    assert ConfigurationKey.objects.get(key="A").value == "new"


def test_what_a_pile_lists_of_its_profiles_is_remembered(pile: Pile) -> None:
    assert pile.feature_profiles is None
    read(pile, entry("SupportedFeatureProfiles", "core, remote trigger"))
    pile.refresh_from_db()
    assert pile.feature_profiles == ["Core", "RemoteTrigger"]
    read(pile, entry("HeartbeatInterval", "300"))
    read(pile, entry("SupportedFeatureProfiles", ""))
    pile.refresh_from_db()
    assert pile.feature_profiles == ["Core", "RemoteTrigger"]


def test_a_command_of_a_profile_that_is_not_listed_is_refused_unless_sent_anyway(pile: Pile) -> None:
    read(pile, entry("SupportedFeatureProfiles", "Core"))
    trigger = {"requestedMessage": "Heartbeat"}
    with pytest.raises(Refused) as refused:
        commands.send_command(pile, action="TriggerMessage", payload=trigger, actor=ACTOR)
    assert refused.value.code == "unsupported"
    assert not Command.objects.filter(action="TriggerMessage").exists()

    commands.send_command(pile, action="TriggerMessage", payload=trigger, actor=ACTOR, anyway=True)
    assert Command.objects.filter(action="TriggerMessage").count() == 1


@pytest.mark.statement(108)
@pytest.mark.parametrize("code", ["NotSupported", "NotImplemented"])
def test_a_command_that_a_pile_does_not_know_is_remembered_for_its_model_and_firmware(
    station: Station, code: str
) -> None:
    asked, alike = make_online_pile(station), make_online_pile(station)
    answer(
        commands.send_command(asked, action="ClearCache", payload={}, actor=ACTOR),
        CommandState.ERROR,
        error=code,
    )
    with pytest.raises(Refused) as refused:
        commands.send_command(alike, action="ClearCache", payload={}, actor=ACTOR)
    assert refused.value.code == "unsupported"
    assert lacking_actions(alike) == {"ClearCache"}

    later = clock.now() + timedelta(seconds=1)
    intake.boot([Talk(one).booted(firmware="2.0", received_at=later) for one in (asked, alike)])
    for one in (asked, alike):
        one.refresh_from_db()
        assert lacking_actions(one) == frozenset()


def test_one_that_answers_after_all_takes_it_back(station: Station) -> None:
    first, second = make_online_pile(station), make_online_pile(station)
    ask: dict[str, Any] = {"action": "ClearCache", "payload": {}, "actor": ACTOR}
    with clock.frozen(clock.ago(minutes=1)):
        answer(commands.send_command(first, **ask), CommandState.ERROR, error="NotSupported")
    answer(commands.send_command(second, **ask, anyway=True), CommandState.REJECTED)
    assert lacking_actions(first) == frozenset()


def test_a_change_is_believed_only_when_it_is_read_back(pile: Pile) -> None:
    read(pile, entry("HeartbeatInterval", "300"))
    change = settings.change_setting(pile, key="heartbeatinterval", value="060", actor=ACTOR)
    answer(change, answer={"status": "Accepted"})
    row = ConfigurationKey.objects.get(pile=pile, key="HeartbeatInterval")
    assert (row.value, row.read_again) == ("300", True)

    settings.read_again()
    settings.read_again()
    back = latest("GetConfiguration")
    assert (back.payload, back.actor_ref) == ({"key": ["HeartbeatInterval"]}, "timer:settings")
    assert Command.objects.filter(action="GetConfiguration").count() == 2
    answer(back, answer={"configurationKey": [entry("HeartbeatInterval", "60")]})
    row.refresh_from_db()
    assert (row.value, row.read_again) == ("60", False)


@pytest.mark.statement(95)
@pytest.mark.parametrize(
    ("state", "status", "read_again", "restart"),
    [
        (CommandState.ACCEPTED, "Accepted", True, False),
        (CommandState.ACCEPTED, "RebootRequired", True, True),
        (CommandState.REJECTED, "Rejected", False, False),
        (CommandState.REJECTED, "NotSupported", False, False),
    ],
)
def test_the_answers_to_a_change_are_told_apart(
    pile: Pile, state: CommandState, status: str, read_again: bool, restart: bool
) -> None:
    answer(settings.change_setting(pile, key="New", value="1", actor=ACTOR), state, answer={"status": status})
    row = ConfigurationKey.objects.filter(pile=pile, key="New").first()

    assert (row is not None and row.read_again) is read_again
    assert (row is not None and row.reboot_asked_at is not None) is restart
    assert latest("ChangeConfiguration").answer["status"] == status


def test_what_is_offline_is_read_back_when_it_can_be_heard_again(pile: Pile) -> None:
    answer(settings.change_setting(pile, key="A", value="1", actor=ACTOR), answer={"status": "Accepted"})
    intake.disconnect([Talk(pile).disconnected()])
    assert settings.read_again() == 0
    Pile.objects.filter(pk=pile.pk).update(online=True)
    assert settings.read_again() == 1


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("HeartbeatInterval", "soon", "value"),
        ("NumberOfConnectors", "3", "key"),
        ("Fixed", "2", "key"),
        ("MeterValuesSampledData", "A,B", "value"),
        ("", "1", "key"),
    ],
)
def test_what_makes_no_sense_is_not_sent(pile: Pile, key: str, value: str, field: str) -> None:
    read(pile, entry("Fixed", "1", readonly=True), entry("MeterValuesSampledDataMaxLength", "1"))
    with pytest.raises(Refused) as refused:
        settings.change_setting(pile, key=key, value=value, actor=ACTOR)
    assert (refused.value.code, refused.value.field) == ("malformed", field)
    assert not Command.objects.filter(action="ChangeConfiguration").exists()


def test_an_engineer_may_send_what_makes_no_sense_all_the_same(pile: Pile) -> None:
    settings.change_setting(pile, key="HeartbeatInterval", value="soon", actor=ACTOR, anyway=True)
    assert latest("ChangeConfiguration").payload["value"] == "soon"
    with pytest.raises(Refused) as refused:
        settings.change_setting(pile, key="AuthorizationKey", value="0" * 40, actor=ACTOR, anyway=True)
    assert refused.value.code == "own_page"


def test_drift_is_what_is_read_against_what_the_nearest_template_wants(
    pile: Pile, model: PileModel, station: Station
) -> None:
    template(model, HeartbeatInterval="300", LocalPreAuthorize="false", Odd="1", Mode="A")
    assert drifts(pile) == dict.fromkeys(["HeartbeatInterval", "LocalPreAuthorize", "Odd", "Mode"], "unknown")
    read(
        pile,
        entry("HeartbeatInterval", "60"),
        entry("LocalPreAuthorize", "0"),
        entry("Mode", "B", readonly=True),
    )
    assert drifts(pile) == {
        "HeartbeatInterval": "differs",
        "LocalPreAuthorize": "same",
        "Odd": "missing",
        "Mode": "readonly",
    }

    operator = Tenant.objects.get(pk=path_of(station.tenant_id).operator_id)
    nearer = template(model, operator, HeartbeatInterval="60")
    assert drifts(pile)["HeartbeatInterval"] == "same"
    settings.want_no_more(TemplateKey.objects.get(template=nearer), actor=ACTOR)
    assert drifts(pile)["HeartbeatInterval"] == "differs"


def test_more_piles_than_are_compared_at_once_are_compared_by_the_sweep(
    station: Station, model: PileModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    piles = [make_pile(station, model=model) for _ in range(3)]
    monkeypatch.setattr(settings, "AT_ONCE", 1)
    monkeypatch.setattr(settings, "A_TICK", 1)
    row = template(model, A="1")
    assert [bool(drifts(pile)) for pile in piles] == [True, False, False]
    for _ in range(4):
        settings.compare_again()
    assert all(drifts(pile) for pile in piles)
    row.refresh_from_db()
    assert row.compare_after is None


def test_settings_follow_their_pile_to_another_model_and_owner(
    pile: Pile, model: PileModel, station: Station
) -> None:
    template(model, A="1")
    other = make_model(model.tenant)
    devices.edit_pile(pile, actor=ACTOR, model=other)
    assert drifts(pile) == {}
    devices.edit_pile(pile, actor=ACTOR, model=model)
    assert drifts(pile) == {"A": "unknown"}

    operator = Tenant.objects.get(pk=path_of(station.tenant_id).operator_id)
    sites.transfer_station(station, to=operator, actor=ACTOR, reason="sold")
    assert ConfigurationKey.objects.get(pile=pile).tenant_id == operator.pk
    assert list(tenancy_faults()) == []


def test_a_new_pile_is_compared_with_its_template(station: Station, model: PileModel) -> None:
    template(model, A="1")
    assert drifts(make_pile(station, model=model)) == {"A": "unknown"}


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [("HeartbeatInterval", "x", "value"), ("AuthorizationKey", "00", "key"), ("", "1", "key")],
)
def test_a_template_wants_nothing_that_makes_no_sense(
    model: PileModel, key: str, value: str, field: str
) -> None:
    row = template(model)
    with pytest.raises(Refused) as refused:
        settings.want_setting(row, key=key, value=value, actor=ACTOR)
    assert refused.value.field == field
    assert not TemplateKey.objects.exists()


def test_wanting_the_same_key_again_changes_it(model: PileModel) -> None:
    row = template(model, HeartbeatInterval="60")
    settings.want_setting(row, key="heartbeatINTERVAL", value="90", actor=ACTOR, after_boot=True)
    assert settings.create_template(model.tenant, model=model, actor=ACTOR).pk == row.pk
    assert list(TemplateKey.objects.values_list("key", "value", "after_boot")) == [
        ("HeartbeatInterval", "90", True)
    ]
    assert AuditEntry.objects.filter(action="template.setting_wanted").count() == 2


@pytest.mark.quirk("vendor-switch")
def test_after_each_boot_what_differs_is_set_once(pile: Pile, model: PileModel) -> None:
    row = template(model)
    settings.want_setting(row, key="FreeMode", value="true", actor=ACTOR, after_boot=True)
    settings.want_setting(row, key="Other", value="1", actor=ACTOR)

    def sweep(after_s: int) -> list[tuple[str, Any]]:
        before = list(Command.objects.values_list("pk", flat=True))
        with clock.frozen(clock.now() + timedelta(seconds=after_s)):
            settings.read_again()
            settings.set_after_boot()
        return [(one.action, one.payload) for one in Command.objects.exclude(pk__in=before)]

    assert sweep(0) == []
    asked = sweep(10)
    assert asked == [("GetConfiguration", {"key": ["FreeMode"]})]
    with clock.frozen(clock.now() + timedelta(seconds=11)):
        answer(latest("GetConfiguration"), answer={"configurationKey": [entry("FreeMode", "false")]})
    assert sweep(12) == [("ChangeConfiguration", {"key": "FreeMode", "value": "true"})]
    with clock.frozen(clock.now() + timedelta(seconds=13)):
        answer(latest("ChangeConfiguration"), CommandState.REJECTED, answer={"status": "Rejected"})
    assert sweep(14) == []

    intake.boot([Talk(pile).booted(received_at=clock.now() + timedelta(seconds=20))])
    assert sweep(40) == [("GetConfiguration", {"key": ["FreeMode"]})]
    with clock.frozen(clock.now() + timedelta(seconds=41)):
        answer(latest("GetConfiguration"), answer={"configurationKey": [entry("FreeMode", "TRUE")]})
    assert sweep(42) == []
