"""Money that is missing for a choice: added through the operator's channel, and back to the same choice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from finance.models import TopUp
from finance.sandbox import provider
from finance.sandbox.models import Payment
from orders.models import ChargingOrder
from tests.factories.finance import make_channel
from tests.factories.orders import Site, count_of, make_running_order, wallet_of
from tests.scan.phones import Phone, newest_order, nothing_happened, order_page, text, token_of, words


def test_too_little_money_leads_to_more_of_it_and_back_to_the_same_choice(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=1_000)
    phone.signed_in(driver)
    with site.present():
        make_channel(site.operator)

    asked = phone.press_start(limit="energy", energy="20")
    page = phone.follow(asked)
    assert "¥25.91 is missing for your choice." in words(page) and nothing_happened(site)
    assert 'value="30" checked' in text(page)

    paying = phone.post(asked.headers["Location"], amount="30", once="one")
    assert paying.headers["Location"].startswith("http://127.0.0.1:8000/sandbox-pay/")
    with site.present():
        payment = Payment.objects.get()
    back = payment.return_url.removeprefix("http://127.0.0.1:8000")
    waiting = phone.get(back)
    assert "¥30.00 on its way" in words(waiting) and 'http-equiv="refresh"' in text(waiting)
    with site.present():
        provider.pay(payment)

    choice = phone.get(back)

    assert "on its way" not in words(choice) and "¥40.00" in words(choice)
    assert 'value="energy" checked' in text(choice) and 'value="20" checked' in text(choice)
    assert phone.press_start(limit="energy", energy="20").headers["Location"] == order_page(
        newest_order(site)
    )
    assert wallet_of(driver).held == 3_591


def test_a_payment_that_is_sent_twice_is_one(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver())
    with site.present():
        make_channel(site.operator)
    page = reverse("scan:add_money", args=[token_of(site)])

    answers = [phone.post(page, amount="50", once="one").headers["Location"] for _ in range(2)]

    assert answers[0] == answers[1]
    with site.present():
        assert TopUp.objects.count() == 1


@pytest.mark.parametrize(
    "sent", [{}, {"amount": "x"}, {"amount": "other"}, {"amount": "other", "other": "-3"}, {"amount": "0.5"}]
)
def test_an_amount_without_sense_is_told_at_the_field(site: Site, phone: Phone, sent: dict[str, str]) -> None:
    phone.signed_in(site.driver())
    with site.present():
        make_channel(site.operator)
    page = phone.post(reverse("scan:add_money", args=[token_of(site)]), **sent)
    assert page.status_code == 200 and 'id="amount-error"' in text(page)
    with site.present():
        assert not TopUp.objects.exists()


def test_without_a_payment_channel_the_page_says_so(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver())
    page = phone.get(reverse("scan:add_money", args=[token_of(site)]))
    assert page.status_code == 200 and "Money can’t be added online just now." in words(page)
    assert phone.post(reverse("scan:add_money", args=[token_of(site)]), amount="50").status_code == 200


def test_a_payment_can_be_given_up(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver())
    with site.present():
        make_channel(site.operator)
    phone.post(reverse("scan:add_money", args=[token_of(site)]) + "?limit=money&money=50", amount="50")
    with site.present():
        top_up = TopUp.objects.get()

    done = phone.post(reverse("scan:payment_cancel", args=[site.operator.pk, top_up.number]))

    assert done.headers["Location"] == phone.start_path() + "?limit=money&money=50"
    with site.present():
        assert TopUp.objects.get().state == "closed"
    assert "on its way" not in words(phone.follow(done))


def test_arrears_come_first_and_a_payment_settles_them(site: Site, phone: Phone) -> None:
    driver, owing = in_arrears(site)
    phone.signed_in(driver)

    page = phone.post(phone.start_path())
    assert "An earlier charge is not paid yet." in words(page)
    assert f"Pay ¥{Decimal(owing) / 100:.2f}" in words(page)
    assert count_of(ChargingOrder) == 1

    with site.present():
        make_channel(site.operator)
    pay = reverse("scan:top_up", args=[site.operator.pk]) + f"?next={phone.start_path()}"
    assert "is not paid yet." in words(phone.get(pay))
    phone.post(pay, amount="50")
    with site.present():
        payment = Payment.objects.get()
        provider.pay(payment)
    choice = phone.get(payment.return_url.removeprefix("http://127.0.0.1:8000"))

    assert choice.status_code == 200 and "How much?" in words(choice)
    assert wallet_of(driver).arrears == 0
    site.work()


def in_arrears(site: Site) -> tuple[Any, int]:
    """A driver whose charge cost more than was set aside, and how much is open."""
    order, transaction_id = make_running_order(site, cash=600)
    site.wait(minutes=10)
    site.charger.stops(transaction_id, 1_010_000)
    site.charger.says(1, "Available")
    site.work()
    with site.present():
        assert order.driver is not None
        return order.driver, ChargingOrder.objects.get().arrears
