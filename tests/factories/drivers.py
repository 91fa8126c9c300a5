"""Drivers for tests."""

from __future__ import annotations

from itertools import count
from typing import Any

from backoffice.kit import clock
from backoffice.kit.scope import unscoped
from drivers.models import Driver
from tenants.models import Tenant

_numbers = count(1)


def make_driver(operator: Tenant, **over: Any) -> Driver:
    """A driver of an operator."""
    number = next(_numbers)
    fields = {"phone": f"+8613{number:09d}", "name": f"Driver {number}", "created_at": clock.now()} | over
    with unscoped(reason="test data"):
        return Driver.objects.create(tenant=operator, **fields)
