"""The alarm centre, as staff use it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alarms import services
from alarms.models import Alarm
from alarms.resources import CENTRE
from alarms.wording import info_words, reported_words
from backoffice.kit.actor import Actor
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Tenant
from tests.factories.alarms import make_alarm
from tests.factories.stations import make_agency, make_pile, make_station
from tests.factories.tenants import make_member

pytestmark = pytest.mark.django_db

WANG = Actor("staff:9", "Wang")


@pytest.fixture
def agency() -> Tenant:
    return make_agency()


@pytest.fixture
def pile(agency: Tenant) -> Any:
    return make_pile(make_station(agency, name="Hongqiao"), name="HQ-07")


def browser(tenant: Tenant, role: Role = Role.OWNER) -> Client:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def text(client: Client, url: str, **query: Any) -> str:
    response = client.get(url, query)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def rows(client: Client, name: str, **query: Any) -> set[int]:
    response = client.get(reverse(f"alarms.{name}"), query)
    return {int(row.record.pk) for row in response.context["table"].rows}


def fresh(alarm: Alarm) -> Alarm:
    with unscoped(reason="a test looks"):
        alarm.refresh_from_db()
    return alarm


def test_each_class_has_its_list_for_every_level(agency: Tenant, pile: Any) -> None:
    alarms = {
        "safety": make_alarm(pile, "S08", connector_number=1),
        "failure": make_alarm(pile, "F14"),
        "station": make_alarm(pile, "T08"),
    }
    with unscoped(reason="a test climbs"):
        tenants = list(Tenant.objects.get(pk=agency.pk).get_ancestors(include_self=True))
    for tenant in tenants:
        client = browser(tenant)
        assert {name: rows(client, name) for name in alarms} == {
            name: {alarm.pk} for name, alarm in alarms.items()
        }
    page = text(browser(agency), reverse("alarms.safety"))
    assert "Emergency stop pressed" in page and "Hongqiao" in page and "HQ-07 · A" in page


def test_tabs_and_filters_narrow_the_list(agency: Tenant, pile: Any) -> None:
    first, second, part = (make_alarm(pile, "F12") for _ in range(3))
    order = make_alarm(pile, "F14", about="order:17")
    with unscoped(reason="test data"):
        Alarm.objects.filter(pk=part.pk).update(suppressed=True)
        services.acknowledge_alarm(second, actor=WANG)
    client = browser(agency)
    assert rows(client, "failure", tab="open") == {first.pk, order.pk}
    assert (
        rows(client, "failure", tab="acknowledged") == {second.pk} == rows(client, "failure", handler="wang")
    )
    assert rows(client, "failure", kind="F14") == {order.pk} == rows(client, "failure", more="order")
    assert rows(client, "failure", more="parts") == {first.pk, second.pk, order.pk}
    assert rows(client, "failure", terminal="hongq", severity=3) == {first.pk, second.pk, part.pk}
    assert rows(client, "failure", terminal="elsewhere") == set()
    assert rows(client, "failure", waiting="30") == set()


def test_alarms_are_taken_on_with_one_click_and_closed_with_a_reason(agency: Tenant, pile: Any) -> None:
    alarms = [make_alarm(pile) for _ in range(3)]
    client = browser(agency, Role.ENGINEER)
    keys = [alarm.pk for alarm in alarms]
    url = reverse("alarms.failure.do", args=["acknowledge"])
    assert client.post(url, {"pk": keys}).status_code == 302
    assert {fresh(alarm).state for alarm in alarms} == {"acknowledged"}

    url = reverse("alarms.failure.do", args=["close"])
    question = client.post(url, {"pk": keys})
    assert question.status_code == 200, "it asks why"
    assert question.content.decode().count("Hongqiao · HQ-07") == len(keys)
    assert client.post(url, {"pk": keys, "confirmed": 1, "reason": ""}).status_code == 200
    assert {fresh(alarm).state for alarm in alarms} == {"acknowledged"}
    client.post(url, {"pk": keys, "confirmed": 1, "reason": "replaced the board"})
    assert {fresh(alarm).state for alarm in alarms} == {"closed"}
    assert "replaced the board" in text(client, CENTRE["failure"].detail_url(alarms[0]))


@pytest.mark.parametrize("action", ["acknowledge", "close"])
def test_who_only_looks_handles_nothing(agency: Tenant, pile: Any, action: str) -> None:
    alarm = make_alarm(pile)
    client = browser(agency, Role.AUDITOR)
    assert f"do/{action}" not in text(client, reverse("alarms.failure"))
    response = client.post(
        reverse("alarms.failure.do", args=[action]), {"pk": alarm.pk, "confirmed": 1, "reason": "because"}
    )
    assert response.status_code == 403 and fresh(alarm).state == "open"


def test_a_page_of_an_alarm_tells_its_course_and_its_neighbours(agency: Tenant, pile: Any) -> None:
    alarm = make_alarm(pile, "S08", vendor_error_code="0x17", info='{"coil": 2}', connector_number=2)
    other = make_alarm(pile, "T08")
    with unscoped(reason="test data"):
        services.acknowledge_alarm(alarm, actor=WANG)
    page = text(browser(agency), CENTRE["safety"].detail_url(alarm))

    for words in ("Emergency stop pressed", "0x17", "HQ-07 · B", "Acknowledged", "Wang", "&quot;coil&quot;"):
        assert words in page
    assert CENTRE["station"].detail_url(other) in page


def test_an_alarm_is_found_under_its_own_class_alone(agency: Tenant, pile: Any) -> None:
    alarm = make_alarm(pile, "S08")
    client = browser(agency)
    assert client.get(reverse("alarms:safety", args=[alarm.pk])).status_code == 200
    assert client.get(reverse("alarms:failure", args=[alarm.pk])).status_code == 404
    assert client.get("/alarms/other/1/").status_code == 404


def test_the_menu_counts_open_safety_alarms_of_the_scope(agency: Tenant, pile: Any) -> None:
    for _ in range(2):
        make_alarm(pile, "S08")
    make_alarm(code="S08")
    menu = browser(agency).get(reverse("alarms.station")).context["frame"].menu
    centre = next(item for item in menu if item.icon == "alarm")
    assert [(child.label, child.count) for child in centre.children] == [
        ("Safety", 2),
        ("Failure", None),
        ("Station", None),
    ]


def test_a_kind_that_the_catalogue_does_not_know_is_shown_by_its_code(agency: Tenant, pile: Any) -> None:
    alarm = make_alarm(pile)
    with unscoped(reason="test data"):
        Alarm.objects.filter(pk=alarm.pk).update(code="F99")
    client = browser(agency)
    assert "F99" in text(client, reverse("alarms.failure"))
    assert "F99" in text(client, CENTRE["failure"].detail_url(alarm))


@pytest.mark.parametrize(
    ("code", "vendor_code", "info", "words"),
    [
        ("T07", "", f"{'ab' * 20} 2026-10-13", "The certificate of the terminal is valid until 13 Oct 2026"),
        ("T07", "", "Meter calibration ends in 21 days", "Meter calibration ends in 21 days"),
        ("T08", "certificate", "weak_key", "Its key is too weak, or larger than we take"),
        ("F01", "certificate", "weak_key", "weak_key"),
    ],
)
def test_what_we_found_ourselves_is_said_in_words(code: str, vendor_code: str, info: str, words: str) -> None:
    assert str(info_words(code, vendor_code, info)) == words
    in_short = "Until 13 Oct 2026" if "2026" in info else "Code"
    assert str(reported_words("Code", code, info)) == in_short
