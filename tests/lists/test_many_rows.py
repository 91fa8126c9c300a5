"""Very many ticked rows: a bounded answer in words, and nothing half done."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from backoffice.kit.perms import Role
from stations.models import Pile
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_member
from tests.lists.stage import DONE, make_order

LIST = "/stage/orders/"
MANY = [str(number) for number in range(1, 10_001)]


@pytest.fixture
def client(forest: Forest) -> Client:
    client = Client()
    client.force_login(make_member(forest.operator, Role.OWNER).user)
    return client


def test_ten_thousand_rows_are_refused_in_words_and_nothing_is_done(client: Client, forest: Forest) -> None:
    own = make_order(forest.agency, 1)

    answer = client.post(f"{LIST}do/flag/", {"pk": [str(own.pk), *MANY], "next": f"{LIST}?sort=total"})

    words = [str(message) for message in get_messages(answer.wsgi_request)]
    assert answer["Location"] == f"{LIST}?sort=total"
    assert len(words) == 1 and "too many at once" in words[0] and "200" in words[0]
    assert DONE == []


def test_a_page_about_many_rows_takes_ten_thousand_and_finds_its_own_among_them(
    client: Client, forest: Forest
) -> None:
    own = make_row(Pile, forest.agency)
    make_row(Pile, forest.sibling_operator)

    page = client.post(reverse("stations:bulk"), {"pk": [str(own.pk), *[f"9{one}000000" for one in MANY]]})

    assert page.status_code == 200 and page.context["title"].startswith("1 ")


def test_more_than_a_request_may_carry_is_refused_and_the_way_out_is_named(client: Client) -> None:
    answer = client.post(reverse("stations:bulk"), {"pk": [*MANY, *MANY]})

    assert answer.status_code == 400
    assert "all that match" in answer.content.decode()
    assert DONE == []
