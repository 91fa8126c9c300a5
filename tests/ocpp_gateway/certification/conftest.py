"""One house for all cases: its piles are many, its tenants and its gateway are made once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from pytest_django.plugin import DjangoDbBlocker

from ocpp_gateway.tls import Contexts
from tests.support import certificates as made
from tests.support.acceptance import Acceptance, clear, furnish


@pytest.fixture(scope="package")
def furnished(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Acceptance]:
    """Made outside of the event loop, as Django wants it."""
    with django_db_blocker.unblock():
        yield furnish()
        clear()


@pytest.fixture(scope="package")
def contexts() -> Contexts:
    """What the gateway serves TLS with."""
    return Contexts(made.both_servers())


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def house(furnished: Acceptance, contexts: Contexts) -> AsyncIterator[Acceptance]:
    """With a gateway and its bus."""
    await furnished.open(tls=contexts)
    yield furnished
    await furnished.leave()
    await furnished.close()
