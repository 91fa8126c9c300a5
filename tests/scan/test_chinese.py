"""A charge from the sticker to the receipt on a phone that reads Chinese: no word is left in English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from django.utils import translation

from ocpp_gateway.wire import CommandState
from tests.factories.orders import Site, again, commands_for, make_running_order, make_settled_order
from tests.scan.phones import Phone, newest_order, order_page, token_of
from tests.support.chinese import compile_anew, left_over


@pytest.fixture
def phone(site: Site) -> Iterator[Phone]:
    compile_anew()
    with translation.override(None):
        yield Phone(site, language="zh-hans")


def test_the_way_to_a_charge_is_in_chinese(site: Site, phone: Phone) -> None:
    assert not left_over(phone.scan())
    assert not left_over(phone.get(reverse("scan:match", args=[token_of(site)])))
    assert not left_over(phone.get(reverse("scan:typed")))
    assert not left_over(phone.follow(phone.get(phone.start_path())))

    phone.signed_in(site.driver(cash=9_000))
    assert not left_over(phone.get(phone.start_path()))
    phone.press_start(limit="full")
    order = again(newest_order(site))
    assert not left_over(phone.get(order_page(order)))
    [command] = commands_for(order, "RemoteStartTransaction")
    site.charger.answers(command, CommandState.REJECTED, answer={"status": "Rejected"})
    site.work()
    assert not left_over(phone.get(order_page(order)))


def test_a_charge_and_its_stop_are_in_chinese(site: Site, phone: Phone) -> None:
    order, _transaction = make_running_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)

    for page in ("order", "stop"):
        assert not left_over(phone.get(order_page(order, page)))


def test_what_comes_after_a_charge_is_in_chinese(site: Site, phone: Phone) -> None:
    order = make_settled_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)

    for page in ("order", "problem"):
        assert not left_over(phone.get(order_page(order, page)))
    for page in ("charges", "wallet"):
        assert not left_over(phone.get(reverse(f"scan:{page}", args=[site.operator.pk])))
