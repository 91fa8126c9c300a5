"""The same change to many tenants: seen first, then all or nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Tenant
from tests.factories.tenants import Forest, make_forest
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db

VALUES = {"region": "East", "contract_to": "2030-12-31", "quota_users": "7"}


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def kept(*rows: Tenant) -> list[tuple[Any, ...]]:
    with unscoped(reason="a test compares"):
        found = Tenant.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
        return list(found.values_list("region", "contract_to", "quota_users"))


def url(query: str = "") -> str:
    return reverse("tenants:bulk") + query


def test_a_preview_says_before_and_after_and_changes_nothing(forest: Forest) -> None:
    client = client_for(forest.operator)
    both = [forest.agency.pk, forest.sibling_agency.pk]
    first = client.post(url(), {"pk": both})
    assert "Edit 2 tenants" in first.content.decode() and not first.context["form"].is_bound
    page = client.post(url(), {"pk": both, "step": "preview", **VALUES}).content.decode()
    for words in ("Before and after", forest.agency.name, forest.sibling_agency.name, "East", "2030"):
        assert words in page
    assert kept(forest.agency, forest.sibling_agency) == [("", None, None)] * 2


def test_all_of_them_change_with_a_row_each_in_the_trail_and_once(forest: Forest) -> None:
    client = client_for(forest.operator)
    sent = {"pk": [forest.agency.pk, forest.sibling_agency.pk], "step": "save", **VALUES}
    assert client.post(url(), sent)["Location"] == "/tenants/"
    client.post(url(), sent)
    assert kept(forest.agency, forest.sibling_agency) == [("East", date(2030, 12, 31), 7)] * 2
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.filter(action="tenant.edited").count() == 2


def test_all_that_match_are_changed_and_what_is_taken_away_is_gone(forest: Forest) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(parent=forest.operator).update(quota_users=3, contract_to=date(2030, 1, 1))
    client = client_for(forest.operator)
    client.post(
        url("?every=1&tab=agency"), {"step": "save", "clear": ["quota_users", "contract_to"], "region": "W"}
    )
    assert kept(forest.agency, forest.sibling_agency) == [("W", None, None)] * 2
    assert kept(forest.operator)[0][0] == ""


def test_one_that_cannot_be_changed_keeps_all_of_them_as_they_are(forest: Forest) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=forest.sibling_agency.pk).update(contract_from=date(2031, 1, 1))
    client = client_for(forest.operator)
    before = kept(forest.agency, forest.sibling_agency)
    answer = client.post(
        url(), {"pk": [forest.agency.pk, forest.sibling_agency.pk], "step": "save", **VALUES}
    )
    assert f"{forest.sibling_agency.name}: The contract ends before it begins." in answer.content.decode()
    assert kept(forest.agency, forest.sibling_agency) == before


@pytest.mark.parametrize(
    "values",
    [{}, {"quota_users": "-3"}, {"contract_to": "soon"}, {"quota_users": "3", "clear": "quota_users"}],
)
def test_values_that_make_no_sense_are_refused(forest: Forest, values: Any) -> None:
    client = client_for(forest.operator)
    answer = client.post(url(), {"pk": forest.agency.pk, "step": "save", **values})
    assert answer.context["form"].errors
    assert kept(forest.agency) == [("", None, None)]


def test_tenants_that_are_not_of_the_next_level_or_not_ones_own_are_left_out(forest: Forest) -> None:
    client = client_for(forest.dealer)
    rows = [forest.operator, forest.agency, forest.dealer, forest.cousin_operator]
    sent = {"pk": [row.pk for row in rows], "step": "save", **VALUES}
    assert "2 of them are not of the next level" in client.post(url(), sent | {"step": ""}).content.decode()
    client.post(url(), sent)
    assert [row[0] for row in kept(*rows)] == ["", "East", "", ""]
    assert client.post(url(), {"pk": forest.cousin_operator.pk}).status_code == 404


@pytest.mark.parametrize("keys", [[], ["x"], ["9" * 30], ["-1"]])
def test_nothing_that_was_picked_is_nothing_to_edit(forest: Forest, keys: list[str]) -> None:
    assert client_for(forest.operator).post(url(), {"pk": keys}).status_code == 404


def test_ten_thousand_keys_are_no_more_than_the_rows_that_are_there(forest: Forest) -> None:
    keys = [forest.agency.pk, *range(10_000_000, 10_010_000)]
    answer = client_for(forest.operator).post(url(), {"pk": keys})
    assert "Edit 1 tenant" in answer.content.decode()


def test_who_may_only_look_changes_nothing(forest: Forest) -> None:
    client = client_for(forest.operator, Role.FINANCE)
    assert client.post(url(), {"pk": forest.agency.pk, "step": "save", **VALUES}).status_code == 403
    assert kept(forest.agency) == [("", None, None)]
