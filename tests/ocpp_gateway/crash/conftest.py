"""One running house for all tests of this folder; it lives through everything that they do to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.house import House, free_ports, running_house


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Engines, web, gateway, worker and beat in processes of their own."""
    port, ocpp_port = free_ports(2)
    with running_house(tmp_path_factory.mktemp("house"), port=port, ocpp_port=ocpp_port) as running:
        yield running
