"""What people and other rooms do with alarms."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from alarms import intake, selectors, services
from alarms.models import Alarm, AlarmState
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from stations import intake as stations
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.alarms import make_alarm
from tests.factories.stations import Talk, make_agency, make_pile, make_station
from tests.support.together import errors, together

pytestmark = pytest.mark.usefixtures("everything")

LI = Actor("staff:1", "Li")
WANG = Actor("staff:2", "Wang")


def test_an_alarm_of_another_room_names_its_order_and_clears_when_it_says_so() -> None:
    pile = make_pile()
    alarm = services.raise_alarm("F14", pile=pile, connector_number=1, about="order:17", info="8F2K")
    assert (alarm.severity, alarm.alarm_class, alarm.about) == (1, "failure", "order:17")
    assert services.raise_alarm("F14", pile=pile, connector_number=1) == alarm

    assert services.clear_alarm("F14", pile=pile, connector_number=2) == 0
    assert services.clear_alarm("F14", pile=pile, connector_number=1) == 1
    assert services.clear_alarm("F14", pile=pile, connector_number=1) == 0
    alarm.refresh_from_db()
    assert (alarm.state, alarm.count) == ("cleared", 2)


def test_an_alarm_of_a_station_has_no_pile() -> None:
    station = make_station()
    alarm = services.raise_alarm("T02", station=station, severity=2, info="96 %")
    assert (alarm.station_id, alarm.pile_id, alarm.severity) == (station.pk, None, 2)
    assert services.clear_alarm("T02", station=station) == 1


def test_a_code_that_is_not_in_the_catalogue_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError):
        services.raise_alarm("X01", pile=make_pile())
    with pytest.raises(TypeError):
        services.raise_alarm("F14")
    assert not Alarm.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_alarm_raised_from_many_sides_at_once_is_one_row() -> None:
    pile = make_pile()
    results = together([lambda: services.raise_alarm("F14", pile=pile, connector_number=1)] * 8)

    assert errors(results) == []
    assert Alarm.objects.get().count == 8


@pytest.mark.django_db(transaction=True)
def test_gateways_that_tell_of_the_same_piles_in_opposite_orders_do_not_deadlock() -> None:
    piles = [make_pile() for _ in range(6)]

    def tell(order: list[int], status: str, error: str) -> None:
        facts = [Talk(piles[n], generation=n).status(1, status, error_code=error) for n in order]
        with transaction.atomic():
            intake.report_status(stations.report_status(facts))

    forward, backward = list(range(6)), list(reversed(range(6)))
    for status, error in (("Faulted", "GroundFailure"), ("Available", "NoError")) * 3:
        results = together(
            [lambda order=order, s=status, e=error: tell(order, s, e) for order in (forward, backward) * 2]
        )
        assert errors(results) == []
    assert Alarm.objects.count() == 6


def test_who_takes_an_alarm_on_first_is_its_handler() -> None:
    alarm = make_alarm()
    services.acknowledge_alarm(alarm, actor=LI)
    services.acknowledge_alarm(alarm, actor=WANG)

    alarm.refresh_from_db()
    assert (alarm.state, alarm.acknowledged_by) == ("acknowledged", "Li")
    assert AuditEntry.objects.filter(action="alarm.acknowledged").count() == 1


@pytest.mark.parametrize("over", [AlarmState.CLEARED, AlarmState.CLOSED])
def test_what_is_over_is_not_taken_on(over: AlarmState) -> None:
    alarm = make_alarm()
    Alarm.objects.update(state=over)
    with pytest.raises(Refused):
        services.acknowledge_alarm(alarm, actor=LI)
    alarm.refresh_from_db()
    assert alarm.state == over and not AuditEntry.objects.filter(action="alarm.acknowledged").exists()


def test_closing_needs_a_reason_and_is_done_once() -> None:
    alarm = make_alarm()
    with pytest.raises(Refused) as refused:
        services.close_alarm(alarm, actor=LI, reason=" ")
    alarm.refresh_from_db()
    assert refused.value.field == "reason" and alarm.state == "open"

    services.close_alarm(alarm, actor=LI, reason="pile replaced")
    services.close_alarm(alarm, actor=WANG, reason="again")
    alarm.refresh_from_db()
    assert (alarm.state, alarm.closed_by, alarm.note) == ("closed", "Li", "pile replaced")
    [entry] = AuditEntry.objects.filter(action="alarm.closed")
    assert entry.reason == "pile replaced"


def test_what_stays_cleared_is_put_away_but_danger_waits_for_a_person() -> None:
    talk = Talk(make_pile())
    start = clock.now()
    with clock.frozen(start):
        for status, error in (
            ("Faulted", "GroundFailure"),
            ("Faulted", "ReaderFailure"),
            ("Available", "NoError"),
        ):
            intake.report_status(stations.report_status([talk.status(1, status, error_code=error)]))
    with clock.frozen(start + timedelta(minutes=29)):
        assert services.close_cleared() == 0
    with clock.frozen(start + timedelta(minutes=31)):
        assert services.close_cleared() == 1
        assert services.close_cleared() == 0

    assert dict(Alarm.objects.values_list("code", "state")) == {"S03": "cleared", "F05": "closed"}
    services.close_alarm(Alarm.objects.get(code="S03"), actor=LI, reason="checked on site")
    assert Alarm.objects.get(code="S03").state == "closed"


def test_open_alarms_are_those_of_the_scope_the_worst_first() -> None:
    agency: Tenant = make_agency()
    pile = make_pile(make_station(agency))
    mild, bad = make_alarm(pile, "F12"), make_alarm(pile, "F14")
    make_alarm()
    Alarm.objects.filter(pk=make_alarm(pile, "F12").pk).update(suppressed=True)

    with scope_of(agency.pk):
        assert list(selectors.open_alarms()) == [bad, mild]
        assert selectors.open_alarms().filter(state="open").count() == 2
        services.acknowledge_alarm(bad, actor=LI)
        assert selectors.open_alarms().filter(state="open").count() == 1


def test_another_agency_cannot_take_an_alarm_on() -> None:
    alarm = make_alarm()
    with scope_of(make_agency().pk), pytest.raises(Alarm.DoesNotExist):
        services.acknowledge_alarm(alarm, actor=LI)
    alarm.refresh_from_db()
    assert alarm.state == "open"
