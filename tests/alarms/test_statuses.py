"""Alarms out of StatusNotifications."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alarms import intake, services
from alarms.models import Alarm, AlarmState
from backoffice.kit import clock
from backoffice.kit.actor import command_line
from ocpp_gateway.wire import StatusReported
from stations import intake as stations
from tests.factories.stations import Talk, make_pile

pytestmark = pytest.mark.usefixtures("everything")

STAFF = command_line("Li")


def report(*facts: StatusReported) -> None:
    """As the gateway's store does it."""
    intake.report_status(stations.report_status(facts))


@pytest.mark.statement(82)
def test_an_error_opens_an_alarm_with_what_the_pile_said() -> None:
    pile = make_pile()
    report(
        Talk(pile).status(
            2, "Faulted", error_code="GroundFailure", vendor_error_code="0x17", info='{"leak": "31 mA"}'
        )
    )

    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.alarm_class, alarm.severity, alarm.state) == ("S03", "safety", 1, "open")
    assert (alarm.pile_id, alarm.station_id, alarm.connector_number) == (pile.pk, pile.station_id, 2)
    assert (alarm.error_code, alarm.vendor_error_code, alarm.info) == (
        "GroundFailure",
        "0x17",
        '{"leak": "31 mA"}',
    )
    assert (alarm.source, alarm.count, alarm.path.owner_id) == ("status", 1, pile.tenant_id)


def test_no_error_opens_nothing_and_asks_one_question(django_assert_num_queries: object) -> None:
    talks = [Talk(make_pile()) for _ in range(3)]
    changes = stations.report_status([talk.status(1, "Available") for talk in talks])
    with django_assert_num_queries(1):  # type: ignore[operator]
        intake.report_status(changes)
    assert not Alarm.objects.exists()


@pytest.mark.statement(82)
def test_a_repeat_counts_and_no_error_clears() -> None:
    talk = Talk(make_pile())
    for _ in range(3):
        report(talk.status(1, "Faulted", error_code="GroundFailure"))
    assert Alarm.objects.get().count == 3

    report(talk.status(1, "Available"))
    alarm = Alarm.objects.get()
    assert alarm.state == AlarmState.CLEARED and alarm.cleared_at is not None
    report(talk.status(1, "Available"))
    assert Alarm.objects.get().count == 3


def test_a_batch_tells_the_same_story_as_its_reports_one_by_one() -> None:
    one, other = Talk(make_pile()), Talk(make_pile())
    for talk in (one, other):
        story = [
            talk.status(1, "Charging", error_code="HighTemperature"),
            talk.status(1, "Faulted", error_code="HighTemperature"),
            talk.status(1, "Available"),
            talk.status(2, "Faulted", error_code="InternalError", vendor_error_code="E1"),
            talk.status(2, "Faulted", error_code="InternalError", vendor_error_code="E2"),
            talk.status(1, "Faulted", error_code="HighTemperature"),
            talk.status(2, "Available"),
            talk.status(0, "Faulted", error_code="ReaderFailure"),
        ]
        if talk is one:
            report(*story)
        else:
            for fact in story:
                report(fact)

    columns = (
        "code",
        "connector_number",
        "vendor_error_code",
        "state",
        "severity",
        "count",
        "reopened",
        "error_code",
    )
    told = [
        list(Alarm.objects.filter(pile=talk.pile).order_by("key").values_list(*columns))
        for talk in (one, other)
    ]
    assert told[0] == told[1]
    assert {row[:4] for row in told[0]} == {
        ("S01", 1, "", "open"),
        ("F08", 2, "E1", "cleared"),
        ("F08", 2, "E2", "cleared"),
        ("F05", None, "", "open"),
    }


@pytest.mark.statement(80, 82)
def test_a_warning_that_becomes_a_fault_is_the_same_alarm_only_worse() -> None:
    talk = Talk(make_pile())
    report(talk.status(1, "Charging", error_code="HighTemperature"))
    assert Alarm.objects.get().severity == 2
    report(talk.status(1, "Faulted", error_code="HighTemperature"))
    assert Alarm.objects.get().severity == 1
    report(talk.status(1, "Charging", error_code="HighTemperature"))
    assert Alarm.objects.get().severity == 1, "the worst while it is live"


