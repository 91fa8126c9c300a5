"""A driver's own charges and wallet, and nobody else's."""

from __future__ import annotations

import pytest
from django.urls import reverse

from drivers.models import Driver
from finance.models import Refund, TopUp
from finance.sandbox import provider
from finance.sandbox.models import Payment
from scan import history
from tests.factories.finance import make_channel
from tests.factories.orders import Site, make_settled_order, wallet_of
from tests.scan.phones import Phone, order_page, text, words


def page(site: Site, name: str, *more: str) -> str:
    return reverse(f"scan:{name}", args=[site.operator.pk, *more])


def settled(site: Site, phone: Phone) -> Driver:
    order = make_settled_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    return order.driver


def paid_in(site: Site, phone: Phone, amount: str = "50") -> TopUp:
    with site.present():
        make_channel(site.operator)
    phone.post(page(site, "top_up"), amount=amount)
    with site.present():
        provider.pay(Payment.objects.get())
        top_up = TopUp.objects.get()
    phone.get(page(site, "payment", top_up.number))
    return top_up


def test_the_history_shows_the_own_charges_and_no_others(site: Site, phone: Phone) -> None:
    settled(site, phone)
    stranger = make_settled_order(site)

    told = text(phone.get(page(site, "charges")))

    assert told.count('<span class="end">') == 1 and stranger.public_id not in told
    assert "¥11.30" in told and "10.00 kWh" in told


def test_a_long_history_has_pages(site: Site, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "SIZE", 2)
    driver = site.driver(cash=9_000)
    phone.signed_in(driver)
    numbers = []
    for _ in range(5):
        order = site.press_start(driver)
        phone.post(order_page(order, "cancel"))
        numbers.append(order.public_id)
        site.wait(seconds=1)

    seen = []
    for number in ("1", "2", "3"):
        body = text(phone.get(page(site, "charges"), page=number))
        seen += [public_id for public_id in reversed(numbers) if public_id in body]
    assert seen == list(reversed(numbers))
    for nonsense in ("0", "-1", "x", "99999999", "１"):
        assert phone.get(page(site, "charges"), page=nonsense).status_code == 200


def test_who_has_not_charged_yet_is_told_how(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver())
    assert "You have not charged here yet." in words(phone.get(page(site, "charges")))


def test_the_wallet_shows_what_is_in_it_and_what_moved_it(site: Site, phone: Phone) -> None:
    driver = settled(site, phone)

    told = words(phone.get(page(site, "wallet"))).replace("\xa0", " ")

    assert wallet_of(driver).cash == 8_870
    assert "Free to use ¥ 88.70 Cash ¥88.70 Bonus ¥0.00" in told
    assert "Charge paid" in told and "+88.70" in told and "set aside −100.00" in told
    assert "Set aside for a charge" in told and "Cash at the desk" in told
    assert driver.phone not in told


def test_money_added_from_the_wallet_comes_into_it(site: Site, phone: Phone) -> None:
    driver = site.driver()
    phone.signed_in(driver)

    top_up = paid_in(site, phone)

    assert wallet_of(driver).cash == 5_000
    told = words(phone.get(page(site, "wallet")))
    assert "Money added" in told and "+50.00" in told
    shown = phone.get(page(site, "payment", top_up.number))
    assert "The money is in your wallet." in words(shown)


def test_money_goes_back_to_where_it_came_from(site: Site, phone: Phone) -> None:
    driver = site.driver()
    phone.signed_in(driver)
    paid_in(site, phone)
    assert "Up to ¥50.00 can go back." in words(phone.get(page(site, "take_out")))

    for _ in range(2):
        sent = phone.post(page(site, "take_out"), amount="other", other="20.00", once="one")
        assert sent.headers["Location"] == page(site, "wallet")

    with site.present():
        assert [refund.cash for refund in Refund.objects.all()] == [2_000]
    assert wallet_of(driver).cash == 3_000


@pytest.mark.parametrize("typed", ["", "x", "0", "-1", "50.01", "1e3"])
def test_more_than_there_is_stays_where_it_is(site: Site, phone: Phone, typed: str) -> None:
    driver = site.driver()
    phone.signed_in(driver)
    paid_in(site, phone)

    answer = phone.post(page(site, "take_out"), amount="other", other=typed)

    assert answer.status_code == 200 and 'class="error"' in text(answer)
    assert f'value="{typed}"' in text(answer)
    assert wallet_of(driver).cash == 5_000
    with site.present():
        assert not Refund.objects.exists()


def test_another_drivers_payment_is_not_there(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver())
    with site.present():
        make_channel(site.operator)
    phone.post(page(site, "top_up"), amount="50")
    with site.present():
        number = TopUp.objects.get().number
    other = Phone(site).signed_in(site.driver())

    assert other.get(page(site, "payment", number)).status_code == 404
    assert other.post(page(site, "payment_cancel", number)).status_code == 404
    assert other.get(page(site, "payment", "T0")).status_code == 404
    with site.present():
        assert TopUp.objects.get().state == "pending"
    assert phone.get(page(site, "payment", number)).status_code == 200


@pytest.mark.parametrize("name", ["charges", "wallet", "top_up", "take_out"])
def test_the_account_asks_for_a_sign_in(site: Site, phone: Phone, name: str) -> None:
    asked = phone.get(page(site, name))
    assert asked.status_code == 302 and asked.headers["Location"].startswith(page(site, "sign_in"))


def test_payments_have_a_limit(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver())
    with site.present():
        make_channel(site.operator)
    answers = [phone.post(page(site, "top_up"), amount="50").status_code for _ in range(11)]
    assert answers == [302] * 10 + [429]
