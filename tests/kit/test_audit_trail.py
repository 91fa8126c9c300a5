"""The audit trail only grows, and each level reads of it what is its own business."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from backoffice.kit import audit
from backoffice.kit.actor import Actor
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from drivers.models import Driver
from orders.models import ChargingOrder
from stations.models import Pile, Station
from tenants.models import Tenant
from tenants.selectors import scope_of, trail_of
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member
from tests.support.staff import client_for
from tests.support.workbooks import content_of, sheets_of

pytestmark = pytest.mark.django_db
LIST = "/system/audit/"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def record(tenant: Tenant, who: str = "Anna Berg", on_behalf: str = "") -> AuditEntry:
    actor = Actor("staff:1", who, on_behalf=on_behalf, on_behalf_ref="staff:2" if on_behalf else "")
    with unscoped(reason="test data"):
        return audit.record(
            actor, "tenant.edited", tenant, before={"name": "Old", "phone": ""}, after={"name": "New"}
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kit_auditentry SET reason = 'never happened'",
        "DELETE FROM kit_auditentry",
        "TRUNCATE kit_auditentry",
    ],
)
def test_an_entry_is_neither_changed_nor_removed(forest: Forest, statement: str) -> None:
    record(forest.operator)
    with unscoped(reason="a test compares"):
        before = AuditEntry.objects.count()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as sql:
        # Tests empty their database with TRUNCATE, so there the guard sleeps.
        sql.execute("ALTER TABLE kit_auditentry ENABLE TRIGGER kit_auditentry_not_truncated")
        sql.execute(statement)
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.count() == before
        assert not AuditEntry.objects.filter(reason="never happened").exists()


READERS: dict[str, dict[str, bool]] = {
    "manufacturer": {"own": True, "below": False, "in its name": True},
    "dealer": {"own": True, "below": False, "in its name": True},
    "operator": {"own": True, "below": True, "in its name": True},
    "agency": {"own": True},
}


@pytest.mark.parametrize(("viewer", "wanted"), READERS.items(), ids=READERS)
def test_a_level_reads_its_own_and_what_was_done_below_in_another_s_name(
    forest: Forest, viewer: str, wanted: dict[str, bool]
) -> None:
    tenant: Tenant = getattr(forest, viewer)
    rows = {"own": record(tenant)}
    if "below" in wanted:
        rows["below"] = record(forest.agency)
        rows["in its name"] = record(forest.agency, on_behalf="Li Na")
    client = client_for(tenant, Role.AUDITOR)
    shown = client.get(LIST).content.decode()
    assert {name: f'id="row-{row.pk}"' in shown for name, row in rows.items()} == wanted
    pages = {name: client.get(reverse("audit.entry", args=[row.pk])) for name, row in rows.items()}
    assert {name: page.status_code == 200 for name, page in pages.items()} == wanted


@pytest.mark.parametrize(
    ("viewer", "seen"), [("dealer", {"itself", "in its name"}), ("manufacturer", {"itself", "in its name"})]
)
def test_the_page_of_a_tenant_shows_no_more_of_the_trail_than_its_reader_reads(
    forest: Forest, viewer: str, seen: set[str]
) -> None:
    record(forest.operator, "Itself")
    record(forest.agency, "Below")
    record(forest.agency, "Lent", on_behalf="Li Na")
    with unscoped(reason="test data"):
        member = make_member(forest.operator)
        audit.record(Actor("staff:1", "Inside"), "member.edited", member)
    url = reverse("tenants:trail", args=[forest.operator.pk])
    shown = {
        name
        for name, who in {
            "itself": "Itself",
            "below": "Below",
            "in its name": "Lent",
            "inside": "Inside",
        }.items()
        if who in client_for(getattr(forest, viewer)).get(url).content.decode().partition("history-title")[2]
    }
    own = client_for(forest.operator).get(url).content.decode()
    assert shown == seen
    assert all(who in own for who in ("Itself", "Below", "Lent", "Inside"))


def test_an_entry_in_full_has_each_field_before_and_after_in_words(forest: Forest) -> None:
    row = record(forest.operator, on_behalf="Li Na")
    page = client_for(forest.operator).get(reverse("audit.entry", args=[row.pk]))
    [name, phone] = page.context["changes"]
    assert (name.label, name.before, name.after) == ("Name", "Old", "New")
    assert (phone.label, phone.before, phone.after) == ("Phone", "–", "–")
    shown = page.content.decode()
    assert all(words in shown for words in ("Tenant edited", "Anna Berg", "Li Na", forest.operator.name))


def test_an_entry_in_full_calls_what_it_points_at_by_name_where_its_reader_may_know_it(
    forest: Forest,
) -> None:
    with unscoped(reason="test data"):
        old = make_row(Station, forest.agency, name="North yard")
        new = make_row(Station, forest.sibling_operator, name="Elsewhere")
        driver = make_row(Driver, forest.operator, name="Zhou Mei")
        pile = make_row(Pile, forest.agency, station=old)
        row = audit.record(
            Actor("staff:1", "Anna Berg"),
            "pile.moved",
            pile,
            before={"station_id": old.pk, "tenant_id": forest.agency.pk},
            after={"station_id": new.pk, "tenant_id": forest.sibling_operator.pk},
        )
        held = audit.record(
            Actor("timer:holds", "holds"), "order.created", make_row(ChargingOrder, forest.agency),
            after={"driver_id": driver.pk, "id": 7},
        )  # fmt: skip
    url = reverse("audit.entry", args=[row.pk])
    told = {
        one.label: (one.before, one.after) for one in client_for(forest.agency).get(url).context["changes"]
    }
    assert told == {
        "Station": ("North yard", str(new.pk)),
        "Tenant": (forest.agency.name, str(forest.sibling_operator.pk)),
    }
    for tenant, name in ((forest.operator, "Zhou Mei"), (forest.agency, str(driver.pk))):
        page = client_for(tenant).get(reverse("audit.entry", args=[held.pk]))
        assert [(one.label, one.after) for one in page.context["changes"]] == [("Driver", name)]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.FINANCE, Role.ENGINEER, Role.SUPPORT])
def test_who_may_not_read_the_trail_reads_none_of_it(forest: Forest, role: Role) -> None:
    row = record(forest.operator)
    client = client_for(forest.operator, role)
    assert client.get(LIST).status_code == 403
    assert client.get(reverse("audit.entry", args=[row.pk])).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("on_behalf=li", {"Bo"}),
        ("actor=anna", {"Anna"}),
        ("action=tenant.edited", {"Anna", "Bo", "Cy"}),
        ("action=tenant.moved", set()),
        ("at=today", {"Anna", "Bo", "Cy"}),
        ("at=yesterday", set()),
        ("tenant={agency}", {"Cy"}),
        ("object={agency_name}", {"Cy"}),
    ],
)
def test_the_trail_is_filtered_on_the_page_and_in_the_workbook(
    forest: Forest, query: str, found: set[str]
) -> None:
    record(forest.operator, "Anna")
    record(forest.operator, "Bo", on_behalf="Li Na")
    record(forest.agency, "Cy")
    client = client_for(forest.operator)
    asked = query.format(agency=forest.agency.code, agency_name=forest.agency.name)
    shown = client.get(f"{LIST}?{asked}").content.decode()
    assert {name for name in ("Anna", "Bo", "Cy") if f">{name}<" in shown} == found
    lines = next(iter(sheets_of(content_of(client.get(f"{LIST}export/?{asked}"))).values()))
    written: set[Any] = {cell for line in lines[1:] for cell in line}
    assert written & {"Anna", "Bo", "Cy"} == found


def test_a_phone_stays_masked_in_the_trail(forest: Forest) -> None:
    driver = make_row(Driver, forest.operator, phone="+8613812345678")
    with unscoped(reason="test data"):
        audit.record(Actor("staff:1", "Anna"), "driver.phone_changed", driver, after={"phone": driver.phone})
    client = client_for(forest.operator)
    shown = client.get(LIST).content.decode()
    assert driver.phone not in shown
    assert "5678" in shown


def test_the_page_of_a_tenant_leaves_out_what_the_platform_sent_by_itself(forest: Forest) -> None:
    sent = {}
    with unscoped(reason="test data"):
        for who in ("staff:1", "timer:lists"):
            sent[who] = audit.record(
                Actor(who, who), "command.sent", forest.agency, after={"action": "Reset"}
            )
    with scope_of(forest.operator.pk):
        shown = [entry for entry in trail_of(forest.agency) if entry.action == "command.sent"]
    assert shown == [sent["staff:1"]]
