"""Tests over the real store need a database that other threads see."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.fleet import Fleet
from tests.support.premises import Premises, build


@pytest.fixture
def built(transactional_db: None) -> Premises:
    """Made outside of the event loop, as Django wants it."""
    return build(Premises)


@pytest.fixture
async def premises(built: Premises) -> AsyncIterator[Premises]:
    """With a gateway."""
    await built.open()
    yield built
    await built.close()


@pytest.fixture
async def fleet(built: Premises) -> AsyncIterator[Fleet]:
    """Without a gateway yet."""
    fleet = Fleet(built)
    yield fleet
    await fleet.close()
