"""Messages to phones: a row first, then a provider, whatever dies in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from backoffice.kit import clock
from backoffice.kit.scope import path_of_tenant
from drivers import services, sms
from drivers.checks import check_sms_provider
from drivers.models import SmsMessage
from drivers.sms import Outgoing, SmsRefused, SmsUnreachable
from drivers.sms.file import FileProvider
from tenants.models import Tenant
from tests.drivers.conftest import Sent
from tests.support.together import errors, together

pytestmark = pytest.mark.usefixtures("everything")

PHONE = "+8613812341234"


@dataclass
class Carrier:
    """A provider that does what the test says; ``fault`` is raised for every message."""

    fault: Exception | None = None
    took: list[int] = field(default_factory=list)

    def send(self, message: Outgoing) -> str:
        self.took.append(message.id)
        if self.fault is not None:
            raise self.fault
        return f"ref-{message.id}"


@pytest.fixture
def carrier(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carrier]:
    one = Carrier()
    settings.SMS_PROVIDER = "test"
    monkeypatch.setattr(sms, "PROVIDERS", {"test": lambda: one})
    yield one


def write(operator: Tenant, text: str = "Your charge ended.", **over: object) -> SmsMessage:
    return services.send_sms(operator.pk, PHONE, **{"purpose": "charge", "text": text} | over)


def state_of(message: SmsMessage) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.error


def test_a_message_is_queued_with_its_path_and_parts_and_then_sent(operator: Tenant, sent: Sent) -> None:
    message = write(operator, "充电已结束" * 20, about="order:17")
    assert (message.state, message.parts, message.path) == ("queued", 2, path_of_tenant(operator.pk))

    assert services.send_due_messages() == 1

    [line] = sent()
    assert line == {
        "at": message.created_at.isoformat(),
        "to": PHONE,
        "purpose": "charge",
        "text": "充电已结束" * 20,
        "id": message.pk,
    }
    message.refresh_from_db()
    assert message.state == "sent" and message.sent_at is not None
    assert services.send_due_messages() == 0 and len(sent()) == 1


def test_a_message_whose_cause_was_rolled_back_never_was(operator: Tenant, carrier: Carrier) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(operator)
        raise ZeroDivisionError
    services.send_due_messages()
    assert carrier.took == [] and not SmsMessage.objects.exists()


def test_a_provider_that_is_away_is_asked_again_later_and_then_given_up(
    operator: Tenant, carrier: Carrier
) -> None:
    carrier.fault = SmsUnreachable("down")
    message = write(operator)
    for attempt in range(1, 6):
        assert services.send_due_messages() == 0
        assert len(carrier.took) == attempt
        message.refresh_from_db()
        services.send_due_messages()
        assert len(carrier.took) == attempt, "it waits before it tries again"
        SmsMessage.objects.update(due_at=clock.now())

    assert state_of(message) == ("failed", "unreachable")
    assert message.sealed == ""
    SmsMessage.objects.update(due_at=clock.now())
    services.send_due_messages()
    assert len(carrier.took) == 5


def test_a_message_that_the_provider_refuses_is_not_offered_again(operator: Tenant, carrier: Carrier) -> None:
    carrier.fault = SmsRefused("no such number")
    message = write(operator)
    services.send_due_messages()
    assert state_of(message) == ("failed", "refused")


def test_one_bad_message_does_not_hold_up_the_others(operator: Tenant, carrier: Carrier) -> None:
    bad, good = write(operator), write(operator)
    SmsMessage.objects.filter(pk=bad.pk).update(sealed="not sealed by us")

    assert services.send_due_messages() == 1
    assert state_of(bad) == ("failed", "unreadable")
    assert state_of(good) == ("sent", "")


def test_a_message_nobody_needs_any_more_is_not_sent(operator: Tenant, carrier: Carrier) -> None:
    message = write(operator, until=clock.now() + timedelta(minutes=5))
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        services.send_due_messages()
    assert carrier.took == [] and state_of(message) == ("failed", "too_late")


def test_a_sender_that_died_is_replaced_and_its_late_word_does_not_count(
    operator: Tenant, carrier: Carrier
) -> None:
    message = write(operator)
    [claimed] = services.messages._claim()
    services.send_due_messages()
    assert carrier.took == [], "it is being sent by another"

    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert services.send_due_messages() == 1
    services.messages._fail(claimed, services.messages.SmsError.UNREACHABLE)

    assert state_of(message) == ("sent", "")
    assert message.attempts == 2


@pytest.mark.django_db(transaction=True)
def test_several_senders_send_each_message_once(operator: Tenant, carrier: Carrier) -> None:
    for _ in range(30):
        write(operator)
    results = together([services.send_due_messages] * 4)

    assert errors(results) == [] and sum(results) == 30
    assert sorted(carrier.took) == sorted(SmsMessage.objects.values_list("pk", flat=True))


def test_a_phone_gets_so_many_messages_a_day_and_the_rest_is_on_record(
    operator: Tenant, carrier: Carrier, settings: Settings
) -> None:
    settings.SMS_PER_PHONE = 2
    messages = [write(operator) for _ in range(3)]
    code = write(operator, purpose="sign_in")
    services.send_due_messages()

    assert [state_of(message) for message in messages] == [
        ("sent", ""),
        ("sent", ""),
        ("failed", "daily_cap"),
    ]
    assert state_of(code) == ("sent", ""), "codes have limits of their own"
    with clock.frozen(clock.now() + timedelta(hours=25)):
        assert write(operator).state == "queued"


def test_an_overlong_text_is_cut_and_never_fails_its_cause(operator: Tenant, sent: Sent) -> None:
    message = write(operator, "x" * 2000)
    services.send_due_messages()
    assert len(message.text) == 500 == len(sent()[0]["text"])


def test_a_name_that_is_no_provider_stops_the_start(settings: Settings) -> None:
    assert check_sms_provider() == []
    settings.SMS_PROVIDER = "pigeon"
    [error] = check_sms_provider()
    assert "pigeon" in error.msg


def test_a_log_that_cannot_be_written_is_a_provider_that_is_away(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "sms.log").mkdir()
    settings.DATA_DIR = tmp_path
    with pytest.raises(SmsUnreachable):
        FileProvider().send(Outgoing(1, PHONE, "charge", "text", clock.now()))


def test_lines_of_several_senders_do_not_mix(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path

    def send(start: int) -> None:
        for number in range(start, start + 50):
            FileProvider().send(Outgoing(number, PHONE, "charge", "长" * 400, clock.now()))

    starts = [0, 100, 200, 300]
    with ThreadPoolExecutor(len(starts)) as pool:
        list(pool.map(send, starts))

    lines = [json.loads(line) for line in (tmp_path / "sms.log").read_text().splitlines()]
    assert sorted(line["id"] for line in lines) == [start + n for start in starts for n in range(50)]
