"""The start page of each level: its own figures, nobody else's, and what its role may open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alarms.models import Alarm
from backoffice.kit import clock
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from orders.models import Case, ChargingOrder
from stations.models import Connector
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member
from tests.reports.days import make_order, make_place, refresh
from tests.support.workbooks import content_of, sheets_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def forest() -> Forest:
    """Today two orders of one agency, one of its sibling in euro, one of a cousin; yesterday a big one."""
    forest = make_forest()
    with clock.frozen(NOW):
        place = make_place(forest.agency)
        make_order(place, TODAY)
        make_order(place, TODAY, total=10_000)
        make_order(make_place(forest.sibling_agency), TODAY, currency="EUR", total=777)
        make_order(make_place(forest.cousin_agency), TODAY, total=31_300)
        make_order(place, TODAY - timedelta(days=1), total=900_000)
        refresh()
    return forest


def look(tenant: Tenant, role: Role = Role.OWNER, **query: str) -> Any:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    with clock.frozen(NOW):
        return client.get(reverse("reports.overview"), query)


def amounts(response: Any) -> tuple[str, str]:
    figure = response.context["figures"][3]
    return figure.value, str(figure.unit)


@pytest.mark.parametrize(
    ("level", "amount", "beside"),
    [
        (Level.AGENCY, "¥\xa0123.00", ""),
        (Level.OPERATOR, "¥\xa0123.00", "+\xa0€\xa07.77"),
        (Level.DEALER, "¥\xa0123.00", "+\xa0€\xa07.77"),
        (Level.MANUFACTURER, "¥\xa0436.00", "+\xa0€\xa07.77"),
    ],
)
def test_each_level_sees_its_own_amounts_and_no_two_currencies_added_up(
    forest: Forest, level: Level, amount: str, beside: str
) -> None:
    response = look(forest.chain[level.depth])

    assert response.status_code == 200
    assert amounts(response) == (amount, beside)


def test_a_sibling_sees_nothing_of_it(forest: Forest) -> None:
    response = look(forest.sibling_operator)

    assert amounts(response) == ("¥\xa00.00", "")
    assert response.context["figures"][2].value == "0"


def test_all_time_holds_what_the_month_holds_and_more(forest: Forest) -> None:
    response = look(forest.agency, period="all")

    assert amounts(response)[0] == "¥\xa09,123.00"


@pytest.mark.parametrize("period", ["", "century", "TODAY", "'"])
def test_a_period_that_makes_no_sense_is_today(forest: Forest, period: str) -> None:
    assert amounts(look(forest.agency, period=period))[0] == "¥\xa0123.00"


def test_the_workbook_says_what_the_page_says_day_by_day_and_tenant_by_tenant(forest: Forest) -> None:
    client = Client()
    client.force_login(make_member(forest.operator, Role.FINANCE).user)
    with clock.frozen(NOW):
        response = client.get(reverse("reports.overview.export"), {"period": "month"})
        sheets = sheets_of(content_of(response))

    by_day, by_tenant, about = list(sheets.values())
    amount = by_day[0].index("Amount")
    assert [(row[1], row[amount]) for row in by_day[1:4]] == [("CNY", 9000), ("CNY", 123), ("EUR", 7.77)]
    assert {row[0] for row in by_tenant[1:]} == {
        forest.operator.code,
        forest.agency.code,
        forest.sibling_agency.code,
    }
    assert ["Tenant", forest.operator.name] in [row[:2] for row in about]


def test_a_role_without_the_right_to_export_is_neither_offered_it_nor_given_it(forest: Forest) -> None:
    client = Client()
    client.force_login(make_member(forest.operator, Role.SUPPORT).user)

    page = client.get(reverse("reports.overview"))

    assert page.context["export_url"] == ""
    assert client.get(reverse("reports.overview.export")).status_code == 403


def test_connectors_stand_where_they_can_be_used_from(forest: Forest) -> None:
    with unscoped(reason="test data"):
        for status, online, intent in [
            ("Charging", True, "Operative"),
            ("SuspendedEV", True, "Operative"),
            ("Available", True, "Operative"),
            ("Available", False, "Operative"),
            ("Finishing", True, "Operative"),
            ("Faulted", True, "Operative"),
            ("Available", True, "Inoperative"),
        ]:
            connector = make_row(Connector, forest.cousin_operator, status=status, intent=intent, number=1)
            connector.pile.online = online
            connector.pile.save(update_fields=["online"])

    slices = look(forest.cousin_operator).context["connectors"]

    # The fixture's own connector was never connected.
    assert {part.tone: part.value for part in slices} == {
        "charging": 2,
        "idle": 1,
        "waiting": 1,
        "plain": 1,
        "offline": 2,
        "fault": 1,
    }


def test_open_cases_wait_with_their_stakes_and_age(forest: Forest) -> None:
    with unscoped(reason="test data"):
        order = ChargingOrder.objects.filter(agency=forest.agency, total=10_000).get()
        make_row(Case, forest.agency, order=order, code="A07", opened_at=NOW - timedelta(hours=30))
        make_row(Case, forest.agency, code="A02", opened_at=NOW - timedelta(hours=2))
        make_row(Case, forest.agency, code="A03", state="decided", opened_at=NOW)
        make_row(Case, forest.sibling_operator, opened_at=NOW)

    tasks = look(forest.operator).context["tasks"]

    assert [(task.count, task.stake, task.count_kind) for task in tasks] == [(2, "¥\xa0100.00", "bad")]


def test_the_worst_alarms_come_first_and_only_for_those_who_may_see_them(forest: Forest) -> None:
    with unscoped(reason="test data"):
        for severity, state in [(3, "open"), (1, "acknowledged"), (2, "closed")]:
            make_row(Alarm, forest.agency, severity=severity, state=state, code="S03", key=f"k{severity}")

    assert [line.tone for line in look(forest.agency).context["alarms"]] == ["fault", "waiting"]
    assert look(forest.agency, Role.FINANCE).context["alarms"] == []


def test_a_page_asks_the_database_as_often_for_many_orders_as_for_one(forest: Forest) -> None:
    client = Client()
    client.force_login(make_member(forest.manufacturer).user)
    client.get(reverse("reports.overview"))

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries, clock.frozen(NOW):
            client.get(reverse("reports.overview"), {"period": "year"})
        return len(queries)

    before = ask()
    for back in range(25):
        make_order(make_place(forest.agency), TODAY - timedelta(days=back))
    refresh()

    assert ask() == before
