"""The search: pages by their words, phones by what a reader may know of them, and by indexes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.kit.perms import Role
from backoffice.kit.search import LONGEST, Provider, register
from drivers.models import Card, Driver
from orders.models import ChargingOrder
from stations.models import Pile, Station
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member, make_user
from tests.support.staff import client_for, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def found(client: Client, typed: str) -> dict[str, list[str]]:
    """Labels of what was found, by the word of their kind."""
    page = client.get("/search/", {"q": typed})
    assert page.status_code == 200
    return {str(label): [str(hit.label) for hit in hits] for label, hits in page.context["groups"]}


def urls(client: Client, typed: str) -> list[str]:
    return [
        hit.url for _label, hits in client.get("/search/", {"q": typed}).context["groups"] for hit in hits
    ]


def test_a_page_is_found_by_its_word_in_the_readers_language_and_in_english(forest: Forest) -> None:
    client = client_of(make_member(forest.operator, user=make_user(language="zh-hans")).user)

    assert "/system/jobs/" in urls(client, "后台任务")
    assert "/system/jobs/" in urls(client, "jobs") and "/system/jobs/" in urls(client, "ＪＯＢＳ")
    assert "/orders/realtime/" in urls(client, "orders real")


def test_a_page_that_a_role_may_not_open_is_not_found(forest: Forest) -> None:
    assert "/system/audit/" in urls(client_for(forest.operator), "audit")
    assert "/system/audit/" not in urls(client_for(forest.operator, Role.SUPPORT), "audit")


def test_htmx_gets_what_was_found_alone_and_a_browser_a_page_with_a_form(forest: Forest) -> None:
    client = client_for(forest.operator)

    page, part = client.get("/search/?q=jobs"), client.get("/search/?q=jobs", headers={"HX-Request": "true"})

    assert '<input type="search" name="q" value="jobs"' in page.content.decode()
    assert "<html" not in part.content.decode() and "/system/jobs/" in part.content.decode()
    assert "no-store" in page["Cache-Control"] and "HX-Request" in part["Vary"]


@pytest.mark.parametrize("typed", ["", "x", " ", "\0", "%", "_", "'; --", "\\", "x" * 5000, "１", "😀😀"])
def test_whatever_is_typed_the_answer_is_a_page(typed: str, forest: Forest) -> None:
    answer = client_for(forest.operator).get("/search/", {"q": typed})

    assert answer.status_code == 200
    assert len(answer.context["q"]) <= LONGEST


def test_signs_of_a_pattern_stand_for_themselves(forest: Forest) -> None:
    make_row(Station, forest.agency, name="Station Nord", code="NORD")
    client = client_for(forest.operator)

    assert found(client, "nord") == {"Stations": ["Station Nord"]}
    assert found(client, "%ord") == {} == found(client, "_ord")


@pytest.mark.parametrize(
    ("role", "typed", "finds"),
    [
        (Role.OWNER, "13912344471", True),
        (Role.OWNER, "+86 139", True),
        (Role.OWNER, "2344471", True),
        (Role.OWNER, "471", False),
        (Role.AUDITOR, "4471", True),
        (Role.AUDITOR, "139 1234 4471", True),
        (Role.AUDITOR, "44471", False),
        (Role.AUDITOR, "+86139", False),
        (Role.ENGINEER, "13912344471", False),
    ],
)
def test_a_phone_is_found_as_far_as_the_reader_may_know_it(
    role: Role, typed: str, finds: bool, forest: Forest
) -> None:
    driver = make_row(Driver, forest.operator, phone="+8613912344471", name="")
    make_row(Driver, forest.operator, phone="+8613912340000", name="")

    answer = client_for(forest.operator, role).get("/search/", {"q": typed})

    assert (f"/drivers/{driver.pk}/" in answer.content.decode()) is finds
    if role is not Role.OWNER:
        assert "13912344471" not in answer.content.decode().replace(typed, "")


def test_things_are_found_by_their_beginnings_whatever_the_case(forest: Forest) -> None:
    make_row(Pile, forest.agency, identity="CP-HQ-07", name="Hongqiao 07", serial="sn8841")
    make_row(Card, forest.operator, uid="04AB77", uid_folded="04AB77", visual_number="No. 715")
    make_row(ChargingOrder, forest.agency, order_no="QL-261122-003NQK8N1")
    client = client_for(forest.operator)

    for typed in ("cp-hq", "hongq", "SN88"):
        assert found(client, typed)["Terminals"] == ["Hongqiao 07"], typed
    assert found(client, "04ab")["Cards"] == found(client, "no. 7")["Cards"] == ["04AB77"]
    assert found(client, "ql-2611")["Orders"] == ["QL-261122-003NQK8N1"]
    assert "Orders" not in found(client, "ql-26")


def test_there_is_one_query_for_each_kind_and_the_large_tables_are_asked_by_an_index(forest: Forest) -> None:
    client = client_for(forest.operator)
    client.get("/search/")
    with CaptureQueriesContext(connection) as nothing:
        client.get("/search/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/search/", {"q": "QL-2611"})

    assert len(queries) - len(nothing) == 7, [query["sql"] for query in queries]
    plans = [_plan(query["sql"]) for query in queries if " LIKE " in query["sql"]]
    large = [
        plan for plan in plans if any(table in plan for table in ("chargingorder", "stations_pile", "driver"))
    ]
    assert len(large) == 4
    for plan in large:
        assert "Seq Scan" not in plan, plan


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = on")
    return plan


def test_a_name_is_given_to_one_kind_of_thing() -> None:
    with pytest.raises(ValueError, match="under this name"):
        register(Provider(name="pages", label="x", find=lambda _words, _reader: [], perm=None))


def test_who_is_not_signed_in_is_sent_to_sign_in() -> None:
    answer: Any = Client().get("/search/?q=jobs")

    assert answer.status_code == 302 and answer["Location"].startswith("/account/login/")
