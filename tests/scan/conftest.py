"""Fixtures of the driver's pages: a site in Shanghai at ten in the morning, a phone, the books proven at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backoffice.kit.scope import unscoped
from finance import checks as finance_checks
from orders import checks
from orders.services import sweeps
from tests.factories.orders import WORKED_PRICE, Site, make_site
from tests.scan.phones import Phone


@pytest.fixture
def books(db: None) -> Iterator[None]:
    """Every invariant that can be read off the data holds at the end."""
    sweeps.forget_failures()
    yield
    with unscoped(reason="tests"):
        assert [*checks.violations(), *finance_checks.violations()] == []


@pytest.fixture
def site(books: None) -> Site:
    """A pile of 60 kW with two connectors; flat until 14:00, then peak and sharp, with an idle fee."""
    price = WORKED_PRICE | {"idle_per_minute": 50, "idle_grace_min": 15, "idle_cap": 3_000}
    return make_site(price=price)


@pytest.fixture
def phone(site: Site) -> Phone:
    return Phone(site)
