"""Pages of drivers, cards and messages, as staff use them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.frame import Fact
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from drivers import hooks, services
from drivers.hooks import Part
from drivers.models import Card, Driver
from tenants.models import Tenant
from tests.factories.drivers import make_card, make_driver
from tests.factories.tenants import make_member, make_tenant

pytestmark = pytest.mark.django_db

PHONE = "+8613812341234"
MASKED = "138****1234"


def browser(operator: Tenant, role: Role = Role.OWNER) -> Client:
    client = Client()
    client.force_login(make_member(operator, role).user)
    return client


def text(client: Client, url: str, **query: Any) -> str:
    response = client.get(url, query)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def page_of(driver: Driver) -> str:
    return reverse("drivers:driver", args=[driver.pk])


def fresh(row: Any) -> Any:
    with unscoped(reason="a test looks"):
        row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("role", "whole"),
    [(Role.OWNER, True), (Role.SUPPORT, True), (Role.MANAGER, False), (Role.FINANCE, False)],
)
def test_a_phone_is_whole_for_those_who_may_see_it_and_on_no_page_for_others(
    operator: Tenant, role: Role, whole: bool
) -> None:
    driver = make_driver(operator, phone=PHONE, name="")
    card = make_card(operator, driver=driver)
    with unscoped(reason="test data"):
        services.send_sms(operator.pk, PHONE, purpose="receipt", text="Thank you.")
    client = browser(operator, role)
    pages = [reverse("drivers"), reverse("cards"), page_of(driver)]
    if role is not Role.FINANCE:
        pages.append(reverse("sms"))
    if role is Role.MANAGER:
        pages += [reverse("drivers:card", args=[card.pk]), reverse("drivers:edit", args=[driver.pk])]
        pages += [reverse("drivers:phone", args=[driver.pk]), reverse("drivers.do", args=["block"])]
    for url in pages:
        page = text(client, url, **({"pk": driver.pk} if "/do/" in url else {}))
        assert (PHONE in page) is whole, url
        assert whole or "3812341234" not in page, url
    assert whole or MASKED in text(client, page_of(driver))


@pytest.mark.parametrize(
    ("typed", "seen", "masked"),
    [
        (PHONE, True, True),
        ("138 1234 1234", True, True),
        ("１３８１２３４１２３４", True, True),
        ("1234", True, True),
        ("8123", True, False),
        ("12341234", True, False),
        ("41234", True, False),
        ("Wei", True, True),
        ("5555", False, False),
    ],
)
def test_hidden_digits_cannot_be_found_out_by_searching_for_parts(
    operator: Tenant, typed: str, seen: bool, masked: bool
) -> None:
    driver = make_driver(operator, phone=PHONE, name="Wei")
    for role, found in ((Role.OWNER, seen), (Role.MANAGER, masked)):
        page = text(browser(operator, role), reverse("drivers"), account=typed)
        assert (page_of(driver) in page) is found


def test_drivers_are_found_by_the_number_of_a_card_once_however_many_they_have(operator: Tenant) -> None:
    driver, other = make_driver(operator), make_driver(operator)
    for uid in ("04AB01", "04AB02"):
        make_card(operator, uid=uid, driver=driver)
    page = text(browser(operator), reverse("drivers"), card="4ab0")
    assert page.count(f'id="row-{driver.pk}"') == 1 and page_of(other) not in page


def test_levels_above_and_agencies_have_no_page_of_drivers(operator: Tenant) -> None:
    driver = make_driver(operator)
    with unscoped(reason="a test climbs"):
        above = [operator.parent, operator.parent.parent]
    for tenant in (*above, make_tenant(operator)):
        client = browser(tenant)
        for url in (reverse("drivers"), reverse("cards"), page_of(driver)):
            assert client.get(url).status_code == 403


def test_staff_open_an_account_and_land_on_its_page(operator: Tenant) -> None:
    client = browser(operator, Role.MANAGER)
    response = client.post(reverse("drivers:create"), {"phone": "138 1234 1234", "name": "Li Wei"})
    with unscoped(reason="a test looks"):
        driver = Driver.objects.get()
    assert (driver.phone, driver.name, driver.tenant_id) == (PHONE, "Li Wei", operator.pk)
    assert response.status_code == 302 and response["Location"] == page_of(driver)


@pytest.mark.parametrize("phone", ["", "call me", "1" * 60, "021 1234 5678", PHONE])
def test_a_phone_that_will_not_do_is_said_at_its_field_and_nothing_typed_is_lost(
    operator: Tenant, phone: str
) -> None:
    make_driver(operator, phone=PHONE)
    response = browser(operator).post(reverse("drivers:create"), {"phone": phone, "name": "Li Wei"})

    assert response.status_code == 200
    assert response.context["form"].errors.keys() == {"phone"}
    assert 'value="Li Wei"' in response.content.decode()
    with unscoped(reason="a test looks"):
        assert Driver.objects.count() == 1


def test_an_edit_changes_the_account_and_no_more(operator: Tenant) -> None:
    driver = make_driver(operator, phone=PHONE)
    client = browser(operator, Role.MANAGER)
    client.post(
        reverse("drivers:edit", args=[driver.pk]),
        {"name": "Wang", "locale": "zh-hans", "several_at_once": "on", "phone": "+1", "status": "blocked"},
    )
    fresh(driver)
    assert (driver.name, driver.locale, driver.several_at_once) == ("Wang", "zh-hans", True)
    assert (driver.phone, driver.status) == (PHONE, "active")


def test_finance_looks_and_changes_nothing(operator: Tenant) -> None:
    driver = make_driver(operator, name="Li")
    client = browser(operator, Role.FINANCE)
    assert reverse("drivers:edit", args=[driver.pk]) not in text(client, page_of(driver))
    for name in ("edit", "phone"):
        url = reverse(f"drivers:{name}", args=[driver.pk])
        assert client.post(url, {"name": "X", "phone": PHONE, "reason": "why not"}).status_code == 403
    response = client.post(
        reverse("drivers.do", args=["block"]), {"pk": driver.pk, "confirmed": 1, "reason": "why not"}
    )
    assert response.status_code == 403
    assert (fresh(driver).name, driver.status) == ("Li", "active")


def test_a_new_phone_asks_why_and_moves_the_account(operator: Tenant) -> None:
    driver = make_driver(operator, phone=PHONE)
    client = browser(operator)
    url = reverse("drivers:phone", args=[driver.pk])
    assert client.post(url, {"phone": "13912341234", "reason": ""}).status_code == 200
    assert fresh(driver).phone == PHONE
    assert client.post(url, {"phone": "13912341234", "reason": "number re-used"}).status_code == 302
    assert fresh(driver).phone == "+8613912341234"


def test_drivers_are_blocked_in_bulk_with_one_reason(operator: Tenant) -> None:
    drivers = [make_driver(operator) for _ in range(3)]
    client = browser(operator)
    client.post(
        reverse("drivers.do", args=["block"]),
        {"pk": [driver.pk for driver in drivers], "confirmed": 1, "reason": "fraud"},
    )
    assert {fresh(driver).status for driver in drivers} == {"blocked"}
    assert "fraud" in text(client, page_of(drivers[0]))


def test_a_card_is_issued_from_the_page_of_its_driver(operator: Tenant) -> None:
    driver = make_driver(operator)
    client = browser(operator)
    url = f"{reverse('drivers:card_new')}?driver={driver.pk}"
    page = text(client, url)
    assert 'name="phone"' not in page
    response = client.post(url, {"uid": "04A1B2", "expires_on": "2030-05-31"})

    assert response["Location"] == page_of(driver)
    with unscoped(reason="a test looks"):
        card = Card.objects.get()
    assert (card.driver_id, card.uid) == (driver.pk, "04A1B2")
    assert card.expires_at is not None
    assert card.expires_at - datetime(2030, 5, 31, tzinfo=UTC) > timedelta(hours=-8)
    assert "04A1B2" in text(client, page_of(driver))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"uid": ""}, "uid"),
        ({"uid": "A" * 21}, "uid"),
        ({"uid": "two words"}, "uid"),
        ({"uid": "TAKEN"}, "uid"),
        ({"uid": "04A1", "phone": "13999999999"}, "phone"),
        ({"uid": "04A1", "phone": "nobody"}, "phone"),
        ({"uid": "04A1", "expires_on": "31/31/2030"}, "expires_on"),
        ({"uid": "04A1", "parent_id_tag": "two words"}, "parent_id_tag"),
    ],
)
def test_a_card_that_will_not_do_is_said_at_its_field(
    operator: Tenant, typed: dict[str, str], field: str
) -> None:
    make_card(operator, uid="taken")
    response = browser(operator).post(reverse("drivers:card_new"), typed)
    assert response.status_code == 200 and response.context["form"].errors.keys() == {field}
    with unscoped(reason="a test looks"):
        assert Card.objects.count() == 1


def test_a_card_keeps_its_last_day_through_an_edit_and_goes_to_another_driver(operator: Tenant) -> None:
    end = clock.now().replace(hour=20, microsecond=0) + timedelta(days=10)
    first, second = make_driver(operator), make_driver(operator, phone=PHONE)
    card = make_card(operator, driver=first, expires_at=end)
    client = browser(operator)
    url = reverse("drivers:card", args=[card.pk])
    shown = client.get(url).context["form"].initial["expires_on"]
    client.post(url, {"visual_number": "0001", "expires_on": shown.isoformat(), "parent_id_tag": ""})
    kept = fresh(card).expires_at
    assert (card.visual_number, kept and client.get(url).context["form"].initial["expires_on"]) == (
        "0001",
        shown,
    )

    give = reverse("drivers:card_driver", args=[card.pk])
    assert client.post(give, {"phone": "13999999999"}).status_code == 200
    assert fresh(card).driver_id == first.pk
    assert client.post(give, {"phone": "13812341234"}).status_code == 302
    assert fresh(card).driver_id == second.pk
    client.post(give, {"phone": ""})
    assert fresh(card).driver_id is None


@pytest.mark.parametrize("key", ["0", "999999999", "99999999999999999999", "x", "-1"])
def test_a_guessed_key_is_not_there(operator: Tenant, key: str) -> None:
    client = browser(operator)
    assert client.get(f"/drivers/{key}/").status_code == 404
    assert client.get(f"/cards/{key}/").status_code == 404
    assert client.get(reverse("drivers:card_new"), {"driver": key}).status_code == 404


def test_a_card_for_a_driver_of_another_operator_is_not_there(operator: Tenant) -> None:
    stranger = make_driver(make_tenant(make_tenant(make_tenant())))
    url = f"{reverse('drivers:card_new')}?driver={stranger.pk}"
    assert browser(operator).post(url, {"uid": "04A1"}).status_code == 404
    with unscoped(reason="a test looks"):
        assert not Card.objects.exists()


def test_nonsense_in_the_query_is_the_page_with_a_message(operator: Tenant) -> None:
    page = text(browser(operator), reverse("drivers"), status="purple", created_at="never", account="x" * 500)
    assert "is-invalid" in page or "errorlist" in page or "invalid" in page


def test_rooms_above_add_their_part_to_the_page_of_a_driver(
    operator: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = make_driver(operator)
    parts = [
        Part("kit/_card.html", {}, order=2, facts=(Fact("Balance", "¥ 45.28"),)),
        Part("kit/_card.html", {}, order=1),
    ]
    monkeypatch.setattr(hooks, "driver_parts", lambda row, reader: parts if row == driver else [])
    response = browser(operator).get(page_of(driver))
    assert "¥ 45.28" in response.content.decode()
    assert [part.order for part in response.context["parts"]] == [1, 2]
