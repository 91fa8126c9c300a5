"""Handing stations and piles down: offered, decided, once, whole, and seen by the two sides and those above."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import ScopeError
from stations import hooks, selectors
from stations.models import (
    Connector,
    Handed,
    Handover,
    HandoverItem,
    HandoverState,
    Life,
    Pile,
    QrToken,
    Station,
    StationStatus,
)
from stations.services import devices, handovers, sites, tariffs
from tenants.models import Tenant
from tenants.selectors import scope_of
from tenants.services import tree
from tenants.verification import tenancy_faults
from tests.factories.stations import ACTOR, make_pile, make_station, make_tariff
from tests.factories.tenants import Forest, make_forest

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def store_with(tenant: Tenant, count: int) -> list[Pile]:
    """Piles in the store of a tenant of any level."""
    store = sites.store_of(tenant, actor=ACTOR)
    return [make_pile(store) for _ in range(count)]


def offer(giver: Tenant, to: Tenant, rows: list[Any], **over: Any) -> Handover:
    what = Handed.STATIONS if isinstance(rows[0], Station) else Handed.PILES
    with scope_of(giver.pk):
        return handovers.offer(
            giver, to=to, **{"what": what, "keys": [row.pk for row in rows], "actor": ACTOR} | over
        )


def accept(row: Handover, by: Tenant, count: int, station: Station | None = None) -> Handover:
    with scope_of(by.pk):
        return handovers.accept(row, by=by, count=count, station=station, actor=ACTOR)


def refused(action: Any, *args: Any, **kwargs: Any) -> Refused:
    """The refusal; nothing was audited and nothing changed hands."""
    before = AuditEntry.objects.count(), list(Pile.objects.order_by("pk").values())
    with pytest.raises(Refused) as refusal:
        action(*args, **kwargs)
    assert (AuditEntry.objects.count(), list(Pile.objects.order_by("pk").values())) == before
    return refusal.value


def test_piles_come_down_from_the_manufacturer_to_the_agency(forest: Forest) -> None:
    piles = store_with(forest.manufacturer, 3)
    for giver, receiver in zip(forest.chain, forest.chain[1:], strict=False):
        row = offer(giver, receiver, piles)
        assert set(Pile.objects.values_list("tenant", flat=True)) == {giver.pk}
        accept(row, receiver, 3)
        assert {
            *Pile.objects.values_list("tenant", flat=True),
            *Connector.objects.values_list("tenant", flat=True),
            *QrToken.objects.values_list("tenant", flat=True),
        } == {receiver.pk}

    assert set(Pile.objects.values_list("life", "station__status")) == {(Life.IN_STOCK, StationStatus.STORE)}
    assert list(tenancy_faults()) == []
    assert AuditEntry.objects.filter(action="pile.handed_over").count() == 9


def test_piles_go_to_a_station_where_the_receiver_names_one(forest: Forest) -> None:
    piles, station = store_with(forest.operator, 2), make_station(forest.agency)
    accept(offer(forest.operator, forest.agency, piles), forest.agency, 2, station)

    assert set(Pile.objects.values_list("station", "tenant", "life")) == {
        (station.pk, forest.agency.pk, Life.INSTALLED)
    }


def test_a_station_goes_with_all_that_stands_on_it_and_keeps_its_tariff(forest: Forest) -> None:
    station = make_station(forest.operator)
    pile = make_pile(station)
    tariffs.assign_tariff(station, tariff=make_tariff(forest.operator), actor=ACTOR)
    row = offer(forest.operator, forest.agency, [station])
    assert (row.count, row.terminals) == (1, 1)
    accept(row, forest.agency, 1)
    station.refresh_from_db()
    pile.refresh_from_db()

    assert (station.tenant_id, pile.tenant_id, pile.station_id) == (
        forest.agency.pk,
        forest.agency.pk,
        station.pk,
    )
    assert station.tariff is not None
    assert list(tenancy_faults()) == []


def test_both_sides_and_those_above_see_it_and_nobody_beside(forest: Forest) -> None:
    row = offer(forest.operator, forest.agency, store_with(forest.operator, 1))
    seen = {}
    for name in ("manufacturer", "dealer", "operator", "agency", "sibling_agency", "sibling_operator"):
        with scope_of(getattr(forest, name).pk):
            seen[name] = (
                selectors.handovers().filter(pk=row.pk).exists(),
                selectors.items_of(row).count(),
                AuditEntry.objects.filter(action="handover.offered").exists(),
            )

    assert {name for name, what in seen.items() if what == (True, 1, True)} == {
        "manufacturer",
        "dealer",
        "operator",
        "agency",
    }
    assert seen["sibling_agency"] == seen["sibling_operator"] == (False, 0, False)
    with scope_of(forest.agency.pk):
        assert selectors.waiting_offers().count() == 1 and not Pile.objects.exists()


def test_it_goes_to_the_next_level_only(forest: Forest) -> None:
    piles = store_with(forest.dealer, 1)
    for to in (forest.agency, forest.dealer):
        assert refused(offer, forest.dealer, to, piles).code == "not_child"
    with scope_of(forest.dealer.pk), pytest.raises(Tenant.DoesNotExist):
        handovers.offer(
            forest.dealer, to=forest.cousin_operator, what=Handed.PILES, keys=[piles[0].pk], actor=ACTOR
        )
    assert refused(offer, forest.agency, forest.operator, piles).code == "wrong_level"
    station = sites.store_of(forest.dealer, actor=ACTOR)
    assert refused(offer, forest.dealer, forest.operator, [station]).code == "wrong_level"


def test_what_stands_in_the_way_is_named(forest: Forest) -> None:
    fine, retired, busy, offered_one = store_with(forest.operator, 4)
    below = make_pile(make_station(forest.agency))
    devices.retire_pile(retired, actor=ACTOR, reason="scrapped")
    offer(forest.operator, forest.sibling_agency, [offered_one])
    orders = lambda keys: {busy.pk: 2} if busy.pk in keys else {}  # noqa: E731
    hooks.open_orders_at.answer(orders)
    try:
        for pile in (retired, busy, offered_one, below):
            refusal = refused(offer, forest.operator, forest.agency, [fine, pile])
            assert refusal.code == "blocked" and pile.name in str(refusal.message)
        picked = [fine, retired, busy, offered_one, below]
        rows = selectors.rows_to_offer(Handed.PILES, [pile.pk for pile in picked])
        found = {one.key: one.blocked for one in selectors.offered(Handed.PILES, rows, forest.operator.pk)}
    finally:
        hooks.open_orders_at._answerers.remove(orders)

    assert [bool(found[pile.pk]) for pile in picked] == [False, True, True, True, True]
    assert "2 orders have not ended." in found[busy.pk]


def test_stations_that_cannot_go_are_named(forest: Forest) -> None:
    closed, store, offered_one, with_offered_pile = (
        make_station(forest.operator),
        sites.store_of(forest.operator, actor=ACTOR),
        make_station(forest.operator),
        make_station(forest.operator),
    )
    sites.close_station(closed, actor=ACTOR, reason="gone")
    offer(forest.operator, forest.agency, [offered_one])
    offer(forest.operator, forest.agency, [make_pile(with_offered_pile)])
    closed.refresh_from_db()

    for station in (closed, store, offered_one, with_offered_pile, make_station(forest.agency)):
        assert refused(offer, forest.operator, forest.agency, [station]).code == "blocked"
    pile = make_pile(offered_one)
    assert refused(offer, forest.operator, forest.agency, [pile]).code == "blocked"


def test_nothing_and_too_much_are_not_offered(forest: Forest, monkeypatch: pytest.MonkeyPatch) -> None:
    piles = store_with(forest.operator, 2)
    assert refused(offer, forest.operator, forest.agency, piles, keys=[]).code == "nothing"
    assert refused(offer, forest.operator, forest.agency, piles, keys=[piles[0].pk, 10**9]).code == "changed"
    monkeypatch.setattr(handovers, "MOST_ROWS", 1)
    assert refused(offer, forest.operator, forest.agency, piles).code == "too_many"
    assert not Handover.objects.exists()


def test_a_form_that_is_sent_twice_is_one_offer(forest: Forest) -> None:
    piles = store_with(forest.operator, 1)
    first = offer(forest.operator, forest.agency, piles, token="a")

    assert offer(forest.operator, forest.agency, piles, token="a") == first
    assert HandoverItem.objects.count() == 1


def test_the_receiver_counts_and_nobody_else_decides(forest: Forest) -> None:
    row = offer(forest.operator, forest.agency, store_with(forest.operator, 2))

    assert refused(accept, row, forest.agency, 3).field == "count"
    assert refused(accept, row, forest.operator, 2).code == "not_yours"
    with scope_of(forest.operator.pk):
        refusal = refused(handovers.decline, row, by=forest.operator, actor=ACTOR, reason="x")
        assert refusal.code == "not_yours"
    with scope_of(forest.agency.pk):
        refusal = refused(handovers.withdraw, row, by=forest.agency, actor=ACTOR, reason="x")
        assert refusal.code == "not_yours"
    with scope_of(forest.sibling_agency.pk), pytest.raises(Handover.DoesNotExist):
        handovers.accept(row, by=forest.sibling_agency, count=2, actor=ACTOR)
    row.refresh_from_db()
    assert row.state == HandoverState.OFFERED


def test_accepting_twice_changes_nothing_the_second_time(forest: Forest) -> None:
    row = offer(forest.operator, forest.agency, store_with(forest.operator, 1))
    accept(row, forest.agency, 1)
    before = AuditEntry.objects.count()
    accept(row, forest.agency, 1)

    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("end", ["decline", "withdraw"])
def test_what_was_declined_or_taken_back_may_be_offered_again(end: str, forest: Forest) -> None:
    piles = store_with(forest.operator, 1)
    row = offer(forest.operator, forest.agency, piles)
    by = forest.agency if end == "decline" else forest.operator
    with scope_of(by.pk):
        ended = getattr(handovers, end)(row, by=by, actor=ACTOR, reason="one box is missing")
        assert getattr(handovers, end)(row, by=by, actor=ACTOR, reason="again") == ended

    assert (ended.answer, ended.decided_by) == ("one box is missing", ACTOR.label)
    assert refused(accept, row, forest.agency, 1).code == "over"
    again = offer(forest.operator, forest.agency, piles)
    assert again.state == HandoverState.OFFERED


def test_what_changed_since_it_was_offered_is_named_and_nothing_is_taken_over(forest: Forest) -> None:
    kept, retired, moved = store_with(forest.operator, 3)
    row = offer(forest.operator, forest.agency, [kept, retired, moved])
    devices.retire_pile(retired, actor=ACTOR, reason="dropped")
    devices.move_pile(moved, to=make_station(forest.sibling_agency), actor=ACTOR, reason="sold")

    refusal = refused(accept, row, forest.agency, 3)
    assert refusal.code == "changed"
    assert retired.name in str(refusal.message) and moved.name in str(refusal.message)
    assert kept.name not in str(refusal.message)


def test_a_pile_that_moved_within_the_giver_is_still_offered(forest: Forest) -> None:
    (pile,) = store_with(forest.operator, 1)
    row = offer(forest.operator, forest.agency, [pile])
    devices.move_pile(pile, to=make_station(forest.operator), actor=ACTOR, reason="sorted")
    accept(row, forest.agency, 1)
    pile.refresh_from_db()

    assert pile.tenant_id == forest.agency.pk


def test_an_offer_ends_in_time_whether_the_timer_comes_or_not(forest: Forest) -> None:
    piles = store_with(forest.operator, 1)
    row = offer(forest.operator, forest.agency, piles, days=3)
    with clock.frozen(clock.now() + timedelta(days=3, minutes=1)):
        assert refused(accept, row, forest.agency, 1).code == "expired"
        handovers.expire_due()
        handovers.expire_due()
        assert refused(accept, row, forest.agency, 1).code == "over"
        assert offer(forest.operator, forest.agency, piles).state == HandoverState.OFFERED

    row.refresh_from_db()
    assert row.state == HandoverState.EXPIRED
    assert AuditEntry.objects.filter(action="handover.expired").count() == 1


def test_who_is_not_active_gets_and_takes_nothing(forest: Forest) -> None:
    piles = store_with(forest.operator, 2)
    row = offer(forest.operator, forest.agency, piles[:1])
    tree.suspend_tenant(Tenant.objects.get(pk=forest.agency.pk), actor=ACTOR, reason="unpaid")

    assert refused(accept, row, forest.agency, 1).code == "tenant_stopped"
    assert refused(offer, forest.operator, forest.agency, piles[1:]).code == "tenant_stopped"


def test_an_offer_of_somebody_who_stands_above_no_more_is_void(forest: Forest) -> None:
    row = offer(forest.operator, forest.agency, store_with(forest.operator, 1))
    agency = Tenant.objects.get(pk=forest.agency.pk)
    tree.move_tenant(agency, new_parent=forest.sibling_operator, actor=ACTOR, reason="sold")

    assert refused(accept, row, agency, 1).code == "changed"


def test_a_quota_of_the_receiver_counts_and_one_above_both_does_not(forest: Forest) -> None:
    row = offer(forest.operator, forest.agency, store_with(forest.operator, 2))
    Tenant.objects.filter(pk=forest.agency.pk).update(quota_terminals=1)
    refusal = refused(accept, row, forest.agency, 2)
    assert refusal.code == "quota" and "may have 1 terminals" in str(refusal.message)

    Tenant.objects.filter(pk=forest.agency.pk).update(quota_terminals=2)
    Tenant.objects.filter(pk=forest.operator.pk).update(quota_terminals=2)
    assert accept(row, forest.agency, 2).state == HandoverState.ACCEPTED


def test_a_store_comes_into_being_once_and_is_no_station(forest: Forest) -> None:
    store = sites.store_of(forest.dealer, actor=ACTOR)

    assert sites.store_of(forest.dealer, actor=ACTOR) == store
    for action, more in (
        (sites.edit_station, {"name": "x"}),
        (sites.close_station, {"reason": "x"}),
        (sites.transfer_station, {"to": forest.operator, "reason": "x"}),
    ):
        with pytest.raises(Refused) as refusal:
            action(store, actor=ACTOR, **more)  # type: ignore[operator]
        assert refusal.value.code == "store"
    with pytest.raises(Refused):
        sites.create_station(forest.operator, actor=ACTOR, code="X", name="X", status="store")
    assert selectors.open_station_count(forest.dealer.pk) == 0
    make_pile(store)
    assert selectors.open_station_count(forest.dealer.pk) == 1


def test_a_pile_of_the_store_is_installed_where_it_is_put(forest: Forest) -> None:
    (pile,) = store_with(forest.operator, 1)
    assert pile.life == Life.IN_STOCK
    devices.move_pile(pile, to=make_station(forest.operator), actor=ACTOR, reason="built")
    pile.refresh_from_db()
    assert pile.life == Life.INSTALLED

    devices.move_pile(pile, to=sites.store_of(forest.operator, actor=ACTOR), actor=ACTOR, reason="back")
    pile.refresh_from_db()
    assert pile.life == Life.IN_STOCK


def test_a_receiver_cannot_reach_what_it_was_offered(forest: Forest) -> None:
    (pile,) = store_with(forest.operator, 1)
    offer(forest.operator, forest.agency, [pile])
    with scope_of(forest.agency.pk):
        assert not selectors.piles().filter(pk=pile.pk).exists()
        with pytest.raises(Pile.DoesNotExist):
            devices.edit_pile(pile, actor=ACTOR, name="Mine")
        pile.name = "Mine"
        with pytest.raises(ScopeError):
            pile.save()
