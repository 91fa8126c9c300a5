"""Pages of staff: forms that lose nothing, secrets that are told once, buttons that do what they say."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from ocpp_gateway.wire import Admitted
from stations import intake
from stations.models import (
    Connector,
    Pile,
    PileModel,
    QrToken,
    Station,
    UnclaimedPile,
)
from tenants.models import Tenant
from tests.factories.stations import (
    Talk,
    make_agency,
    make_command,
    make_model,
    make_new_pile,
    make_online_pile,
    make_pile,
    make_station,
)
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

HEX_KEY = re.compile(r"\b[0-9a-f]{40}\b")


def test_a_station_is_opened_and_shown() -> None:
    agency = make_agency()
    operator = Tenant.objects.get(pk=agency.parent_id)
    client = browser(operator)
    typed = {
        "tenant": agency.pk,
        "code": "sh-9",
        "name": "Gate",
        "status": "live",
        "latitude": "31.2",
        "longitude": "121.4",
    }
    answer = client.post(reverse("stations:station_new"), typed)

    station = Station.objects.get(code="SH-9")
    assert answer.headers["Location"] == reverse("stations:station", args=[station.pk])
    assert (station.tenant_id, station.latitude) == (agency.pk, Decimal("31.2"))
    assert "Gate" in client.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"latitude": "91"}, "latitude"),
        ({"longitude": ""}, "latitude"),
        ({"latitude": "abc"}, "latitude"),
        ({"code": "ä b"}, "code"),
        ({"code": "TAKEN"}, "code"),
        ({"name": ""}, "name"),
        ({"timezone": "Moon"}, "timezone"),
        ({"tenant": "999999"}, "tenant"),
        ({"power_limit_kw": "-1"}, "power_limit_kw"),
        ({"name": "\x00"}, "name"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    over: dict[str, str], field: str
) -> None:
    agency = make_agency()
    make_station(code="TAKEN")
    typed = {
        "tenant": agency.pk,
        "code": "NEW",
        "name": "Gate",
        "status": "live",
        "latitude": "31",
        "longitude": "121",
    }
    answer = browser(Tenant.objects.get(pk=agency.parent_id)).post(
        reverse("stations:station_new"), typed | {"address": "Road 5"} | over
    )

    assert answer.status_code == 200
    assert field in errors(answer)
    assert "Road 5" in answer.content.decode()
    assert Station.objects.count() == 1


def test_the_password_of_a_new_terminal_is_told_once() -> None:
    station = make_station()
    client = browser(operator_of(station))
    answer = client.post(
        reverse("stations:pile_new"),
        {"station": station.pk, "identity": "CP 1", "life": "in_service", "needs_key": "yes"},
    )

    page = answer.content.decode()
    [key] = set(HEX_KEY.findall(page))
    pile = Pile.objects.get(identity="CP 1")
    assert "no-store" in answer.headers["Cache-Control"]
    assert isinstance(intake.admit(Talk(pile).hello(key)), Admitted)
    assert "/ocpp/CP%201" in page and QrToken.objects.get(connector__pile=pile).token in page
    assert key not in client.get(reverse("stations:pile", args=[pile.pk])).content.decode()


def test_a_terminal_may_be_let_in_without_a_password() -> None:
    station = make_station()
    answer = browser(operator_of(station)).post(
        reverse("stations:pile_new"),
        {"station": station.pk, "identity": "OPEN", "life": "in_service", "needs_key": ""},
    )

    assert not HEX_KEY.findall(answer.content.decode())
    assert Pile.objects.get(identity="OPEN").security_profile == 0


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"identity": "a:b"}, "identity"),
        ({"identity": " x"}, "identity"),
        ({"key": "secret"}, "key"),
        ({"heartbeat_interval_s": "1"}, "heartbeat_interval_s"),
        ({"station": "0"}, "station"),
        ({"connectors": "99"}, "connectors"),
    ],
)
def test_a_terminal_that_cannot_be_is_not_registered(over: dict[str, str], field: str) -> None:
    station = make_station()
    typed = {
        "station": station.pk,
        "identity": "NEW",
        "life": "in_service",
        "needs_key": "yes",
        "serial": "SN 77",
    }
    answer = browser(operator_of(station)).post(reverse("stations:pile_new"), typed | over)

    assert field in errors(answer)
    assert "SN 77" in answer.content.decode()
    assert not Pile.objects.exists()


def test_an_identity_that_waits_is_claimed() -> None:
    station = make_station()
    manufacturer = station.tenant.get_root()
    intake.admit(Talk(Pile(identity="WAITING-1")).hello())
    waiting = UnclaimedPile.objects.get(tenant=manufacturer)
    client = browser(manufacturer)
    url = reverse("stations:claim", args=[waiting.pk])
    assert 'value="WAITING-1"' in client.get(url).content.decode()

    client.post(
        url, {"station": station.pk, "identity": "WAITING-1", "life": "in_service", "needs_key": "yes"}
    )
    assert Pile.objects.get(identity="WAITING-1").tenant_id == station.tenant_id
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("how", ["send", "hand"])
def test_a_new_password_is_told_once(how: str) -> None:
    pile = make_online_pile()
    answer = browser(operator_of(pile)).post(
        reverse("stations:pile_key", args=[pile.pk]), {"how": how, "reason": "it was shared"}
    )

    [key] = set(HEX_KEY.findall(answer.content.decode()))
    assert isinstance(intake.admit(Talk(pile).hello(key)), Admitted)


def test_a_password_cannot_be_sent_to_a_terminal_that_is_offline() -> None:
    new = make_new_pile()
    answer = browser(operator_of(new.pile)).post(
        reverse("stations:pile_key", args=[new.pile.pk]), {"how": "send", "reason": "it was shared"}
    )

    assert errors(answer)
    assert isinstance(intake.admit(Talk(new.pile).hello(new.key)), Admitted)


def test_the_page_of_a_terminal_keeps_reported_heard_and_wanted_apart() -> None:
    pile = make_online_pile()
    talk = Talk(pile)
    intake.report_status(
        [talk.status(1, "Faulted", error_code="GroundFailure"), talk.status(0, "Unavailable")]
    )
    make_command(pile, action="ChangeAvailability", payload={"connectorId": 2, "type": "Inoperative"})
    intake.disconnect([talk.disconnected()])
    page = browser(operator_of(pile)).get(reverse("stations:pile", args=[pile.pk])).content.decode()

    for words in (
        "cannot be heard",
        "GroundFailure",
        "Faulted",
        "Out of operation",
        "Unavailable",
        "ChangeAvailability",
    ):
        assert words in page


def test_labels_carry_the_code_and_what_a_driver_compares() -> None:
    new = make_new_pile(make_station(name="East gate"), name="HQ-07", connectors=2)
    client = browser(operator_of(new.pile))
    for name, row in (("stations:pile_labels", new.pile), ("stations:station_labels", new.pile.station)):
        page = client.get(reverse(name, args=[row.pk])).content.decode()
        assert page.count("<svg") >= 2 and page.count("HQ-07") >= 2 and "East gate" in page


def test_a_code_is_replaced_and_a_connector_is_described() -> None:
    new = make_new_pile(connectors=1)
    connector = Connector.objects.get(pile=new.pile)
    client = browser(operator_of(new.pile))
    client.post(reverse("stations:connector_code", args=[connector.pk]), {"reason": "torn off"})
    client.post(reverse("stations:connector_edit", args=[connector.pk]), {"type": "CCS2", "rated_kw": "150"})

    assert (
        QrToken.objects.filter(connector=connector, revoked_at__isnull=True)
        .exclude(token=new.tokens[0].token)
        .exists()
    )
    connector.refresh_from_db()
    assert (connector.type, connector.rated_kw) == ("CCS2", 150)


def test_a_manufacturer_describes_its_models() -> None:
    manufacturer = make_agency().get_root()
    client = browser(manufacturer)
    typed = {
        "name": "DC-9",
        "vendor": "Hanglu",
        "kind": "DC",
        "connector_count": "2",
        "rated_kw": "90",
        "ping": "False",
    }
    client.post(reverse("stations:model_new"), typed)
    model = PileModel.objects.get(name="DC-9")
    assert (model.rated_kw, model.quirks) == (90, {"ping": False})

    client.post(
        reverse("stations:model_edit", args=[model.pk]),
        typed | {"name": "OTHER", "ping": "", "rated_kw": "95"},
    )
    model.refresh_from_db()
    assert (model.name, model.rated_kw, model.quirks) == ("DC-9", 95, {})


def test_settings_of_a_terminal_show_only_what_is_its_own() -> None:
    pile = make_pile(quirks={"heartbeat_interval_s": 60})
    client, url = browser(operator_of(pile)), reverse("stations:pile_edit", args=[pile.pk])
    form = client.get(url).context["form"]
    assert form["heartbeat_interval_s"].initial == 60 and form["ping"].initial is None

    client.post(
        url, {"name": "New name", "life": "maintenance", "ping": "False", "clock_zone": "Asia/Shanghai"}
    )
    row = Pile.objects.get(pk=pile.pk)
    assert (row.name, row.life, row.quirks) == (
        "New name",
        "maintenance",
        {"ping": False, "clock_zone": "Asia/Shanghai"},
    )


def test_the_form_of_a_terminal_shows_its_dates_so_that_saving_keeps_them() -> None:
    pile = make_pile(warranty_until=date(2029, 6, 18), sim_expires_on=date(2027, 6, 19))
    client, url = browser(operator_of(pile)), reverse("stations:pile_edit", args=[pile.pk])
    page = client.get(url).content.decode()
    assert 'value="2029-06-18"' in page and 'value="2027-06-19"' in page


@pytest.mark.parametrize("name", ["station_close", "station_transfer"])
def test_questions_about_a_station_act_only_when_they_are_answered(name: str) -> None:
    station = make_station()
    client, url = browser(operator_of(station)), reverse(f"stations:{name}", args=[station.pk])
    assert "reason" in errors(client.post(url, {"reason": ""}))

    other = make_station(Tenant.objects.get(pk=station.tenant_id)).tenant
    client.post(url, {"reason": "sold to them", "to": operator_of(station).pk})
    row = Station.objects.get(pk=station.pk)
    assert (row.status, row.tenant_id) != ("live", other.pk)


def test_terminals_are_moved_and_retired_by_page() -> None:
    pile = make_pile()
    target = make_station(Tenant.objects.get(pk=pile.tenant_id))
    client = browser(operator_of(pile))
    client.post(reverse("stations:pile_move", args=[pile.pk]), {"to": target.pk, "reason": "swap"})
    client.post(reverse("stations:pile_open", args=[pile.pk]), {"reason": "old firmware"})
    assert Pile.objects.get(pk=pile.pk).security_profile == 0
    client.post(reverse("stations:pile_retire", args=[pile.pk]), {"reason": "scrapped"})

    row = Pile.objects.get(pk=pile.pk)
    assert (row.station_id, row.life) == (target.pk, "retired")
    assert client.get(reverse("stations:pile", args=[pile.pk])).status_code == 200


def test_models_and_tariffs_are_chosen_from_those_one_may_see() -> None:
    station = make_station()
    mine = make_model(station.tenant.get_root())
    foreign = make_model(make_agency().get_root())
    page = browser(operator_of(station)).get(reverse("stations:pile_new")).content.decode()

    assert str(mine) in page and str(foreign) not in page
