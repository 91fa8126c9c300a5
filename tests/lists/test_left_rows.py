"""A row that left the list while somebody thought about it: named, left alone, and the others go on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from backoffice.kit.perms import Role
from orders.models import ChargingOrder
from tests.factories.tenants import Forest, make_member
from tests.lists.stage import DONE, LEFT, everything, make_order

LIST = "/stage/orders/"
TYPED = {"confirmed": "1", "reason": "link lost", "next": f"{LIST}?sort=total"}


@pytest.fixture
def client(forest: Forest) -> Client:
    client = Client()
    client.force_login(make_member(forest.operator, Role.OWNER).user)
    return client


def texts(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_the_question_about_a_row_that_left_leads_back_and_says_so(client: Client, forest: Forest) -> None:
    left = make_order(forest.agency, 1, plate=LEFT)

    answer = client.get(f"{LIST}do/close/", {"pk": str(left.pk), "next": f"{LIST}?sort=total"})

    assert answer["Location"] == f"{LIST}?sort=total"
    assert texts(answer) == ["ORD-00001 is no longer in this list. Nothing was done to it."]


def test_the_answer_about_a_row_that_left_does_nothing_to_it(client: Client, forest: Forest) -> None:
    left = make_order(forest.agency, 1, plate=LEFT)

    for typed in (TYPED, TYPED | {"reason": ""}):
        answer = client.post(f"{LIST}do/close/", {"pk": left.pk, **typed})
        assert answer["Location"] == f"{LIST}?sort=total"
        assert texts(answer)[-1] == "ORD-00001 is no longer in this list. Nothing was done to it."

    assert DONE == []


def test_the_others_of_many_go_on_with_the_reason_that_was_typed(client: Client, forest: Forest) -> None:
    left, *stay = (make_order(forest.agency, n, plate=LEFT if n == 1 else "") for n in (1, 2, 3))
    keys = [left.pk, *(row.pk for row in stay)]

    question = client.post(f"{LIST}do/close/", {"pk": keys})
    assert question.context["picked"] == [row.pk for row in stay]
    assert "ORD-00001 is no longer in this list" in question.content.decode()
    answer = client.post(f"{LIST}do/close/", {"pk": keys, **TYPED})

    assert DONE == [("ORD-00002", "link lost"), ("ORD-00003", "link lost")]
    assert texts(answer) == ["ORD-00001 is no longer in this list. Nothing was done to it.", "Close: 2 rows."]


def test_where_all_of_many_left_nothing_is_done_and_a_few_are_named(client: Client, forest: Forest) -> None:
    keys = [make_order(forest.agency, n, plate=LEFT).pk for n in range(12)]

    answer = client.post(f"{LIST}do/flag/", {"pk": keys})

    (words,) = texts(answer)
    assert words.startswith("ORD-00000, ORD-00001, ") and "ORD-00010" not in words
    assert words.endswith(", … are no longer in this list. Nothing was done to them.")
    assert DONE == []


def test_a_row_of_somebody_else_is_404_also_beside_one_that_left(client: Client, forest: Forest) -> None:
    own, left = make_order(forest.agency, 1), make_order(forest.agency, 2, plate=LEFT)
    foreign = make_order(forest.sibling_operator, 3, plate=LEFT)

    for keys in ([foreign.pk], [left.pk, foreign.pk], [own.pk, left.pk, foreign.pk]):
        answer = client.post(f"{LIST}do/flag/", {"pk": keys})
        assert answer.status_code == 404 and "ORD-" not in answer.content.decode()

    assert DONE == []
    with everything():
        assert set(map(tuple, ChargingOrder.objects.values_list("flags", flat=True))) == {()}
