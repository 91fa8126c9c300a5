"""Timers of tenants. Each task is one call."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from tenants.services import contracts


@sweep
def expire_contracts() -> None:
    contracts.expire_contracts()


SCHEDULE = {expire_contracts: 60.0}
