"""The Excel is what is on the screen: rows, heads, filters, order. Many rows become a job."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import FileResponse
from django.test import Client

from backoffice.kit import jobs
from backoffice.kit.lists import views
from backoffice.kit.models import AuditEntry, Job, JobState
from backoffice.kit.perms import Role
from tests.factories.tenants import Forest, make_member
from tests.lists.stage import everything, make_order, make_orders
from tests.support.workbooks import content_of, sheets_of

LIST = "/stage/orders/"


@pytest.fixture
def client(forest: Forest) -> Client:
    client = Client()
    client.force_login(make_member(forest.operator, Role.OWNER).user)
    return client


def sheets(client: Client, url: str) -> dict[str, list[list[Any]]]:
    answer = client.get(url)
    assert isinstance(answer, FileResponse), answer.status_code
    return sheets_of(content_of(answer))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?sort=total",
        "?sort=-energy_wh&order_no=0000",
        "?tab=big",
        "?columns=total,idle_fee",
        "?charge_state=nope",
    ],
)
def test_rows_heads_and_order_are_those_of_the_screen(query: str, client: Client, forest: Forest) -> None:
    make_orders(forest.agency, 20)
    make_order(forest.agency, 90, energy_wh=99_000)
    make_order(forest.sibling_operator, 91)

    page = client.get(LIST + query)
    rows = next(iter(sheets(client, page.context["export_url"]).values()))

    heads = [str(column.header) for column in page.context["table"].columns if str(column.header)]
    assert ", ".join(head for head in rows[0] if head != "Currency") == ", ".join(heads)
    assert [row[0] for row in rows[1 : page.context["page"].total + 1]] == [
        row.order_no for row in page.context["table"].data
    ]


def test_the_filter_sheet_says_how_the_list_was_made(client: Client, forest: Forest) -> None:
    make_orders(forest.agency, 3)

    book = sheets(client, f"{LIST}export/?charge_state=ended&started_at_from=2026-03-01&tab=big")

    said = {line[0]: line[1] for line in book["Filters"]}
    assert said["List"] == "Orders of the stage"
    assert said["View"] == "Big"
    assert said["State"] == "Ended"
    assert "2026" in said["Started"]
    assert said["Rows"] == 0
    assert "UTC" in said["Time zone"]


def test_totals_stand_below_each_currency_apart(client: Client, forest: Forest) -> None:
    for number, currency in ((1, "CNY"), (2, "EUR"), (3, "CNY")):
        make_order(forest.agency, number, currency=currency)

    rows = next(iter(sheets(client, f"{LIST}export/?columns=energy_wh,total").values()))

    assert rows[0] == ["Order number", "Agency", "Energy, kWh", "Total", "Currency"]
    assert rows[4:] == [
        ["Total", "", 6.666, "", ""],
        ["Total", "", "", 4.04, "CNY"],
        ["Total", "", "", 2.02, "EUR"],
    ]


def test_the_file_is_named_after_the_list_and_the_day(client: Client, forest: Forest) -> None:
    answer = client.get(f"{LIST}export/")

    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert 'filename="stage-orders-20' in answer["Content-Disposition"]
    content_of(answer)


def test_many_rows_ask_first_and_then_become_a_job_once(
    client: Client, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(forest.agency, 4)
    monkeypatch.setattr(views, "EXPORT_NOW", 3)
    url = f"{LIST}export/?sort=total"

    question = client.get(url)
    assert question.status_code == 200 and not isinstance(question, FileResponse)
    with everything():
        assert Job.objects.count() == 0
    first, second = client.post(url), client.post(url)

    assert first["Location"] == second["Location"]
    with everything():
        [job] = Job.objects.all()
    assert first["Location"] == f"/jobs/{job.public_id}/"
    assert client.get(first["Location"]).status_code == 200


def test_the_job_writes_the_same_file(
    client: Client, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(forest.agency, 4)
    url = client.get(f"{LIST}?sort=total").context["export_url"]
    at_once = sheets(client, url)
    monkeypatch.setattr(views, "EXPORT_NOW", 3)
    watch = client.post(url)["Location"]
    with everything():
        job = Job.objects.get()

    jobs.run(job.pk)

    with everything():
        job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, 4, 4)
    later = sheets(client, f"{watch}file")
    assert next(iter(later.values())) == next(iter(at_once.values()))


def test_every_export_is_in_the_audit_trail(
    client: Client, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(forest.agency, 4)
    sheets(client, f"{LIST}export/?order_no=00002")
    monkeypatch.setattr(views, "EXPORT_NOW", 3)
    client.post(f"{LIST}export/")
    with everything():
        jobs.run(Job.objects.get().pk)
        logged = AuditEntry.objects.filter(action="list.exported").order_by("id")

        assert [(entry.after["list"], entry.after["rows"], entry.operator_id) for entry in logged] == [
            ("stage.orders", 1, forest.operator.pk),
            ("stage.orders", 4, forest.operator.pk),
        ]
        assert logged[0].after["query"] == "order_no=00002"


def test_without_the_permission_there_is_neither_button_nor_file(forest: Forest) -> None:
    client = Client()
    client.force_login(make_member(forest.operator, Role.SUPPORT).user)

    assert client.get(LIST).context["export_url"] == ""
    assert client.get(f"{LIST}export/").status_code == 403
    assert client.post(f"{LIST}export/").status_code == 403
    with everything():
        assert Job.objects.count() == 0
