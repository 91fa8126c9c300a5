"""Saved filters and columns: kept for one person, shown as tabs, and never a way to another's rows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from backoffice.kit.levels import Level
from backoffice.kit.lists import registered, saved
from backoffice.kit.lists.filters import Subtree
from backoffice.kit.models import SavedView
from backoffice.kit.perms import Role
from tenants.models import Membership
from tests.factories.tenants import Forest, make_member
from tests.lists.stage import ORDERS, make_order, make_orders
from tests.scoping.matrix import role_for
from tests.support.staff import client_of
from tests.support.together import together
from tests.support.workbooks import content_of, rows_of

LIST = "/stage/orders/"
FILTERS = "/personal/filters/"


@pytest.fixture
def member(forest: Forest) -> Membership:
    return make_member(forest.operator, Role.OWNER)


@pytest.fixture
def client(member: Membership) -> Client:
    return client_of(member.user)


def keep(client: Client, name: str, query: str = "charge_state=ended&sort=-total", **more: str) -> Any:
    return client.post(f"{LIST}views/?{query}", {"name": name, "confirmed": "1"} | more)


def tabs(page: Any) -> dict[str, bool]:
    return {str(tab.label): tab.current for tab in page.context["tabs"]}


def kept() -> list[tuple[str, str, bool]]:
    return list(SavedView.objects.order_by("pk").values_list("name", "query", "is_default"))


def test_a_filter_gets_a_name_and_is_a_tab_of_the_list(client: Client, forest: Forest) -> None:
    make_order(forest.agency, 1, charge_state="ended")
    make_order(forest.agency, 2, charge_state="charging")

    question = client.get(f"{LIST}views/?charge_state=ended")
    answer = keep(client, " Night shift ", "charge_state=ended&sort=-total&after=x&order_no=")
    page = client.get(answer["Location"])

    assert "Save filter" in question.content.decode() and "Ended" in question.content.decode()
    assert kept() == [("Night shift", "charge_state=ended&sort=-total", False)]
    assert tabs(page) == {"All": False, "Big": False, "Night shift": True}
    assert [row.order_no for row in page.context["table"].data] == ["ORD-00001"]
    assert "Night shift" in tabs(client.get(LIST))


def test_a_name_is_given_once_and_what_was_typed_stays(client: Client) -> None:
    keep(client, "Mine")

    for name, words in [("Mine", "of this name already"), ("", "required"), ("x" * 41, "at most 40")]:
        again = keep(client, name, is_default="on")
        assert again.status_code == 200 and words in again.content.decode()
        assert f'value="{name}"' in again.content.decode() or not name
        assert again.context["form"]["is_default"].value() is True
    assert len(kept()) == 1


def test_a_list_keeps_so_many_filters_and_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST", 2)
    for number in range(4):
        keep(client, f"Filter {number}")

    assert [name for name, _query, _default in kept()] == ["Filter 0", "Filter 1"]
    assert "keeps 2 filters" in keep(client, "One more").content.decode()
    assert keep(client, "Long", "search=" + "x" * 3000).status_code == 200
    assert len(kept()) == 2


def test_the_list_opens_with_the_filter_that_is_to_be_first_and_only_then(client: Client) -> None:
    keep(client, "One", is_default="on")
    two = keep(client, "Two", is_default="on")["Location"]

    assert [default for _name, _query, default in kept()] == [False, True]
    assert client.get(LIST)["Location"] == two
    assert client.get(f"{LIST}?charge_state=ended").status_code == 200
    bare = client.get(two).context["reset_url"]
    page = client.get(bare)
    assert page.status_code == 200 and tabs(page)["All"] is True and not page.context["chips"]

    pk = SavedView.objects.get(name="Two").pk
    client.post(f"{LIST}views/{pk}/later/")
    assert client.get(LIST).status_code == 200


def test_a_saved_filter_is_changed_renamed_and_deleted(client: Client) -> None:
    keep(client, "Other")
    pk = keep(client, "Mine").headers["Location"].rpartition("=")[2]
    url = f"{LIST}views/{pk}/"

    changed = client.get(f"{LIST}?charge_state=charging&view={pk}")
    assert "Save the changes" in [str(tool.label) for tool in changed.context["view_tools"]]
    client.post(f"{url}overwrite/?charge_state=charging")
    taken = client.post(f"{url}rename/", {"name": "Other"})
    client.post(f"{url}rename/", {"name": "Renamed"})
    assert kept()[1] == ("Renamed", "charge_state=charging", False)
    assert taken.status_code == 200 and "of this name already" in taken.content.decode()

    assert "Delete “Renamed”" in client.get(f"{url}delete/").content.decode()
    assert len(kept()) == 2
    client.post(f"{url}delete/")
    assert [name for name, _query, _default in kept()] == ["Other"]


def test_looking_at_a_deed_changes_nothing(client: Client) -> None:
    pk = keep(client, "Mine")["Location"].rpartition("=")[2]
    before = kept()

    for deed in ("first", "later", "overwrite", "rename", "delete"):
        assert client.get(f"{LIST}views/{pk}/{deed}/").status_code in {200, 302}
    assert client.post(f"{LIST}views/{pk}/nope/").status_code == 404
    assert kept() == before


def test_somebody_else_neither_sees_nor_changes_it(client: Client, forest: Forest) -> None:
    pk = keep(client, "Mine", is_default="on")["Location"].rpartition("=")[2]
    before = kept()
    colleague = client_of(make_member(forest.operator, Role.OWNER).user)

    for deed in ("first", "later", "overwrite", "rename", "delete"):
        assert colleague.post(f"{LIST}views/{pk}/{deed}/", {"name": "Stolen"}).status_code == 404
    assert kept() == before
    assert colleague.get(LIST).status_code == 200
    assert "Mine" not in colleague.get(f"{LIST}?view={pk}").content.decode()


def test_it_goes_with_the_person_to_another_membership(
    client: Client, member: Membership, forest: Forest
) -> None:
    keep(client, "Mine")
    other = make_member(forest.cousin_operator, user=member.user)

    client.post("/personal/membership/", {"membership": other.pk})

    assert "Mine" in tabs(client.get(LIST))


def test_a_saved_filter_that_names_a_tenant_outside_is_answered_by_the_filter(forest: Forest) -> None:
    """For every list with a filter by tenant: the message of the filter, and nothing of the tenant named."""
    foreign, wrong = forest.cousin_operator, {}
    for resource in registered():
        fields = resource.filters.base_filters
        name = next((one for one, kind in fields.items() if isinstance(kind, Subtree)), None)
        role = role_for(resource, Level.OPERATOR)
        if name is None or role is None:
            continue
        viewer = make_member(forest.operator, role)
        row = SavedView.objects.create(
            owner_ref=f"staff:{viewer.user_id}",
            resource=resource.name,
            name="Old",
            query=f"{name}={foreign.code}",
            created_at=forest.operator.created_at,
        )
        page = client_of(viewer.user).get(f"{resource.url}?{row.query}&view={row.pk}").content.decode()
        if f"Nothing here is called “{foreign.code}”" not in page or re.search(rf"{foreign.name}\b", page):
            wrong[resource.name] = page
    assert not wrong


def test_the_personal_centre_has_the_filters_of_every_list_that_may_be_opened(forest: Forest) -> None:
    owner, support = make_member(forest.operator, Role.OWNER), make_member(forest.operator, Role.SUPPORT)
    for member, name in ((owner, "Empty <b>"), (support, "Not mine"), (support, "Role <i>")):
        of = "roles" if name.startswith("Role") else "stations.piles"
        SavedView.objects.create(
            owner_ref=f"staff:{member.user_id}",
            resource=of,
            name=name,
            query="name=x",
            created_at=forest.operator.created_at,
        )
    page = client_of(owner.user).get(FILTERS).content.decode()
    colleague = client_of(support.user).get(FILTERS).content.decode()

    assert "Empty &lt;b&gt;" in page and "/piles/?name=x&amp;view=" in page
    assert "Not mine" not in page
    assert "Not mine" in colleague and "Role &lt;i&gt;" not in colleague


def test_a_filter_renamed_or_deleted_there_leads_back_there(client: Client) -> None:
    pk = keep(client, "Mine")["Location"].rpartition("=")[2]
    back = f"?next={FILTERS}"

    question = client.get(f"{LIST}views/{pk}/rename/{back}").content.decode()
    renamed = client.post(f"{LIST}views/{pk}/rename/{back}", {"name": "Night", "next": FILTERS})
    assert [name for name, _query, _first in kept()] == ["Night"]
    deleted = client.post(f"{LIST}views/{pk}/delete/?next=https://evil.example/", {})

    assert f'href="{FILTERS}"' in question and f'value="{FILTERS}"' in question
    assert renamed["Location"] == FILTERS
    assert deleted["Location"] == LIST
    assert kept() == []


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_it_is_kept_once(member: Membership) -> None:
    clients = [client_of(member.user) for _ in range(2)]

    answers = together([lambda client=client: keep(client, "Mine").status_code for client in clients])

    assert sorted(answers) == [200, 302]
    assert len(kept()) == 1


def columns_of(page: Any) -> list[str]:
    return [column.name for column in page.context["table"].columns if column.name != "actions"]


def test_columns_are_kept_in_their_order_beyond_the_session_and_the_workbook_follows(
    client: Client, member: Membership, forest: Forest
) -> None:
    make_orders(forest.agency, 1)
    client.post(f"{LIST}columns/", {"columns": ["total", "station", "driver"], "up": "driver"})

    later = client_of(member.user)
    page = later.get(LIST)
    head = rows_of(content_of(later.get(page.context["export_url"])))[0]

    assert columns_of(page) == ["order_no", "total", "driver", "station"]
    assert head.index("Total") < head.index("Driver") < head.index("Station")
    assert [one.name for one in page.context["columns"]][:4] == columns_of(page)


def test_a_column_moves_within_the_bounds(client: Client) -> None:
    assert saved.moved(["a", "b", "c"], up="a") == ["a", "b", "c"] == saved.moved(["a", "b", "c"], down="c")
    assert saved.moved(["a", "b", "c"], down="a") == ["b", "a", "c"]
    assert saved.moved(["a"], up="nope") == ["a"]


def test_a_saved_filter_has_columns_of_its_own(client: Client) -> None:
    address = keep(client, "Mine")["Location"]
    pk = address.rpartition("=")[2]

    client.post(f"{LIST}columns/", {"columns": ["plate"], "view": pk})

    assert columns_of(client.get(address)) == ["order_no", "plate"]
    assert "station" in columns_of(client.get(LIST))


def test_columns_that_a_role_may_not_see_are_not_shown_because_they_were_kept(
    client: Client, member: Membership
) -> None:
    client.post(f"{LIST}columns/", {"columns": ["plate", "nope", "\0"]})
    kept_columns = SavedView.objects.get(name="").columns

    assert kept_columns == ["plate"]
    assert ORDERS.table.base_columns["plate"].perm is not None


def test_the_tabs_travel_with_the_rows_so_that_they_keep_the_filters(client: Client) -> None:
    keep(client, "Mine")

    rows = client.get(f"{LIST}?charge_state=ended", headers={"HX-Request": "true"}).content.decode()
    live = client.get(LIST, headers={"HX-Request": "true", "X-Live": "1"}).content.decode()

    assert 'id="views" hx-swap-oob' in rows and "Mine" in rows
    assert 'id="views"' not in live
