"""Alarms of what is being worked on are kept and tell nobody; those of safety always do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alarms import selectors
from alarms.models import Alarm
from alarms.services import raise_alarm
from backoffice.kit import clock
from stations.models import Maintenance, Pile, Station
from stations.services import maintenance
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.stations import ACTOR, make_pile, make_station

pytestmark = pytest.mark.usefixtures("everything")

READER, SMOKE, CANNOT_STOP, OFFLINE_STATION = "F05", "S09", "F14", "T01"


def work(station: Station, *piles: Pile) -> Maintenance:
    """A window that runs."""
    now = clock.now()
    window = maintenance.plan_maintenance(
        station, starts_at=now, ends_at=now + timedelta(hours=1), reason="x", piles=piles, actor=ACTOR
    )
    Maintenance.objects.filter(pk=window.pk).update(state="running")
    return window


def told(station: Station) -> set[str]:
    """The codes that somebody of the station's owner is told of."""
    with scope_of(Tenant.objects.get(pk=station.tenant_id).pk):
        return set(selectors.open_alarms().values_list("code", flat=True))


def test_while_the_station_is_worked_on_only_danger_is_told() -> None:
    station = make_station()
    pile = make_pile(station)
    for code in (READER, SMOKE, CANNOT_STOP):
        raise_alarm(code, pile=pile)
    raise_alarm(OFFLINE_STATION, station=station)
    assert told(station) == {READER, SMOKE, CANNOT_STOP, OFFLINE_STATION}

    window = work(station)
    assert told(station) == {SMOKE, CANNOT_STOP}
    assert Alarm.objects.count() == 4
    Maintenance.objects.filter(pk=window.pk).update(state="ending")
    assert told(station) == {READER, SMOKE, CANNOT_STOP, OFFLINE_STATION}


def test_of_some_piles_only_theirs_are_silent() -> None:
    station = make_station()
    worked_on, other = make_pile(station), make_pile(station)
    raise_alarm(READER, pile=worked_on)
    raise_alarm("F03", pile=other)
    raise_alarm(OFFLINE_STATION, station=station)
    work(station, worked_on)

    assert told(station) == {"F03", OFFLINE_STATION}


def test_a_planned_window_silences_nothing_yet_and_another_station_never() -> None:
    station, other = make_station(), make_station()
    raise_alarm(READER, pile=make_pile(station))
    window = work(other)
    Maintenance.objects.filter(pk=window.pk).update(station=station, state="planned")
    assert told(station) == {READER}
