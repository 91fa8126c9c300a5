"""The settings of a terminal, templates of settings, and what may be done about a difference."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import (
    Campaign,
    CampaignPile,
    Command,
    ConfigurationKey,
    ConfigurationTemplate,
    Pile,
    PileModel,
    Station,
    TemplateKey,
)
from stations.resources.configuration import measured_words
from stations.services import settings
from stations.views.configuration import breakable
from tenants.models import Tenant
from tenants.selectors import path_of
from tests.factories.stations import (
    ACTOR,
    make_command,
    make_model,
    make_online_pile,
    make_pile,
    make_station,
    outcome,
)
from tests.factories.tenants import make_tenant
from tests.stations.browsing import browser, errors, operator_of
from tests.support.workbooks import content_of, sheets_of

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def station() -> Station:
    return make_station()


@pytest.fixture
def maker(station: Station) -> Tenant:
    return Tenant.objects.get(pk=path_of(station.tenant_id).manufacturer_id)


@pytest.fixture
def model(maker: Tenant) -> PileModel:
    return make_model(maker)


@pytest.fixture
def pile(station: Station, model: PileModel) -> Pile:
    return make_online_pile(station, model=model)


def tell(pile: Pile, **values: str) -> None:
    command = settings.read_settings(pile, actor=ACTOR)
    told = [{"key": key, "value": value, "readonly": key == "Fixed"} for key, value in values.items()]
    intake.keep_outcomes(
        [
            outcome(command, CommandState.SENT),
            outcome(command, CommandState.ACCEPTED, answer={"configurationKey": told, "unknownKey": ["Odd"]}),
        ]
    )


def want(model: PileModel, **values: str) -> ConfigurationTemplate:
    row = settings.create_template(model.tenant, model=model, actor=ACTOR)
    for key, value in values.items():
        settings.want_setting(row, key=key, value=value, actor=ACTOR)
    return row


def at(name: str, pk: int, key: str = "") -> str:
    return reverse(f"stations:{name}", args=[pk]) + (f"?key={key}" if key else "")


def test_the_page_shows_what_was_told_beside_what_is_wanted(pile: Pile, model: PileModel) -> None:
    want(model, HeartbeatInterval="300", LocalPreAuthorize="false")
    tell(pile, HeartbeatInterval="60", LocalPreAuthorize="0", Fixed="x")
    page = browser(operator_of(pile)).get(at("pile_configuration", pile.pk))
    text = page.content.decode()

    assert "1 setting is not as wanted" in text
    drift = {line["row"].key: line["drift"] and str(line["drift"][0]) for line in page.context["lines"]}
    assert drift == {
        "Fixed": None,
        "HeartbeatInterval": "Differs",
        "LocalPreAuthorize": "As wanted",
        "Odd": None,
    }
    buttons = {line["row"].key: len(line["buttons"]) for line in page.context["lines"]}
    assert buttons == {"Fixed": 1, "HeartbeatInterval": 2, "LocalPreAuthorize": 2, "Odd": 1}


@pytest.mark.statement(97)
def test_the_password_is_not_on_the_page_and_not_changed_there(pile: Pile) -> None:
    tell(pile, AuthorizationKey="00112233445566778899aabbccddeeff00112233")
    client = browser(operator_of(pile))
    assert "0011223344" not in client.get(at("pile_configuration", pile.pk)).content.decode()
    answer = client.post(
        at("configuration_change", pile.pk),
        {"key": "AuthorizationKey", "value": "00" * 20, "reason": "new"},
    )
    assert errors(answer)
    assert not Command.objects.filter(action="ChangeConfiguration").exists()


def test_all_settings_or_one_are_read(pile: Pile) -> None:
    client = browser(operator_of(pile), Role.ENGINEER)
    client.post(at("configuration_read", pile.pk))
    client.post(at("configuration_read", pile.pk, "HeartbeatInterval"))

    assert list(Command.objects.order_by("pk").values_list("payload", flat=True)) == [
        {},
        {"key": ["HeartbeatInterval"]},
    ]


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("HeartbeatInterval", "60", ""),
        ("HeartbeatInterval", "soon", "value"),
        ("LocalPreAuthorize", "true", ""),
        ("LocalPreAuthorize", "maybe", "value"),
        ("Vendor", "x" * 501, "value"),
        ("Fixed", "2", "key"),
    ],
)
def test_a_setting_is_changed_in_a_form_that_fits_it(pile: Pile, key: str, value: str, wrong: str) -> None:
    tell(pile, HeartbeatInterval="300", LocalPreAuthorize="FALSE", Fixed="1")
    client, url = browser(operator_of(pile)), at("configuration_change", pile.pk, key)
    assert client.get(url).status_code == 200
    answer = client.post(url, {"key": key, "value": value, "reason": "slower"})

    sent = Command.objects.filter(action="ChangeConfiguration")
    if wrong:
        assert wrong in errors(answer)
        assert not sent.exists()
    else:
        assert answer.status_code == 302
        assert sent.get().payload == {"key": key, "value": value}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.MANAGER])
def test_those_who_are_no_engineers_look_and_change_nothing(pile: Pile, role: Role) -> None:
    tell(pile, A="1")
    before = Command.objects.count()
    client = browser(operator_of(pile), role)
    assert client.get(at("pile_configuration", pile.pk)).status_code == 200
    for name in ("configuration_read", "configuration_change", "configuration_push"):
        typed = {"key": "A", "value": "2", "reason": "because"}
        assert client.post(at(name, pile.pk), typed).status_code == 403
    assert Command.objects.count() == before
    assert not Campaign.objects.exists()


@pytest.mark.statement(95)
def test_a_restart_is_offered_until_it_happened(pile: Pile) -> None:
    change = settings.change_setting(pile, key="A", value="1", actor=ACTOR)
    said = outcome(change, CommandState.ACCEPTED, answer={"status": "RebootRequired"})
    intake.keep_outcomes([outcome(change, CommandState.SENT), said])
    client = browser(operator_of(pile))
    assert "only after a restart" in client.get(at("pile_configuration", pile.pk)).content.decode()

    Pile.objects.filter(pk=pile.pk).update(booted_at=ConfigurationKey.objects.get().reboot_asked_at)
    assert "only after a restart" not in client.get(at("pile_configuration", pile.pk)).content.decode()


def test_what_differs_is_pushed_and_a_form_sent_twice_pushes_once(pile: Pile, model: PileModel) -> None:
    want(model, A="1")
    client, url = browser(operator_of(pile)), at("configuration_push", pile.pk)
    assert client.get(url).status_code == 200
    first = client.post(url, {"reason": "as wanted", "once": "x"})
    second = client.post(url, {"reason": "as wanted", "once": "x"})

    campaign = Campaign.objects.get()
    assert (campaign.kind, campaign.total, campaign.reason) == ("configuration.push", 1, "as wanted")
    assert first.headers["Location"] == second.headers["Location"] == at("campaign", campaign.pk)


def test_many_terminals_are_pushed_from_their_list(pile: Pile, model: PileModel, station: Station) -> None:
    want(model, A="1")
    tell(pile, A="0")
    right = make_online_pile(station, model=model)
    tell(right, A="1")
    make_pile(station)
    client = browser(operator_of(pile))
    listed = client.get(reverse("stations.piles"), {"settings": "off"})
    assert listed.context["page"].total == 1

    url = reverse("stations:bulk_ask", args=["configuration.push"]) + "?every=1&settings=off"
    typed = {"wave_size": "5", "failure_share": "0", "at_once": "5", "patience_s": "0", "reason": "why"}
    client.post(url, typed | {"once": "x"})
    assert (Campaign.objects.get().kind, Campaign.objects.get().total) == ("configuration.push", 1)


def test_a_template_is_written_by_the_maker_and_shown_to_those_below(
    pile: Pile, model: PileModel, maker: Tenant
) -> None:
    engineer = browser(maker, Role.ENGINEER)
    engineer.post(reverse("stations:template_new"), {"model": model.pk})
    row = ConfigurationTemplate.objects.get()
    wrong = engineer.post(at("template_want", row.pk), {"key": "HeartbeatInterval", "value": "x"})
    assert "value" in errors(wrong) and 'value="x"' in wrong.content.decode()
    engineer.post(
        at("template_want", row.pk), {"key": "HeartbeatInterval", "value": "60", "after_boot": "on"}
    )
    wanted = TemplateKey.objects.get()
    engineer.post(at("wanted_edit", wanted.pk), {"value": "90", "note": "mobile network"})
    wanted.refresh_from_db()
    assert (wanted.value, wanted.after_boot, wanted.note) == ("90", False, "mobile network")

    below = browser(operator_of(pile))
    page = below.get(at("template", row.pk))
    assert "handed down" in page.content.decode()
    for name, pk in (("template_want", row.pk), ("wanted_edit", wanted.pk), ("wanted_drop", wanted.pk)):
        answer = below.post(at(name, pk), {"key": "A", "value": "1", "reason": "because"})
        assert answer.status_code == 404
    assert list(TemplateKey.objects.values_list("value", flat=True)) == ["90"]

    engineer.post(at("wanted_drop", wanted.pk), {"reason": "not needed"})
    assert not TemplateKey.objects.exists()


def test_all_terminals_of_a_model_are_read_and_pushed_from_its_template(
    pile: Pile, model: PileModel, station: Station
) -> None:
    row = want(model, A="1")
    make_pile(station, model=model)
    client = browser(operator_of(pile))
    for name, kind in (("template_read", "configuration.read"), ("template_push", "configuration.push")):
        assert client.get(at(name, row.pk)).status_code == 200
        client.post(at(name, row.pk), {"reason": "because", "once": name})
        campaign = Campaign.objects.get(kind=kind)
        assert (campaign.total, campaign.patience_s) == (2, 86_400)
    assert Campaign.objects.get(kind="configuration.read").params == {"keys": ["A"]}


def test_the_comparison_is_a_list(pile: Pile, model: PileModel) -> None:
    want(model, A="1", B="2")
    tell(pile, A="0", B="2")
    client = browser(operator_of(pile))
    differs = client.get(reverse("stations.drift"), {"drift": "differs", "model": model.name})
    assert differs.context["page"].total == 1
    opened = client.get(reverse("stations.drift"))
    assert [row.key for row in opened.context["table"].data] == ["A"]
    assert [(str(tab.label), tab.count) for tab in opened.context["tabs"][1:]] == [
        ("Differs", 1),
        ("Not read", 0),
    ]
    export: Any = client.get(reverse("stations.drift.export"), {"tab": "all"})
    sheet = next(iter(sheets_of(content_of(export)).values()))
    assert {"A", "B"} <= {cell for line in sheet for cell in line if isinstance(cell, str)}


def test_a_command_that_is_not_known_has_a_dead_button_and_engineers_may_send_it(pile: Pile) -> None:
    tell(pile, SupportedFeatureProfiles="Core")
    url = reverse("stations:ask", args=[pile.pk, "TriggerMessage"])
    engineer = browser(operator_of(pile), Role.ENGINEER)
    typed: dict[str, Any] = {"message": "Heartbeat", "connector": "0"}
    assert "Send anyway" in engineer.get(url).content.decode()
    refused = engineer.post(url, typed)
    assert errors(refused)
    assert not Command.objects.filter(action="TriggerMessage").exists()
    engineer.post(url, typed | {"anyway": "on"})
    assert Command.objects.filter(action="TriggerMessage").count() == 1


def test_those_who_are_no_engineers_see_a_dead_button_with_its_reason(pile: Pile) -> None:
    command = make_error(pile)
    page = browser(operator_of(pile), Role.SUPPORT).get(at("pile", pile.pk))
    dead = {str(act.label): str(act.refused) for act in page.context["asks"]}

    assert command.state == "error"
    assert dead["Restart…"] == "The terminal does not know this command"
    assert dead["Availability…"] == ""


def make_error(pile: Pile) -> Command:
    """The pile said that it does not know Reset."""
    command = make_command(pile, action="Reset", payload={"type": "Soft"})
    said = outcome(command, CommandState.ERROR, error="NotImplemented", latency_ms=3)
    intake.keep_outcomes([outcome(command, CommandState.SENT), said])
    command.refresh_from_db()
    return command


def test_a_template_counts_and_asks_the_terminals_below_its_own_tenant_only(
    pile: Pile, model: PileModel, maker: Tenant
) -> None:
    other = make_tenant(make_tenant(make_tenant(maker)))
    elsewhere = make_online_pile(make_station(other), model=model)
    own = settings.create_template(operator_of(pile), model=model, actor=ACTOR)
    settings.want_setting(own, key="HeartbeatInterval", value="300", actor=ACTOR)
    tell(elsewhere, HeartbeatInterval="60")
    client = browser(maker)
    [row] = [row.record for row in client.get(reverse("stations.templates")).context["table"].rows]
    assert (row.pile_count, row.drift_count) == (1, 0)

    question = client.get(at("template_push", own.pk)).content.decode()
    assert "1 terminal" in question
    client.post(at("template_push", own.pk), {"reason": "as wanted", "once": "x"})
    assert list(CampaignPile.objects.values_list("pile", flat=True)) == [pile.pk]


def test_a_long_list_of_words_goes_on_behind_a_comma_and_is_escaped(pile: Pile) -> None:
    tell(pile, SupportedFeatureProfiles="Core,RemoteTrigger,<b>")
    page = browser(operator_of(pile)).get(at("pile_configuration", pile.pk)).content.decode()

    assert "<code>Core,<wbr>RemoteTrigger,<wbr>&lt;b&gt;</code>" in page


def test_the_name_of_a_measurand_parts_at_its_dots_and_a_number_does_not() -> None:
    assert breakable("Energy.Active,1.5") == "Energy.<wbr>Active,<wbr>1.5"


def test_a_value_that_differs_has_the_unit_of_its_key() -> None:
    assert measured_words("300", "heartbeatinterval") == "300\N{NO-BREAK SPACE}s"
    assert measured_words("7", "VendorSpeed") == "7" and measured_words(None, "HeartbeatInterval") == ""


def test_keys_that_are_known_are_offered(pile: Pile) -> None:
    tell(pile, VendorSpeed="7", Fixed="1")
    page = browser(operator_of(pile)).get(at("configuration_change", pile.pk)).content.decode()

    assert 'list="known-keys"' in page
    assert all(f'<option value="{key}">' in page for key in ("HeartbeatInterval", "VendorSpeed"))
    assert '<option value="Fixed">' not in page
