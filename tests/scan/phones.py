"""A driver's phone: a browser with cookies and an address of its own, at the time of a site."""

from __future__ import annotations

import html
import re
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from backoffice.kit.scope import unscoped
from drivers.models import Driver, SmsCode, SmsMessage
from drivers.services import messages as outgoing, open_session
from finance.models import Hold
from orders import selectors as orders
from orders.models import ChargingOrder
from scan.access import cookie_of
from stations.models import QrToken
from tests.factories.orders import Site

_addresses = count(1)


class Phone:
    """Its pages are asked for at the site's time, outside of every scope, with CSRF checks off as the client's are."""

    def __init__(self, site: Site, *, language: str = "en") -> None:
        number = next(_addresses)
        self.site = site
        self.client = Client(
            REMOTE_ADDR=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            HTTP_ACCEPT_LANGUAGE=language,
            HTTP_HOST="127.0.0.1:8000",
        )

    def get(self, path: str, **data: Any) -> HttpResponse:
        with self.site.present():
            return self.client.get(path, data)

    def post(self, path: str, **data: Any) -> HttpResponse:
        with self.site.present():
            return self.client.post(path, data)

    def follow(self, response: HttpResponse) -> HttpResponse:
        """Go where a redirect leads; fails when it is none."""
        assert response.status_code == 302, text(response)
        return self.get(response.headers["Location"])

    def signed_in(self, driver: Driver) -> Phone:
        """With the cookie that a sign-in leaves."""
        with self.site.present():
            self.client.cookies[cookie_of(driver.tenant_id)] = open_session(driver)
        return self

    def scan(self, connector: int = 1) -> HttpResponse:
        return self.get(f"/q/{token_of(self.site, connector)}")

    def start_path(self, connector: int = 1) -> str:
        return reverse("scan:start", args=[token_of(self.site, connector)])

    def press_start(self, connector: int = 1, **wish: Any) -> HttpResponse:
        """From the landing page on, as a driver does: its link, the form, the button."""
        page = self.get(self.start_path(connector), **wish)
        sealed = re.search(r'name="quote" value="([^"]+)"', text(page))
        quote = {"quote": html.unescape(sealed[1])} if sealed else {}
        return self.post(self.start_path(connector), **quote | wish)


def token_of(site: Site, connector: int = 1) -> str:
    with unscoped(reason="tests"):
        return QrToken.objects.get(connector=site.connector(connector), revoked_at__isnull=True).token


def text(response: HttpResponse) -> str:
    return response.content.decode()


def words(response: HttpResponse) -> str:
    """What a reader sees: without tags, blanks made one."""
    body = re.sub(r"<(script|style|noscript|title)\b.*?</\1>", " ", text(response), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def order_page(order: ChargingOrder, page: str = "order") -> str:
    return reverse(f"scan:{page}", args=[order.public_id])


def newest_order(site: Site) -> ChargingOrder:
    with site.present():
        return orders.orders().order_by("-pk")[0]


def code_sent_to(phone: str) -> str:
    """The code of the newest message, as it leaves."""
    with unscoped(reason="tests"):
        message = SmsMessage.objects.filter(phone=phone, purpose="sign_in").order_by("-pk")[0]
        found = re.search(r"\d{6}", outgoing.BOX.unseal(message.sealed))
    assert found is not None
    return found[0]


def texts_to(phone: str) -> list[SmsMessage]:
    with unscoped(reason="tests"):
        return list(SmsMessage.objects.filter(phone=phone).exclude(purpose="sign_in").order_by("pk"))


def codes_sent() -> int:
    with unscoped(reason="tests"):
        return SmsCode.objects.count()


def nothing_happened(site: Site) -> bool:
    """Neither an order nor a hold."""
    with site.present():
        return not ChargingOrder.objects.exists() and not Hold.objects.exists()
