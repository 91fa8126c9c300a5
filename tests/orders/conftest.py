"""After every test that touches the database, the books are proven: nothing an order went through may break them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backoffice.kit.scope import unscoped
from finance import checks as finance_checks
from orders import checks
from orders.services import sweeps
from tests.factories.orders import Site, make_site


@pytest.fixture
def books(db: None) -> Iterator[None]:
    """Every invariant that can be read off the data holds at the end."""
    sweeps.forget_failures()
    yield
    with unscoped(reason="tests"):
        assert [*checks.violations(), *finance_checks.violations()] == []


@pytest.fixture
def site(books: None) -> Site:
    """A pile of 60 kW with two connectors, 2.00 for each kWh."""
    return make_site()
