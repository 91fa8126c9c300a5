"""What a driver is told by SMS of a charge, and how often he may ask for it."""

from __future__ import annotations

import pytest

from drivers.models import SmsPurpose
from orders.models import ChargingOrder
from tests.factories.orders import Site, again, begin, charge, make_running_order, make_settled_order
from tests.scan.phones import Phone, order_page, texts_to


def link(order: ChargingOrder) -> str:
    return f"http://127.0.0.1:8000/c/{order.public_id}"


def test_the_link_comes_when_the_charge_starts_and_the_bill_when_it_ends(site: Site) -> None:
    driver = site.driver(cash=10_000)
    order = site.press_start(driver)
    site.work()
    assert texts_to(driver.phone) == []

    transaction_id = begin(site, order)
    site.work()
    site.wait(minutes=10)
    site.charger.stops(transaction_id, 1_010_000)
    site.charger.says(1, "Finishing")
    site.work()
    site.work()

    [started, ended] = texts_to(driver.phone)
    assert started.text == f"Charging started at {site.pile.name} A. Follow it or stop it: {link(order)}"
    assert ended.text == (
        f"Charging ended: 10.00 kWh, ¥11.30. Receipt: {link(order)} "
        "Please unplug: from 10:25 an idle fee of ¥0.50 a minute is charged."
    )
    assert (started.purpose, ended.purpose) == (SmsPurpose.CHARGE, SmsPurpose.RECEIPT)
    assert started.about == ended.about == f"order:{order.order_no}"


def test_an_idle_fee_that_comes_later_is_told(site: Site) -> None:
    driver = site.driver(cash=10_000)
    order = site.press_start(driver)
    charge(site, order, wh=10_000)
    site.work()
    site.wait(minutes=20)
    site.charger.says(1, "Available")
    site.work()
    assert texts_to(driver.phone)[-1].text == f"Your bill is now ¥13.80. Receipt: {link(order)}"


def test_what_a_pile_uploads_afterwards_is_not_told_as_a_start(site: Site) -> None:
    driver = site.driver(cash=10_000)
    card = site.card(driver)
    then = site.now
    site.wait(hours=3)
    answer = site.charger.starts(card.uid, at=then)
    site.charger.stops(answer.transaction_id, 1_005_000, at=then)
    site.work()
    assert ["started" in message.text for message in texts_to(driver.phone)] == [False]


def test_a_car_that_has_left_already_is_not_asked_to_unplug(site: Site) -> None:
    order, transaction_id = make_running_order(site)
    assert order.driver is not None
    site.wait(minutes=10)
    site.charger.stops(transaction_id, 1_010_000)
    site.charger.says(1, "Available")
    site.work()
    assert "unplug" not in texts_to(order.driver.phone)[-1].text


@pytest.mark.parametrize(("locale", "language"), [("zh-hans", "zh"), ("", "en"), ("xx", "en")])
def test_messages_come_in_the_drivers_language(site: Site, locale: str, language: str) -> None:
    driver = site.driver(cash=10_000, locale=locale)
    begin(site, site.press_start(driver))
    site.work()
    assert len(texts_to(driver.phone)) == 1
    if language == "en":
        assert "Charging started" in texts_to(driver.phone)[0].text


def test_the_language_of_the_page_is_remembered_at_the_start(site: Site) -> None:
    driver = site.driver(cash=10_000)
    Phone(site, language="zh-CN").signed_in(driver).press_start()
    with site.present():
        driver.refresh_from_db()
    assert driver.locale == "zh-hans"


def test_the_driver_asks_for_the_link_three_times_an_hour(site: Site, phone: Phone) -> None:
    order = make_settled_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    before = len(texts_to(order.driver.phone))

    for _ in range(5):
        assert phone.post(order_page(order, "text")).headers["Location"] == order_page(order)

    texts = texts_to(order.driver.phone)[before:]
    assert [message.text for message in texts] == [f"Your receipt: {link(order)}"] * 3
    assert "sent already" in phone.get(order_page(order)).content.decode()


def test_a_charge_without_a_driver_tells_nobody(site: Site) -> None:
    site.charger.says(1, "Preparing")
    answer = site.charger.starts("UNKNOWN1")
    site.charger.stops(answer.transaction_id, 1_001_000)
    site.work()
    with site.present():
        order = ChargingOrder.objects.get()
    assert again(order).driver_id is None and order.settled_at is not None
