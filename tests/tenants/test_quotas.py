"""Quotas hold for the tenant that has them and for everything below it, whoever adds, also two at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from stations.models import Life, Pile, Station, StationStatus
from stations.services import devices, sites
from tenants.models import Membership, Tenant
from tenants.selectors import usage_of
from tenants.services import quotas, staff, tree
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def limit(row: Tenant, **quotas: int | None) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=row.pk).update(**{f"quota_{kind}": most for kind, most in quotas.items()})


def station(owner: Tenant, code: str, **over: Any) -> Station:
    return Station.objects.create(tenant=owner, code=code, name=code, created_at=clock.now(), **over)


def pile(at: Station, identity: str, **over: Any) -> Pile:
    return Pile.objects.create(
        tenant=at.tenant, station=at, identity=identity, name=identity, created_at=clock.now(), **over
    )


def counts() -> list[int]:
    return [Membership.objects.count(), Station.objects.count(), Pile.objects.count()]


def refused(act: Callable[[], object]) -> str:
    with unscoped(reason="test"):
        before = counts()
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "quota" and counts() == before
    return str(refusal.value.message)


def test_without_a_limit_nothing_is_counted(
    forest: Forest, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_max_num_queries(2):
        quotas.require_room(forest.agency.pk, users=5, stations=5, terminals=5_000)


def test_staff_are_counted_with_those_below_and_without_those_who_ended(forest: Forest) -> None:
    make_member(forest.operator)
    make_member(forest.sibling_agency)
    ended = make_member(forest.operator, Role.SUPPORT, is_active=False)
    limit(forest.operator, users=3)
    with unscoped(reason="test"):
        staff.add_member(forest.agency, actor=ACTOR, email="a@b.org", name="N", role=Role.OWNER)
    words = refused(
        lambda: staff.add_member(forest.agency, actor=ACTOR, email="c@d.org", name="N", role=Role.SUPPORT)
    )
    assert words == f"{forest.operator.name} may have 3 members of staff, those below it included, and has 3."
    refused(lambda: staff.reactivate_member(ended, actor=ACTOR))


def test_stations_and_terminals_are_refused_at_any_limit_above(forest: Forest) -> None:
    limit(forest.dealer, stations=1)
    limit(forest.operator, terminals=1)
    with unscoped(reason="test data"):
        here = sites.create_station(forest.agency, actor=ACTOR, code="S1", name="S1")
        devices.create_pile(here, actor=ACTOR, identity="P1")
    assert forest.dealer.name in refused(
        lambda: sites.create_station(forest.sibling_agency, actor=ACTOR, code="S2", name="S2")
    )
    assert forest.operator.name in refused(lambda: devices.create_pile(here, actor=ACTOR, identity="P2"))


def test_what_is_closed_or_retired_makes_room_and_takes_it_when_it_comes_back(forest: Forest) -> None:
    limit(forest.agency, stations=1, terminals=1)
    with unscoped(reason="test data"):
        closed = station(forest.agency, "OLD", status=StationStatus.CLOSED)
        pile(closed, "OLD-1", life=Life.RETIRED)
        here = sites.create_station(forest.agency, actor=ACTOR, code="S1", name="S1")
        devices.create_pile(here, actor=ACTOR, identity="P1")
        assert usage_of(forest.agency.pk) == {"users": 0, "stations": 1, "terminals": 1}
    refused(lambda: sites.edit_station(closed, actor=ACTOR, status=StationStatus.LIVE))


def test_what_changes_hands_counts_where_it_comes_to(forest: Forest) -> None:
    limit(forest.sibling_agency, terminals=1)
    limit(forest.operator, stations=1, terminals=2)
    with unscoped(reason="test data"):
        here = station(forest.agency, "S1")
        moving, _other = pile(here, "P1"), pile(here, "P2")
    refused(lambda: sites.transfer_station(here, to=forest.sibling_agency, actor=ACTOR, reason="r"))
    limit(forest.sibling_agency, terminals=2)
    with unscoped(reason="test"):
        sites.transfer_station(here, to=forest.sibling_agency, actor=ACTOR, reason="within the operator")
        there = station(forest.agency, "S2")
    limit(forest.agency, terminals=0)
    refused(lambda: devices.move_pile(moving, to=there, actor=ACTOR, reason="r"))


def test_a_tenant_moves_only_where_it_fits(forest: Forest) -> None:
    with unscoped(reason="test data"):
        pile(station(forest.agency, "S1"), "P1")
    limit(forest.sibling_operator, terminals=0)

    def move() -> Tenant:
        return tree.move_tenant(forest.agency, new_parent=forest.sibling_operator, actor=ACTOR, reason="sold")

    refused(move)
    limit(forest.sibling_operator, terminals=1)
    limit(forest.dealer, terminals=0)  # above both places, and full before and after
    with unscoped(reason="test"):
        move()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_both_take_the_last_place() -> None:
    forest = make_forest()
    limit(forest.operator, stations=1)
    start = threading.Barrier(2)

    def build(owner: Tenant, code: str) -> str:
        try:
            start.wait(timeout=10)
            with unscoped(reason="test"):
                sites.create_station(owner, actor=ACTOR, code=code, name=code)
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()
        return "built"

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(build, forest.agency, "A"), pool.submit(build, forest.sibling_agency, "B")]
        assert sorted(one.result(timeout=30) for one in done) == ["built", "quota"]


def test_the_page_says_how_much_is_used_and_who_may_change_it(forest: Forest) -> None:
    make_member(forest.agency)
    limit(forest.agency, users=2, terminals=5)
    url = f"/tenants/{forest.agency.pk}/quotas/"
    own, above = client_for(forest.agency).get(url), client_for(forest.operator).get(url)
    assert "Reached: no more can be added." in own.content.decode()
    assert "no limit" in own.content.decode()
    assert "Change the quotas" not in own.content.decode()
    assert "Change the quotas" in above.content.decode()
