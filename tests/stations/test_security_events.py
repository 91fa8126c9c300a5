"""Security events: what piles report, what is noticed at the door, and which of it is an alarm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alarms import intake as alarms, services as alarm_services
from alarms.models import Alarm
from backoffice.kit import clock
from ocpp_gateway.wire import Hello, RefusalReason, SecurityEventReported
from stations import intake
from stations.intake import security
from stations.models import Certificate, Pile, SecurityEvent
from stations.selectors import security_events
from stations.services import sweeps
from tenants.selectors import scope_of
from tests.factories.rows import make_row
from tests.factories.stations import Talk, make_pile
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("everything")


def reported(pile: Pile, kind: str, **over: Any) -> SecurityEventReported:
    at = clock.now()
    fields = {
        "pile_id": pile.pk,
        "generation": 1,
        "message_id": "e1",
        "received_at": at,
        "action": "SecurityEventNotification",
        "type": kind,
        "at": at,
        "pile_time": at,
    }
    return SecurityEventReported(**fields | over)


def report(*facts: SecurityEventReported) -> None:
    alarms.report_security(intake.report_security(facts))


@pytest.mark.statement(85, 116)
@pytest.mark.parametrize(
    ("kind", "code", "severity"),
    [
        ("TamperDetectionActivated", "S10", 2),
        ("SecurityLogWasCleared", "T08", 2),
        ("SettingSystemTime", "F11", 3),
        ("MemoryExhaustion", "F11", 3),
        ("FirmwareUpdated", "F11", 3),
    ],
)
def test_tc_077_a_critical_event_is_an_alarm(kind: str, code: str, severity: int) -> None:
    pile = make_pile()
    report(reported(pile, kind, tech_info="door 1"))
    event, alarm = SecurityEvent.objects.get(), Alarm.objects.get()
    assert (event.type, event.critical, event.source, event.pile_id) == (kind, True, "pile", pile.pk)
    assert (alarm.code, alarm.severity, alarm.pile_id, alarm.info) == (code, severity, pile.pk, "door 1")
    assert alarm.source == "security"


@pytest.mark.statement(85, 116)
@pytest.mark.parametrize(
    ("kind", "critical"),
    [
        ("StartupOfTheDevice", True),
        ("ResetOrReboot", True),
        ("InvalidMessages", False),
        ("SomethingNew", False),
    ],
)
def test_tc_078_what_every_pile_does_and_what_nobody_knows_is_kept_and_no_alarm(
    kind: str, critical: bool
) -> None:
    report(reported(make_pile(), kind))
    assert SecurityEvent.objects.get().critical is critical
    assert not Alarm.objects.exists()


@pytest.mark.statement(116)
def test_an_event_that_waited_in_a_queue_is_told_with_its_own_time() -> None:
    pile, then = make_pile(), clock.parse("2026-01-03T04:05:06Z")
    report(reported(pile, "TamperDetectionActivated", at=then, pile_time=then))
    assert Alarm.objects.get().info == "(2026-01-03 04:05 UTC)"
    assert SecurityEvent.objects.get().pile_time == then


def test_an_event_that_is_sent_again_is_the_same() -> None:
    pile = make_pile()
    first = reported(pile, "TamperDetectionActivated")
    report(first, first)
    report(reported(pile, "TamperDetectionActivated", message_id="e2", at=first.at, pile_time=first.at))
    assert SecurityEvent.objects.count() == 1 and Alarm.objects.get().count == 1
    report(reported(pile, "TamperDetectionActivated"))
    assert SecurityEvent.objects.count() == 2 and Alarm.objects.get().count == 2


def hello(**over: Any) -> Hello:
    fields: dict[str, Any] = {
        "identity": "",
        "user_name": None,
        "password": None,
        "remote": "192.0.2.7",
        "subprotocols": (),
        "security_profile": 2,
        "at": clock.now(),
        "detail": "plain_http",
    }
    return Hello(**fields | over)


@pytest.mark.statement(117)
def test_every_refusal_is_an_event_and_many_of_a_kind_are_one() -> None:
    pile = make_pile()
    with clock.frozen(clock.parse("2026-05-05T05:05:05Z")):
        for _ in range(5):
            intake.admit(Talk(pile).hello("0" * 40))
        intake.admit(Talk(pile).hello("0" * 40, security_profile=2))
    first, second = SecurityEvent.objects.order_by("type")
    assert (first.type, first.count, first.pile_id) == ("wrong_credentials", 5, pile.pk)
    assert (second.type, second.count, second.remote) == ("wrong_profile", 1, "127.0.0.1")
    assert {first.source, second.source} == {"central"}


@pytest.mark.statement(117)
def test_what_failed_before_anybody_said_a_name_is_every_manufacturers_and_nobody_elses() -> None:
    makers = [make_tenant(), make_tenant()]
    dealer = make_tenant(makers[0])
    intake.note_refusals([(hello(), RefusalReason.TLS_FAILED)] * 3)
    for maker in makers:
        with scope_of(maker.pk):
            [event] = security_events()
            assert (event.type, event.info, event.count) == ("tls_failed", "plain_http", 3)
    with scope_of(dealer.pk):
        assert not security_events().exists()


def test_a_scanner_of_addresses_cannot_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    make_tenant()
    monkeypatch.setattr(security, "MOST_OF_NOBODY", 20)
    intake.note_refusals(
        [
            (hello(remote=f"192.0.2.{number}", identity=f"X{number}"), RefusalReason.UNKNOWN_IDENTITY)
            for number in range(50)
        ]
    )
    assert SecurityEvent.objects.count() == 20


def test_a_house_that_cannot_be_asked_is_no_security_event() -> None:
    intake.note_refusals([(hello(), RefusalReason.UNAVAILABLE)])
    assert not SecurityEvent.objects.exists()


@pytest.mark.statement(117)
def test_who_tries_again_and_again_is_an_alarm_until_it_is_quiet() -> None:
    pile = make_pile()
    for _ in range(12):
        intake.admit(Talk(pile).hello("0" * 40))
    alarm_services.watch_doors()
    alarm_services.watch_doors()
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.pile_id, alarm.count) == ("T08", pile.pk, 1)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        alarm_services.watch_doors()
    alarm.refresh_from_db()
    assert alarm.state == "cleared"


@pytest.mark.parametrize(("days", "severity"), [(29, 4), (6, 3), (-1, 2)])
def test_a_certificate_that_ends_is_an_alarm_that_gets_worse_and_ends_with_a_new_one(
    days: int, severity: int
) -> None:
    pile, at = make_pile(), clock.now()
    taken = {"pile": pile, "installed_at": at - timedelta(days=300), "not_after": at + timedelta(days=days)}
    make_row(Certificate, pile.tenant, **taken)
    alarm_services.watch_certificates()
    alarm_services.watch_certificates()
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.severity, alarm.count) == ("T07", severity, 1)

    make_row(Certificate, pile.tenant, pile=pile, installed_at=at, not_after=at + timedelta(days=365))
    alarm_services.watch_certificates()
    alarm.refresh_from_db()
    assert alarm.state == "cleared"


def test_one_that_gets_closer_is_told_again() -> None:
    pile, at = make_pile(), clock.now()
    make_row(
        Certificate,
        pile.tenant,
        pile=pile,
        installed_at=at - timedelta(days=300),
        not_after=at + timedelta(days=20),
    )
    severities = []
    for later in (0, 15, 21):
        with clock.frozen(at + timedelta(days=later)):
            alarm_services.watch_certificates()
            severities.append(Alarm.objects.get().severity)
    assert severities == [4, 3, 2]


def test_old_events_are_forgotten() -> None:
    report(reported(make_pile(), "InvalidMessages"))
    SecurityEvent.objects.update(last_at=clock.ago(days=500))
    sweeps.forget_history()
    assert not SecurityEvent.objects.exists()
