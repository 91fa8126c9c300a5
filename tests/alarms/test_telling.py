"""Letters about new alarms: to who chose them and may see them, once, and never about a sibling's."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache

from alarms.models import Alarm
from alarms.services import tell_staff
from backoffice.kit import clock
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, NotificationChoices, Tenant
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    cache.clear()


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def listen(member: Membership, *classes: str, severity: int = 4, **fields: Any) -> Membership:
    kinds = {f"alarm.{one}": {"mail": True, "severity": severity} for one in classes}
    NotificationChoices.objects.create(user=member.user, kinds=kinds, **fields)
    return member


def alarm(tenant: Tenant, alarm_class: str = "safety", **over: Any) -> Alarm:
    given = {
        "alarm_class": alarm_class,
        "severity": 1,
        "state": "open",
        "code": "S01",
        "first_seen_at": clock.now(),
    }
    row: Alarm = make_row(Alarm, tenant, **given | over)
    return row


def tell() -> list[str]:
    """Run a round; who got a letter."""
    mail.outbox.clear()
    with unscoped(reason="a sweep"):
        tell_staff()
    return sorted(letter.to[0] for letter in mail.outbox)


def test_a_new_alarm_is_mailed_once_up_the_chain_and_to_no_sibling(forest: Forest) -> None:
    chain = [listen(make_member(tenant), "safety") for tenant in forest.chain]
    for tenant in (
        forest.sibling_agency,
        forest.sibling_operator,
        forest.cousin_operator,
        forest.other_manufacturer,
    ):
        listen(make_member(tenant), "safety")
    alarm(forest.agency)
    assert tell() == sorted(member.user.email for member in chain)
    assert tell() == []


def test_only_what_was_chosen_is_mailed(forest: Forest) -> None:
    member = listen(make_member(forest.operator), "failure", severity=2)
    alarm(forest.operator, "safety")
    alarm(forest.operator, "failure", severity=3)
    alarm(forest.operator, "failure", suppressed=True)
    alarm(forest.operator, "failure", state="cleared")
    alarm(forest.operator, "failure", first_seen_at=clock.now() - timedelta(hours=3))
    assert tell() == []
    alarm(forest.operator, "failure", severity=2, first_seen_at=clock.now())
    assert tell() == [member.user.email]


def test_who_may_not_see_alarms_or_works_there_no_more_is_not_mailed(forest: Forest) -> None:
    listen(make_member(forest.operator, Role.FINANCE), "safety")
    listen(make_member(forest.operator, is_active=False), "safety")
    alarm(forest.operator)
    assert tell() == []


def test_quiet_hours_hold_back_all_but_safety(forest: Forest) -> None:
    around = (clock.now() - timedelta(hours=1)).time(), (clock.now() + timedelta(hours=1)).time()
    member = listen(
        make_member(forest.operator), "safety", "failure", quiet_from=around[0], quiet_to=around[1]
    )
    assert isinstance(around[0], time)
    alarm(forest.operator, "failure")
    assert tell() == []
    alarm(forest.operator, "safety", first_seen_at=clock.now())
    assert tell() == [member.user.email]


def test_many_alarms_are_one_letter_in_the_readers_language(forest: Forest) -> None:
    member = listen(make_member(forest.operator), "safety")
    member.user.language = "zh-hans"
    member.user.save()
    for _number in range(25):
        alarm(forest.operator)
    assert tell() == [member.user.email]
    body = mail.outbox[0].body
    assert body.count("(S01)") == 20
    assert "危险" in body


def test_two_workplaces_are_told_of_an_alarm_once(forest: Forest) -> None:
    member = listen(make_member(forest.dealer), "safety")
    make_member(forest.operator, user=member.user)
    alarm(forest.agency)
    assert tell() == [member.user.email]


def test_a_letter_that_does_not_leave_holds_up_no_other(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (listen(make_member(forest.operator), "safety") for _ in range(2))
    sent: list[str] = []

    def letter(_template: str, *, to: Any, **_options: Any) -> None:
        if to == first.user:
            raise OSError("no mail server")
        sent.append(to.email)

    monkeypatch.setattr("alarms.services.telling.letter", letter)
    alarm(forest.operator)
    tell()
    assert sent == [second.user.email]
