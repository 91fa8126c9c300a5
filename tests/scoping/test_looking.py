"""Looking at one tenant below alone narrows what is read, never widens it, and leaves what may be done as it is."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from backoffice.kit import jobs
from backoffice.kit.levels import Level
from backoffice.kit.lists import Resource, registered
from backoffice.kit.lists.exporting import EXPORT_NOW
from backoffice.kit.live import Event
from backoffice.kit.models import Job
from backoffice.kit.perms import Role
from backoffice.kit.scope import current_scope, path_of_tenant, unscoped
from drivers.models import Driver
from orders.models import ChargingOrder
from stations.models import CampaignPile, Pile
from tenants.models import Membership, Tenant
from tenants.services import tree
from tenants.workplaces import workplace_of
from tests.factories.rows import make_row
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member
from tests.scoping.matrix import RELATIONS, ROW_ID, exists, role_for
from tests.scoping.shapes import shape_of
from tests.support.staff import client_of
from tests.support.workbooks import content_of, sheets_of

pytestmark = pytest.mark.django_db
LOOK = "/personal/view/"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def look_at(client: Client, tenant: Tenant | None, **more: str) -> Any:
    return client.post(LOOK, {"tenant": tenant.pk if tenant else ""} | more)


def names(client: Client) -> set[str]:
    """The tenants that the list of tenants shows."""
    page = client.get("/tenants/")
    return {row.name for row in page.context["table"].data}


def kin(forest: Forest, level: Level, relation: str) -> Tenant:
    chain = forest.chain
    beside = {
        Level.MANUFACTURER: (forest.other_manufacturer, forest.other_manufacturer),
        Level.DEALER: (forest.sibling_dealer, forest.other_manufacturer),
        Level.OPERATOR: (forest.sibling_operator, forest.cousin_operator),
        Level.AGENCY: (forest.sibling_agency, forest.cousin_agency),
    }[level]
    at = {"own": level.depth, "child": level.depth + 1, "parent": level.depth - 1}
    return chain[at[relation]] if relation in at else beside[relation == "cousin"]


@pytest.mark.parametrize("level", Level)
def test_only_what_stands_below_can_be_looked_at_alone(level: Level, forest: Forest) -> None:
    viewer = make_member(forest.chain[level.depth])
    for relation in RELATIONS:
        if not exists(level, relation):
            continue
        client, tenant = client_of(viewer.user), kin(forest, level, relation)
        offered = client.get(f"{LOOK}choose/?tenant={tenant.code}").content.decode()
        answer = look_at(client, tenant)
        below = relation == "child"

        assert (f'name="tenant" value="{tenant.pk}"' in offered) is below, relation
        assert answer.status_code == (302 if below else 404), relation
        assert client.session.get("part") == (tenant.pk if below else None)


@pytest.mark.parametrize("key", ["x", "\0", "9" * 30, "-1"])
def test_what_is_no_tenant_is_404_and_changes_nothing(key: str, forest: Forest) -> None:
    client = client_of(make_member(forest.operator).user)

    assert client.post(LOOK, {"tenant": key}).status_code == 404
    assert "part" not in client.session


def test_a_narrowed_view_shows_the_part_says_so_and_leads_back(forest: Forest) -> None:
    client = client_of(make_member(forest.dealer).user)
    look_at(client, forest.operator)

    page = client.get("/tenants/").content.decode()
    assert names(client) == {forest.operator.name, forest.agency.name, forest.sibling_agency.name}
    assert f"You look at {forest.operator.name} alone" in page

    look_at(client, None)
    assert forest.sibling_operator.name in names(client)


def test_from_one_part_the_way_leads_to_another_and_back_to_where_one_was(forest: Forest) -> None:
    client = client_of(make_member(forest.dealer).user)
    look_at(client, forest.agency)

    found = client.get(f"{LOOK}choose/?tenant={forest.sibling_operator.code}").content.decode()
    listed = look_at(client, forest.sibling_operator, next="/tenants/?level=agency")
    about_a_row = look_at(client, forest.agency, next=f"/tenants/{forest.sibling_operator.pk}/")
    away = look_at(client, forest.agency, next="https://evil.example/")

    assert forest.sibling_operator.name in found
    assert listed["Location"] == "/tenants/?level=agency"
    assert about_a_row["Location"] == away["Location"] == "/"


def _made(resource: Resource, viewer: Membership, tenant: Tenant) -> Any:
    return make_row(resource.model, tenant, **shape_of(resource.name, viewer))


def test_every_list_shows_the_rows_of_the_part_and_no_others(forest: Forest) -> None:
    viewers = {role: make_member(forest.operator, role) for role in Role}
    clients = {role: client_of(viewer.user) for role, viewer in viewers.items()}
    for client in clients.values():
        look_at(client, forest.agency)
    seen, wanted = {}, {}
    for resource in registered():
        role = role_for(resource, Level.OPERATOR)
        if role is None or resource.model in {Tenant, Job}:
            continue
        inside, beside = (
            _made(resource, viewers[role], one) for one in (forest.agency, forest.sibling_agency)
        )
        page = clients[role].get(resource.url).content.decode()
        found = {int(pk) for pk in ROW_ID.findall(page)}
        seen[resource.name] = found & {inside.pk, beside.pk}
        wanted[resource.name] = {inside.pk}
    assert seen == wanted


def test_a_session_that_names_a_tenant_outside_is_not_believed(forest: Forest) -> None:
    client = client_of(make_member(forest.operator).user)
    for foreign in (forest.dealer, forest.sibling_operator, forest.cousin_agency):
        session = client.session
        session["part"] = foreign.pk
        session.save()

        assert names(client) == {forest.operator.name, forest.agency.name, forest.sibling_agency.name}
        assert "part" not in client.session


def test_the_narrowing_ends_when_the_tenant_is_moved_away_and_that_is_said(forest: Forest) -> None:
    client = client_of(make_member(forest.dealer).user)
    look_at(client, forest.operator)
    with unscoped(reason="test"):
        tree.move_tenant(forest.operator, new_parent=forest.sibling_dealer, actor=ACTOR, reason="sold")

    page = client.get("/tenants/")

    assert {row.name for row in page.context["table"].data} == {
        forest.dealer.name,
        forest.sibling_operator.name,
    }
    assert "no longer below you" in page.content.decode()


def test_who_goes_to_another_membership_sees_all_of_it(forest: Forest) -> None:
    member = make_member(forest.dealer)
    other = make_member(forest.operator, user=member.user)
    client = client_of(member.user)
    look_at(client, forest.agency)

    client.post("/personal/membership/", {"membership": other.pk})

    assert forest.sibling_agency.name in names(client)


def test_nobody_acts_for_the_tenant_that_he_looks_at(forest: Forest) -> None:
    """A dealer does not manage agencies; looking at their operator alone makes him no operator."""
    client = client_of(make_member(forest.dealer).user)
    look_at(client, forest.operator)
    url = "/tenants/do/suspend/"

    answer = client.post(url, {"pk": forest.agency.pk, "confirmed": "1", "reason": "unpaid"})
    page = client.get("/tenants/").content.decode()

    assert "Only the level directly above" in str([str(m) for m in get_messages(answer.wsgi_request)])
    assert f"{url}?pk={forest.agency.pk}" not in page
    with unscoped(reason="a test looks"):
        assert Tenant.objects.get(pk=forest.agency.pk).status == "active"


def test_what_is_done_is_done_for_the_own_tenant_and_shown_after_it_is_saved(forest: Forest) -> None:
    client = client_of(make_member(forest.operator).user)
    look_at(client, forest.agency)
    made = client.post("/tenants/new/", {"code": "NEW-1", "name": "New agency"})
    led = client.get(made["Location"])

    with unscoped(reason="a test looks"):
        assert Tenant.objects.get(code="NEW-1").parent_id == forest.operator.pk
    assert (led.status_code, led["Location"]) == (302, made["Location"])
    shown = client.get(led["Location"])
    assert shown.status_code == 200 and "part" not in client.session
    page = shown.content.decode()
    assert "Created." in page and f"This does not belong to {forest.agency.name}" in page


def test_a_row_outside_the_part_is_not_there_unless_a_deed_led_to_it(forest: Forest) -> None:
    client = client_of(make_member(forest.operator).user)
    look_at(client, forest.agency)
    away = f"/tenants/{forest.sibling_agency.pk}/"
    client.post("/personal/display/", {"density": "compact", "next": f"/tenants/{forest.agency.pk}/"})

    gone = client.get(away)
    assert gone.status_code == 404 and "it may lie outside of it" in gone.content.decode()
    assert look_at(client, None, next=away)["Location"] == away and client.get(away).status_code == 200
    look_at(client, forest.agency)
    assert client.get(f"/tenants/{forest.agency.pk}/").status_code == 200
    client.post("/personal/display/", {"density": "usual", "next": f"/tenants/{forest.cousin_agency.pk}/"})
    assert client.get(f"/tenants/{forest.cousin_agency.pk}/").status_code == 302
    assert client.get(f"/tenants/{forest.cousin_agency.pk}/").status_code == 404


def test_all_that_match_are_those_of_the_part(forest: Forest) -> None:
    inside, beside = (make_row(Pile, one) for one in (forest.agency, forest.sibling_agency))
    client = client_of(make_member(forest.operator).user)
    look_at(client, forest.agency)
    terms = {"wave_size": "50", "failure_share": "20", "at_once": "20", "patience_s": "0"}
    address = reverse("stations:bulk_ask", args=["ClearCache"])

    client.post(f"{address}?every=1", terms | {"once": "first"})
    client.post(address, terms | {"once": "second", "pk": [str(inside.pk), str(beside.pk)]})

    with unscoped(reason="a test looks"):
        asked = list(CampaignPile.objects.values_list("pile_id", flat=True))
    assert asked == [inside.pk, inside.pk]


def test_the_workbook_holds_the_part_and_says_so(forest: Forest) -> None:
    inside, beside = (make_row(Pile, one) for one in (forest.agency, forest.sibling_agency))
    client = client_of(make_member(forest.operator).user)
    look_at(client, forest.agency)

    sheets = sheets_of(content_of(client.get("/piles/export/")))

    words = {cell for lines in sheets.values() for line in lines for cell in line}
    assert inside.name in words and beside.name not in words
    assert ["Only", forest.agency.name] in [line[:2] for lines in sheets.values() for line in lines]


def test_a_job_that_was_started_while_looking_at_a_part_writes_the_part(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.kit.lists.views.EXPORT_NOW", 0)
    inside, beside = (make_row(Pile, one) for one in (forest.agency, forest.sibling_agency))
    client = client_of(make_member(forest.operator).user)
    look_at(client, forest.agency)
    started = client.post("/piles/export/")
    look_at(client, None)
    with unscoped(reason="a test looks"):
        job = Job.objects.get()

    jobs.run(job.pk)

    answer = client.get(f"{started['Location']}file")
    words = {cell for lines in sheets_of(content_of(answer)).values() for line in lines for cell in line}
    assert EXPORT_NOW and inside.name in words and beside.name not in words


def test_own_jobs_stay_in_sight_whatever_is_looked_at(forest: Forest) -> None:
    member = make_member(forest.operator)
    job = make_row(Job, forest.operator, owner_ref=f"staff:{member.user_id}", title="Long work")
    client = client_of(member.user)
    look_at(client, forest.agency)

    assert client.get(f"/jobs/{job.public_id}/").status_code == 200
    assert "Long work" in client.get("/system/jobs/").content.decode()


def test_a_row_above_the_part_is_named_on_a_page_of_the_part_and_has_none_itself(forest: Forest) -> None:
    driver = make_row(Driver, forest.operator, name="Zhao Lei")
    order = make_row(ChargingOrder, forest.agency, driver=driver)
    client = client_of(make_member(forest.operator).user)
    look_at(client, forest.agency)

    assert client.get(reverse("orders.order", args=[order.order_no])).status_code == 200
    assert client.get(reverse("drivers:driver", args=[driver.pk])).status_code == 404


@pytest.mark.parametrize(
    ("topic", "heard"), [("orders", {"inside"}), ("jobs", {"inside", "above", "beside"})]
)
def test_the_live_stream_carries_news_of_the_part_and_of_ones_own_jobs(
    topic: str, heard: set[str], forest: Forest
) -> None:
    place = workplace_of(make_member(forest.operator).user, part_id=forest.agency.pk)
    assert place is not None
    tenants = {
        "inside": forest.agency,
        "above": forest.operator,
        "beside": forest.sibling_agency,
        "foreign": forest.sibling_operator,
    }
    paths = {name: path_of_tenant(tenant.pk) for name, tenant in tenants.items()}

    with place.entered():
        found = {name for name, path in paths.items() if Event(topic, name, path).within(current_scope())}

    assert found == heard


@pytest.mark.parametrize(("acting", "model"), list(product([False, True], [Pile, ChargingOrder])), ids=str)
def test_a_part_bounds_what_is_read_and_not_what_may_be_written(
    acting: bool, model: type[Any], forest: Forest
) -> None:
    rows = {
        one.pk: make_row(model, one)
        for one in (forest.agency, forest.sibling_agency, forest.sibling_operator)
    }
    place = workplace_of(make_member(forest.operator).user, part_id=forest.agency.pk)
    assert place is not None

    with (place.for_writing() if acting else place).entered():
        read = set(model.objects.values_list("pk", flat=True))
        may_write = {tenant for tenant, row in rows.items() if row.in_scope()}

    own = {forest.agency.pk, forest.sibling_agency.pk}
    assert read == {rows[tenant].pk for tenant in (own if acting else {forest.agency.pk})}
    assert may_write == own
