"""Houses for the proofs; each proof has its own, because what it does to one no other should feel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.house import House, free_ports, running_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Engines, web, gateway, worker and beat in processes of their own."""
    port, ocpp_port = free_ports(2)
    with running_house(tmp_path_factory.mktemp("proof"), port=port, ocpp_port=ocpp_port) as running:
        yield running