def test_connectors_and_the_pile_itself_have_alarms_of_their_own() -> None:
    talk = Talk(make_pile())
    report(*(talk.status(number, "Faulted", error_code="InternalError") for number in (0, 1, 2)))
    assert Alarm.objects.count() == 3

    report(talk.status(0, "Available"))
    live = Alarm.objects.filter(state="open").values_list("connector_number", flat=True)
    assert sorted(live) == [1, 2]


@pytest.mark.parametrize(("minutes", "rows"), [(29, 1), (31, 2)])
def test_what_comes_back_soon_is_the_same_alarm(minutes: int, rows: int) -> None:
    talk = Talk(make_pile())
    start = clock.now()
    with clock.frozen(start):
        report(talk.status(1, "Faulted", error_code="GroundFailure"))
        first = services.acknowledge_alarm(Alarm.objects.get(), actor=STAFF)
        report(talk.status(1, "Available"))
    with clock.frozen(start + timedelta(minutes=minutes)):
        report(talk.status(1, "Faulted", error_code="GroundFailure"))

    assert Alarm.objects.count() == rows
    newest = Alarm.objects.latest("pk")
    assert newest.state == AlarmState.OPEN and newest.cleared_at is None
    assert newest.acknowledged_at is None, "somebody has to look again"
    if rows == 1:
        assert (newest.count, newest.reopened, newest.first_seen_at) == (2, 1, first.first_seen_at)


def test_a_closed_alarm_stays_closed_and_its_cause_opens_a_new_one() -> None:
    talk = Talk(make_pile())
    report(talk.status(1, "Faulted", error_code="GroundFailure"))
    services.close_alarm(Alarm.objects.get(), actor=STAFF, reason="false alarm")
    report(talk.status(1, "Faulted", error_code="GroundFailure"))
    assert sorted(Alarm.objects.values_list("state", flat=True)) == ["closed", "open"]


def test_an_older_report_neither_raises_nor_clears() -> None:
    talk = Talk(make_pile())
    now = clock.now()
    report(talk.status(1, "Faulted", error_code="GroundFailure", at=now - timedelta(minutes=1)))
    report(talk.status(1, "Available", at=now - timedelta(minutes=2)))
    assert Alarm.objects.get().state == AlarmState.OPEN

    report(talk.status(2, "Available", at=now - timedelta(minutes=1)))
    report(talk.status(2, "Faulted", error_code="GroundFailure", at=now - timedelta(minutes=2)))
    assert Alarm.objects.count() == 1


def test_a_replayed_report_counts_once() -> None:
    fact = Talk(make_pile()).status(1, "Faulted", error_code="GroundFailure")
    report(fact)
    report(fact, fact)
    assert Alarm.objects.get().count == 1


def test_a_pile_with_a_wrong_clock_does_not_hide_its_alarm_in_the_past() -> None:
    at = clock.now() - timedelta(days=4000)
    report(Talk(make_pile()).status(1, "Faulted", error_code="GroundFailure", at=at))
    assert clock.now() - Alarm.objects.get().last_seen_at < timedelta(minutes=1)


def test_garbage_of_any_length_is_an_alarm_and_not_an_error() -> None:
    pile = make_pile()
    report(Talk(pile).status(1, "Faulted", error_code="¿" * 500, vendor_error_code="v" * 500, info='"' * 500))
    alarm = Alarm.objects.get()
    assert (alarm.code, len(alarm.error_code), len(alarm.vendor_error_code)) == ("F08", 60, 120)
    report(Talk(pile).status(1, "Broken", error_code="NoError"), Talk(pile).status(-3, "Faulted"))
    assert Alarm.objects.count() == 1


def test_no_error_does_not_clear_what_the_backoffice_found() -> None:
    talk = Talk(make_pile())
    services.raise_alarm("F14", pile=talk.pile, connector_number=1, about="order:17")
    report(talk.status(1, "Available"))
    assert Alarm.objects.get().state == AlarmState.OPEN


def test_a_storm_is_a_handful_of_statements(django_assert_max_num_queries: object) -> None:
    talks = [Talk(make_pile()) for _ in range(20)]
    facts = [talk.status(n, "Faulted", error_code="OverVoltage") for talk in talks for n in (1, 2)]
    again = [talk.status(n, "Faulted", error_code="OverVoltage") for talk in talks for n in (1, 2)]
    for batch in (facts, again):
        changes = stations.report_status(batch)
        with django_assert_max_num_queries(8):  # type: ignore[operator]
            intake.report_status(changes)
    assert Alarm.objects.count() == 40 and set(Alarm.objects.values_list("count", flat=True)) == {2}
