"""Accounts of drivers."""

from __future__ import annotations

import pytest

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from drivers import services
from drivers.models import Driver
from drivers.selectors import as_actor, known_cards, session_by_token
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.drivers import ACTOR, make_card, make_driver
from tests.factories.tenants import make_tenant
from tests.support.together import errors, together

pytestmark = pytest.mark.usefixtures("everything")


def test_the_first_contact_opens_an_account_and_the_second_finds_it(operator: Tenant) -> None:
    first = services.find_or_create_driver(operator.pk, phone="138 1234 1234", actor=ACTOR, locale="zh-hans")
    second = services.find_or_create_driver(operator.pk, phone="+8613812341234", actor=ACTOR)

    assert first == second and second.phone == "+8613812341234" and second.locale == "zh-hans"
    assert AuditEntry.objects.filter(action="driver.created").count() == 1


def test_a_phone_at_two_operators_is_two_accounts(operator: Tenant) -> None:
    other = make_tenant(make_tenant(make_tenant()))
    drivers = [
        services.find_or_create_driver(tenant.pk, phone="+8613812341234", actor=ACTOR)
        for tenant in (operator, other)
    ]
    assert drivers[0] != drivers[1]


@pytest.mark.django_db(transaction=True)
def test_an_account_asked_for_at_the_same_moment_is_opened_once(operator: Tenant) -> None:
    def ask() -> int:
        return services.find_or_create_driver(operator.pk, phone="+8613812341234", actor=ACTOR).pk

    results = together([ask] * 6)

    assert errors(results) == [] and len(set(results)) == 1
    assert Driver.objects.count() == 1
    assert AuditEntry.objects.filter(action="driver.created").count() == 1


@pytest.mark.parametrize("height", ["manufacturer", "dealer", "agency"])
def test_only_operators_have_drivers(operator: Tenant, height: str) -> None:
    owner = {
        "manufacturer": operator.parent.parent,
        "dealer": operator.parent,
        "agency": make_tenant(operator),
    }[height]

    with pytest.raises(Refused, match="operators"):
        services.find_or_create_driver(owner.pk, phone="+8613812341234", actor=ACTOR)
    assert not Driver.objects.exists()


def test_garbage_for_a_phone_is_refused_at_the_field_and_opens_nothing(operator: Tenant) -> None:
    with pytest.raises(Refused) as refused:
        services.create_driver(operator.pk, phone="call me", actor=ACTOR)

    assert refused.value.field == "phone"
    assert not Driver.objects.exists()


def test_staff_cannot_open_a_second_account_for_a_phone(operator: Tenant) -> None:
    services.create_driver(operator.pk, phone="13812341234", actor=ACTOR, name="Li")
    with pytest.raises(Refused) as refused:
        services.create_driver(operator.pk, phone="+8613812341234", actor=ACTOR, name="Wang")

    assert (refused.value.code, refused.value.field) == ("phone_taken", "phone")
    assert Driver.objects.get().name == "Li"


def test_a_block_needs_a_reason_and_reaches_the_cards_but_not_the_sign_in(operator: Tenant) -> None:
    driver = make_driver(operator)
    card = make_card(operator, driver=driver)
    token = services.open_session(driver)
    tag = (operator.pk, card.uid_folded)

    with pytest.raises(Refused) as refused:
        services.block_driver(driver, actor=ACTOR, reason=" ")
    assert refused.value.field == "reason"
    assert not known_cards({tag})[tag].blocked

    services.block_driver(driver, actor=ACTOR, reason="chargeback")
    assert known_cards({tag})[tag].blocked
    assert session_by_token(token) is not None

    services.unblock_driver(driver, actor=ACTOR)
    driver.refresh_from_db()
    assert not known_cards({tag})[tag].blocked and driver.blocked_reason == ""


def test_blocking_twice_is_one_block_in_the_trail(operator: Tenant) -> None:
    driver = make_driver(operator)
    for _ in range(2):
        services.block_driver(driver, actor=ACTOR, reason="chargeback")
    [entry] = AuditEntry.objects.filter(action="driver.blocked")
    assert (entry.before["status"], entry.after["status"], entry.reason) == (
        "active",
        "blocked",
        "chargeback",
    )


def test_a_new_phone_ends_the_sign_ins_of_the_old_one(operator: Tenant) -> None:
    driver = make_driver(operator, phone="+8613812341234")
    token = services.open_session(driver)

    services.change_phone(driver, phone="13912341234", actor=ACTOR, reason="new number")

    driver.refresh_from_db()
    assert driver.phone == "+8613912341234"
    assert session_by_token(token) is None


def test_a_phone_that_has_an_account_is_not_given_to_another(operator: Tenant) -> None:
    make_driver(operator, phone="+8613812341234")
    driver = make_driver(operator, phone="+8613912341234")

    with pytest.raises(Refused) as refused:
        services.change_phone(driver, phone="13812341234", actor=ACTOR, reason="mistake")

    driver.refresh_from_db()
    assert refused.value.field == "phone" and driver.phone == "+8613912341234"


def test_an_edit_changes_what_is_given_and_is_in_the_trail(operator: Tenant) -> None:
    driver = make_driver(operator, name="Li", locale="en")
    services.edit_driver(driver, actor=ACTOR, name="Li Wei", several_at_once=True)

    driver.refresh_from_db()
    assert (driver.name, driver.locale, driver.several_at_once) == ("Li Wei", "en", True)
    entry = AuditEntry.objects.get(action="driver.edited")
    assert entry.before == {"name": "Li", "several_at_once": False}


def test_an_operator_neither_sees_nor_changes_a_driver_of_another(operator: Tenant) -> None:
    other = make_tenant(make_tenant(make_tenant()))
    driver = make_driver(other)

    with scope_of(operator.pk), pytest.raises(Driver.DoesNotExist):
        services.block_driver(driver, actor=ACTOR, reason="not mine")
    with unscoped(reason="a test looks"):
        driver.refresh_from_db()
    assert driver.status == "active"


def test_the_name_of_a_driver_in_the_trail_hides_the_phone(operator: Tenant) -> None:
    driver = make_driver(operator, phone="+8613812341234", name="")
    actor = as_actor(driver, ip="203.0.113.7")
    assert (actor.kind, actor.ip) == ("driver", "203.0.113.7")
    assert "1234123" not in actor.label and actor.label.startswith("138")
