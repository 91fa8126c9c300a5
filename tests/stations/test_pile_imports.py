"""Piles that come in by Excel: all of them or none, and the same file twice changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.kit import jobs
from backoffice.kit.imports import Row, Sender
from backoffice.kit.models import AuditEntry, ImportFile, Job
from backoffice.kit.perms import Role
from stations import selectors
from stations.credentials import SealedKey, match
from stations.models import Connector, Life, Pile, QrToken, Station, StationStatus, UnclaimedPile
from stations.services import devices, sites
from stations.services.pile_imports import check_piles
from tenants.models import Tenant
from tenants.services import tree
from tests.factories.stations import (
    ACTOR,
    make_agency,
    make_model,
    make_new_pile,
    make_pile,
    make_station,
)
from tests.factories.tenants import make_member
from tests.stations.browsing import browser, operator_of
from tests.stations.importing import HEADS, bring_in, counts, send, send_rows, start
from tests.support.sending import workbook
from tests.support.workbooks import content_of, rows_of, sheets_of

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def station() -> Station:
    return make_station(make_agency(), code="HZ-01", name="East gate")


def rows(*lines: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return [HEADS, *lines]


def test_new_piles_have_connectors_codes_and_passwords_that_are_told_once(station: Station) -> None:
    model = make_model(station.tenant.get_root(), name="DC-120", connector_count=2, connector_type="GB/T DC")
    UnclaimedPile.objects.create(
        tenant=station.tenant.get_root(),
        identity="CP-2",
        reason="unknown_identity",
        first_seen_at=model.created_at,
        last_seen_at=model.created_at,
    )
    client = browser(operator_of(station))
    heads = (*HEADS, "Model", "Password")
    key = "0123456789abcdef" * 2
    done = bring_in(
        client,
        [
            heads,
            ("CP-1", "A-01", "S1", "hz-01", None, "dc-120", None),
            ("CP-2", "", 17, "HZ-01", 1, None, key),
        ],
    )

    first, second = Pile.objects.order_by("identity")
    assert counts(done) == (2, 0, 0, 0)
    assert (first.name, first.serial, first.model, first.station) == ("A-01", "S1", model, station)
    assert (second.name, second.serial, second.model) == ("CP-2", "17", None)
    assert {first.tenant_id, second.tenant_id} == {station.tenant_id}
    assert [one.type for one in selectors.connectors_of(first)] == ["GB/T DC", "GB/T DC"]
    assert len(selectors.live_tokens(first)) == 2 and len(selectors.live_tokens(second)) == 1
    assert not UnclaimedPile.objects.exists()
    told = rows_of(content_of(client.get(reverse("jobs.file", args=[done.job.public_id]))))
    assert [line[0] for line in told] == ["Identity", "CP-1", "CP-2"] and told[2][5] == key
    for pile, line in ((first, told[1]), (second, told[2])):
        assert match(line[5].encode(), SealedKey(pile.key_salt, pile.key_hash)) is not None
    assert AuditEntry.objects.filter(action="pile.created").count() == 2
    assert AuditEntry.objects.get(action="import.done").after["new"] == 2


def test_one_faulty_row_refuses_the_file_and_every_fault_is_named(station: Station) -> None:
    make_pile(make_station(), identity="TAKEN")
    client = browser(operator_of(station))
    fine = [(f"CP-{number}", "", "", "HZ-01", 1) for number in range(20)]
    row = send_rows(
        client,
        rows(
            *fine,
            ("TAKEN", "", "", "HZ-01", 1),
            ("CP-3", "", "", "HZ-01", 1),
            ("CP-99", "", "", "NOWHERE", "x"),
        ),
    )
    page = client.get(reverse("imports.file", args=[row.public_id])).content.decode()
    start(client, row)

    assert row.faulty == 3 and not Pile.objects.filter(identity__startswith="CP").exists()
    assert [fault[:4] for fault in row.faults] == [
        [22, "A22", "Identity", "TAKEN"],
        [23, "A23", "Identity", "CP-3"],
        [24, "E24", "Number of connectors", "x"],
    ]
    assert "This identity is taken." in page and "row 5 already" in page
    assert not Job.objects.exists()
    told = rows_of(content_of(client.get(reverse("imports.faults", args=[row.public_id]))))
    assert told[0] == ["Row", "Cell", "Column", "Value", "Reason"] and len(told) == 4


def test_the_same_file_twice_makes_no_duplicates(station: Station) -> None:
    client = browser(operator_of(station))
    lines = rows(*((f"CP-{number}", f"A-{number}", "", "HZ-01", 2) for number in range(5)))
    bring_in(client, lines)
    before = list(Pile.objects.order_by("pk").values()), Connector.objects.count(), QrToken.objects.count()
    again = bring_in(client, lines)

    assert counts(again) == (0, 0, 5, 0)
    assert before == (
        list(Pile.objects.order_by("pk").values()),
        Connector.objects.count(),
        QrToken.objects.count(),
    )
    assert not AuditEntry.objects.filter(action="pile.edited").exists()


def test_many_rows_ask_no_more_than_few(station: Station) -> None:
    model = make_model(station.tenant.get_root(), name="DC-120")
    for number in range(6):
        make_pile(station, identity=f"CP-{number}", model=model)
    sender, asked = Sender(ACTOR, operator_of(station).pk), []
    for count in (1, 6):
        lines = [
            Row(number, {"identity": f"CP-{number}", "model": "DC-120", "station": "East gate"})
            for number in range(count)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert check_piles(lines, sender).unchanged == count
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_an_export_that_was_edited_is_imported(station: Station) -> None:
    kept, named, moved = (
        make_pile(station, identity=f"CP-{number}", name=f"=A{number}") for number in range(3)
    )
    make_station(station.tenant, code="HZ-02", name="West gate")
    client = browser(operator_of(station))
    for language in ("en", "zh-hans"):
        client.cookies["django_language"] = language
        columns = "name,station,model,online,guns,firmware,life,created_at"
        exported = rows_of(
            content_of(client.get(reverse("stations.piles.export") + f"?columns={columns}&sort=name"))
        )
        row = send_rows(client, [[cell or None for cell in line] for line in exported])
        assert counts(row) == (0, 0, 3, 0), row.faults
    exported[2][0], exported[3][2] = "B-07", "West gate"
    bring_in(client, exported)

    for pile in (kept, named, moved):
        pile.refresh_from_db()
    assert [pile.name for pile in (kept, named, moved)] == ["=A0", "B-07", "=A2"]
    assert moved.station.code == "HZ-02" and kept.station == station


def test_a_change_is_audited_with_before_and_after(station: Station) -> None:
    pile = make_pile(station, identity="CP-1", name="Old", serial="S1")
    bring_in(browser(operator_of(station)), [("Identity", "Terminal name"), ("CP-1", "New")])

    entry = AuditEntry.objects.get(action="pile.edited")
    assert (entry.before, entry.after) == ({"name": "Old"}, {"name": "New"})
    pile.refresh_from_db()
    assert (pile.name, pile.serial) == ("New", "S1")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (("CP-1", "", "", "NOWHERE", 1), "Station code"),
        (("CP/1", "", "", "HZ-01", 1), "Identity"),
        (("CP-1", "", "", "CLOSED", 1), "Station code"),
        (("RETIRED", "new name", "", "", None), "Identity"),
        (("THERE", "", "", "", 3), "Number of connectors"),
        (("CP-1", "x" * 61, "", "HZ-01", 1), "Terminal name"),
        (("CP-1", "", "", "HZ-01", 17), "Number of connectors"),
        (("=A1", "", "", "HZ-01", 1), "Identity"),
    ],
)
def test_a_row_that_one_pile_would_be_refused_for_is_refused(
    line: tuple[Any, ...], column: str, station: Station
) -> None:
    closed = make_station(station.tenant, code="CLOSED")
    sites.close_station(closed, actor=ACTOR, reason="gone")
    make_pile(station, identity="THERE", connectors=2)
    devices.retire_pile(make_pile(station, identity="RETIRED"), actor=ACTOR, reason="scrapped")
    before = list(Pile.objects.order_by("pk").values())
    row = send_rows(browser(operator_of(station)), rows(line))

    assert [fault[2] for fault in row.faults] == [column]
    assert list(Pile.objects.order_by("pk").values()) == before


def test_another_password_is_no_way_in(station: Station) -> None:
    new = make_new_pile(station, identity="CP-1")
    client = browser(operator_of(station))
    assert new.key is not None
    same = send_rows(client, [("Identity", "Password"), ("CP-1", new.key)])
    other = send_rows(client, [("Identity", "Password"), ("CP-1", "0" * 40)])

    assert counts(same) == (0, 0, 1, 0) and other.faults[0][2] == "Password"


def test_nothing_of_anybody_else_is_named_or_changed(station: Station) -> None:
    other = make_station(code="OTHER", name="Secret garden")
    make_pile(other, identity="THEIRS", name="Secret pile")
    client = browser(operator_of(station))
    row = send_rows(client, rows(("THEIRS", "Mine", "", "HZ-01", 1), ("CP-1", "", "", "OTHER", 1)))
    page = client.get(reverse("imports.file", args=[row.public_id])).content.decode()

    assert row.faulty == 2 and "Secret" not in page
    assert Pile.objects.get().name == "Secret pile"


def test_a_manufacturer_fills_its_store_and_touches_nothing_below(station: Station) -> None:
    manufacturer = station.tenant.get_root()
    make_pile(station, identity="BELOW", name="Theirs")
    client = browser(manufacturer, Role.ENGINEER)
    done = bring_in(client, [("Identity", "Serial"), ("CP-1", "S1"), ("CP-2", "S2")])
    row = send_rows(client, rows(("BELOW", "Mine", "", "", None), ("CP-3", "", "", "HZ-01", 1)))

    store = Station.objects.get(status=StationStatus.STORE)
    assert counts(done) == (2, 0, 0, 0) and store.tenant == manufacturer
    assert set(Pile.objects.filter(station=store).values_list("tenant", "life")) == {
        (manufacturer.pk, Life.IN_STOCK)
    }
    assert [fault[2] for fault in row.faults] == ["Identity", "Station code"]


def test_a_quota_that_is_reached_refuses_the_file_and_names_its_new_rows(station: Station) -> None:
    make_pile(station, identity="THERE")
    other = make_station(Tenant.objects.get(pk=station.tenant.parent_id), code="HZ-02")
    client = browser(operator_of(station))
    lines = rows(("CP-1", "", "", "HZ-01", 1), ("THERE", "", "", "", 2), ("CP-2", "", "", "HZ-01", 1))
    Tenant.objects.filter(pk=station.tenant_id).update(quota_terminals=2)
    of_agency = send_rows(client, lines)
    Tenant.objects.filter(pk=station.tenant_id).update(quota_terminals=None)
    Tenant.objects.filter(pk=other.tenant_id).update(quota_terminals=2)
    shared = send_rows(client, rows(("CP-1", "", "", "HZ-01", 1), ("CP-2", "", "", "HZ-02", 1)))

    for row, numbers in ((of_agency, [2, 4]), (shared, [2, 3])):
        assert [fault[0] for fault in row.faults] == numbers
        assert "may have 2 terminals" in row.faults[0][4]
    assert not Pile.objects.filter(identity__startswith="CP").exists()


def test_what_changed_after_the_preview_is_found_when_it_is_imported(station: Station) -> None:
    client = browser(operator_of(station))
    row = send_rows(client, rows(("CP-1", "", "", "HZ-01", 1), ("CP-2", "", "", "HZ-01", 1)))
    job = start(client, row)
    make_pile(make_station(), identity="CP-2")
    assert job is not None
    jobs.run(job.pk)
    job.refresh_from_db()
    row.refresh_from_db()
    page = client.get(reverse("imports.file", args=[row.public_id])).content.decode()

    assert job.state == "failed" and "1 row is not right any more" in job.error
    assert (row.state, row.faulty, row.faults[0][1]) == ("checked", 1, "A3")
    assert "This identity is taken." in page
    assert not Pile.objects.filter(identity="CP-1").exists()


def test_a_write_that_fails_in_the_middle_leaves_nothing(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(operator_of(station))
    row = send_rows(client, rows(("CP-1", "", "", "HZ-01", 1)))
    job = start(client, row)
    monkeypatch.setattr("stations.services.pile_imports.new_token", lambda: "x" * 99)
    assert job is not None
    jobs.run(job.pk)
    job.refresh_from_db()
    row.refresh_from_db()

    assert (job.state, row.state) == ("failed", "checked")
    assert not Pile.objects.exists() and not AuditEntry.objects.filter(action="pile.created").exists()


def test_a_file_is_imported_once_however_often_the_button_is_pressed(station: Station) -> None:
    client = browser(operator_of(station))
    row = send_rows(client, rows(("CP-1", "", "", "HZ-01", 1)))
    first, second = start(client, row), start(client, row)
    assert first is not None and first == second
    jobs.run(first.pk)
    again = client.post(reverse("imports.start", args=[row.public_id]), follow=True)

    assert Job.objects.count() == 1 and Pile.objects.count() == 1
    assert "has been imported" in again.content.decode()
    assert not ImportFile.objects.get().file


def test_rights_that_are_gone_by_then_count(station: Station) -> None:
    operator = operator_of(station)
    member = make_member(operator, Role.ENGINEER)
    client = browser(operator)
    client.force_login(member.user)
    row = send_rows(client, rows(("CP-1", "", "", "HZ-01", 1)))
    job = start(client, row)
    member.role = Role.AUDITOR
    member.save()
    assert job is not None
    jobs.run(job.pk)
    job.refresh_from_db()

    assert job.state == "failed" and not Pile.objects.exists()


def test_a_file_is_seen_by_whoever_sent_it_alone(station: Station) -> None:
    operator = operator_of(station)
    row = send_rows(browser(operator), rows(("CP-1", "", "", "HZ-01", 1)))
    colleague = browser(operator)

    for name in ("imports.file", "imports.faults"):
        assert colleague.get(reverse(name, args=[row.public_id])).status_code == 404
    assert colleague.post(reverse("imports.start", args=[row.public_id])).status_code == 404
    assert not Job.objects.exists()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.AUDITOR])
def test_who_may_not_import_is_refused(role: Role, station: Station) -> None:
    client = browser(operator_of(station), role)

    assert send(client, workbook(rows(("CP-1", "", "", "HZ-01", 1)))).status_code == 403
    assert client.get(reverse("imports.template", args=["stations.piles"])).status_code == 403
    assert client.get(reverse("imports.upload", args=["stations.nothing"])).status_code == 404
    assert not ImportFile.objects.exists()


def test_a_file_that_is_no_workbook_is_refused_at_its_field(station: Station) -> None:
    client = browser(operator_of(station))
    for content, words in (
        (b"Identity,Name\nCP-1,x\n", "text file"),
        (workbook([("Serail",), ("x",)]), "Did you mean “Serial”"),
        (b"", "empty"),
    ):
        answer = send(client, content)
        assert answer.status_code == 200 and words in str(answer.context["form"].errors["file"])
    assert not ImportFile.objects.exists()


def test_the_template_can_be_sent_back_and_explains_its_columns(station: Station) -> None:
    client = browser(operator_of(station))
    book = sheets_of(content_of(client.get(reverse("imports.template", args=["stations.piles"]))))
    first, explained = book.values()
    make_model(station.tenant.get_root(), name="DC-120")

    row = send_rows(client, [[cell or None for cell in line] for line in first])
    assert counts(row) == (1, 0, 0, 0)
    assert [line[0] for line in explained[1:]] == first[0]


def test_nobody_fills_a_station_below_somebody_who_is_suspended(station: Station) -> None:
    operator = operator_of(station)
    client = browser(operator)
    tree.suspend_tenant(Tenant.objects.get(pk=station.tenant_id), actor=ACTOR, reason="unpaid")
    row = send_rows(client, rows(("CP-1", "", "", "HZ-01", 1)))

    assert row.faults[0][2] == "Station code" and not Pile.objects.exists()
