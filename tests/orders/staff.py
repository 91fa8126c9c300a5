"""Somebody of the staff who looks at orders, and what he reads."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.utils.html import strip_tags

from backoffice.kit import clock
from backoffice.kit.perms import Role
from orders.models import Case, ChargingOrder
from tenants.models import Tenant
from tests.factories.orders import Site
from tests.support.staff import client_for

SPACES = re.compile(r"\s+")


class Desk:
    """One person at the site's operator, or at another tenant, at the time of the site."""

    def __init__(self, site: Site, role: Role = Role.OWNER, tenant: Tenant | None = None) -> None:
        self.site = site
        self.client: Client = client_for(tenant or site.operator, role)

    def get(self, url: str, **query: str) -> Any:
        with clock.frozen(self.site.now):
            return self.client.get(url, query)

    def post(self, url: str, **typed: str) -> Any:
        with clock.frozen(self.site.now):
            return self.client.post(url, typed)

    def read(self, url: str, **query: str) -> str:
        """The words of a page that is there."""
        response = self.get(url, **query)
        assert response.status_code == 200, (url, response.status_code)
        return words(response)


def words(response: Any) -> str:
    """What a page says, without its markup, with plain spaces."""
    text = unescape(strip_tags(response.content.decode()))
    return SPACES.sub(" ", text.replace("\N{NO-BREAK SPACE}", " "))


def order_url(order: ChargingOrder, what: str = "") -> str:
    return f"/orders/{order.order_no}/{what}"


def case_url(case: Case, what: str = "") -> str:
    return f"/orders/cases/{case.number}/{what}"


def errors(response: Any) -> set[str]:
    return set(response.context["form"].errors)
