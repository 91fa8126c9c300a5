"""What piles report and what timers do sees every tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backoffice.kit.scope import unscoped


@pytest.fixture
def everything(db: None) -> Iterator[None]:
    """The scope of the gateway and of timers."""
    with unscoped(reason="tests"):
        yield
