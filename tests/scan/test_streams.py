"""The live stream of a charge: news of this one charge, for whoever may see its page."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from asgiref.sync import async_to_sync
from django.http import Http404
from django.test import RequestFactory

from backoffice.kit.levels import Path
from backoffice.kit.live import Event, Hub, send
from backoffice.kit.scope import outside, unscoped
from drivers.services import open_session
from orders.models import ChargingOrder
from scan import streams
from scan.access import cookie_of
from tests.factories.orders import Site, make_running_order, make_site
from tests.scan.phones import order_page

pytestmark = pytest.mark.django_db(transaction=True)
PATH = Path(1, 2, 3, 4)


@pytest.fixture(autouse=True)
def own_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscription belongs to one event loop, and each test has its own."""
    monkeypatch.setattr(streams, "hub", Hub())


async def heard(reference: str, events: list[Event], *, last: Event) -> int:
    """How many pieces of news came, sent again and again until there is one, and ``last`` with them."""
    news = 0

    async def listen() -> None:
        nonlocal news
        async with aclosing(streams._events(reference)) as chunks:
            async for chunk in chunks:
                news += chunk.startswith(b"event: order")

    listening = asyncio.create_task(listen())
    try:
        for _ in range(12):
            send([*events, last])
            await asyncio.sleep(0.1)
    finally:
        listening.cancel()
    return news


def test_it_carries_news_of_its_own_charge() -> None:
    own = Event("orders", "order:A", PATH)
    assert async_to_sync(heard)("order:A", [own], last=own) > 0


def test_it_carries_no_news_of_another_charge() -> None:
    others = [Event("orders", "order:B", PATH), Event("cases", "order:A", PATH)]
    assert async_to_sync(heard)("order:A", others, last=others[0]) == 0


@pytest.fixture
def running() -> tuple[Site, ChargingOrder]:
    site = make_site()
    order, _ = make_running_order(site)
    return site, order


def allowed(site: Site, order: ChargingOrder, token: str = "", link: str = "") -> str:
    request = RequestFactory().get(order_page(order, "stream"), REMOTE_ADDR="10.200.0.1")
    request.COOKIES[cookie_of(site.operator.pk)] = token
    with outside():
        return streams._authorise(request, link or order.public_id)


def test_whoever_may_see_the_page_may_listen(running: tuple[Site, ChargingOrder]) -> None:
    site, order = running
    with unscoped(reason="tests"):
        assert order.driver is not None
        own = open_session(order.driver)
    assert allowed(site, order) == f"order:{order.order_no}"
    assert allowed(site, order, own) == f"order:{order.order_no}"


def test_another_driver_and_a_guess_hear_nothing(running: tuple[Site, ChargingOrder]) -> None:
    site, order = running
    from_another = site.driver()
    with unscoped(reason="tests"):
        token = open_session(from_another)
    with pytest.raises(Http404):
        allowed(site, order, token)
    with pytest.raises(Http404):
        allowed(site, order, link="x" * 22)


def test_it_ends_so_that_who_listens_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LIFETIME_S", 0.2)

    async def whole() -> list[bytes]:
        return [chunk async for chunk in streams._events("order:A")]

    assert async_to_sync(whole)() == [b"retry: 2000\n\n"]
