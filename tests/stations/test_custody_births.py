"""Piles that were there before there were chains of custody get the beginning of theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection

from backoffice.kit import audit, clock
from stations.models import Custody, Life, Pile
from stations.services import devices
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import ACTOR, make_agency, make_pile, make_station

pytestmark = pytest.mark.usefixtures("everything")

BIRTHS = import_module("stations.migrations.0018_custody_births").BIRTHS
LONG_AGO = clock.ago(days=400)


def parent_of(tenant: Tenant) -> Tenant:
    return Tenant.objects.get(pk=tenant.parent_id or 0)


def fill_in() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BIRTHS)


def chain(pile: Pile) -> list[Custody]:
    return list(Custody.objects.filter(pile=pile).order_by("at", "pk"))


def make_old_pile(tenant: Tenant, at: datetime = LONG_AGO, **over: object) -> Pile:
    """A pile that nobody wrote anything down about."""
    pile: Pile = make_row(Pile, tenant, created_at=at, **over)
    return pile


def test_a_pile_of_which_nothing_is_known_was_registered_where_it_stands() -> None:
    agency = make_agency()
    pile = make_old_pile(agency)
    retired = make_old_pile(agency, life=Life.RETIRED)
    fill_in()
    fill_in()
    [link], [_other] = chain(pile), chain(retired)
    assert (link.kind, link.at, link.place) == ("registered", LONG_AGO, pile.station.name)
    assert link.to_tenant_id == link.agency_id == agency.pk and link.operator_id == agency.parent_id
    assert link.dealer_id == parent_of(agency).parent_id
    assert link.manufacturer_id == Tenant.objects.get(pk=link.dealer_id or 0).parent_id
    assert (link.from_tenant_id, link.actor_label) == (None, "")


def test_a_pile_of_a_higher_level_has_no_owners_below_it() -> None:
    operator = parent_of(make_agency())
    pile = make_old_pile(operator)
    fill_in()
    [link] = chain(pile)
    assert (link.agency_id, link.operator_id, link.dealer_id) == (None, operator.pk, operator.parent_id)


def test_a_chain_that_began_in_the_middle_gets_its_beginning_with_its_first_owner() -> None:
    first, second = make_station(), make_station()
    pile = make_old_pile(first.tenant, station=first)
    devices.move_pile(pile, to=second, actor=ACTOR, reason="sold")
    fill_in()
    born, handed = chain(pile)
    assert (born.kind, born.to_tenant_id, born.agency_id) == ("registered", first.tenant_id, first.tenant_id)
    assert (handed.kind, handed.to_tenant_id, born.place) == ("handed", second.tenant_id, "")


def test_the_audit_trail_knows_who_registered_it_and_where() -> None:
    first, second = make_station(name="First yard"), make_station()
    pile = make_old_pile(first.tenant, station=first)
    audit.record(ACTOR, "pile.created", pile, after=audit.snapshot(pile))
    Pile.objects.filter(pk=pile.pk).update(tenant=second.tenant, station=second)
    fill_in()
    [born] = chain(pile)
    assert (born.to_tenant_id, born.agency_id) == (first.tenant_id, first.tenant_id)
    assert (born.operator_id, born.place) == (first.tenant.parent_id, "First yard")
    assert (born.actor_ref, born.actor_label) == (ACTOR.ref, ACTOR.label)


def test_a_chain_that_begins_with_its_pile_is_left_as_it_is() -> None:
    pile = make_pile(life=Life.IN_STOCK)
    Pile.objects.filter(pk=pile.pk).update(created_at=clock.ago(minutes=1))
    before = [link.pk for link in chain(pile)]
    fill_in()
    assert [link.pk for link in chain(pile)] == before
    assert chain(pile)[0].at - pile.created_at < timedelta(minutes=10)
