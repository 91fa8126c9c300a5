"""A tenant that is being set up: its own people see to its papers and submit them; the level above decides."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from stations.models import Station
from tenants.models import Membership, Paper, PaperKind, Tenant
from tenants.permissions import TenantPerm
from tenants.selectors import scope_of, stopped_by
from tenants.services import tree
from tenants.workplaces import workplace_of
from tests.factories.rows import make_row
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member, make_user
from tests.support.staff import client_for, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def become(tenant: Tenant, status: str, **more: Any) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=tenant.pk).update(status=status, **more)


def complete(tenant: Tenant) -> None:
    become(tenant, "draft", contact="Li Na", phone="+86 21 5555 0100")
    with unscoped(reason="test data"):
        make_row(Paper, tenant, kind=PaperKind.LICENCE)


def status_of(tenant: Tenant) -> str:
    with unscoped(reason="a test compares"):
        return Tenant.objects.get(pk=tenant.pk).status


def deeds(tenant: Tenant) -> list[str]:
    with unscoped(reason="a test compares"):
        rows = AuditEntry.objects.filter(object_ref=f"tenant:{tenant.pk}").order_by("pk")
        return list(rows.values_list("action", flat=True))[1:]


def submit(client: Client, tenant: Tenant) -> Any:
    return client.post(reverse("tenants:submit", args=[tenant.pk]))


def said(answer: Any) -> str:
    return " ".join(str(one) for one in get_messages(answer.wsgi_request))


def test_papers_are_submitted_given_back_and_at_last_the_tenant_begins(forest: Forest) -> None:
    complete(forest.agency)
    own, above = client_for(forest.agency), client_for(forest.operator)
    page = reverse("tenants:tenant", args=[forest.agency.pk])
    assert "Submit for review" in own.get(page).content.decode()
    assert "Submit for review" not in above.get(page).content.decode()

    submit(own, forest.agency)
    submit(own, forest.agency)
    assert status_of(forest.agency) == "submitted"
    assert "Submit for review" not in own.get(page).content.decode()
    assert "ready to be looked at" in above.get(page).content.decode()
    listed = above.get("/tenants/?status=submitted").context["table"].data
    assert [row.pk for row in listed] == [forest.agency.pk]

    sent = above.post(_act(above, "return"), _picked(forest.agency) | {"reason": "The licence is blurred"})
    assert sent.status_code == 302
    assert status_of(forest.agency) == "draft"
    assert "Given back: The licence is blurred" in own.get(page).content.decode()

    submit(own, forest.agency)
    above.post(_act(above, "activate"), _picked(forest.agency))
    assert status_of(forest.agency) == "active"
    assert deeds(forest.agency) == [
        "tenant.submitted",
        "tenant.returned",
        "tenant.submitted",
        "tenant.activated",
    ]
    assert own.get("/").status_code == 200


def _act(_client: Client, name: str) -> str:
    return reverse("tenants.do", args=[name])


def _picked(tenant: Tenant) -> dict[str, str]:
    return {"pk": str(tenant.pk), "confirmed": "1"}


def test_those_whom_it_concerns_get_a_letter(
    forest: Forest, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    complete(forest.agency)
    owner, boss = make_member(forest.agency), make_member(forest.operator)
    make_member(forest.operator, Role.FINANCE)
    with django_capture_on_commit_callbacks(execute=True), scope_of(forest.agency.pk):
        tree.submit_tenant(forest.agency, actor=ACTOR)
    with django_capture_on_commit_callbacks(execute=True), scope_of(forest.operator.pk):
        tree.return_tenant(forest.agency, actor=ACTOR, reason="The licence is blurred")
        tree.activate_tenant(forest.agency, actor=ACTOR)
        tree.activate_tenant(forest.agency, actor=ACTOR)
    assert [letter.to for letter in mailoutbox] == [[boss.user.email], [owner.user.email], [owner.user.email]]
    assert f"/tenants/{forest.agency.pk}/" in mailoutbox[0].body
    assert "given back" in mailoutbox[1].subject and "The licence is blurred" in mailoutbox[1].body


def test_what_is_missing_is_named_and_nothing_is_submitted(forest: Forest) -> None:
    become(forest.agency, "draft")
    own = client_for(forest.agency)
    page = own.get(reverse("tenants:tenant", args=[forest.agency.pk])).content.decode()
    assert "a contact, a phone, the business licence" in page
    assert "a contact, a phone, the business licence" in said(submit(own, forest.agency))
    become(forest.agency, "draft", contact="Li", phone="1")
    with unscoped(reason="test data"):
        make_row(Paper, forest.agency, kind=PaperKind.OTHER)
    assert "missing yet: the business licence." in said(submit(own, forest.agency))
    assert status_of(forest.agency) == "draft" and deeds(forest.agency) == []


@pytest.mark.parametrize("status", ["active", "suspended", "expired", "closed"])
def test_only_a_draft_is_submitted(forest: Forest, status: str) -> None:
    complete(forest.agency)
    become(forest.agency, status)
    with scope_of(forest.agency.pk), pytest.raises(Refused) as refused:
        tree.submit_tenant(forest.agency, actor=ACTOR)
    assert refused.value.code == "wrong_status" and status_of(forest.agency) == status


def test_nobody_submits_for_another_and_only_the_level_above_gives_back(forest: Forest) -> None:
    complete(forest.agency)
    with scope_of(forest.operator.pk), pytest.raises(Refused) as refused:
        tree.submit_tenant(forest.agency, actor=ACTOR)
    assert refused.value.code == "not_own"
    with scope_of(forest.agency.pk):
        tree.submit_tenant(forest.agency, actor=ACTOR)
        with pytest.raises(Refused) as refused:
            tree.activate_tenant(forest.agency, actor=ACTOR)
        assert refused.value.code == "own_tenant"
    with scope_of(forest.dealer.pk), pytest.raises(Refused) as refused:
        tree.return_tenant(forest.agency, actor=ACTOR, reason="r")
    assert refused.value.code == "not_parent" and status_of(forest.agency) == "submitted"
    for kin in (forest.sibling_agency, forest.cousin_operator, forest.sibling_operator):
        assert submit(client_for(kin), forest.agency).status_code == 404


@pytest.mark.parametrize("status", ["draft", "submitted"])
@pytest.mark.parametrize("role", Role)
def test_who_sets_a_tenant_up_sees_to_its_papers_and_to_nothing_else(
    forest: Forest, status: str, role: Role
) -> None:
    become(forest.operator, status)
    place = workplace_of(make_member(forest.operator, role).user)
    assert place is not None
    allowed = {TenantPerm.VIEW, TenantPerm.PROFILE} if status == "draft" else {TenantPerm.VIEW}
    assert place.grants <= allowed
    with unscoped(reason="a test compares"):
        assert stopped_by(forest.agency.pk) is not None, "nothing works there, nor below"


def test_the_pages_of_a_tenant_that_is_being_set_up(forest: Forest) -> None:
    become(forest.operator, "draft")
    own = client_for(forest.operator)
    start = own.get("/")
    page = reverse("tenants:tenant", args=[forest.operator.pk])
    assert (start.status_code, start["Location"]) == (302, page)
    open_pages = [page, "/tenants/", "/personal/"]
    open_pages += [
        reverse(f"tenants:{name}", args=[forest.operator.pk]) for name in ("edit", "papers", "contacts")
    ]
    assert [own.get(path).status_code for path in open_pages] == [200] * len(open_pages)
    shut = [
        "/stations/",
        "/piles/",
        "/system/staff/",
        "/system/settings/",
        "/tenants/new/",
        "/orders/history/",
    ]
    assert [own.get(path).status_code for path in shut] == [403] * len(shut)

    become(forest.operator, "submitted")
    answer = own.post(reverse("tenants:edit", args=[forest.operator.pk]), {"contact": "Somebody else"})
    assert answer.status_code == 403, "what is looked at stays as it was submitted"
    with unscoped(reason="a test compares"):
        assert Tenant.objects.get(pk=forest.operator.pk).contact == ""
        assert not Station.objects.exists()


def test_staff_below_a_tenant_that_is_being_set_up_stay_outside(forest: Forest) -> None:
    become(forest.operator, "draft")
    assert workplace_of(make_member(forest.agency).user) is None


def test_who_works_elsewhere_too_works_there_first(forest: Forest) -> None:
    become(forest.dealer, "draft")
    user = make_user()
    make_member(forest.dealer, user=user)
    works: Membership = make_member(forest.cousin_agency, user=user)
    chosen = workplace_of(user)
    assert chosen is not None and chosen.membership == works

    client = client_of(user)
    draft = user.memberships.exclude(pk=works.pk)
    with unscoped(reason="test data"):
        key = draft.get().pk
    client.post("/personal/membership/", {"membership": key})
    assert client.get("/")["Location"] == reverse("tenants:tenant", args=[forest.dealer.pk])
    assert Level(forest.dealer.level) is Level.DEALER


def test_what_is_submitted_waits_on_the_overview_of_the_level_above_and_in_a_tab_of_its_list(
    forest: Forest,
) -> None:
    complete(forest.agency)
    submit(client_for(forest.agency), forest.agency)
    become(forest.cousin_agency, "submitted")

    above = client_for(forest.operator)
    tasks = {str(task.label): task for task in above.get("/").context["tasks"]}
    task = tasks["Tenants to be reviewed"]
    assert task.count == 1
    assert [row.pk for row in above.get(task.url).context["table"].data] == [forest.agency.pk]
    for other in (client_for(forest.dealer), client_for(forest.operator, Role.AUDITOR)):
        assert "Tenants to be reviewed" not in other.get("/").content.decode()
