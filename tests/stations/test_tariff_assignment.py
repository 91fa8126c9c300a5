"""Tariffs for many stations or terminals at once, now or later, and what is shown before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from stations import selectors
from stations.models import Connector, Pile, Station, Tariff, TariffAssignment
from stations.services import sites, tariffs
from stations.services.tariffs import assignment
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.stations import (
    ACTOR,
    later,
    make_pile,
    make_station,
    make_tariff,
)
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("everything")


def operator_of(row: Station | Pile) -> Tenant:
    return Tenant.objects.get(pk=Tenant.objects.get(pk=row.tenant_id).parent_id)


def states(**which: Any) -> list[str]:
    return list(TariffAssignment.objects.filter(**which).order_by("pk").values_list("state", flat=True))


def refused(action: Any, *args: Any, **kwargs: Any) -> str:
    before = AuditEntry.objects.count(), TariffAssignment.objects.count()
    with pytest.raises(Refused) as refusal, transaction.atomic():
        action(*args, actor=ACTOR, **kwargs)
    assert before == (AuditEntry.objects.count(), TariffAssignment.objects.count())
    return refusal.value.code


def priced_by(station: Station) -> int | None:
    return Station.objects.get(pk=station.pk).tariff_id


def test_many_stations_get_a_tariff_at_once_each_with_its_line_in_the_audit_log() -> None:
    first = make_station()
    second, closed = make_station(first.tenant), make_station(first.tenant)
    Station.objects.filter(pk=closed.pk).update(status="closed")
    tariff = make_tariff(operator_of(first))
    before = AuditEntry.objects.count()
    batch = tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR)

    assert [priced_by(one) for one in (first, second, closed)] == [tariff.pk, tariff.pk, None]
    assert states(batch=batch) == ["done", "done"]
    assert (
        AuditEntry.objects.filter(action="tariff.assigned").count()
        == AuditEntry.objects.count() - before
        == 2
    )


def test_those_that_have_it_and_those_of_others_are_left_out() -> None:
    station, foreign = make_station(), make_station()
    tariff = make_tariff(operator_of(station))
    assert list(tariffs.assignable(Station.objects.all(), tariff)) == [station]
    tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR)

    assert priced_by(foreign) is None
    assert refused(tariffs.assign_in_bulk, Station.objects.all(), tariff=tariff) == "nothing"


def test_terminals_get_tariffs_of_their_own_and_lose_them() -> None:
    pile = make_pile()
    tariff = make_tariff(operator_of(pile))
    tariffs.assign_in_bulk(Pile.objects.filter(pk=pile.pk), tariff=tariff, actor=ACTOR)
    assert Pile.objects.get(pk=pile.pk).tariff_id == tariff.pk

    tariffs.assign_in_bulk(Pile.objects.filter(pk=pile.pk), tariff=None, actor=ACTOR)
    assert Pile.objects.get(pk=pile.pk).tariff_id is None


def test_a_planned_change_happens_when_it_is_due_and_once() -> None:
    station = make_station()
    tariff = make_tariff(operator_of(station))
    due = later(3600)
    tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR, due_at=due)
    assert tariffs.apply_assignments() == 0 and priced_by(station) is None

    with clock.frozen(due):
        assert tariffs.apply_assignments() == 1
        assert tariffs.apply_assignments() == 0
    assert priced_by(station) == tariff.pk and states() == ["done"]
    entry = AuditEntry.objects.filter(action="tariff.assigned").latest("id")
    assert (entry.actor_ref, entry.on_behalf) == ("timer:tariffs", ACTOR.label)


def test_what_became_impossible_is_refused_with_its_reason_and_stops_nothing_else() -> None:
    station, other = make_station(), make_station()
    tariff, second = make_tariff(operator_of(station)), make_tariff(operator_of(other))
    due = later(60)
    for one, target in ((tariff, station), (second, other)):
        rows = Station.objects.filter(pk=target.pk)
        tariffs.assign_in_bulk(rows, tariff=one, actor=ACTOR, due_at=due)
    Tariff.objects.filter(pk=tariff.pk).update(status="retired")
    with clock.frozen(due):
        assert tariffs.apply_assignments() == 2

    assert states() == ["refused", "done"]
    assert TariffAssignment.objects.get(state="refused").note
    assert (priced_by(station), priced_by(other)) == (None, second.pk)


def test_a_planned_change_can_be_cancelled_until_it_happened() -> None:
    station = make_station()
    tariff = make_tariff(operator_of(station))
    due = later(60)
    tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR, due_at=due)
    with pytest.raises(Refused, match="planned"):
        tariffs.retire_tariff(tariff, actor=ACTOR, reason="x")
    planned = TariffAssignment.objects.get()
    tariffs.cancel_assignment(planned, actor=ACTOR, reason="not yet")
    with clock.frozen(due):
        tariffs.apply_assignments()
    assert priced_by(station) is None and states() == ["cancelled"]

    tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR)
    done = TariffAssignment.objects.get(state="done")
    assert refused(tariffs.cancel_assignment, done, reason="late") == "ended"


@pytest.mark.parametrize("due", [-60, 0])
def test_nothing_is_planned_for_the_past_or_without_a_version(due: int) -> None:
    station = make_station()
    empty = tariffs.create_tariff(operator_of(station), actor=ACTOR, name="Empty")
    tariff = make_tariff(operator_of(station))

    if due:
        code = refused(tariffs.assign_in_bulk, Station.objects.all(), tariff=tariff, due_at=later(due))
        assert code == "past"
    assert refused(tariffs.assign_in_bulk, Station.objects.all(), tariff=empty) == "no_version"


def test_more_than_the_most_are_refused_and_the_rest_of_many_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    station = make_station()
    others = [make_station(station.tenant) for _ in range(2)]
    tariff = make_tariff(operator_of(station))
    monkeypatch.setattr(assignment, "MOST_TARGETS", 2)
    assert refused(tariffs.assign_in_bulk, Station.objects.all(), tariff=tariff) == "too_many"

    monkeypatch.setattr(assignment, "MOST_TARGETS", 3)
    monkeypatch.setattr(assignment, "APPLIED_AT_ONCE", 2)
    tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR)
    assert sorted(states()) == ["done", "done", "waiting"]
    assert tariffs.apply_assignments() == 1
    assert {priced_by(one) for one in (station, *others)} == {tariff.pk}


def test_a_station_that_changes_hands_takes_its_planned_changes_along() -> None:
    pile = make_pile()
    station = Station.objects.get(pk=pile.station_id)
    tariff = make_tariff(operator_of(station))
    for rows in (Station.objects.all(), Pile.objects.all()):
        tariffs.assign_in_bulk(rows, tariff=tariff, actor=ACTOR, due_at=later(3600))
    sibling = make_tenant(operator_of(station))
    sites.transfer_station(station, to=sibling, actor=ACTOR, reason="sold")

    assert set(TariffAssignment.objects.values_list("tenant_id", flat=True)) == {sibling.pk}


def test_the_preview_says_what_changes_by_the_rule_that_prices() -> None:
    pile = make_pile()
    station = Station.objects.get(pk=pile.station_id)
    own = make_pile(station)
    operator = operator_of(station)
    standard = tariffs.make_default(make_tariff(operator), actor=ACTOR)
    special, night = make_tariff(operator), make_tariff(operator)
    tariffs.assign_tariff(own, tariff=special, actor=ACTOR)
    Connector.objects.filter(pile__in=[pile, own]).update(status="Charging")
    changing = tariffs.assignable(Station.objects.all(), night)

    impact = selectors.impact_of(changing, night, clock.now())
    assert (impact.targets, impact.terminals, impact.keep_own, impact.charging) == (1, 1, 1, 2)
    [group] = impact.groups
    assert group.before is not None and group.after is not None
    assert (group.before[0].tariff_id, group.before[1]) == (standard.pk, "operator")
    assert (group.after[0].tariff_id, group.after[1], group.terminals) == (night.pk, "station", 1)

    [group] = selectors.impact_of(tariffs.assignable(Pile.objects.all(), None), None, clock.now()).groups
    assert group.before is not None and group.after is not None
    assert (group.before[0].tariff_id, group.after[0].tariff_id) == (special.pk, standard.pk)


def test_the_preview_of_a_change_that_is_ahead_looks_at_the_prices_of_then() -> None:
    station = make_station()
    tariff = make_tariff(operator_of(station))
    make_pile(station)
    [group] = selectors.impact_of(
        tariffs.assignable(Station.objects.all(), tariff), tariff, clock.now() - timedelta(days=1)
    ).groups

    assert (group.before, group.after) == (None, None)


def test_an_operator_sees_and_changes_nothing_of_another_one() -> None:
    station, foreign = make_station(), make_station()
    tariff = make_tariff(operator_of(station))
    with scope_of(operator_of(station).pk):
        assert selectors.codes_known([station.code, foreign.code]) == {station.code}
        assert list(selectors.stations_by_codes([station.code, foreign.code])) == [station]
        tariffs.assign_in_bulk(selectors.stations_of_owner(None, None), tariff=tariff, actor=ACTOR)
        assert selectors.tariff_changes().count() == 1
    with scope_of(operator_of(foreign).pk):
        assert selectors.tariff_changes().count() == 0
        assert not selectors.stations_called(station.name).exists()
        assert tariff not in selectors.usable_tariffs()
    assert priced_by(foreign) is None
