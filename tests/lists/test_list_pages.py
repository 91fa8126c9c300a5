"""The pages of a list in a browser: page, fragment, columns, tabs, suggestions, actions."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from backoffice.kit.lists import views
from backoffice.kit.perms import Role
from orders.models import ChargingOrder
from stations.models import Pile
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_member
from tests.lists.stage import DONE, everything, make_order, make_orders

LIST = "/stage/orders/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(forest: Forest) -> Client:
    """The owner of the operator, signed in."""
    client = Client()
    client.force_login(make_member(forest.operator, Role.OWNER).user)
    return client


def flags() -> dict[str, list[str]]:
    with everything():
        return dict(ChargingOrder.objects.values_list("order_no", "flags"))


def texts(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_htmx_gets_the_rows_alone_and_a_browser_the_page(client: Client, forest: Forest) -> None:
    make_orders(forest.agency, 3)

    page, rows = client.get(LIST), client.get(LIST, headers=HTMX)
    again = client.get(LIST, headers=HTMX | {"HX-History-Restore-Request": "true"})

    assert "<html" in page.content.decode() and "<html" not in rows.content.decode()
    assert "<html" in again.content.decode()
    for answer in (page, rows):
        assert "ORD-00002" in answer.content.decode()
        assert "HX-Request" in answer["Vary"]
        assert 'data-live="orders"' in answer.content.decode()


def test_chosen_columns_stay_and_can_be_given_back(client: Client, forest: Forest) -> None:
    make_orders(forest.agency, 1)
    chosen = {"columns": ["order_no", "idle_fee", "nope"], "next": f"{LIST}?sort=total"}

    answer = client.post(f"{LIST}columns/", chosen)
    shown = [column.name for column in client.get(LIST).context["table"].columns]
    client.post(f"{LIST}columns/", {"reset": "1"})
    usual = [column.name for column in client.get(LIST).context["table"].columns]

    assert answer["Location"] == f"{LIST}?sort=total"
    assert shown == ["order_no", "idle_fee", "actions"]
    assert "station" in usual and "idle_fee" not in usual


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "\\\\evil"]
)
def test_the_way_back_stays_in_the_house(away: str, client: Client) -> None:
    assert client.post(f"{LIST}columns/", {"reset": "1", "next": away})["Location"] == LIST


def test_tabs_count_their_rows_and_keep_the_filters(client: Client, forest: Forest) -> None:
    make_orders(forest.agency, 3)
    make_order(forest.agency, 9, energy_wh=20_000)

    page = client.get(f"{LIST}?tab=big&charge_state=ended")

    every, big = page.context["tabs"]
    assert (big.count, big.current, every.current) == (1, True, False)
    assert big.url == f"{LIST}?charge_state=ended&tab=big"
    assert [row.order_no for row in page.context["table"].data] == ["ORD-00009"]


def test_an_empty_list_says_what_would_be_here(client: Client) -> None:
    page = client.get("/system/jobs/").content.decode()

    assert "Large Excel files" in page


def test_suggestions_match_what_is_typed_and_nothing_else_has_any(client: Client, forest: Forest) -> None:
    make_row(Pile, forest.agency, identity="GATE-A", name="Gate A")
    make_row(Pile, forest.sibling_operator, identity="GATE-B", name="Gate B")

    answer = client.get(f"{LIST}options/pile/", {"pile": "gate"}).content.decode()

    assert '<option value="GATE-A">' in answer and "GATE-B" not in answer
    assert client.get(f"{LIST}options/pile/", {"pile": "x\0y"}).status_code == 200
    assert client.get(f"{LIST}options/order_no/").status_code == 404
    assert client.get(f"{LIST}options/nope/").status_code == 404


def test_an_action_that_asks_nothing_acts_at_once_and_only_on_a_post(client: Client, forest: Forest) -> None:
    order = make_order(forest.agency, 1)

    asked = client.get(f"{LIST}do/flag/?pk={order.pk}")
    untouched = flags()
    answer = client.post(f"{LIST}do/flag/?pk={order.pk}", {"next": f"{LIST}?sort=total"})

    assert asked.status_code == 200 and untouched == {"ORD-00001": []}
    assert answer["Location"] == f"{LIST}?sort=total"
    assert DONE == [("ORD-00001", "")]


def test_an_action_with_a_reason_asks_keeps_what_was_typed_and_passes_it_on(
    client: Client, forest: Forest
) -> None:
    order = make_order(forest.agency, 1)
    url = f"{LIST}do/close/?pk={order.pk}"

    question = client.get(url)
    too_short = client.post(url, {"pk": order.pk, "confirmed": "1", "reason": "x"})
    assert flags() == {"ORD-00001": []}
    answer = client.post(url, {"pk": order.pk, "confirmed": "1", "reason": "link lost"})

    assert "ORD-00001" in question.content.decode()
    assert too_short.status_code == 200 and "reason" in too_short.context["form"].errors
    assert ">x</textarea>" in too_short.content.decode().replace("\n", "")
    assert answer.status_code == 302
    assert DONE == [("ORD-00001", "link lost")]


def test_several_rows_are_done_one_by_one_and_a_refusal_names_its_row(client: Client, forest: Forest) -> None:
    good, bad, other = (make_order(forest.agency, n, flags=["flagged"] if n == 2 else []) for n in (1, 2, 3))

    answer = client.post(f"{LIST}do/flag/", {"pk": [good.pk, bad.pk, other.pk]})

    assert [name for name, _reason in DONE] == ["ORD-00001", "ORD-00003"]
    assert texts(answer) == ["ORD-00002: It is flagged.", "Flag: 2 rows."]


def test_one_row_of_somebody_else_among_many_is_404_and_nothing_happens(
    client: Client, forest: Forest
) -> None:
    own, foreign = make_order(forest.agency, 1), make_order(forest.sibling_operator, 2)

    for keys in ([own.pk, foreign.pk], [foreign.pk], [own.pk, 10**30], ["x"], ["\0"], []):
        assert client.post(f"{LIST}do/flag/", {"pk": keys}).status_code == 404

    assert DONE == []
    assert set(map(tuple, flags().values())) == {()}


def test_an_action_without_its_permission_is_refused_and_has_no_button(forest: Forest) -> None:
    order = make_order(forest.agency, 1)
    client = Client()
    client.force_login(make_member(forest.operator, Role.AUDITOR).user)

    assert client.post(f"{LIST}do/flag/", {"pk": order.pk}).status_code == 403
    assert DONE == []
    page = client.get(LIST)
    assert page.context["bulk_actions"] == [] and "do/flag/" not in page.content.decode()


def test_an_unknown_action_is_not_there_and_too_many_rows_are_refused(
    client: Client, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = make_orders(forest.agency, 3)
    monkeypatch.setattr(views, "MOST_AT_ONCE", 2)

    assert client.post(f"{LIST}do/nope/", {"pk": orders[0].pk}).status_code == 404
    too_many = client.post(f"{LIST}do/flag/", {"pk": [order.pk for order in orders]})
    assert texts(too_many) == ["3 rows are too many at once; tick at most 2. Nothing was done."]
    assert client.post(f"{LIST}do/one/", {"pk": [order.pk for order in orders[:2]]}).status_code == 404
    assert DONE == []


def test_a_button_that_would_be_refused_says_why_and_a_hidden_one_is_not_there(
    client: Client, forest: Forest
) -> None:
    make_order(forest.agency, 1, flags=["flagged"])

    page = client.get(LIST).content.decode()

    assert 'disabled title="It is flagged."' in page
    assert "do/one/" not in page


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(method: str, client: Client) -> None:
    for url in (LIST, f"{LIST}export/", f"{LIST}columns/", f"{LIST}do/flag/", f"{LIST}options/pile/"):
        assert getattr(client, method)(url).status_code == 405


def test_somebody_who_is_not_signed_in_goes_to_sign_in_and_comes_back(forest: Forest) -> None:
    answer = Client().get(f"{LIST}?sort=total")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=/stage/orders/%3Fsort%3Dtotal")


def test_the_menu_marks_the_page_and_hides_what_the_role_may_not_see(client: Client, forest: Forest) -> None:
    support = Client()
    support.force_login(make_member(forest.operator, Role.SUPPORT).user)

    def labels(page: Any) -> dict[str, bool]:
        return {
            str(child.label): child.current
            for item in page.context["frame"].menu
            for child in (item, *item.children)
        }

    assert labels(client.get("/system/audit/"))["Audit log"] is True
    assert labels(client.get("/system/jobs/"))["Audit log"] is False
    assert "Audit log" not in labels(support.get("/system/jobs/"))
