"""A tenant that moves takes everything along, or is told in words what it cannot take, where that is, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from stations.models import (
    AssignmentState,
    ListState,
    LocalListPile,
    Pile,
    Station,
    Tariff,
    TariffAssignment,
)
from stations.services import list_sync
from tenants import hooks
from tenants.models import Holiday, Tenant
from tenants.obstacles import Blocked
from tenants.selectors import scope_of
from tenants.services import tree
from tenants.verification import tenancy_faults
from tests.factories.access import make_list
from tests.factories.rows import make_row
from tests.factories.stations import make_online_pile, make_pile, make_station
from tests.factories.tenants import ACTOR, Forest, make_forest
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def move(forest: Forest) -> None:
    with scope_of(forest.dealer.pk):
        tree.move_tenant(forest.agency, new_parent=forest.sibling_operator, actor=ACTOR, reason="sold")


def obstacles(forest: Forest) -> list[tuple[str, str, str]]:
    with pytest.raises(Blocked) as blocked, transaction.atomic():
        move(forest)
    assert stored(forest.agency).parent_id == forest.operator.pk
    return [(str(one.words), one.url, str(one.remedy)) for one in blocked.value.obstacles]


def stored(row: Any) -> Any:
    with unscoped(reason="a test compares"):
        return type(row).objects.get(pk=row.pk)


def faults() -> list[Any]:
    with unscoped(reason="a test audits"):
        return list(tenancy_faults())


def make_price(owner: Tenant, name: str = "night") -> Tariff:
    with unscoped(reason="test data"):
        return Tariff.objects.create(tenant=owner, name=name, currency="CNY", created_at=clock.now())


def assignment(station: Station, price: Tariff, state: AssignmentState) -> TariffAssignment:
    with unscoped(reason="test data"):
        return TariffAssignment.objects.create(
            tenant_id=station.tenant_id,
            station=station,
            tariff=price,
            batch="b",
            due_at=clock.now(),
            created_at=clock.now(),
            state=state,
        )


def test_prices_of_the_old_chain_keep_a_tenant_where_it_is_and_are_named_with_what_to_do(
    forest: Forest,
) -> None:
    price = make_price(forest.operator)
    stations = [make_station(forest.agency, tariff=price) for _ in range(2)]
    pile = make_pile(stations[0], tariff=price)
    assignment(stations[1], price, AssignmentState.WAITING)
    owner, agency = forest.operator.name, f"agency={forest.agency.code}&"
    found = obstacles(forest)

    assert sorted(words for words, _url, _remedy in found) == [
        f"1 change to the tariff “night” of {owner} is waiting",
        f"1 terminal has the tariff “night” of {owner}",
        f"2 stations have the tariff “night” of {owner}",
    ]
    assert all(agency in url and "tariff=night" in url and remedy for _words, url, remedy in found)

    with unscoped(reason="test data"):
        Station.objects.filter(tariff=price).update(tariff=None)
        Pile.objects.filter(pk=pile.pk).update(tariff=None)
        TariffAssignment.objects.update(state=AssignmentState.CANCELLED)
    move(forest)
    assert stored(forest.agency).parent_id == forest.sibling_operator.pk
    assert faults() == []


def test_a_price_of_the_level_that_stays_above_goes_along(forest: Forest) -> None:
    station = make_station(forest.agency, tariff=make_price(forest.dealer))
    move(forest)
    assert stored(station).tariff_id is not None and faults() == []


def test_the_page_lists_what_stands_in_the_way_with_the_way_there(forest: Forest) -> None:
    make_station(forest.agency, tariff=make_price(forest.operator, "<night>"))
    client, before = client_for(forest.dealer), stored(forest.agency)
    url = reverse("tenants:move", args=[forest.agency.pk])
    for step in ("", "move"):
        sent = {"new_parent": forest.sibling_operator.code, "reason": "sold", "step": step}
        page = client.post(url, sent).content.decode()
        assert "What stands in the way" in page and "cannot be moved yet" in page
        assert f'href="/stations/?agency={forest.agency.code}&amp;tariff=%3Cnight%3E"' in page
        assert "“&lt;night&gt;” of" in page and "What goes along" not in page
        assert "sold</textarea>" in page
    assert stored(forest.agency).parent_id == before.parent_id


def test_terminals_leave_the_list_of_the_old_operator_and_get_the_one_of_the_new(forest: Forest) -> None:
    old = make_list(forest.operator, is_default=True)
    named = make_list(forest.operator)
    new = make_list(forest.sibling_operator, is_default=True)
    stations = make_station(forest.agency), make_station(forest.agency, local_list=named)
    piles = [make_online_pile(station) for station in stations]
    with unscoped(reason="test data"):
        list_sync.refresh_lists()
        held = dict(LocalListPile.objects.values_list("pile", "list"))
        LocalListPile.objects.update(state=ListState.IN_STEP, due_at=None)
    assert held == {piles[0].pk: old.pk, piles[1].pk: named.pk}

    url = reverse("tenants:move", args=[forest.agency.pk])
    sent = {"new_parent": forest.sibling_operator.code, "reason": "sold"}
    preview = client_for(forest.dealer).post(url, sent).content.decode()
    assert "Terminals that change their local list" in preview
    move(forest)

    with unscoped(reason="a test compares"):
        rows = list(LocalListPile.objects.order_by("pile"))
        assert [(row.list, row.kept_empty) for row in rows] == [(None, True)] * 2
        assert all(row.due_at is not None for row in rows)
        assert AuditEntry.objects.filter(action="local_list.assigned").count() == 1
        list_sync.refresh_lists()
        assert set(LocalListPile.objects.values_list("list", "kept_empty")) == {(new.pk, False)}
    assert stored(stations[1]).local_list_id is None and faults() == []


def test_a_preview_takes_nobody_off_his_list(forest: Forest) -> None:
    old = make_list(forest.operator, is_default=True)
    make_online_pile(make_station(forest.agency))
    with unscoped(reason="test data"):
        list_sync.refresh_lists()
    with scope_of(forest.dealer.pk):
        tree.try_to_move(forest.agency, new_parent=forest.sibling_operator, actor=ACTOR, reason="sold")
    with unscoped(reason="a test compares"):
        assert list(LocalListPile.objects.values_list("list", flat=True)) == [old.pk]


def test_a_change_of_prices_that_is_over_keeps_nobody(forest: Forest) -> None:
    price, station = make_price(forest.operator), make_station(forest.agency)
    over = assignment(station, price, AssignmentState.DONE)
    own = assignment(station, make_price(forest.agency, "own"), AssignmentState.DONE)
    move(forest)
    with unscoped(reason="a test compares"):
        assert list(TariffAssignment.objects.all()) == [own] and over != own
    assert faults() == []


def test_an_operator_takes_its_own_lists_and_prices_along(forest: Forest) -> None:
    old = make_list(forest.operator, is_default=True)
    station = make_station(forest.agency, tariff=make_price(forest.operator), local_list=old)
    make_online_pile(station)
    with unscoped(reason="test data"):
        list_sync.refresh_lists()
    with scope_of(forest.manufacturer.pk):
        tree.move_tenant(forest.operator, new_parent=forest.sibling_dealer, actor=ACTOR, reason="sold")
    with unscoped(reason="a test compares"):
        assert list(LocalListPile.objects.values_list("list", flat=True)) == [old.pk]
    assert stored(station).local_list_id == old.pk and faults() == []


def test_what_no_room_has_words_for_is_said_plainly(forest: Forest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks.obstacle, "_answerers", [])
    station = make_station(forest.agency, tariff=make_price(forest.operator))
    [(words, url, _remedy)] = obstacles(forest)
    assert words == f"{station} uses the tariff of {forest.operator.name}" and url == ""


def test_a_holiday_of_its_own_goes_along(forest: Forest) -> None:
    with unscoped(reason="test data"):
        row = make_row(Holiday, forest.agency)
    move(forest)
    assert stored(row).tenant_id == forest.agency.pk
