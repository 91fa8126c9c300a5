"""Staff and timers at the same window at the same moment: it ends once, and each pile is asked once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from stations.models import Command, Maintenance, MaintenancePile, MaintenanceState
from stations.services import maintenance
from stations.services.maintenance_sweeps import keep_maintenance
from tests.factories.stations import ACTOR, make_online_pile, make_station
from tests.support.together import errors, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("everything")]


def plan(count: int) -> Maintenance:
    station = make_station()
    for _pile in range(count):
        make_online_pile(station)
    now = clock.now()
    return maintenance.plan_maintenance(
        station, starts_at=now, ends_at=now + timedelta(hours=1), reason="x", actor=ACTOR
    )


def test_a_window_begins_once_however_many_look_after_it() -> None:
    plan(2)
    results = together([keep_maintenance] * 4)

    assert not errors(results)
    assert MaintenancePile.objects.count() == Command.objects.count() == 2


def test_a_window_that_two_end_at_once_ends_once() -> None:
    window = plan(1)
    keep_maintenance()
    end = lambda: maintenance.cancel_maintenance(window, actor=ACTOR, reason="done")  # noqa: E731
    results = together([end, end, keep_maintenance])

    assert [type(error) for error in errors(results)] == [Refused]
    assert AuditEntry.objects.filter(action="maintenance.cancelled").count() == 1
    keep_maintenance()
    assert Maintenance.objects.get().state in {MaintenanceState.ENDING, MaintenanceState.DONE}
    assert list(Command.objects.order_by("pk").values_list("payload__type", flat=True)) == [
        "Inoperative",
        "Operative",
    ]
